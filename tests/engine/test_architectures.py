"""What explanations are built on holds for every architecture, each in its own way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from reportgen.engine.models.batching import pooling
from reportgen.engine.models.capture import IMPLEMENTATION, record
from reportgen.engine.models.hooks import replacing
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import Encoding, encode
from reportgen.errors import ModelError
from tiny_models import ANSWER, ARCHITECTURES, CLASSIFY

SEVERAL = [(name, CLASSIFY) for name in ARCHITECTURES] + [
    ("bart", ANSWER),
    ("t5", ANSWER),
    ("t5", "token-classification"),
    ("deberta-v2", "masked-lm"),
    ("modernbert", "masked-lm"),
    ("gpt2", "causal-lm"),
    ("gemma3_text", "causal-lm"),
    ("bart", "seq2seq-lm"),
    ("t5", "seq2seq-lm"),
]
HOOKED = ("deberta", "deberta-v2", "mpnet")
LAYERS = 3
TEXTS = ("the movie was great , i really enjoyed it .", "not bad at all")


@pytest.fixture(scope="module", params=SEVERAL, ids="-".join)
def model(request, loaded) -> LoadedModel:
    return loaded(*request.param)


def read(model: LoadedModel, text: str, answer: str = "not bad") -> Encoding:
    """Encode a text, and what a decoder has said of it so far."""
    encoding = encode(model.tokenizer, {"text": text}, model.max_length)
    if model.planned.task != "seq2seq-lm":
        return encoding
    return replace(encoding, decoder=encode(model.tokenizer, {"text": answer}, 64))


def logits(output, row: int, encoding: Encoding) -> Tensor:
    """Return all logits of one input of a batch, those of padding left out."""
    if "start_logits" in output:
        return torch.stack([output.start_logits[row], output.end_logits[row]])[:, : len(encoding)]
    if output.logits.ndim == 2:
        return output.logits[row]
    return output.logits[row, : len(encoding.decoder or encoding)]


def recorded(model: LoadedModel, encodings: list[Encoding]):
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward(encodings)
    return recording, output


def test_is_recorded_as_its_own_eager_attention(model):
    encodings = [read(model, text) for text in TEXTS]
    recording, output = recorded(model, encodings)
    dispatched = model.model.config.model_type not in HOOKED
    if dispatched:
        model.model.set_attn_implementation("eager")
    with torch.no_grad(), pooling(model.model, encodings):
        own = model.model(**model.batch(encodings), output_attentions=True)
    if dispatched:
        model.model.set_attn_implementation(IMPLEMENTATION)
    for row, encoding in enumerate(encodings):
        assert torch.equal(logits(output, row, encoding), logits(own, row, encoding))
    names = ["encoder_attentions" if "encoder_attentions" in own else "attentions"]
    found = [recording.layers]
    if recording.cross:
        names += ["decoder_attentions", "cross_attentions"]
        found += [recording.decoder, recording.cross]
    for name, layers in zip(names, found, strict=True):
        assert len(layers) == len(own[name]) == LAYERS
        for layer, attention in zip(layers, own[name], strict=True):
            assert torch.equal(layer.attention, attention)


def test_fused_attention_gives_the_same(model):
    architecture = model.model.config.model_type
    assert model.has_sdpa == (architecture not in (*HOOKED, "gemma2"))
    encodings = [read(model, text) for text in TEXTS]
    with torch.no_grad():
        own = model.forward(encodings)
        with model.attention("sdpa"), record(model.model) as recording:
            fused = model.forward(encodings)
        again = model.forward(encodings)
    assert not recording.layers or not model.has_sdpa
    for row, encoding in enumerate(encodings):
        expected = logits(own, row, encoding)
        torch.testing.assert_close(logits(fused, row, encoding), expected, rtol=1e-4, atol=1e-4)
        assert torch.equal(logits(again, row, encoding), expected)


def test_an_input_is_the_same_in_any_batch(model):
    encodings = [read(model, TEXTS[0]), read(model, TEXTS[1], "what is important")]
    together, output = recorded(model, encodings)
    for row, encoding in enumerate(encodings):
        alone, single = recorded(model, [encoding])
        expected = logits(single, 0, encoding)
        torch.testing.assert_close(logits(output, row, encoding), expected, rtol=1e-5, atol=1e-5)
        n = len(encoding)
        assert len(together.layers) == len(alone.layers) == LAYERS
        for batched, own in zip(together.layers, alone.layers, strict=True):
            assert own.attention.shape == (1, 4, n, n)
            assert (own.attention.sum(-1) - 1).abs().max() < 1e-5
            difference = batched.attention[row, :, :n, :n] - own.attention[0]
            assert difference.abs().max() < 1e-5
            assert not batched.attention[row, :, :n, n:].any()


def test_a_decoder_is_told_apart_from_what_reads_the_input(model):
    encoding = read(model, TEXTS[0])
    recording, _ = recorded(model, [encoding])
    if model.planned.task == "token-classification" or model.info.architecture[:2] not in (
        "T5",
        "Ba",
    ):
        assert not recording.decoder
        assert not recording.cross
        return
    n = len(encoding)
    m = len(getattr(encoding, "decoder", None) or encoding)  # else it reads the input again
    assert [layer.attention.shape for layer in recording.decoder] == [(1, 4, m, m)] * LAYERS
    assert [layer.attention.shape for layer in recording.cross] == [(1, 4, m, n)] * LAYERS
    for layer in recording.decoder:
        assert not layer.attention.triu(1).any()
    for layer in recording.decoder + recording.cross:
        assert (layer.attention.sum(-1) - 1).abs().max() < 1e-5


def test_what_is_embedded_can_be_replaced(model):
    encodings = [read(model, text) for text in TEXTS]
    own = model.forward(encodings)
    modules = [model.embedding_layer] if model.embedding_layer else []
    modules += model.sub_embeddings.values()
    assert torch.equal(
        model.observe(encodings[0], [model.embedding])[0], model.embed(encodings[0].ids)
    )
    for module in modules:
        rows = [model.observe(encoding, [module])[0].requires_grad_() for encoding in encodings]
        output = model.forward(encodings, {module: rows})
        for row, encoding in enumerate(encodings):
            expected = logits(own, row, encoding)
            torch.testing.assert_close(logits(output, row, encoding), expected, rtol=0, atol=1e-6)
        logits(output, 1, encodings[1]).square().sum().backward()
        assert rows[1].grad.shape == rows[1].shape
        assert rows[1].grad.any(dim=1).sum() > 1
        assert not rows[0].grad.any()
        assert not module._forward_hooks


def test_every_layer_holds_all_that_the_prediction_depends_on(model):
    """The attributions of each layer's hidden states add up to the change of the output."""
    encoding = read(model, TEXTS[1])
    here = model.embed(encoding.ids)
    there = here.roll(1, 0)
    nodes = torch.linspace(0, 1, 129)[:, None, None]
    path = (there + nodes * (here - there)).requires_grad_()
    output = model.forward(
        [encoding] * len(nodes), {model.embedding: list(path)}, hidden_states=True
    )
    values = torch.stack([logits(output, k, encoding).flatten()[1] for k in range(len(nodes))])
    states = model.hidden_states(output)
    gradients = torch.autograd.grad(values.sum(), states)
    change, size = (values[-1] - values[0]).item(), (values.max() - values.min()).item()
    assert len(states) == LAYERS
    for state, gradient in zip(states, gradients, strict=True):
        mean = (gradient[1:] + gradient[:-1]) / 2
        assert (mean * state.diff(dim=0)).sum().item() == pytest.approx(change, abs=0.02 * size)


