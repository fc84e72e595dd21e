"""What is said of the words that people marked, and of how explanations agree with them."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.rendering.wording.labels import listed, quoted
from reportgen.rendering.wording.numbers import count, fixed
from reportgen.results.model import JobResult, Word
from reportgen.results.plausibility import MarkedWords, Plausibility

MOST = 8
"""Words that a sentence names."""

CHANCE = "scores at random, about"


def measure(value: float) -> str:
    """Write a measure in [0, 1]; one that is undefined is left open."""
    return fixed(value, 2)


def marks(words: MarkedWords) -> str:
    """Say how much is marked, and where that leaves nothing to judge."""
    read = count(len(words.places), "word")
    if not words.count:
        return f"None of the {read} that the model read is marked, so that nothing is judged."
    if not words.comparable:
        return f"All of the {read} that the model read are marked, so that nothing is judged."
    verb = "is" if words.count == 1 else "are"
    return f"{words.count:,} of {read} {verb} marked."


def found(one: Plausibility, words: Sequence[Word], method: str, output: str) -> str:
    """Say which of the marked words are among the top ones, and which are not."""
    places = [words[i] for i in one.words.places]
    groups = {
        "Both": one.top & one.words.marked,
        "Only people": one.words.marked & ~one.top,
        "Only the scores": one.top & ~one.words.marked,
    }
    k = one.words.count
    of = "word with the highest score" if k == 1 else f"{k:,} words with the highest scores"
    parts = [
        f"{name}: {named([places[i].text for i in flags.nonzero()[0]])}."
        for name, flags in groups.items()
        if flags.any()
    ]
    return f"Shaded: the {of} for {output} ({method}). {' '.join(parts)}"


def named(words: list[str]) -> str:
    """Name words, the first of many."""
    if len(words) <= MOST:
        return listed([quoted(word) for word in words])
    return f"{', '.join(map(quoted, words[:MOST]))} and {len(words) - MOST:,} more"


def doubts(result: JobResult, cut: bool) -> tuple[str, ...]:
    """Say what to keep in mind: a wrong prediction, and marks behind what was read."""
    told = []
    if result.prediction is not None and result.prediction.correct is False:
        told.append(
            "The model is wrong here: what people marked may be the reason for another output."
        )
    if cut:
        told.append("Some of what people marked was not read by the model, and does not count.")
    return tuple(told)


def unsettled(result: JobResult, method: str) -> bool:
    """Tell whether any scores of a method are not to be relied on."""
    return any(row.method == method and not row.converged for row in result.convergence)
