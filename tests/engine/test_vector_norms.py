"""Norms through inner products equal those of the vectors written out."""

import numpy as np
import pytest
import torch
from transformers.pytorch_utils import Conv1D

from reportgen.engine.methods import NotApplicable, PredictionContext
from reportgen.engine.methods.attention import Attention
from reportgen.engine.methods.vector_norms import VectorNorms
from reportgen.engine.models.capture import record
from reportgen.engine.models.loaded_model import load
from reportgen.methods.attention import Attention as AttentionSettings
from reportgen.methods.vector_norms import VectorNorms as VectorNormsSettings
from tiny_models import ANSWER, ARCHITECTURES, MODELS, plan_model, read

QUESTION = ("what is important to us ?", "it is important to us to include all .")


def explained(model, method, *texts):
    encoding = read(model, *texts)
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    context = PredictionContext(model, encoding, output, None, None, recording)
    return recording, method.explain(context)


def brute_force(recording):
    """Return |f|, |alpha f| and |sum alpha f| from the vectors themselves, in float64."""
    found = []
    for layer in recording.layers:
        heads, width = layer.values.shape[1], layer.values.shape[3]
        weight = layer.projection.weight.double()  # (d, heads * width), applied as x W^T
        if isinstance(layer.projection, Conv1D):  # stored to be applied as x W
            weight = weight.T
        f = torch.stack(
            [
                layer.values[0, h].double() @ weight[:, h * width : (h + 1) * width].T
                for h in range(heads)
            ]
        )
        alpha_f = layer.attention[0].double()[..., None] * f[:, None]  # (H, n, n, d)
        found.append((f.norm(dim=-1), alpha_f.norm(dim=-1), alpha_f.sum(0).norm(dim=-1)))
    return [torch.stack(part).numpy() for part in zip(*found, strict=True)]


def assert_equal_to_brute_force(model, *texts):
    recording, output = explained(model, VectorNorms(VectorNormsSettings()), *texts)
    names = ["vector_norms/f", "vector_norms/alpha_f", "vector_norms/sum_alpha_f"]
    for name, expected in zip(names, brute_force(recording), strict=True):
        assert output.arrays[name].dtype == "float32"
        assert output.arrays[name].shape == expected.shape
        assert abs(output.arrays[name] - expected).max() <= 1e-5
    assert output.self_tests["norms_reconstruction"] <= 1e-5


def test_lengths_of_vectors_follow_from_the_weights_and_hidden_states_of_bert(loaded):
    model = loaded("bert")
    encoding = read(model, "the movie was great , i enjoyed it .")
    _, output = explained(
        model, VectorNorms(VectorNormsSettings()), "the movie was great , i enjoyed it ."
    )
    bert = model.model.base_model
    ids = torch.tensor([[token.id for token in encoding.tokens]])
    with torch.no_grad():
        states = bert(input_ids=ids, output_hidden_states=True).hidden_states
    for layer, block in enumerate(bert.encoder.layer):
        value, dense = block.attention.self.value, block.attention.output.dense
        v = states[layer][0].double() @ value.weight.double().T + value.bias.double()
        heads, width = (
            block.attention.self.num_attention_heads,
            block.attention.self.attention_head_size,
        )
        for head in range(heads):
            here = slice(head * width, (head + 1) * width)
            f = v[:, here] @ dense.weight.double()[:, here].T
            found = output.arrays["vector_norms/f"][layer, head]
            assert abs(found - f.norm(dim=1).numpy()).max() <= 1e-5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_equal_brute_force(loaded, architecture):
    assert_equal_to_brute_force(loaded(architecture), "the movie was great , i enjoyed it .")


def test_equal_brute_force_on_the_bundled_classifier():
    model = load(plan_model(MODELS / "sentiment"))
    assert_equal_to_brute_force(model, "The movie was great, I really enjoyed it.")


def test_equal_brute_force_on_the_bundled_question_answerer():
    model = load(plan_model(MODELS / "question-answering", ANSWER))
    assert_equal_to_brute_force(model, "What is important to us?", "It is important to us.")


def test_reconstruction_notices_a_wrong_projection(loaded):
    model = loaded()
    recording, output = explained(model, VectorNorms(VectorNormsSettings()), "not bad")
    assert output.self_tests["norms_reconstruction"] <= 1e-5
    recording.layers[1].projection = recording.layers[0].projection
    context = PredictionContext(model, read(model, "not bad"), None, None, None, recording)
    spoiled = VectorNorms(VectorNormsSettings()).explain(context)
    assert spoiled.self_tests["norms_reconstruction"] > 1e-2


def test_an_unknown_projection_is_refused(loaded):
    model = loaded()
    recording, _ = explained(model, VectorNorms(VectorNormsSettings()), "not bad")
    recording.layers[1].projection = None
    context = PredictionContext(model, read(model, "not bad"), None, None, None, recording)
    with pytest.raises(NotApplicable, match="linear map"):
        VectorNorms(VectorNormsSettings()).explain(context)


@pytest.mark.parametrize("architecture", ["t5", "bart"])
def test_attention_of_a_decoder(loaded, architecture):
    model = loaded(architecture, "seq2seq-lm")
    encoding = model.task.read(model, {model.task.segments[0]: "the movie was great"})
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    output = Attention(AttentionSettings()).explain(
        PredictionContext(model, encoding, output, None, None, recording)
    )
    n, m = len(encoding), len(encoding.decoder)
    assert n != m
    shapes = {name: array.shape for name, array in output.arrays.items()}
    assert shapes == {
        "attention": (3, 4, n, n),
        "attention_norm": (3, n, n),
        "decoder_attention": (3, 4, m, m),
        "decoder_attention_norm": (3, m, m),
        "cross_attention": (3, 4, m, n),
        "cross_attention_norm": (3, m, n),
    }
    for name in ("decoder", "cross"):
        maps = output.arrays[f"{name}_attention"]
        for layer, recorded in enumerate(getattr(recording, name)):
            assert (maps[layer] == recorded.attention[0].numpy()).all()
        norm = (maps.astype("float64") ** 2).sum(1) ** 0.5
        assert abs(output.arrays[f"{name}_attention_norm"] - norm).max() <= 1e-6
    looks_ahead = np.triu(output.arrays["decoder_attention"], 1)
    assert looks_ahead.max() <= 1e-6
    assert output.self_tests["attention_row_sum"] <= 1e-6


def test_attention_arrays(loaded):
    model = loaded(task=ANSWER)
    recording, output = explained(model, Attention(AttentionSettings()), *QUESTION)
    attention = output.arrays["attention"]
    n = len(read(model, *QUESTION))
    assert attention.shape == (3, 4, n, n)
    assert attention.dtype == output.arrays["attention_norm"].dtype == "float32"
    for layer, recorded in enumerate(recording.layers):
        assert (attention[layer] == recorded.attention[0].numpy()).all()
    norm = (attention.astype("float64") ** 2).sum(1) ** 0.5
    assert abs(output.arrays["attention_norm"] - norm).max() <= 1e-6
    assert output.self_tests["attention_row_sum"] <= 1e-6
