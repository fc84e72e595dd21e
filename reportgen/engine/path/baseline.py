"""What ``baseline: auto`` tries, what a path leaves as it is, and baselines that are vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import FILLERS, Baseline, Encoding
from reportgen.results.model import Target

ORDER: tuple[Baseline, ...] = ("mask", "pad", "mean", "full_stop", "zero")
"""What ``auto`` tries: first what the model has been trained to read as nothing.

More paths of a causal model converge from the full stop than from zero (docs/methods.md).
"""


def candidates(loaded: LoadedModel) -> tuple[Baseline, ...]:
    """Return what ``auto`` tries for a model, in this order.

    What the tokenizer has no token for is left out, and so is padding that is the end token too
    and means something.
    """
    tokenizer = loaded.tokenizer
    missing = {name: find(tokenizer) is None for name, find in FILLERS.items()}
    missing["pad"] |= tokenizer.pad_token_id == tokenizer.eos_token_id
    return tuple(name for name in ORDER if not missing.get(str(name)))


def should_keep_first(loaded: LoadedModel, encoding: Encoding, targets: Sequence[Target]) -> bool:
    """Tell whether the first token is one of the text's own that had better stay as it is.

    In a causal model much attention rests on it, whatever it is (the attention sink), and a path
    that moves it is not smooth. A special token stays anyway. Where it is all that an output
    depends on it has to move.
    """
    alone = len(encoding.content) < 2 or any(target.position == 0 for target in targets)
    return not encoding.tokens[0].special and not alone and loaded.causal


def with_vector(vectors: Tensor, positions: np.ndarray, vector: Tensor) -> Tensor:
    """Return ``vectors`` (n, d) with ``vector`` (d,) at ``positions``."""
    vectors = vectors.clone()
    vectors[positions] = vector
    return vectors
