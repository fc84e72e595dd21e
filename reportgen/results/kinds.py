"""What predictions of each kind are, as data: all that tables, checks and pages ask about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PredictionKind:
    """One kind of prediction; a fact that is not given does not hold.

    ``stored`` is what result files call it, ``name`` unless given; kinds that share it differ by
    their ``tasks``, which are empty for those of all other tasks.

    ``classes``: its outputs are the classes of the whole input, by name; ``exclusive``: it is one
    of them. ``numeric``: it is a number, which is compared with no other. ``tags``: it is a label
    for each token, read as entities. ``points``: its outputs are tokens of the input, which the
    index of a target counts. ``multiplied``: its probability is the product over its tokens.
    ``written``: it is a text, each token read from the vector of the one before it, which may
    have been given instead.
    """

    name: str
    stored: str = ""
    tasks: tuple[str, ...] = ()
    classes: bool = False
    exclusive: bool = False
    numeric: bool = False
    tags: bool = False
    points: bool = False
    multiplied: bool = False
    written: bool = False

    def holds(self, stored: str, task: str) -> bool:
        """Tell whether predictions that are ``stored`` so, of this task, are of this kind."""
        return stored == (self.stored or self.name) and (not self.tasks or task in self.tasks)


def by_name(kinds: Iterable[PredictionKind]) -> dict[str, PredictionKind]:
    return {kind.name: kind for kind in kinds}


KINDS = by_name(
    (
        PredictionKind("single-label", classes=True, exclusive=True),
        PredictionKind("multi-label", classes=True),
        PredictionKind("regression", classes=True, numeric=True),
        PredictionKind("span", points=True),
        PredictionKind("token-labels", tags=True),
        PredictionKind("filled-gaps", stored="tokens", tasks=("masked-lm",), multiplied=True),
        PredictionKind("written-text", stored="tokens", multiplied=True, written=True),
    )
)
"""The kinds of prediction by name. What is told of each is in ``rendering/predictions``."""


def find_kind(stored: str, task: str = "") -> PredictionKind:
    """Return what predictions that are ``stored`` so are; raise ``ValueError`` for unknown ones.

    Without the task it is a kind that shares with the right one all that a prediction alone tells.
    """
    for kind in KINDS.values():
        if kind.holds(stored, task):
            return kind
    raise ValueError(f"the kind of prediction {stored!r} is not known to this version")
