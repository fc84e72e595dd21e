"""The interception computes what the model computes, and records it."""

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification
from transformers.masking_utils import AttentionMaskInterface

from reportgen.engine.capture import IMPLEMENTATION, Recording, _active, intercept, record
from reportgen.engine.models import load
from reportgen.errors import ModelError
from tiny_models import ANSWER, ARCHITECTURES, CLASSIFY, plan_model, read

TEXTS = ("the movie was great , i really enjoyed it .", "not bad at all")


def own_eager(model, inputs):
    model.model.set_attn_implementation("eager")
    try:
        with torch.no_grad():
            return model.model(**inputs, output_attentions=True)
    finally:
        model.model.set_attn_implementation(IMPLEMENTATION)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("task", [CLASSIFY, ANSWER])
def test_equals_the_models_own_eager_attention_exactly(loaded, architecture, task):
    model = loaded(architecture, task)
    texts = [(text, text)[: len(model.task.segments)] for text in TEXTS]
    inputs = model.batch([read(model, *pair) for pair in texts])
    expected = own_eager(model, inputs)
    with torch.no_grad(), record(model.model) as recording:
        output = model.model(**inputs)
    assert torch.equal(model.task.logits(output), model.task.logits(expected))
    assert len(recording.layers) == len(expected.attentions) == 3
    for layer, attention in zip(recording.layers, expected.attentions, strict=True):
        assert torch.equal(layer.attention, attention)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_finds_the_output_projection_of_every_layer(loaded, architecture):
    model = loaded(architecture)
    with torch.no_grad(), record(model.model) as recording:
        model.forward([read(model, text) for text in TEXTS])
    names = {module: name for name, module in model.model.named_modules()}
    found = [names[layer.projection] for layer in recording.layers]
    last = "attention.out_lin" if architecture == "distilbert" else "attention.output.dense"
    assert all(name.endswith(last) for name in found)
    assert len(set(found)) == 3


def test_layers_that_share_weights_are_told_apart_by_order(tiny):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(
        AutoConfig.for_model(
            "albert",
            vocab_size=30,
            embedding_size=8,
            hidden_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=16,
        ),
        attn_implementation=IMPLEMENTATION,
    ).eval()
    with torch.no_grad(), record(model) as recording:
        model(input_ids=torch.tensor([[2, 7, 9, 3]]))
    assert len(recording.layers) == 3
    assert len({id(layer.projection) for layer in recording.layers}) == 1


def test_grouped_values_are_repeated_for_each_head():
    recording = Recording()
    attention, values = torch.rand(1, 4, 3, 3), torch.rand(1, 2, 3, 5)
    recording.record_attention(attention, values, torch.rand(1, 3, 4, 5))
    recorded = recording.layers[0].values
    assert torch.equal(recorded[:, 0], values[:, 0])
    assert torch.equal(recorded[:, 1], values[:, 0])
    assert torch.equal(recorded[:, 3], values[:, 1])


def test_a_linear_map_of_something_else_is_not_taken_for_the_projection():
    recording = Recording()
    context = torch.rand(1, 3, 2, 4)
    recording.record_attention(torch.rand(1, 2, 3, 3), torch.rand(1, 2, 3, 4), context)
    linear = nn.Linear(8, 8)
    changed = context.flatten(2) + 1
    recording.record_projection(linear, (changed,), linear(changed))
    with pytest.raises(ModelError, match="no linear map") as caught:
        recording.layers[0].projection_weight()
    assert "vector_norms" in caught.value.hint


def test_leaves_nothing_behind(loaded):
    model = loaded()

    def record_and_fail():
        with record(model.model):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_and_fail()
    assert _active.get() is None
    linears = [module for module in model.model.modules() if isinstance(module, nn.Linear)]
    assert not any(module._forward_hooks for module in linears)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
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
        intercept(model.model, inputs)
