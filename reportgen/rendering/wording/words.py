"""What is said of words over all inputs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.labels import listed, visible
from reportgen.rendering.wording.numbers import NBSP, count, fixed, number, signed
from reportgen.results.dataset.intervals import Estimate


@dataclass(frozen=True)
class ClearWord:
    """The word that most clearly pushes towards an output; ``word`` is ``None`` where none does."""

    output: str
    word: str | None
    estimate: Estimate | None = None


def interval(one: Estimate) -> str:
    """Write ``+0.41 to +0.66``, a dash where there is none."""
    return f"{signed(one.low)} to {signed(one.high)}" if one.low == one.low else "–"


def clearest(words: Sequence[ClearWord], unit: str, changing: int) -> str:
    """Say which word pushes most clearly towards each output, and how many change their sign."""
    parts = [part for place, one in enumerate(words) if (part := towards(one, unit, place == 0))]
    none = [one.output for one in words if one.word is None]
    sentences = []
    if parts:
        sentences.append(f"What pushes most clearly {'; '.join(parts)}.")
    if none:
        sentences.append(f"No word clearly pushes towards {listed(none)}.")
    if changing == 1:
        sentences.append("1 word changes its sign with what is around it.")
    elif changing:
        sentences.append(f"{changing:,} words change their sign with what is around them.")
    return " ".join(sentences)


def towards(one: ClearWord, unit: str, first: bool) -> str:
    if one.word is None or one.estimate is None:
        return ""
    found = one.estimate
    is_ = "is " if first else ""
    measured = f"{signed(found.value)}{' ' + unit if unit else ''} on average"
    return (
        f"towards {one.output} {is_}“{visible(one.word)}” ({measured}, {interval(found)}, "
        f"in {count(found.count, 'input')})"
    )


def sides(output: str, towards: int, against: int, whole: int, means: tuple[float, float]) -> str:
    """Say how often a word is on either side, after its name."""
    return (
        f"pushes towards {output} in {count(towards, 'input')} ({signed(means[0])} on average) and "
        f"against it in {against:,} ({signed(means[1])}), of {whole:,}"
    )


def share(value: float) -> str:
    return f"{fixed(100 * value, 0)}{NBSP}%"


def with_count(one: Estimate) -> str:
    """Write a mean with the number of inputs it is over; a dash over none."""
    return f"{signed(one.value)} ({one.count:,})" if one.count else "–"


def ends_at(largest: float, unit: str) -> str:
    return f"±{number(largest)}{' ' + unit if unit else ''}"
