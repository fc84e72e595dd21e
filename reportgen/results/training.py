"""What is stored of the training examples behind a prediction."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, model_validator

from reportgen.methods.influence import Measure
from reportgen.results.record import Record


class InfluentialExample(Record):
    """A training example with its influence on an input.

    ``row`` counts those of the training file from 1; a long ``text`` is cut.
    """

    row: int = Field(ge=1)
    text: str
    label: str
    score: float


class TrainingInfluence(Record):
    """The training examples that helped an input's ``label`` most, and those most against it.

    ``label`` is the expected one, or where nothing is ``expected`` the predicted one. Both are
    ordered, the largest influence first; ``proponents`` have a score above 0, ``opponents`` one
    below, where ``measure`` is of gradients. By ``representation_similarity`` they are the most
    alike of those with this label and of those with another. ``examples`` is how many there are.
    """

    measure: Measure
    label: str
    expected: bool
    examples: int = Field(ge=1)
    proponents: tuple[InfluentialExample, ...] = ()
    opponents: tuple[InfluentialExample, ...] = ()

    @model_validator(mode="after")
    def _is_of_the_file(self) -> TrainingInfluence:
        for side in (self.proponents, self.opponents):
            require_rows([one.row for one in side], self.examples)
        return self


class SelfInfluence(Record):
    """A training example with its influence on itself: how hard it is to fit.

    ``predicted`` is what the model says of it, ``probability`` that of the ``label`` it has.
    """

    row: int = Field(ge=1)
    text: str
    label: str
    predicted: str
    probability: float = Field(ge=0, le=1)
    score: float = Field(ge=0)


class TrainingData(Record):
    """The training file that a model's predictions were traced to.

    ``otherwise`` is of how many examples the model predicts another label, ``mean`` the mean
    influence on themselves, ``suspicious`` those with the largest: candidates for wrong labels.
    """

    file: str
    sha256: str
    examples: int = Field(ge=1)
    checkpoints: int = Field(ge=0)
    otherwise: int = Field(ge=0)
    mean: float = Field(ge=0)
    suspicious: tuple[SelfInfluence, ...] = ()

    @model_validator(mode="after")
    def _is_of_the_file(self) -> TrainingData:
        require_rows([one.row for one in self.suspicious], self.examples)
        if self.otherwise > self.examples:
            raise ValueError("more examples are predicted otherwise than there are")
        return self


def require_rows(rows: Sequence[int], examples: int) -> None:
    """Raise ``ValueError`` where a row is not one of the training file, or is there twice."""
    if rows and max(rows) > examples:
        raise ValueError(f"there is no row {max(rows)} of {examples} training examples")
    if len(set(rows)) < len(rows):
        raise ValueError("a training example is there twice")
