"""What the first token of a causal model does, where the path leaves it as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from reportgen.engine.methods.base import PredictionContext
from reportgen.engine.removal.operators import delete, moved
from reportgen.results.kinds import find_kind
from reportgen.results.model import KeptToken, Target


@torch.no_grad()
def leave_first_out(context: PredictionContext, targets: Sequence[Target]) -> KeptToken:
    """Return what leaving the first token out changes."""
    encoding, task = context.encoding, context.loaded.task
    kept = np.arange(len(encoding)) > 0
    without = context.loaded.forward([delete(encoding, kept)])
    points = find_kind(context.prediction.kind).points
    changes = {
        target.name: (
            task.scalar(context.output, 0, target)
            - task.scalar(without, 0, moved(target, kept, points))
        ).item()
        for target in targets
        if target.position != 0
    }
    finite = {name: change for name, change in changes.items() if math.isfinite(change)}
    return KeptToken(text=encoding.tokens[0].text, changes=finite)
