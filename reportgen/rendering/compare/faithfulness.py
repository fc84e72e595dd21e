"""Explanations that are less faithful than they were, or more, and words that turn or do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportgen.methods import Operator
from reportgen.rendering.wording.faithful_methods import whole_percent
from reportgen.rendering.wording.labels import cut, heading, listed, title, visible
from reportgen.rendering.wording.numbers import MINUS, NBSP, count
from reportgen.rendering.wording.removals import BRIEFLY
from reportgen.rendering.wording.sentences import Verdict
from reportgen.results.compare.faithfulness import FaithfulnessChange, TurningWords
from reportgen.results.compare.runs import ModelComparison

MOST_TURNING = 5
"""Inputs whose turning words are told."""

MOST_WORDS = 3
"""Words of one of them."""


@dataclass(frozen=True)
class FaithfulnessLine:
    """One method: what it shows before and after, by how much that differs, and what that is."""

    method: str
    inputs: str
    before: str
    after: str
    change: str
    verdict: Verdict | None


@dataclass(frozen=True)
class TurningLine:
    """One input whose prediction other words turn now."""

    number: str
    text: str
    says: str


@dataclass(frozen=True)
class FaithfulnessView:
    """How faithful explanations are in both runs; ``removed`` is how words were removed."""

    removed: str
    lines: tuple[FaithfulnessLine, ...]
    turning: tuple[TurningLine, ...]
    more: int


def faithfulness_view(model: ModelComparison) -> FaithfulnessView | None:
    """Make the view of a model; ``None`` where nothing was measured on both sides."""
    if not (model.faithfulness or model.turning_words):
        return None
    operators: dict[Operator, None] = dict.fromkeys(one.operator for one in model.faithfulness)
    return FaithfulnessView(
        removed=listed([BRIEFLY[operator] for operator in operators]),
        lines=tuple(map(faithfulness_line, model.faithfulness)),
        turning=tuple(map(turning_line, model.turning_words[:MOST_TURNING])),
        more=max(0, len(model.turning_words) - MOST_TURNING),
    )


def faithfulness_line(one: FaithfulnessChange) -> FaithfulnessLine:
    verdict = None
    if one.less or one.more:
        verdict = Verdict("warn", "less faithful") if one.less else Verdict("good", "more faithful")
    return FaithfulnessLine(
        method=title(one.method),
        inputs=f"{one.inputs:,}",
        before=f"{whole_percent(one.before)}{NBSP}%",
        after=f"{whole_percent(one.after)}{NBSP}%",
        change=change(one),
        verdict=verdict,
    )


def change(one: FaithfulnessChange) -> str:
    """Write by how many points it differs, and the interval: ``−18 (−25 to −11)``."""
    text = points(one.after - one.before)
    if one.interval is None:
        return text
    low, high = map(points, one.interval)
    return f"{text} ({low} to {high})"


def points(share: float) -> str:
    text = whole_percent(share)
    return text if text == "0" or text.startswith(MINUS) else f"+{text}"


def turning_line(one: TurningWords) -> TurningLine:
    return TurningLine(
        number=f"#{one.after.input + 1}",
        text=cut(heading(one.after.fields)) or "(empty)",
        says=turning(one, lambda word: f"“{word}”"),
    )


def turning(one: TurningWords, quote: Callable[[str], str]) -> str:
    """Say which words turned the prediction when removed alone, and do not now, or do now."""
    parts = []
    if one.no_longer:
        words = some(one.no_longer, quote)
        parts.append(f"Without {words} alone the prediction turned, and does not now.")
    if one.now:
        words = some(one.now, quote)
        parts.append(f"Without {words} alone the prediction turns now, and did not before.")
    return " ".join(parts)


def some(words: Sequence[str], quote: Callable[[str], str]) -> str:
    """Write words as one list, the first of many: ``a``, ``a or b``, ``a, b or c``."""
    shown = [quote(visible(word)) for word in words[:MOST_WORDS]]
    if len(words) > len(shown):
        shown.append(f"{len(words) - len(shown):,} more")
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def faithfulness_sentence(models: Sequence[ModelComparison], named: Callable[[str], str]) -> str:
    """Name the method of each model that became least faithful, and count the others."""
    found = [(model, one) for model in models for one in model.faithfulness if one.less]
    if not found:
        return ""
    model, most = min(found, key=lambda pair: pair[1].after - pair[1].before)
    of = f" in {named(model.after.model)}" if len(models) > 1 else ""
    others = len(found) - 1
    too = f"; so {'does' if others == 1 else 'do'} {others:,} more" if others else ""
    now, then = (f"{whole_percent(share)}{NBSP}%" for share in (most.after, most.before))
    return (
        f"The order of {title(most.method)}{of} shows less of what removing words could show: "
        f"{now}, before {then}{too}."
    )


def faithfulness_verdicts(models: Sequence[ModelComparison]) -> list[Verdict]:
    """Count the explanations that are less faithful, and those that are more."""
    less = sum(one.less for model in models for one in model.faithfulness)
    more = sum(one.more for model in models for one in model.faithfulness)
    found = []
    if less:
        found.append(Verdict("warn", f"{count(less, 'method')} less faithful"))
    if more:
        found.append(Verdict("good", f"{count(more, 'method')} more faithful"))
    return found
