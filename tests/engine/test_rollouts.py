"""Rollouts equal explicit loops over layers, tokens and features."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reportgen.engine.methods import REGISTRY, NotApplicable, PredictionContext
from reportgen.engine.methods.alti import CHUNK
from reportgen.engine.methods.rollout import rollout, row_shares
from reportgen.engine.models.capture import record
from reportgen.spec.methods import METHODS
from test_residual_norms import add_own, bert_parts, explained, make, moved, near
from tiny_models import read

TEXT = "the movie was great , i enjoyed it ."


def multiplied(layers):
    """Multiply from the first layer to the last, entry by entry."""
    n = len(layers[0])
    found = np.eye(n)
    for layer in layers:
        found = np.array(
            [[sum(layer[i, k] * found[k, j] for k in range(n)) for j in range(n)] for i in range(n)]
        )
    return found


def parts_of(model, recording, read, number):
    return [parts[number].numpy() for parts in bert_parts(model, recording, read)]


@pytest.mark.parametrize("row_normalize", [False, True])
def test_globenc_equals_brute_force(row_normalize):
    model = make("bert")
    output, recording, inputs = explained(model, "globenc", row_normalize=row_normalize)
    layers = [np.linalg.norm(e, axis=-1) for e in parts_of(model, recording, inputs, 3)]
    if row_normalize:
        layers = [layer / layer.sum(1, keepdims=True) for layer in layers]
    near(output.arrays["globenc_layers"], layers)
    near(output.arrays["globenc_rollout"], multiplied(layers))
    near(output.arrays["globenc/joy"], multiplied(layers)[2])


def closeness(parts, y):
    """Return ALTI's contributions (n, n) of parts (n, n, d) to y (n, d) by loops."""
    n = len(y)
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            found[i, j] = max(0, abs(y[i]).sum() - abs(y[i] - parts[i, j]).sum())
        found[i] /= found[i].sum()
    return found


def assert_alti(output, layers):
    near(output.arrays["alti_layers"], layers)
    near(output.arrays["alti_rollout"], multiplied(layers))
    near(output.arrays["alti/joy"], multiplied(layers)[2])
    assert output.self_tests["alti_reconstruction"] <= 1e-5


@pytest.mark.parametrize("chunk", [CHUNK, 1, 300])
def test_alti_equals_brute_force_after_a_norm(monkeypatch, chunk):
    monkeypatch.setattr("reportgen.engine.methods.alti.CHUNK", chunk)
    model = make("bert")
    output, recording, inputs = explained(model, "alti")
    t, y = (parts_of(model, recording, inputs, number) for number in (2, 4))
    assert_alti(output, [closeness(*pair) for pair in zip(t, y, strict=True)])


def test_alti_equals_brute_force_without_a_norm():
    output, recording, inputs = explained(make("gpt2"), "alti")
    layers = []
    for number, layer in enumerate(recording.layers):
        x = inputs[f"h.{number}"][0].double()
        r = add_own(moved(layer, transposed=True), x)
        layers.append(closeness(r.numpy(), inputs[f"h.{number}.ln_2"][0].double().numpy()))
    assert_alti(output, layers)


def test_globenc_needs_a_norm_after_the_residual():
    with pytest.raises(NotApplicable, match="post-LN"):
        explained(make("gpt2"), "globenc")


def test_attention_rollout_equals_brute_force():
    output, recording, _ = explained(make("bert"), "attention_rollout")
    layers = [
        0.5 * layer.attention[0].double().mean(0).numpy() + 0.5 * np.eye(7)
        for layer in recording.layers
    ]
    near(output.arrays["attention_rollout_matrix"], multiplied(layers))
    near(output.arrays["attention_rollout/joy"], multiplied(layers)[2])
    assert output.arrays["attention_rollout_matrix"].sum(1) == pytest.approx(1)


def test_maps_are_multiplied_from_the_left():
    first, last = np.array([[1.0, 2], [0, 1]]), np.array([[1.0, 0], [3, 1]])
    assert (rollout([first, last]) == [[1, 2], [3, 7]]).all()


def test_a_row_of_zeros_has_no_shares():
    assert (row_shares(np.array([[1.0, 3], [0, 0]])) == [[0.25, 0.75], [0, 0]]).all()


def make_context(model, *texts):
    encoding = read(model, *texts)
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, None)
    return PredictionContext(model, encoding, output, prediction, None, recording)


def explain(name, context, **settings):
    return REGISTRY[name](METHODS[name](**settings)).explain(context)


def test_the_scores_are_the_row_of_the_token_that_is_read(loaded):
    context = make_context(loaded(), TEXT)
    found = explain("attention_rollout", context)
    (target,) = found.targets
    matrix = found.arrays["attention_rollout_matrix"]
    assert (found.arrays[f"attention_rollout/{target.name}"] == matrix[0]).all()


def test_relevance_equals_its_rule(loaded):
    model = loaded()
    context = make_context(model, TEXT)
    found = explain("attention_relevance", context, target="predicted")
    (target,) = found.targets
    gradients = attention_gradients(model, context.encoding, target)
    n = len(context.encoding)
    expected = np.eye(n)
    for layer, gradient in zip(context.recording.layers, gradients, strict=True):
        product = (layer.attention[0] * gradient[0]).double().numpy()
        mean = np.mean([np.maximum(head, 0) for head in product], axis=0)
        expected = expected + multiplied([expected, mean])
    near(found.arrays[f"attention_relevance_matrix/{target.name}"], expected)
    own = expected[0] - np.eye(n)[0]
    near(found.arrays[f"attention_relevance/{target.name}"], own)
    assert own.max() > 0


def attention_gradients(model, encoding, target):
    """Return dF/dA of every layer by the model's own eager attention."""
    model.model.set_attn_implementation("eager")
    try:
        inputs = model.batch([encoding])
        embeddings = model.embed(encoding.ids)[None].requires_grad_()
        inputs = {k: v for k, v in inputs.items() if k != "input_ids"}
        output = model.model(inputs_embeds=embeddings, output_attentions=True, **inputs)
        scalar = model.task.scalar(output, 0, target)
        return torch.autograd.grad(scalar, output.attentions)
    finally:
        model.model.set_attn_implementation("reportgen")


def test_relevance_takes_one_matrix_per_target(loaded):
    model = loaded(task="question-answering")
    context = make_context(model, "what is important to us ?", "it is important to include all .")
    found = explain("attention_relevance", context)
    start, end = (found.arrays[f"attention_relevance_matrix/{name}"] for name in ("start", "end"))
    assert start.shape == end.shape == (len(context.encoding),) * 2
    assert abs(start - end).max() > 1e-6
    assert (start >= 0).all()


@pytest.mark.parametrize("name", ["globenc", "alti", "attention_rollout", "attention_relevance"])
def test_outputs_of_a_decoder_are_refused(name):
    config = SimpleNamespace(is_encoder_decoder=True)
    context = SimpleNamespace(loaded=SimpleNamespace(model=SimpleNamespace(config=config)))
    with pytest.raises(NotApplicable, match="decoder"):
        explain(name, context)
