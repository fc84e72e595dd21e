"""What a scan of a data set finds, each thing with its number and the inputs behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from reportgen.results.dataset.intervals import Estimate


class FindingKind(StrEnum):
    """What a finding is about; the order is that of findings whose evidence is equal."""

    WEAK_SLICE = "weak_slice"
    UNINFORMATIVE_WORD = "uninformative_word"
    SENSITIVE = "sensitive"
    ATTRIBUTION_DIFFERS = "attribution_differs"


@dataclass(frozen=True)
class Finding:
    """One thing that was found without being asked for, of one model.

    ``about`` names it: by what a slice is made and its value (``("source", "tweets")``), a word
    (``("word", "film")``), a perturbation (``("perturbation", "case")``). ``estimate`` is the
    number of its sentence with its interval, ``p`` is corrected for all that was tried with it
    (family-wise). ``places`` are those of the inputs behind it, the clearest first, as
    ``Observations.places``; ``against`` is what ``estimate`` is compared with, where it is.
    ``also`` is a second condition that holds together with ``about``, where there is one.
    """

    kind: FindingKind
    about: tuple[str, str]
    estimate: Estimate
    p: float
    places: np.ndarray
    against: Estimate | None = None
    also: tuple[str, str] | None = None


@dataclass(frozen=True)
class Tried:
    """How many candidates of a kind were looked at, so that nothing found means something."""

    kind: FindingKind
    candidates: int
    inputs: int
