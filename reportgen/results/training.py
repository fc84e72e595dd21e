"""What is stored of the training examples behind a prediction."""

from __future__ import annotations

from pydantic import Field

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
