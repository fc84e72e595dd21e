"""Recorded attention is what the model computes, and changes nothing."""

import pytest
import torch
from torch import nn
from transformers.masking_utils import AttentionMaskInterface
from transformers.models.mpnet.modeling_mpnet import MPNetSelfAttention

from reportgen.engine.models.capture import IMPLEMENTATION, Recorder, _active, record
from reportgen.engine.models.loaded_model import load
from reportgen.engine.models.self_tests import verify_recording
from reportgen.errors import ModelError
from tiny_models import ANSWER, ARCHITECTURES, CLASSIC, plan_model, read

TEXTS = ("the movie was great , i really enjoyed it .", "not bad at all")
HOOKED = ("deberta", "deberta-v2", "mpnet")


def own_eager(model, inputs):
    model.model.set_attn_implementation("eager")
    try:
        with torch.no_grad():
            return model.model(**inputs, output_attentions=True)
    finally:
        model.model.set_attn_implementation(IMPLEMENTATION)


@pytest.mark.parametrize("architecture", CLASSIC)
def test_pairs_are_recorded_as_the_models_own_eager_attention(loaded, architecture):
    model = loaded(architecture, ANSWER)
    inputs = model.batch([read(model, "what is important ?", text) for text in TEXTS])
    expected = own_eager(model, inputs)
    with torch.no_grad(), record(model.model) as recording:
        output = model.model(**inputs)
    assert torch.equal(model.task.logits(output), model.task.logits(expected))
    assert len(recording.layers) == len(expected.attentions) == 3
    for layer, attention in zip(recording.layers, expected.attentions, strict=True):
        assert torch.equal(layer.attention, attention)


PROJECTIONS = {
    "bert": "attention.output.dense",
    "distilbert": "attention.out_lin",
    "roberta": "attention.output.dense",
    "albert": "attention.dense",
    "deberta": "attention.output.dense",
    "deberta-v2": "attention.output.dense",
    "mpnet": "attn.o",
    "modernbert": "attn.Wo",
    "gpt2": "attn.c_proj",
    "gpt_neox": "attention.dense",
    "llama": "self_attn.o_proj",
    "gemma3_text": "self_attn.o_proj",
    "t5": "SelfAttention.o",
    "bart": "self_attn.out_proj",
}


@pytest.mark.parametrize("architecture", PROJECTIONS)
def test_finds_the_output_projection_of_every_layer(loaded, architecture):
    model = loaded(architecture)
    with torch.no_grad(), record(model.model) as recording:
        model.forward([read(model, text) for text in TEXTS])
    names = {module: name for name, module in model.model.named_modules()}
    found = [names[layer.projection] for layer in recording.layers]
    assert all(name.endswith(PROJECTIONS[architecture]) for name in found)
    # ALBERT's layers are one module: only the order of the calls tells them apart.
    assert len(found) == 3
    assert len(set(found)) == (1 if architecture == "albert" else 3)


def test_grouped_values_are_repeated_for_each_head():
    module = nn.Identity()
    recorder = Recorder(frozenset({module}))
    attention, values = torch.rand(1, 4, 3, 3), torch.rand(1, 2, 3, 5)
    recorder.record_attention(module, attention, values, torch.rand(1, 3, 4, 5))
    recorded = recorder.recording.layers[0].values
    assert torch.equal(recorded[:, 0], values[:, 0])
    assert torch.equal(recorded[:, 1], values[:, 0])
    assert torch.equal(recorded[:, 3], values[:, 1])


def test_a_linear_map_of_something_else_is_not_taken_for_the_projection():
    module = nn.Identity()
    recorder = Recorder(frozenset({module}))
    context = torch.rand(1, 3, 2, 4)
    recorder.record_attention(module, torch.rand(1, 2, 3, 3), torch.rand(1, 2, 3, 4), context)
    linear = nn.Linear(8, 8)
    changed = context.flatten(2) + 1e-4
    recorder.record_linear(linear, (changed,), linear(changed))
    layer = recorder.recording.layers[0]
    assert layer.projection is None
    assert layer.output is None


@pytest.mark.parametrize("architecture", ["bert", "mpnet"])
def test_leaves_nothing_behind(loaded, architecture):
    model = loaded(architecture)

    def record_and_fail():
        with record(model.model):
            raise KeyboardInterrupt

    before = [len(module._forward_hooks) for module in model.model.modules()]
    with pytest.raises(KeyboardInterrupt):
        record_and_fail()
    assert _active.get() is None
    assert [len(module._forward_hooks) for module in model.model.modules()] == before


@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a not in HOOKED])
def test_a_dropped_mask_is_detected(tiny, monkeypatch, architecture):
    monkeypatch.delitem(AttentionMaskInterface._global_mapping, IMPLEMENTATION)
    with pytest.raises(ModelError, match=r"changes the outputs|mask is dropped"):
        load(plan_model(tiny(architecture)))


def test_attention_to_padding_is_detected_even_where_eager_has_it_too(loaded, monkeypatch):
    model = loaded()
    inputs = model.batch([read(model, text) for text in TEXTS])
    for name in (IMPLEMENTATION, "eager"):
        monkeypatch.setitem(AttentionMaskInterface._global_mapping, name, lambda *a, **k: None)
    with pytest.raises(ModelError, match="attends to padding"):
        verify_recording(model.model, inputs)


def test_attention_to_padding_is_detected_where_attention_is_not_dispatched(tiny, monkeypatch):
    own = MPNetSelfAttention.forward

    def unmasked(self, hidden_states, attention_mask=None, position_bias=None, **kwargs):
        return own(self, hidden_states, None, position_bias, **kwargs)

    monkeypatch.setattr(MPNetSelfAttention, "forward", unmasked)
    with pytest.raises(ModelError, match=r"layer 0 .*attends to padding"):
        load(plan_model(tiny("mpnet")))
