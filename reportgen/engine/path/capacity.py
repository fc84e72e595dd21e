"""How many nodes and inputs of a sweep fit into memory."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.engine.memory import budget, rows_that_fit
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.node_values import Needs
from reportgen.results.model import ModelInfo

CHUNK_BYTES = 1 << 29
"""Memory that one pass on a CPU takes at most; more is not faster there."""

MOST_INPUTS = 16
"""Inputs that one sweep takes at most: what an interruption may cost."""


def node_bytes(length: int, info: ModelInfo, targets: int, needs: Needs) -> int:
    """Return what the states and gradients of one node take, in float32."""
    numbers = length * info.hidden_size * targets
    if needs.hidden_states:
        numbers += info.layers * length * info.hidden_size * (1 + targets)
    if needs.attention:
        numbers += info.layers * info.heads * length**2 * (1 + targets)
    return 4 * numbers


def graph_bytes(length: int, info: ModelInfo, itemsize: int) -> int:
    """Estimate what one input of ``length`` tokens keeps for its backward pass.

    Weights are frozen, so a layer keeps about 16 vectors and 4 attention maps per head.
    """
    return info.layers * length * (16 * info.hidden_size + 4 * info.heads * length) * itemsize


def kept_bytes(length: int, info: ModelInfo, targets: int, needs: Needs) -> int:
    """Return what the sweep of one input keeps: its sums, and three nodes of an open interval."""
    return 4 * node_bytes(length, info, targets, needs)


def rows_per_pass(loaded: LoadedModel, paths: Sequence[EmbeddingPath], needs: Needs) -> int:
    """Return how many nodes one pass takes: what fits beside what is kept of all paths."""
    length, targets = max(map(len, paths)), max(len(path.outputs) for path in paths)
    left = budget(loaded) - len(paths) * kept_bytes(length, loaded.info, targets, needs)
    return rows_within(left, loaded, length, targets, needs)


def inputs_per_pass(loaded: LoadedModel, length: int) -> int:
    """Return how many inputs of ``length`` tokens one pass differentiates, for one target."""
    return rows_within(budget(loaded), loaded, length, 1, Needs())


def rows_within(left: int, loaded: LoadedModel, length: int, targets: int, needs: Needs) -> int:
    row = graph_bytes(length, loaded.info, loaded.model.dtype.itemsize)
    row += node_bytes(length, loaded.info, targets, needs)
    return rows_that_fit(loaded, row, left, CHUNK_BYTES)


def nodes_kept(loaded: LoadedModel, paths: Sequence[EmbeddingPath], needs: Needs) -> int:
    """Return how many nodes of unfinished intervals may be kept, of all paths together."""
    length, targets = max(map(len, paths)), max(len(path.outputs) for path in paths)
    return budget(loaded) // 4 // node_bytes(length, loaded.info, targets, needs)


def inputs_per_sweep(loaded: LoadedModel, length: int, targets: int, needs: Needs) -> int:
    """Return how many inputs of ``length`` tokens one sweep takes in half of the budget."""
    most = budget(loaded) // 2 // kept_bytes(length, loaded.info, targets, needs)
    return max(1, min(most, MOST_INPUTS))
