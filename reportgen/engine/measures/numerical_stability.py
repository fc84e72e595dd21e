"""How far an output and its gradients depend on how they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.methods import NotApplicable, PredictionContext
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.run_paths import RANDOM_TARGETS
from reportgen.engine.tokens import Encoding
from reportgen.results.model import NumericalChange, Target
from reportgen.results.ranks import spearman

SHORTER = "The model runs in {}, whose own rounding is larger than the changes that are looked for."
NOTHING = "There is no output to compute again."


@dataclass(frozen=True, eq=False)
class Computed:
    """Outputs (t,), the largest logit beside them, and gradient times input (t, n)."""

    logits: Tensor
    largest: float
    scores: Tensor


def numerical_stability(
    context: PredictionContext, targets: Sequence[Target], content: np.ndarray
) -> tuple[NumericalChange, ...]:
    """Compute the first ``targets`` again, beside a longer input and in bfloat16, and compare.

    ``content``: the positions of the tokens whose order is compared. Without room for a longer
    input within the model's length there is no test of padding. Raises ``NotApplicable`` for a
    model that does not run in float32.
    """
    loaded, encoding = context.loaded, context.encoding
    if loaded.info.dtype != "float32":
        raise NotApplicable(SHORTER.format(loaded.info.dtype))
    explained = targets[:RANDOM_TARGETS]
    if not explained:
        raise NotApplicable(NOTHING)
    alone = compute(loaded, [encoding], explained)
    found: list[NumericalChange] = []
    if (longer := lengthened(encoding, content, loaded.max_length)) is not None:
        padded = compute(loaded, [encoding, longer], explained)
        found += changes("padding", explained, alone, padded, content)
    shorter = torch.autocast(loaded.model.device.type, dtype=torch.bfloat16)
    rounded = compute(loaded, [encoding], explained, shorter)
    return (*found, *changes("dtype", explained, alone, rounded, content))


def compute(
    loaded: LoadedModel,
    encodings: Sequence[Encoding],
    targets: Sequence[Target],
    within: AbstractContextManager[object] | None = None,
) -> Computed:
    """Return the outputs of the first of ``encodings`` and gradient times word embedding."""
    with within or nullcontext():
        words = [loaded.embed(encoding.ids).detach() for encoding in encodings]
        first = words[0].requires_grad_()
        output = loaded.forward(encodings, {loaded.embedding: words})
        logits = [loaded.task.scalar(output, 0, target) for target in targets]
    scores = [
        (torch.autograd.grad(logit, first, retain_graph=True)[0] * first).sum(-1).detach()
        for logit in logits
    ]
    whole = loaded.task.logits(output)[0].detach().float()
    return Computed(
        torch.stack([logit.detach().float() for logit in logits]),
        whole[whole.isfinite()].abs().max().item(),
        torch.stack(scores).float(),
    )


def changes(
    test: Literal["padding", "dtype"],
    targets: Sequence[Target],
    own: Computed,
    other: Computed,
    content: np.ndarray,
) -> list[NumericalChange]:
    found = []
    for row, target in enumerate(targets):
        before, after = own.scores[row].cpu().numpy(), other.scores[row].cpu().numpy()
        largest = float(np.abs(before).max()) or 1.0
        found.append(
            NumericalChange(
                test=test,
                target=target.name,
                logit=(own.logits[row] - other.logits[row]).abs().item() / (own.largest or 1.0),
                scores=float(np.abs(before - after).max()) / largest,
                correlation=spearman(before[content], after[content]),
            )
        )
    return found


def lengthened(encoding: Encoding, content: np.ndarray, longest: int) -> Encoding | None:
    """Return an input that says the same twice, or as much of it as fits; ``None`` if nothing does.

    Special tokens stay where they are: some models pool the last of them.
    """
    more = content[: max(0, longest - len(encoding))]
    if len(more) == 0:
        return None
    end = int(content[-1]) + 1
    places = np.concatenate([np.arange(end), more, np.arange(end, len(encoding))])
    return encoding.at(places)
