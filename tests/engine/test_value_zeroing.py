"""Value zeroing equals a model that is run with the values of one token set to zero."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from paths import explain, make_context
from reportgen.engine.methods import NotApplicable
from test_rollouts import multiplied

TEXT = "the movie was great , i enjoyed it ."
VALUES = {
    "bert": "bert.encoder.layer.{}.attention.self.value",
    "roberta": "roberta.encoder.layer.{}.attention.self.value",
    "electra": "electra.encoder.layer.{}.attention.self.value",
    "distilbert": "distilbert.transformer.layer.{}.attention.v_lin",
    "mpnet": "mpnet.encoder.layer.{}.attention.attn.v",
    "deberta-v2": "deberta.encoder.layer.{}.attention.self.value_proj",
    "modernbert": "model.layers.{}.attn.Wqkv",
}
WIDTH = {"modernbert": 16}
"""How many of the last features are values, where queries and keys are made beside them."""


@contextmanager
def without_values(module, token, width):
    """Let a value projection return zeros for one token."""

    def zero(_, args, output):
        output = output.clone()
        output[:, token, -width if width else 0 :] = 0
        return output

    handle = module.register_forward_hook(zero)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def run_layers(model, encoding):
    """Return what each layer's module returned, L x (n, d), in float64."""
    found = []
    layers = model.model.get_submodule(VALUES[model.model.config.model_type].partition(".{}")[0])
    handles = [
        layer.register_forward_hook(
            lambda _, args, output: found.append(output if torch.is_tensor(output) else output[0])
        )
        for layer in layers
    ]
    model.forward([encoding])
    for handle in handles:
        handle.remove()
    return [states[0].double().numpy() for states in found]


def brute_force(model, encoding):
    """Run the whole model once for each layer and token, the values zero there."""
    architecture = model.model.config.model_type
    before, n = run_layers(model, encoding), len(encoding)
    maps = np.zeros((len(before), n, n))
    for number, states in enumerate(before):
        module = model.model.get_submodule(VALUES[architecture].format(number))
        for j in range(n):
            with without_values(module, j, WIDTH.get(architecture)):
                after = run_layers(model, encoding)[number]
            for i in range(n):
                cosine = states[i] @ after[i]
                cosine /= np.linalg.norm(states[i]) * np.linalg.norm(after[i])
                maps[number, i, j] = 1 - cosine
        maps[number] /= maps[number].sum(1, keepdims=True)
    return maps


def near(found, expected, size):
    assert found.shape == expected.shape
    assert abs(found - expected).max() <= size


@pytest.mark.parametrize("architecture", VALUES)
def test_it_equals_models_run_without_values(loaded, architecture):
    model = loaded(architecture)
    context = make_context(model, TEXT)
    found = explain(context, "value_zeroing")
    expected = brute_force(model, context.encoding)
    near(found.arrays["value_zeroing_layers"], expected, 1e-4)
    near(found.arrays["value_zeroing_rollout"], multiplied(expected), 1e-4)
    (target,) = found.targets
    rollout = found.arrays["value_zeroing_rollout"]
    assert (found.arrays[f"value_zeroing/{target.name}"] == rollout[0]).all()
    assert found.self_tests["value_zeroing_repeat"] <= 1e-6


def test_chunks_change_nothing(loaded, monkeypatch):
    context = make_context(loaded(), TEXT)
    whole = explain(context, "value_zeroing").arrays
    monkeypatch.setattr("reportgen.engine.methods.value_zeroing.CHUNK", 1)
    apart = explain(context, "value_zeroing").arrays
    for name, array in whole.items():
        near(apart[name], array, 1e-6)


def test_layers_share_their_module(loaded):
    """ALBERT runs one module for all of its layers: each call is told from the others."""
    context = make_context(loaded("albert"), TEXT)
    layers = explain(context, "value_zeroing").arrays["value_zeroing_layers"]
    assert len(layers) == 3
    assert abs(layers[0] - layers[1]).max() > 1e-3
    assert layers.sum(-1) == pytest.approx(1, abs=1e-5)


def test_causal_models_are_refused(loaded):
    """Every row of their product ends at the first token, whatever it is."""
    with pytest.raises(NotApplicable, match="every row ends there"):
        explain(make_context(loaded("gpt2"), TEXT), "value_zeroing")


def test_nothing_is_left_changed(loaded):
    model = loaded()
    context = make_context(model, TEXT)
    explain(context, "value_zeroing")
    with torch.no_grad():
        again = model.forward([context.encoding])
    assert (again.logits == context.output.logits).all()
