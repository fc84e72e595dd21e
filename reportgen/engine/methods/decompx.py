"""DecompX: what each token's vector adds to an output, carried through all layers and the head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.memory import budget
from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.methods.carrying import Carrier, Readout
from reportgen.engine.methods.dataflow import Flow, Mapped, understand_flow
from reportgen.engine.methods.decomposition import rounding
from reportgen.engine.methods.rollout import require_one_stack
from reportgen.engine.models.capture import Call, record
from reportgen.methods import decompx as described


class DecompX(MethodImplementation):
    """Modarressi et al. 2023, arXiv:2306.02873.

    Token i's vector after a layer is a sum of parts x_i<-k, one from each token k of the input.
    They begin as x_i<-i = x_i and go through everything that is linear once attention is kept as
    it was: values, attention and output projection, residual connections, LayerNorms at the
    spread that they divided each token by, linear maps, and activations at the slope f(z)/z of
    each feature z. A bias b is shared among the parts it is added to, by |b . x_i<-k|. So parts
    always add up to the vector, and those of an output to the output.

    Arrays: ``decompx/TARGET`` (n,): what each token adds to the logit, signed, in logits.
    Self-test ``decompx_reconstruction``: how far parts, summed, are from what the model computed,
    the largest over the vectors that go from layer to layer, relative to their largest value, and
    over the outputs, relative to the output and to the largest part of it.
    """

    name = described.DecompX.name
    settings: described.DecompX

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        loaded = context.loaded
        embeddings = loaded.embed(context.encoding.ids).requires_grad_()
        with torch.enable_grad(), record(loaded.model, calls=True) as recording:
            output = loaded.forward([context.encoding], {loaded.embedding: [embeddings]})
        names = {module: name for name, module in loaded.model.named_modules()}
        flow = understand_flow(recording, names)
        targets = context.targets(self.settings.target)
        calls = recording.layers[-1].calls
        scalars = [loaded.task.scalar(output, 0, target) for target in targets]
        readouts = [readout(flow, calls, scalar) for scalar in scalars]
        with torch.no_grad():
            carrier = Carrier(flow.layers, readouts, loaded.model.device, budget(loaded))
            found = list(carrier.scores())
        errors = [carrier.error]
        for target, scores in zip(targets, found, strict=True):
            logit = loaded.task.scalar(context.output, 0, target).item()
            scale = max(abs(logit), abs(scores).max(), 1e-12)
            errors.append(float(abs(scores.sum() - logit) / scale))
        return MethodOutput(
            arrays={
                f"{self.name}/{target.name}": scores.astype(np.float32)
                for target, scores in zip(targets, found, strict=True)
            },
            targets=targets,
            self_tests={"decompx_reconstruction": max(errors)},
        )


def readout(flow: Flow, calls: Sequence[Call], scalar: Tensor) -> Readout:
    """Find the linear map whose outputs ``scalar`` is a weighted sum of, and the weights.

    Raises ``NotApplicable`` where it is none, or where what that map read is not explained.
    """
    returned = [call.output for call in calls]
    gradients = torch.autograd.grad(scalar, returned, retain_graph=True, allow_unused=True)
    reached = [place for place, found in enumerate(gradients) if found is not None and found.any()]
    if not reached:
        raise NotApplicable("No linear map was found that the output is read from.")
    place = reached[-1]
    weights = gradients[place].flatten(0, -2).float().cpu()
    value = calls[place].output.detach().flatten(0, -2).float().cpu()
    summed, wanted = (weights * value).sum().item(), scalar.item()
    if abs(summed - wanted) > rounding(scalar) * max(abs(wanted), value.abs().mean().item()):
        raise NotApplicable(
            "The output is not what a linear map returned: the model turns it into something else."
        )
    node = flow.made.get(place)
    if not isinstance(node, Mapped):
        raise flow.unexplained(calls[place])
    return node, weights
