"""What changed between two runs in sentences: the same on the page and on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reportgen.rendering.compare.faithfulness import faithfulness_sentence, faithfulness_verdicts
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import count, percent
from reportgen.rendering.wording.sentences import Verdict
from reportgen.rendering.wording.unfinished import progress
from reportgen.results.compare.changes import FLOOR, InputChange, WordTotal
from reportgen.results.compare.runs import ModelComparison, RunComparison, TurnedCheck
from reportgen.results.predictions import predicted_text

NAMED = 3
"""Words that the first sentence names at most."""

STRONG = 0.25
"""A word is named where it moved at least this much of what the first one moved."""


def quoted(text: str) -> str:
    return f"“{text}”"


def lead(comparison: RunComparison, quote: Callable[[str], str] = quoted) -> str:
    """Say in a few sentences what is not the same, the gravest first.

    ``quote`` writes the texts of a run, its words and models, for where they are to stand.
    """
    changes = comparison.changes
    if not changes:
        found = ["The two runs read no input in common.", new_and_gone(comparison)]
        return " ".join(filter(None, (*found, unfinished_runs(comparison))))
    less = faithfulness_sentence(comparison.models, quote)
    found = [
        sentence(predictions(changes, less=bool(less)) + checks(comparison)),
        broken(changes),
        strongest(comparison, quote),
        less,
        new_and_gone(comparison),
        unfinished_runs(comparison),
    ]
    return " ".join(filter(None, found))


def unfinished_runs(comparison: RunComparison) -> str:
    """Say which of the runs has not ended: what only the other has may still come."""
    runs = (("earlier", comparison.base.manifest), ("later", comparison.head.manifest))
    return " ".join(
        f"The {which} run is unfinished: {progress(manifest)}."
        for which, manifest in runs
        if manifest.planned is not None
    )


def model_lead(model: ModelComparison) -> str:
    """Say of one model of several what is not the same."""
    less = faithfulness_sentence([model], quoted)
    return f"{sentence(predictions(model.changes, less=bool(less)))} {less}".strip()


def predictions(changes: Sequence[InputChange], *, less: bool = False) -> str:
    """Count predictions and explanations that changed: ``2 of 9 predictions changed, ...``.

    ``less``: some explanations are less faithful, which is a change, too.
    """
    predicted = sum(
        None not in (predicted_text(one.before), predicted_text(one.after)) for one in changes
    )
    flips = sum(change.flipped for change in changes)
    right_to_wrong = sum(change.right_to_wrong for change in changes)
    compared = [change for change in changes if change.shifts]
    drifts = sum(change.drifted for change in compared)
    if not predicted:
        return "no input was explained in both runs"
    if not (flips or drifts or right_to_wrong) and compared:
        text = (
            f"{every(predicted, 'prediction', 'the same')}, and no explanation moved by more than "
        )
        text += f"its threshold ({furthest(compared)})"
        return text if less else f"No change: {text}"
    if flips:
        first = (
            f"{part_of(flips, predicted, 'prediction')} changed{from_right(right_to_wrong, flips)}"
        )
    else:
        first = every(predicted, "prediction", "the same").capitalize()
        if right_to_wrong:
            first += f", but {right_to_wrong:,} right before and wrong now"
    if not compared:
        return f"{first}; explanations were not compared"
    if not drifts:
        return f"{first}; no explanation changed"
    explanations = part_of(drifts, len(compared), "explanation")
    return f"{first}, and {explanations}" if flips else f"{first}, but {explanations} changed"


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def part_of(part: int, whole: int, noun: str) -> str:
    """Write ``2 of 9 inputs``, ``all 9 inputs`` or ``the only input``."""
    if part < whole:
        return f"{part:,} of {count(whole, noun)}"
    return f"the only {noun}" if whole == 1 else f"all {whole:,} {noun}s"


def every(amount: int, noun: str, what: str) -> str:
    return f"the only {noun} is {what}" if amount == 1 else f"all {amount:,} {noun}s are {what}"


def from_right(right_to_wrong: int, flips: int) -> str:
    """Tell how many of the changed predictions were right and are wrong."""
    if not right_to_wrong:
        return ""
    amount = "" if flips == 1 else "all " if right_to_wrong == flips else f"{right_to_wrong:,} "
    return f", {amount}from right to wrong"


def furthest(compared: Sequence[InputChange]) -> str:
    """Name the share that came nearest to its threshold."""
    most = max(compared, key=lambda change: change.share_moved / change.threshold)
    return (
        f"at most {percent(most.share_moved)} of the attribution, where "
        f"{percent(most.threshold)} would count"
    )


def checks(comparison: RunComparison) -> str:
    """Count the checks that turned red or green, to stand at the end of a sentence."""
    texts = list(filter(None, (turned_red(comparison), turned_green(comparison))))
    return f"; {' and '.join(texts)}" if texts else ""


def turned_red(comparison: RunComparison) -> str:
    return turned([one for one in comparison.turned if one.red], "red")


def turned_green(comparison: RunComparison) -> str:
    return turned([one for one in comparison.turned if one.green], "green")


def turned(found: Sequence[TurnedCheck], colour: str) -> str:
    """Count checks of the spec, and how often each turned: ``2 checks turned red (12 times)``."""
    checks = len({either.place for one in found if (either := one.after or one.before)})
    times = f" ({len(found):,} times)" if len(found) > checks else ""
    return f"{count(checks, 'check')} turned {colour}{times}" if found else ""


def broken(changes: Sequence[InputChange]) -> str:
    amount = sum(change.broke for change in changes)
    return f"{count(amount, 'input')} can no longer be explained." if amount else ""


def strongest(comparison: RunComparison, quote: Callable[[str], str]) -> str:
    """Name the words whose share changed most over all inputs, with their shares."""
    several = len(comparison.models) > 1
    found = [
        (word, f" in {quote(name(model))}" if several else "")
        for model in comparison.models
        for word in model.words[:NAMED]
        if turns(word) or abs(word.after - word.before) > FLOOR
    ]
    found.sort(key=lambda pair: -pair[0].total)
    named = [pair for pair in found[:NAMED] if pair[0].total >= STRONG * found[0][0].total]
    if not named:
        return ""
    words = [
        f"{quote(visible(word.word))}{where} ({percent(word.before)} → {percent(word.after)}"
        f"{', pushing the other way' if turns(word) else ''})"
        for word, where in named
    ]
    if len(words) == 1:
        return f"The word whose share of the attribution changed most is {words[0]}."
    return f"The words whose share of the attribution changed most are {listed(words)}."


def turns(word: WordTotal) -> bool:
    """Tell whether a word pushes the other way in most of its inputs."""
    return 2 * word.turned > word.inputs


def listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def new_and_gone(comparison: RunComparison) -> str:
    new = sum(len(model.new) for model in comparison.models)
    gone = sum(len(model.gone) for model in comparison.models)
    parts = [count(new, "new input")] if new else []
    parts += [f"{count(gone, 'input')} gone"] if gone else []
    return f"Not compared: {', '.join(parts)}." if parts else ""


def name(model: ModelComparison) -> str:
    """Name a model by its id, or by both where they differ."""
    before, after = model.before.model, model.after.model
    return after if before == after else f"{before} → {after}"


def verdicts(comparison: RunComparison) -> tuple[Verdict, ...]:
    """Judge predictions, explanations, checks and inputs, each with a sign."""
    changes = comparison.changes
    return (
        *predictions_verdicts(changes),
        *explanations_verdicts(changes),
        *faithfulness_verdicts(comparison.models),
        *checks_verdicts(comparison),
        *inputs_verdicts(comparison),
    )


def predictions_verdicts(changes: Sequence[InputChange]) -> list[Verdict]:
    flips = sum(change.flipped for change in changes)
    right_to_wrong = sum(change.right_to_wrong for change in changes)
    wrong_to_right = sum(change.wrong_to_right for change in changes)
    broke = sum(change.broke for change in changes)
    found = []
    if right_to_wrong:
        found.append(
            Verdict("bad", f"{count(right_to_wrong, 'prediction')} right before, wrong now")
        )
    if broke:
        found.append(Verdict("bad", f"{count(broke, 'input')} can no longer be explained"))
    if wrong_to_right:
        found.append(
            Verdict("good", f"{count(wrong_to_right, 'prediction')} wrong before, right now")
        )
    if flips > right_to_wrong + wrong_to_right:
        found.append(
            Verdict(
                "warn",
                f"{count(flips - right_to_wrong - wrong_to_right, 'other prediction')} changed",
            )
        )
    if changes and not (flips or broke or right_to_wrong or wrong_to_right):
        found.append(Verdict("good", "no prediction changed"))
    return found


def explanations_verdicts(changes: Sequence[InputChange]) -> list[Verdict]:
    compared = sum(bool(change.shifts) for change in changes)
    drifts = sum(change.drifted for change in changes)
    if drifts:
        return [Verdict("warn", f"{drifts:,} of {count(compared, 'explanation')} changed")]
    if compared:
        return [Verdict("good", "no explanation changed")]
    return [Verdict("warn", "explanations were not compared")] if changes else []


def checks_verdicts(comparison: RunComparison) -> list[Verdict]:
    red, green = turned_red(comparison), turned_green(comparison)
    found = [Verdict(kind, text) for kind, text in (("bad", red), ("good", green)) if text]
    if comparison.checks and not red:
        found.append(Verdict("good", "no check turned red"))
    return found


def inputs_verdicts(comparison: RunComparison) -> list[Verdict]:
    gone = sum(len(model.gone) for model in comparison.models)
    return [Verdict("warn", f"{count(gone, 'input')} gone")] if gone else []
