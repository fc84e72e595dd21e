"""The training examples behind the prediction of an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.influence import CAUTION, MEASURED, lead, nothing, sides
from reportgen.rendering.wording.numbers import signed
from reportgen.results.model import JobResult
from reportgen.results.training import InfluentialExample


@dataclass(frozen=True)
class ShownExample:
    """A training example: its number in the file, label and score as written, and its text."""

    row: str
    label: str
    score: str
    text: str


@dataclass(frozen=True)
class ExamplesSide:
    """Those that helped a label, or those that worked against it."""

    title: str
    rows: tuple[ShownExample, ...]
    nothing: str


@dataclass(frozen=True)
class InfluenceView:
    """What the section says: ``lead`` what it is, ``reading`` how scores are read."""

    lead: str
    sides: tuple[ExamplesSide, ...]
    reading: str
    caution: str


def influence_view(result: JobResult) -> InfluenceView | None:
    """Show the training examples of an input for which they were looked for."""
    found = result.influence
    if found is None:
        return None
    titles = sides(found)
    return InfluenceView(
        lead=lead(found),
        sides=tuple(
            ExamplesSide(name, tuple(shown(examples)), nothing(found))
            for name, examples in zip(titles, (found.proponents, found.opponents), strict=True)
        ),
        reading=MEASURED[found.measure],
        caution=CAUTION,
    )


def shown(examples: Sequence[InfluentialExample]) -> list[ShownExample]:
    return [ShownExample(f"{x.row:,}", x.label, signed(x.score), x.text) for x in examples]
