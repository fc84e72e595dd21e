"""What removing words does, in sentences: exactly what the removal game found, and no more."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reportgen.rendering.wording.numbers import count, probability, signed
from reportgen.rendering.wording.turning import kept, sides, subject, turns
from reportgen.rendering.wording.units import Piece, Sentence, Units, sentence
from reportgen.results.model import JobResult
from reportgen.results.removal import Removal, SmallestUnits

NAMED = 3
"""Units that are named one by one where each of several does something alone."""


def facts(result: JobResult, removal: Removal) -> tuple[Sentence, ...]:
    """Say which units the prediction hangs on, as far as that was tried."""
    units = Units(result, removal)
    if not removal.probable:
        return strongest(result, removal, units)
    found = []
    if removal.singles:
        found.append(alone_turn(result, removal, units))
    if removal.flip is not None and removal.flip.units != () and not removal.singles:
        found.append(together_turn(result, removal, removal.flip, units))
    if removal.sufficient is not None and not only_unit(removal.sufficient, units):
        found.append(suffice(result, removal, removal.sufficient, units))
    return tuple(found)


def alone_turn(result: JobResult, removal: Removal, units: Units) -> Sentence:
    """Name the units without any one of which the prediction turns, the strongest first."""
    ranked = sorted(removal.singles, key=lambda outcome: outcome.output)
    first, *others = ranked[: NAMED if len(ranked) > NAMED + 1 else None]
    parts: list[str | Sequence[Piece]] = ["Without ", units.name(first.removed[0])]
    parts += turns(result, removal, first)
    rest = len(ranked) - 1 - len(others)
    for i, outcome in enumerate(others):
        last = i == len(others) - 1 and not rest
        parts += [" and without " if last else ", without ", units.name(outcome.removed[0])]
        parts += [turns(result, removal, outcome)[1]]
    if rest:
        what = subject(result, removal)
        what = "it" if what in turns(result, removal, first)[0] else what
        any_one = f"any one of {count(rest, f'other {units.noun}')}"
        parts += [f", and {what} turns without {any_one}, too"]
    return sentence(*parts, ".")


def together_turn(
    result: JobResult, removal: Removal, flip: SmallestUnits, units: Units
) -> Sentence:
    """Name the fewest units without which the prediction turns, where no single one does it."""
    total, what = len(units.texts), subject(result, removal)
    if flip.units is None or flip.outcome is None:
        if flip.exact:
            return sentence(f"Whatever {units.noun}s are removed, {what} stays.")
        if flip.ruled_out < 1:
            return sentence(
                f"No {units.noun}s were found that turn {what}; not even single ones could all be "
                "tried."
            )
        return sentence(
            f"{no_few(units, flip.ruled_out)} {what}"
            f"{all_tried(flip.ruled_out)}; of larger sets none was found."
        )
    told = f"{no_few(units, flip.ruled_out)} {what}. " if flip.ruled_out >= 1 else ""
    verb, to = turns(result, removal, flip.outcome)
    if told:
        verb = verb.replace(f" {what}", " it")
    everything = len(flip.units) == total
    names: str | Sequence[Piece] = (
        f"any of the {count(total, units.noun)}" if everything else units.names(flip.units)
    )
    return sentence(told, "Without ", names, verb, to, fewest(flip, units), ".")


def no_few(units: Units, amount: int) -> str:
    """Say that no set of so many units turns the prediction; fewer do not, either."""
    turns = "turns" if amount == 1 else "turn"
    return f"No {units.several(amount)} {turns}"


def all_tried(amount: int) -> str:
    return " (all were tried)" if amount == 1 else " (all sets of so many, or fewer, were tried)"


def fewest(found: SmallestUnits, units: Units) -> str:
    """Say whether fewer would have done."""
    if found.exact:
        return ""
    told = "; these are the fewest that were found"
    if found.ruled_out < 1:
        return told
    tried = f"sets of up to {units.several(found.ruled_out)}"
    if found.ruled_out == 1:
        tried = f"single {units.noun}s"
    return f"{told} (all {tried} were tried)"


def only_unit(found: SmallestUnits, units: Units) -> bool:
    """Tell whether there is but one unit, and it suffices: what it does is told already."""
    return len(units.texts) == 1 and found.units != ()


def suffice(result: JobResult, removal: Removal, found: SmallestUnits, units: Units) -> Sentence:
    """Name the fewest units that keep the prediction up when all others are removed."""
    total, what = len(units.texts), subject(result, removal)
    if found.units is None or found.outcome is None:
        if found.ruled_out < 1:
            return sentence(f"No few {units.noun}s were found that suffice for {what}.")
        few = units.several(found.ruled_out)
        verb = "suffices" if found.ruled_out == 1 else "suffice"
        return sentence(f"No {few} {verb} for {what}{all_tried(found.ruled_out)}.")
    if sides(result, removal):
        answer, so = turns(result, removal, found.outcome)[1].strip(), "so that "
    else:
        answer, so = kept(result, removal, found.outcome), ""
    if not found.units:
        says = " " if so else f" the model {'writes' if found.outcome.at else 'says'} "
        return sentence(f"Even without any {units.noun}{says}{answer}.")
    if len(found.units) == total:
        told = f"{so or 'to get '}{answer}{fewest(found, units)}"
        return sentence(f"It takes all {count(total, units.noun)} {told}.")
    verb = "suffices" if len(found.units) == 1 else "suffice"
    rest = "; no fewer do" if found.exact and len(found.units) > 1 else fewest(found, units)
    told = f" alone {verb} {so or 'for '}{answer}{rest}."
    return sentence(capital(units.names(found.units)), told)


def capital(pieces: Sequence[Piece]) -> list[Piece]:
    """Begin a sentence with pieces: what is not quoted has a capital letter."""
    pieces = [piece for piece in pieces if piece[0]]
    (text, is_quoted), *rest = pieces
    return [(text if is_quoted else text[0].upper() + text[1:], is_quoted), *rest]


def strongest(result: JobResult, removal: Removal, units: Units) -> tuple[Sentence, ...]:
    """Say which unit a number changes most without: it has no other answer to turn to."""
    if not removal.effects:
        return ()
    unit = max(range(len(removal.effects)), key=lambda i: abs(removal.effects[i]))
    effect = removal.effects[unit]
    if effect == 0:
        return (sentence(f"No {units.noun} changes the number when it is removed alone."),)
    goes = "falls" if effect > 0 else "rises"
    after = removal.output - effect
    return (
        sentence(
            "Without ",
            units.name(unit),
            f" the number {goes} most: from {signed(removal.output)} to {signed(after)}.",
        ),
    )


HOW = {
    "mask": "the model’s mask token stood in their place",
    "delete": "they were left out of the text",
    "pad": "padding stood in their place",
    "attention": "nothing could attend to them",
}
"""What removing does, after "where words were removed"."""

BY = {
    "mask": "replaced by the mask token",
    "delete": "deleted",
    "pad": "replaced by padding",
    "attention": "hidden from attention",
}
"""The same as a name."""

BRIEFLY = {"mask": "masked", "delete": "deleted", "pad": "padded", "attention": "hidden"}
"""The same of words, in a column or after "where words are"."""


def how(removal: Removal) -> str:
    """Say how units were removed, and how many texts the model read."""
    noun = removal.granularity
    asked = count(removal.evaluations, f"set of {noun}s", f"sets of {noun}s")
    tried = f" {asked} {'was' if removal.evaluations == 1 else 'were'} tried."
    return f"Where {noun}s were removed, {HOW[removal.operator]}.{tried}"


def without_unit(result: JobResult, removal: Removal, unit: int) -> Sentence:
    """Say what becomes of the probability of a whole answer without one unit."""
    before = removal.output
    after = without(removal, unit)
    goes = "falls" if after <= before else "rises"
    return sentence(
        "Without ",
        Units(result, removal).name(unit),
        f" the probability of the answer {goes} from {probability(before)} to "
        f"{probability(after)}.",
    )


def without(removal: Removal, unit: int) -> float:
    """Return the probability of a whole answer without a unit: effects are changes of its log."""
    return removal.output * math.exp(-removal.effects[unit])


def sentence_scores(removal: Removal) -> str:
    """Say what the scores of sentences are."""
    whole = removal.target is None
    what = "the logarithm of the answer’s probability" if whole else "this output, in logits"
    if removal.shapley:
        return (
            f"A sentence’s number is its part in {what}: the mean of what it adds over all orders "
            "in which sentences can be removed (Shapley value)."
        )
    falls = f"{what} falls" if whole else "this output falls, in logits,"
    return f"A sentence’s number is how much {falls} when that sentence alone is removed."
