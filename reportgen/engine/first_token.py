"""What the first token of a causal model does, where the path leaves it as it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch

from reportgen.engine.methods.base import PredictionContext
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.engine.tasks.question_answering import QuestionAnswering
from reportgen.results.model import KeptToken, Target


@torch.no_grad()
def leave_first_out(
    context: PredictionContext, targets: Sequence[Target], paths: Iterable[EmbeddingPath] = ()
) -> KeptToken | None:
    """Return what leaving the first token out changes; ``None`` where every path moved it.

    ``paths`` are those of methods that take no part in a sweep.
    """
    swept = [found.path for found in context.integrals.values() if isinstance(found, Integral)]
    if not any(path.keeps_first for path in (*swept, *paths)):
        return None
    encoding = context.encoding
    rest = replace(
        encoding,
        ids=encoding.ids[1:],
        types=None if encoding.types is None else encoding.types[1:],
        tokens=encoding.tokens[1:],
    )
    task, without = context.loaded.task, context.loaded.forward([rest])
    names_token = isinstance(task, QuestionAnswering)
    changes = {
        target.name: (
            task.scalar(context.output, 0, target)
            - task.scalar(without, 0, moved(target, names_token))
        ).item()
        for target in targets
        if target.position != 0
    }
    finite = {name: change for name, change in changes.items() if math.isfinite(change)}
    return KeptToken(text=encoding.tokens[0].text, changes=finite)


def moved(target: Target, names_token: bool) -> Target:
    """Return a target one token further to the front; ``names_token``: so does its index."""
    if target.position is None:
        return target
    return target.model_copy(
        update={"position": target.position - 1, "index": target.index - names_token}
    )
