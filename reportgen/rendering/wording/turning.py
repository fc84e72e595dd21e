"""What a prediction turns to when units are removed, and what stays: named as its kind is."""

from __future__ import annotations

from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import JobResult, Target
from reportgen.results.removal import Removal, RemovalOutcome


def said(result: JobResult, outcome: RemovalOutcome) -> str:
    """Name what is predicted, and how probable it is: ``POSITIVE (0.620)``, ``“1871” (0.310)``."""
    kind = result.prediction_kind
    plain = kind is not None and (kind.classes or kind.tags)
    label = visible(outcome.label) if outcome.label else "nothing"
    steps = result.prediction.steps if result.prediction else ()
    blank = (s.text for s in steps if s.label == outcome.label and s.text.isspace())
    label = visible(next(blank, "")) or label
    text = label if plain else f"“{label.strip()}”"
    if outcome.probability is None:
        return text
    return f"{text} ({probability(outcome.probability)})"


def in_place(result: JobResult, removal: Removal, outcome: RemovalOutcome) -> str:
    """Name what is predicted without units, of a text with the token that it is in place of."""
    own = own_token(result, outcome.at or removal.target)
    return said(result, outcome) + (f" in place of “{own}”" if own else "")


def kept(result: JobResult, removal: Removal, outcome: RemovalOutcome) -> str:
    """Name the prediction that stays; of an answer of several tokens the least sure of them."""
    if outcome.at is None:
        return said(result, outcome)
    return f"the answer, of which {said(result, outcome)} is least sure"


def own_token(result: JobResult, name: str | None) -> str:
    """Return the token of a written text that an output is; nothing of other predictions."""
    kind, target = result.prediction_kind, find_target(result, name)
    if kind is None or not kind.written or target is None or target.position is None:
        return ""
    assert result.prediction is not None
    ahead = target.position + 1  # it is read from the token before it
    steps = (step for step in result.prediction.steps if step.position == ahead)
    texts = (step.text if step.text.isspace() else step.label.strip() for step in steps)
    return next(map(visible, texts), "")


def find_target(result: JobResult, name: str | None) -> Target | None:
    return next((target for target in result.targets if target.name == name), None)


def sides(result: JobResult, removal: Removal) -> tuple[str, str] | None:
    """Return both outputs that a game compares; ``None`` where it is about one."""
    target = find_target(result, removal.target)
    if target is None or target.rather_than is None:
        return None
    first, _, second = target.name.partition(" rather than ")
    if target.position is not None:
        second = second.rpartition(" at ")[0]
    return first, second


def subject(result: JobResult, removal: Removal) -> str:
    """Name what turns or stays."""
    if both := sides(result, removal):
        return f"the order of “{both[0]}” and “{both[1]}”"
    if several_labels(result):
        return f"the decision on {visible(removal.target or '')}"
    kind = result.prediction_kind
    return "the label" if kind is not None and kind.tags else "the answer"


def several_labels(result: JobResult) -> bool:
    """Tell whether any of several labels may be said, each decided by itself."""
    kind = result.prediction_kind
    return kind is not None and kind.classes and not kind.exclusive and not kind.numeric


def turns(result: JobResult, removal: Removal, outcome: RemovalOutcome) -> tuple[str, str]:
    """Say what becomes of a prediction without units: that it turns, and to what."""
    if both := sides(result, removal):
        first, second = both if outcome.label == both[0] else both[::-1]
        sure = "" if outcome.probability is None else f" ({probability(outcome.probability)})"
        return "", f" “{first}” is ahead of “{second}”{sure}"
    if own_token(result, outcome.at or removal.target):
        return " the model would write", f" {in_place(result, removal, outcome)}"
    if several_labels(result):
        return " the model says", f" {said(result, outcome)}"
    return f" {subject(result, removal)} turns", f" to {said(result, outcome)}"
