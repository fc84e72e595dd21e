"""Attribution of attention: captum's numbers, and a plain sum where captum cannot go."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paths import (
    EVERYTHING,
    PAIRS,
    REVIEWS,
    TEXTS,
    captum_conductance,
    close,
    explain,
    limit,
    make_context,
    path_of,
    texts_for,
)
from reportgen.engine.models.capture import record
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path.baseline import candidates
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.sweep import integrate
from tiny_models import ANSWER, CLASSIFY, MODELS, plan_model


def assert_equal_to_captum(model, *texts, steps=80):
    """Compare with captum's conductance of the second tensor that attention modules return."""
    path = path_of(model, *texts)
    (ours,) = integrate(model, [path], Needs(attention=True), steps=65)
    for row, target in enumerate(path.targets):
        for number, layer in enumerate(model.model.base_model.encoder.layer):
            theirs = limit(
                lambda n, module=layer.attention.self, of=target: captum_conductance(
                    model, path, of, module, n, attribute_to=1
                ),
                steps,
            )
            close(ours.attention[row, number], theirs, 5e-3)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "electra"])
@pytest.mark.parametrize("task", [CLASSIFY, ANSWER])
def test_equals_captums_at_every_layer(loaded, architecture, task):
    model = loaded(architecture, task)
    assert_equal_to_captum(model, *texts_for(model)[-1:] * (1 + (task == ANSWER)))


def test_equals_captums_on_the_bundled_classifier():
    assert_equal_to_captum(load(plan_model(MODELS / "sentiment")), REVIEWS[1])


@pytest.mark.parametrize(
    "architecture", ["distilbert", "albert", "deberta", "mpnet", "gpt2", "llama", "gemma2", "t5"]
)
def test_equals_a_plain_sum_along_the_path(loaded, architecture):
    """The trapezoid on a fine grid, straight from the recorded attention."""
    model = loaded(architecture)
    path = path_of(model, TEXTS[1], baseline=candidates(model)[0])
    (ours,) = integrate(model, [path], EVERYTHING, tolerance=1e-3, max_steps=1025)
    (words,) = path.embeddings
    nodes = torch.linspace(0, 1, 513) ** 4  # Llama changes fast where its words are near zero
    vectors = torch.stack([words.at(node.item()) for node in nodes]).requires_grad_()
    with record(model.model, values=False) as recording:
        output = model.forward([path.encoding] * len(nodes), {model.embedding: list(vectors)})
    target = path.targets[0]
    values = [model.task.scalar(output, row, target) for row in range(len(nodes))]
    maps = [layer.attention for layer in recording.layers]
    gradients = torch.autograd.grad(sum(values), maps)
    for number, (attention, gradient) in enumerate(zip(maps, gradients, strict=True)):
        expected = ((gradient[1:] + gradient[:-1]) / 2 * attention.diff(dim=0)).sum(0)
        close(ours.attention[0, number], expected, 1e-2)


def test_a_token_is_not_credited_for_what_it_cannot_look_at(loaded):
    """A decoder's queries look at no later key; nor do they look at padding in a batch."""
    model = loaded("gpt2")
    paths = [path_of(model, text, baseline="zero") for text in TEXTS[:2]]
    for path, integral in zip(
        paths, integrate(model, paths, Needs(attention=True), steps=9), strict=True
    ):
        n = len(path)
        assert integral.attention.shape == (1, 3, 4, n, n)
        later = torch.ones(n, n).triu(1).bool()
        assert not integral.attention[..., later].any()
        assert integral.attention[..., ~later].any()


def test_looks_at_what_does_not_change_may_count(loaded):
    """Attention to [CLS] moves with the words, though [CLS] itself does not."""
    context = make_context(loaded(), TEXTS[0])
    output = explain(context, "attention_attribution")
    maps = output.arrays[f"attention_attribution/{output.targets[0].name}"]
    assert maps[:, :, :, 0].any()


def test_a_finding_has_maps_and_their_norm_over_heads(loaded):
    context = make_context(loaded(task=ANSWER), *PAIRS[0])
    output = explain(context, "attention_attribution")
    n = len(context.encoding)
    for name in ("start", "end"):
        maps = output.arrays[f"attention_attribution/{name}"]
        norms = output.arrays[f"attention_attribution_norm/{name}"]
        assert (maps.shape, norms.shape) == ((3, 4, n, n), (3, n, n))
        assert maps.dtype == norms.dtype == np.float32
        assert maps.min() < 0 < maps.max()
        np.testing.assert_allclose(norms, np.sqrt((maps**2).sum(axis=1)), rtol=1e-5, atol=1e-7)
    assert len(output.arrays) == 4
    for row in output.convergence:
        assert row.converged
        assert len(row.layer_gaps) == 3
        assert row.gap >= max(row.layer_gaps)  # the words' own gap counts as well
