"""Which arrays of a result are stored: all, or scores without the maps they are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.results.map_scores import is_map, kept_rows
from reportgen.results.model import Target
from reportgen.spec.models import Keep


def kept_arrays(
    keep: Keep, arrays: Mapping[str, np.ndarray], targets: Sequence[Target]
) -> dict[str, np.ndarray]:
    """Return what is stored of ``arrays``, once all that is made of them has been made.

    Of maps that are left out the scores that are rows of them stay, so that every table of words
    and tokens is the same.
    """
    if keep == "all":
        return dict(arrays)
    scores = {name: array for name, array in arrays.items() if not is_map(name)}
    return scores | kept_rows(arrays, targets)
