"""Layer conductance: captum's numbers at every layer, and completeness."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from encoder import save_encoder
from paths import (
    EVERYTHING,
    PAIRS,
    QUESTION,
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
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path.baseline import candidates
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.sweep import integrate
from tiny_models import ANSWER, CLASSIC, CLASSIFY, MODELS, plan_model

# DistilBERT's classifier has a ReLU: captum's rule does not settle at its kinks.
SMOOTH = [(a, t) for a in CLASSIC for t in (CLASSIFY, ANSWER) if (a, t) != ("distilbert", CLASSIFY)]


def layers_of(model):
    base = model.model.base_model
    return base.transformer.layer if hasattr(base, "transformer") else base.encoder.layer


def assert_equal_to_captum(
    model, *texts, layers=slice(None), relative=5e-3, steps=60, targets=None
):
    path = path_of(model, *texts)
    (ours,) = integrate(model, [path], Needs(layers=True), steps=65)
    modules = layers_of(model)
    for row, target in enumerate(path.targets[:targets]):
        for number in range(len(modules))[layers]:
            theirs = limit(
                lambda n, at=number, of=target: captum_conductance(model, path, of, modules[at], n),
                steps,
            )
            close(ours.layers[row, number], theirs, relative)


@pytest.mark.parametrize(("architecture", "task"), SMOOTH)
def test_equals_captums_at_every_layer(loaded, architecture, task):
    model = loaded(architecture, task)
    assert_equal_to_captum(model, *texts_for(model))


def test_equals_captums_on_the_bundled_classifier():
    assert_equal_to_captum(load(plan_model(MODELS / "sentiment")), REVIEWS[0])


def test_equals_captums_on_the_bundled_question_answerer():
    model = load(plan_model(MODELS / "question-answering", ANSWER))
    settings = {"layers": slice(2, 3), "steps": 40, "targets": 1}
    assert_equal_to_captum(model, *QUESTION, **settings)


def test_captums_rule_is_approached_as_one_over_its_steps(loaded):
    """So it is its error that the comparisons above extrapolate away, not ours."""
    model = loaded()
    path = path_of(model, TEXTS[0])
    (ours,) = integrate(model, [path], Needs(layers=True), steps=129)
    errors = [
        (
            captum_conductance(model, path, path.targets[0], layers_of(model)[0], steps)
            - ours.layers[0, 0]
        )
        .abs()
        .max()
        .item()
        for steps in (50, 100, 200)
    ]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "t5", "deberta-v2", "albert"])
def test_equals_a_plain_sum_along_the_path(loaded, architecture):
    """The trapezoid on a fine grid, straight from the model's hidden states."""
    model = loaded(architecture)
    path = path_of(model, TEXTS[1], baseline=candidates(model)[0])
    (ours,) = integrate(model, [path], EVERYTHING, tolerance=1e-3, max_steps=1025)
    (words,) = path.embeddings
    nodes = torch.linspace(0, 1, 513) ** 4  # Llama changes fast where its words are near zero
    vectors = torch.stack([words.at(node.item()) for node in nodes]).requires_grad_()
    output = model.forward(
        [path.encoding] * len(nodes), {model.embedding: list(vectors)}, hidden_states=True
    )
    target = path.targets[0]
    values = [model.task.scalar(output, row, target) for row in range(len(nodes))]
    states = model.hidden_states(output)
    gradients = torch.autograd.grad(sum(values), states)
    for number, (state, gradient) in enumerate(zip(states, gradients, strict=True)):
        expected = ((gradient[1:] + gradient[:-1]) / 2 * state.diff(dim=0)).sum(0)
        close(ours.layers[0, number], expected, 5e-3)


class TestOutput:
    def test_every_layer_adds_up_to_the_change(self, tmp_path_factory):
        model = load(plan_model(save_encoder(tmp_path_factory.mktemp("encoder"))))
        context = make_context(model, REVIEWS[0])
        output = explain(context, "layer_conductance")
        (target,), (row,) = output.targets, output.convergence
        scores = output.arrays[f"layer_conductance/{target.name}"]
        n = len(context.encoding)
        assert scores.shape == (6, n)
        change = row.f_input - row.f_baseline
        assert scores.sum(axis=1) == pytest.approx([change] * 6, rel=0.011)
        assert row.converged
        assert len(row.layer_gaps) == 6
        assert row.gap == max(row.layer_gaps) <= 0.01

    def test_features_add_up_to_scores(self, loaded):
        context = make_context(loaded(task=ANSWER), *PAIRS[0])
        output = explain(context, "layer_conductance")
        n = len(context.encoding)
        assert {name: array.shape for name, array in output.arrays.items()} == {
            "layer_conductance/start": (3, n),
            "layer_conductance/end": (3, n),
            "layer_conductance_features/start": (3, n, 16),
            "layer_conductance_features/end": (3, n, 16),
        }
        for name in ("start", "end"):
            features = output.arrays[f"layer_conductance_features/{name}"]
            scores = output.arrays[f"layer_conductance/{name}"]
            assert features.dtype == scores.dtype == np.float32
            np.testing.assert_allclose(features.sum(axis=2), scores, rtol=1e-4, atol=1e-6)
            assert len(output.convergence[0].layer_gaps) == 3

    def test_layers_decide_whether_it_converged(self, loaded):
        """Few steps may do for the words and not for the layers: each method says its own."""
        context = make_context(loaded("llama"), TEXTS[0])
        settings = {"steps": 9, "baseline": "zero"}
        (layers,) = explain(context, "layer_conductance", **settings).convergence
        (words,) = explain(context, "integrated_gradients", **settings).convergence
        assert layers.gap == max(layers.layer_gaps) != words.gap
        assert words.layer_gaps == ()

    def test_the_last_layer_of_a_classifier_is_read_at_one_token(self, loaded):
        """BERT's head reads the first token only, so nothing flows through the others."""
        context = make_context(loaded(), TEXTS[0])
        output = explain(context, "layer_conductance")
        scores = output.arrays[f"layer_conductance/{output.targets[0].name}"]
        assert not scores[-1, 1:].any()
        assert scores[-1, 0] != 0
        assert scores[0].all()
