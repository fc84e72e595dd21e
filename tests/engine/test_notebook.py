"""With ``notebook_compatible`` the numbers are captum's own, by the notebooks' choices."""

from __future__ import annotations

import pytest
import torch

from paths import (
    EVERYTHING,
    PAIRS,
    TEXTS,
    captum_conductance,
    captum_gradients,
    close,
    explain,
    make_context,
    path_of,
)
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path import capacity
from reportgen.engine.path.embedding_path import make_path, notebook_types
from reportgen.engine.path.notebook import integrate_as_notebook, largest
from tiny_models import ANSWER, MODELS, plan_model

NOTEBOOK = {"notebook_compatible": True}


def notebook_context(model, *texts):
    """Return the context, and the path over its words as the notebooks take it."""
    context = make_context(model, *texts)
    encoding = notebook_types(context.encoding)
    return context, make_path(model, encoding, "pad", context.targets("predicted"))


@pytest.mark.parametrize("architecture", ["bert", "electra"])
def test_integrated_gradients_equal_captums_on_the_embedding_layer(loaded, architecture):
    model = loaded(architecture, ANSWER)
    context, path = notebook_context(model, *PAIRS[0])
    output = explain(context, "integrated_gradients", **NOTEBOOK)
    for target in path.targets:
        theirs = captum_gradients(
            model, path.encoding, target, 50, layer=model.embedding_layer, scalar=largest
        )
        close(output.arrays[f"integrated_gradients/{target.name}"], theirs, 1e-4)


@pytest.mark.parametrize("architecture", ["bert", "electra"])
def test_conductance_equals_captums_at_every_layer(loaded, architecture):
    model = loaded(architecture, ANSWER)
    context, path = notebook_context(model, *PAIRS[0])
    layers = explain(context, "layer_conductance", **NOTEBOOK)
    attention = explain(context, "attention_attribution", **NOTEBOOK)
    for target in path.targets:
        features = layers.arrays[f"layer_conductance_features/{target.name}"]
        maps = attention.arrays[f"attention_attribution/{target.name}"]
        for number, layer in enumerate(model.model.base_model.encoder.layer):
            theirs = captum_conductance(model, path, target, layer, 50, scalar=largest)
            close(features[number], theirs, 1e-4)
            theirs = captum_conductance(
                model, path, target, layer.attention.self, 50, attribute_to=1, scalar=largest
            )
            close(maps[number], theirs, 1e-4)


def test_equals_captum_on_the_bundled_question_answerer():
    model = load(plan_model(MODELS / "question-answering", ANSWER))
    context, path = notebook_context(model, "What is it?", "It is important to include humans.")
    gradients = explain(context, "integrated_gradients", **NOTEBOOK)
    layers = explain(context, "layer_conductance", **NOTEBOOK)
    start, end = path.targets
    theirs = captum_gradients(
        model, path.encoding, end, 50, layer=model.embedding_layer, scalar=largest
    )
    close(gradients.arrays["integrated_gradients/end"], theirs, 1e-4)
    module = model.model.base_model.encoder.layer[2]
    theirs = captum_conductance(model, path, start, module, 50, scalar=largest)
    close(layers.arrays["layer_conductance_features/start"][2], theirs, 1e-4)


def test_classifiers_keep_their_frozen_target(loaded):
    model = loaded()
    context, path = notebook_context(model, TEXTS[0])
    (target,) = path.targets
    output = explain(context, "layer_conductance", **NOTEBOOK)
    for number, layer in enumerate(model.model.base_model.encoder.layer):
        theirs = captum_conductance(model, path, target, layer, 50)
        close(output.arrays[f"layer_conductance_features/{target.name}"][number], theirs, 1e-4)


@pytest.mark.parametrize(("asked", "nodes"), [("auto", 50), (50, 50), (20, 20)])
def test_as_many_steps_as_asked_for_and_fifty_without(loaded, asked, nodes):
    context = make_context(loaded(task=ANSWER), *PAIRS[0])
    gradients = explain(context, "integrated_gradients", steps=asked, **NOTEBOOK)
    assert {row.steps for row in gradients.convergence} == {nodes}
    layers = explain(context, "layer_conductance", steps=asked, **NOTEBOOK)
    assert {row.steps for row in layers.convergence} == {nodes + 1}


def test_leaving_out_both_ends_shows_in_the_gap(loaded):
    """The left rule misses more than the tolerance, and that is said; ours does not."""
    context = make_context(loaded(task=ANSWER), *PAIRS[0])
    theirs = explain(context, "layer_conductance", **NOTEBOOK).convergence
    ours = explain(context, "layer_conductance").convergence
    for row, own in zip(theirs, ours, strict=True):
        assert own.gap <= 0.01
        assert own.converged
        assert row.gap > 0.01
        assert not row.converged


def test_the_target_moves_to_the_largest_logit(loaded):
    """At the baseline another position may be the largest: F(x') is taken there."""
    model = loaded(task=ANSWER)
    path = path_of(model, *PAIRS[0])
    integral = integrate_as_notebook(model, path, EVERYTHING, 4)
    (words,) = path.embeddings
    with torch.no_grad():
        output = model.forward([path.encoding], {words.module: [words.baseline]})
        frozen = [model.task.scalar(output, 0, target).item() for target in path.targets]
    largest_there = [output.start_logits.max().item(), output.end_logits.max().item()]
    assert integral.f_baseline.tolist() == pytest.approx(largest_there, rel=1e-5)
    assert largest_there != pytest.approx(frozen, rel=1e-3)


def test_chunks_change_nothing(loaded, monkeypatch):
    model = loaded(task=ANSWER)
    path = path_of(model, *PAIRS[0])
    whole = integrate_as_notebook(model, path, EVERYTHING, 7)
    monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
    single = integrate_as_notebook(model, path, EVERYTHING, 7)
    close(single.layers, whole.layers, 1e-5)
    close(single.attention, whole.attention, 1e-5)
    close(single.embeddings["word"], whole.embeddings["word"], 1e-5)
