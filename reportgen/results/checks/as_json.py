"""The outcomes of a run's checks as plain data, for other programs to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportgen.results.checks.evaluation import COLUMNS, GRAVITY, Outcome, tally
from reportgen.results.model import Manifest

FORMAT = 1
"""Version of this structure; it grows when a key changes its meaning or goes."""


LEFT_OUT = {"rule", "content", "part"}
"""What only serves to find the same outcome in another run."""


def as_data(manifest: Manifest, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return all outcomes as what JSON can hold.

    ``planned`` is how many results a run is to have that has not ended yet, ``None`` of one that
    has; ``passed`` is then about the ``results`` that are there. ``counts`` has every status. In
    an outcome ``inputs`` are positions from 0, ``expected`` and ``found`` a number, a text, a list
    of texts or ``None``, numbers as they are (a share of 10 % is 0.1), and ``unit`` says what they
    are of.
    """
    counts = tally(outcomes)
    return {
        "format": FORMAT,
        "title": manifest.title,
        "created": manifest.created,
        "results": len(manifest.jobs),
        "planned": manifest.planned,
        "passed": not any(one.breaks for one in outcomes),
        "counts": {status: counts.get(status, 0) for status in GRAVITY},
        "outcomes": [plain(one) for one in outcomes],
    }


def plain(one: Outcome) -> dict[str, Any]:
    found = {name: getattr(one, name) for name in COLUMNS if name not in LEFT_OUT}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}