def test_moved_vectors_add_up_to_what_attention_gives(model):
    recording, _ = recorded(model, [read(model, text) for text in TEXTS])
    for layer in recording.layers + recording.decoder + recording.cross:
        moved = torch.einsum(
            "bhij,bhjc,hcd->bid", layer.attention, layer.values, layer.projection_weight()
        )
        if layer.projection.bias is not None:
            moved = moved + layer.projection.bias
        assert moved.shape == layer.output.shape
        torch.testing.assert_close(moved, layer.output, rtol=1e-4, atol=1e-4)


def test_a_layer_reads_what_the_norm_before_it_returned(model):
    recording, _ = recorded(model, [read(model, text) for text in TEXTS])
    for before, layer in pairwise(recording.layers):
        assert torch.equal(layer.source, before.norms[-1].output)
    for before, layer in zip(recording.cross, recording.decoder[1:], strict=False):
        assert torch.equal(layer.source, before.norms[-1].output)
        assert torch.equal(before.source, recording.layers[-1].norms[-1].output)
    for layer in recording.layers + recording.decoder + recording.cross:
        for norm in layer.norms:
            assert norm.input.shape == layer.output.shape
            assert torch.equal(norm.module(norm.input), norm.output)


def test_hidden_states_are_what_layers_return(model):
    encodings = [read(model, text) for text in TEXTS]
    with torch.no_grad(), record(model.model) as recording:
        states = model.hidden_states(model.forward(encodings, hidden_states=True))
    for layer, state in zip(recording.layers, states, strict=True):
        # Before the next layer's norm, or after its own or the model's last one.
        around = [tensor for norm in layer.norms for tensor in (norm.input, norm.output)]
        assert any(torch.equal(state, tensor) for tensor in around)


