"""How much of what removing words does each explanation shows, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.methods import get, leading
from reportgen.rendering.wording.labels import listed, title
from reportgen.rendering.wording.numbers import NBSP, fixed
from reportgen.rendering.wording.removals import BY
from reportgen.results.removal import RANDOM, Faithfulness, Removal

WEAK = "no better than a random order"

MEASURES = (
    ("comprehensiveness", "comprehensiveness ↑"),
    ("sufficiency", "sufficiency ↓"),
    ("log_odds", "log-odds ↓"),
    ("leave_one_out", "leave-one-out ↑"),
    ("monotonicity", "monotonicity ↑"),
    ("infidelity", "infidelity ↓"),
)
"""The other measures: field, and column with the way that is good."""

LEGEND = (
    "Comprehensiveness: how far the output falls without the most important 1, 5, 10, 20 and "
    "50 % (mean); sufficiency: without all but these. Log-odds: the change of the output’s "
    "logarithm without the first 20 %. Leave-one-out: rank correlation of the scores with what "
    "each does when it is removed alone. Monotonicity: the share of steps at which the output does "
    "not fall while the least important are added first. Infidelity: how far sums of scores are "
    "from what removing drawn sets does; 0 foretells it all, 1 nothing."
)
"""What they say."""


def share(value: float) -> str:
    """Write how far between the worst and the best order something is."""
    return f"{fixed(100 * value, 1)}{NBSP}%"


def method_title(name: str) -> str:
    return "random order" if name == RANDOM else title(name)


def no_better(row: Faithfulness, chance: Faithfulness | None) -> bool:
    """Tell whether a method foretells no more than random orders do."""
    if chance is None or row.method == RANDOM:
        return False
    found, drawn = row.normalized_comprehensiveness, chance.normalized_comprehensiveness
    return found is not None and drawn is not None and found <= drawn


def summary(rows: Sequence[Faithfulness], noun: str) -> str:
    """Say what the leading method shows, a random order, and the best of all."""
    known = {
        row.method: row.normalized_comprehensiveness
        for row in rows
        if row.normalized_comprehensiveness is not None
    }
    methods = {name: value for name, value in known.items() if name != RANDOM}
    if not methods:
        return ""
    main = leading(methods) or next(iter(methods))
    chance = f", a random order {share(known[RANDOM])}" if RANDOM in known else ""
    told = (
        f"Of what removing {noun}s could show, {shows(main)} {share(methods[main])} here{chance}."
    )
    best = max(methods, key=lambda name: methods[name])
    if share(methods[best]) != share(methods[main]):
        told += f" {capital(shows(best))} most: {share(methods[best])}."
    return told


def shows(name: str) -> str:
    called = method_title(name)
    return f"{called} {'show' if called.endswith('s') else 'shows'}"


def capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


NARROW = 0.01
"""Between the worst and the best order, in probability: less is next to nothing."""


def bounds(game: Removal) -> str:
    """Say what 0 and 100 % are, and where hardly anything lies between them."""
    noun = game.granularity
    told = (
        f"0 % is the worst order of removing the {noun}s that was found, 100 % the best: not all "
        "orders could be tried."
    )
    if game.exact:
        told = (
            f"0 % is the worst of all orders in which the {noun}s could be removed, 100 % the best."
        )
    worst, best = game.bounds or (0.0, 1.0)
    if game.probable and best - worst < NARROW:
        told += " Here the output hardly changes whatever the order: these shares say little."
    return told


def favoured(rows: Sequence[Faithfulness]) -> str:
    """Say which methods are made of removals themselves."""
    known = ((row.method, get(row.method)) for row in rows)
    names = [title(name) for name, method in known if getattr(method, "from_removals", False)]
    if not names:
        return ""
    one = len(names) == 1 and not names[0].endswith("s")
    verb, them = ("is", "it") if one else ("are", "them")
    return f"{capital(listed(names))} {verb} made of removals like these, so this favours {them}."


def intro(noun: str, operators: Sequence[str]) -> str:
    """Say how explanations are measured, and what that cannot say."""
    told = (
        f"The {noun}s that a method calls most important are removed first: the faster the output "
        "falls, the more its scores say about the model. Nobody writes texts with gaps, and the "
        "model may read them oddly"
    )
    if len(operators) < 2:
        return f"{told}."
    return f"{told}; so two ways to remove are shown."


def by(game: Removal) -> str:
    """Name the way in which a game removes units."""
    return f"{game.granularity.capitalize()}s {BY[game.operator]}"
