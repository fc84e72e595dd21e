"""Predictions to explain, their paths, and captum's own numbers for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from captum.attr import LayerConductance, LayerIntegratedGradients
from torch import Tensor, nn

from reportgen.engine.methods import REGISTRY, MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.models.capture import IMPLEMENTATION, Recording
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import EmbeddingPath, make_path
from reportgen.engine.path.node_values import Needs
from reportgen.engine.run_paths import integrate_paths
from reportgen.engine.tokens import Encoding, substitute
from reportgen.results.model import Target
from reportgen.spec.methods import METHODS
from tiny_models import ANSWER, read

TEXTS = ("the movie was great , i really enjoyed it .", "not bad at all", "great")
PAIRS = (("what is important ?", "it is important to us to include all ."), ("is it ?", "great"))
REVIEWS = ("The movie was great, I really enjoyed it.", "This movie was not bad at all.")
QUESTION = (
    "What is important to us?",
    "It is important to us to include, empower and support humans of all kinds.",
)
EVERYTHING = Needs(layers=True, attention=True)


def texts_for(model: LoadedModel) -> tuple[str, ...]:
    return PAIRS[0] if model.planned.task == ANSWER else TEXTS[:1]


def make_context(model: LoadedModel, *texts: str, expect: str | None = None) -> PredictionContext:
    encoding = read(model, *texts)
    with torch.no_grad():
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, expect)
    return PredictionContext(model, encoding, output, prediction, expect, Recording())


def path_of(model: LoadedModel, *texts: str, baseline: Any = "pad", **more: Any) -> EmbeddingPath:
    """Make the path of a prediction; what to explain is what was predicted."""
    context = make_context(model, *(texts or texts_for(model)))
    return make_path(model, context.encoding, baseline, context.targets("predicted"), **more)


def method_of(name: str, **settings: Any) -> MethodImplementation:
    return REGISTRY[name](METHODS[name](**settings))


def explain(context: PredictionContext, name: str, **settings: Any) -> MethodOutput:
    """Sweep the path of one method and let it explain."""
    method = method_of(name, **settings)
    integrate_paths([context], [method])
    return method.explain(context)


def close(ours: Any, theirs: Any, relative: float) -> None:
    """Assert that two arrays differ by ``relative`` of the second's largest number at most."""
    ours, theirs = torch.as_tensor(ours).double(), torch.as_tensor(theirs).double()
    assert ours.shape == theirs.shape
    scale = theirs.abs().max().clamp(min=1e-30)
    difference = ((ours - theirs).abs().max() / scale).item()
    assert difference <= relative, f"relative difference {difference:.2g}"


Scalar = Callable[[Any, int, Target], Tensor]
"""What is explained, of an output and a row."""


def arguments(model: LoadedModel, encoding: Encoding) -> tuple[list[str], tuple[Tensor, ...]]:
    """Return what a model reads beside its tokens, by name."""
    batch = {k: v for k, v in model.batch([encoding]).items() if k != "input_ids"}
    return list(batch), tuple(batch.values())


def captum_gradients(
    model: LoadedModel,
    encoding: Encoding,
    target: Target,
    steps: int,
    *,
    layer: nn.Module | None = None,
    baseline: Any = "pad",
    scalar: Scalar | None = None,
) -> Tensor:
    """Return captum's integrated gradients (n,) on ``layer``, or on the word embeddings."""
    names, more = arguments(model, encoding)
    scalar = scalar or model.task.scalar

    def forward(ids: Tensor, *more: Tensor) -> Tensor:
        output = model.model(input_ids=ids, **dict(zip(names, more, strict=True)))
        return torch.stack([scalar(output, row, target) for row in range(len(ids))])

    attributions = LayerIntegratedGradients(forward, layer or model.embedding).attribute(
        encoding.ids[None],
        baselines=substitute(model.tokenizer, encoding, baseline)[None],
        additional_forward_args=more,
        n_steps=steps,
    )
    return attributions[0].sum(-1).detach().double()


def captum_conductance(
    model: LoadedModel,
    path: EmbeddingPath,
    target: Target,
    layer: nn.Module,
    steps: int,
    *,
    attribute_to: int | None = None,
    scalar: Scalar | None = None,
) -> Tensor:
    """Return captum's conductance of what ``layer`` returns, while the words of ``path`` move.

    ``attribute_to``: of a module that returns several tensors, which one.
    """
    names, more = arguments(model, path.encoding)
    scalar = scalar or model.task.scalar

    def forward(words: Tensor, *more: Tensor) -> Tensor:
        output = model.model(inputs_embeds=words, **dict(zip(names, more, strict=True)))
        return torch.stack([scalar(output, row, target) for row in range(len(words))])

    (words,) = path.embeddings
    model.model.set_attn_implementation("eager")
    try:
        found = LayerConductance(forward, layer).attribute(
            words.input[None],
            baselines=words.baseline[None],
            additional_forward_args=more,
            n_steps=steps,
        )
    finally:
        model.model.set_attn_implementation(IMPLEMENTATION)
    return (found if attribute_to is None else found[attribute_to])[0].detach().double()


def limit(measure: Callable[[int], Tensor], steps: int) -> Tensor:
    """Extrapolate what captum's left rule, whose error is as 1 / steps, comes to."""
    return 2 * measure(2 * steps) - measure(steps)