def test_without_values_only_attention_is_kept(model):
    with torch.no_grad(), record(model.model, values=False) as recording:
        model.forward([read(model, TEXTS[0])])
    assert len(recording.layers) == LAYERS
    assert all(layer.values is layer.projection is None for layer in recording.layers)
    assert not any(layer.norms for layer in recording.layers)


def test_attention_is_part_of_the_graph(model):
    encoding = read(model, TEXTS[1])
    words = model.embed(encoding.ids).requires_grad_()
    with record(model.model, values=False) as recording:
        output = model.forward([encoding], {model.embedding: [words]})
    attention = [layer.attention for layer in recording.layers]
    value = logits(output, 0, encoding).square().sum()
    for gradient in torch.autograd.grad(value, attention):
        assert gradient.any()


PARTS = {
    "bert": {"word", "position", "token_type"},
    "distilbert": {"word", "position"},
    "roberta": {"word", "position"},
    "albert": {"word", "position", "token_type"},
    "deberta-v2": {"word"},
    "mpnet": {"word", "position"},
    "modernbert": {"word"},
    "gpt2": {"word", "position"},
    "llama": {"word"},
    "t5": {"word"},
    "bart": {"word", "position"},
}


@pytest.mark.parametrize("architecture", PARTS)
def test_finds_the_lookups_that_embed(loaded, architecture):
    model = loaded(architecture)
    assert set(model.sub_embeddings) == PARTS[architecture]
    one_module = architecture not in ("gpt2", "llama", "t5")
    assert (model.embedding_layer is not None) == one_module


def test_a_replacement_must_fit(loaded):
    model = loaded()
    encoding = read(model, TEXTS[1])
    words = model.embed(encoding.ids)
    with pytest.raises(ModelError, match=r"returns the shape \(1, 6, 16\).* has \(1, 5, 16\)"):
        model.forward([encoding], {model.embedding: [words[1:]]})
    with pytest.raises(ModelError, match="does not call its Linear"):
        model.forward([encoding], {nn.Linear(2, 2): [words]})
    with pytest.raises(ModelError, match="does not call its Linear"):
        model.observe(encoding, [nn.Linear(2, 2)])
    assert not model.embedding._forward_hooks


def test_only_the_first_call_of_a_module_is_replaced():
    shared = nn.Linear(2, 2)
    read, other = torch.rand(1, 3, 2), torch.rand(1, 3, 2)
    with replacing({shared: other}):
        assert torch.equal(shared(read), other)
        assert torch.equal(shared(read), nn.functional.linear(read, shared.weight, shared.bias))


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_classifier_without_padding_pools_the_last_token_of_each_input(loaded, architecture):
    model = loaded(architecture)
    assert model.model.config.pad_token_id is None
    encodings = [read(model, text) for text in TEXTS]
    # The id that would pad if only the first input mattered is the end of the second.
    encodings.append(replace(encodings[0], ids=torch.tensor([5, 6, 0])))
    output = model.forward(encodings)
    for row, encoding in enumerate(encodings):
        alone = model.model(input_ids=encoding.ids[None])
        torch.testing.assert_close(output.logits[row], alone.logits[0], rtol=1e-5, atol=1e-5)
    assert model.model.config.pad_token_id is None


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_documentation_says_what_works_on_it(architecture):
    table = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert any(f"`{architecture}`" in row for row in rows)
