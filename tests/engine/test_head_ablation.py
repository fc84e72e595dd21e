"""Switching a head off equals zeroing what the output projection takes from it."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from reportgen.engine.memory import budget
from reportgen.engine.methods import REGISTRY, NotApplicable, PredictionContext, head_ablation
from reportgen.engine.models.capture import Recording, record
from reportgen.errors import InputError
from reportgen.results.model import Target
from reportgen.spec.methods import METHODS
from tiny_models import CLASSIFY, read

TEXT = "the movie was great , i enjoyed it ."
PROJECTIONS = {
    "bert": "attention.output.dense",
    "distilbert": "attention.out_lin",
    "albert": "attention.dense",
    "deberta": "attention.output.dense",
    "deberta-v2": "attention.output.dense",
    "mpnet": "attention.attn.o",
    "modernbert": "attn.Wo",
    "gpt2": "attn.c_proj",
    "llama": "self_attn.o_proj",
    "qwen3": "self_attn.o_proj",
    "gemma2": "self_attn.o_proj",
    "gpt_neox": "attention.dense",
    "bart": "self_attn.out_proj",
    "t5": "SelfAttention.o",
}
LAYERS, HEADS = 3, 4


def make_context(model, *texts, expect=None):
    encoding = read(model, *texts)
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, expect)
    return PredictionContext(model, encoding, output, prediction, expect, recording)


def explain(context, **settings):
    method = REGISTRY["head_ablation"](METHODS["head_ablation"](**settings))
    return method.explain(context)


def projections(model, architecture):
    stack = model.model.get_encoder() if architecture in ("bart", "t5") else model.model
    found = [m for name, m in stack.named_modules() if name.endswith(PROJECTIONS[architecture])]
    return found * (LAYERS // len(found))  # ALBERT has one for all of its layers


@contextmanager
def projecting(modules, layer, change):
    """Let the projection of one layer read what ``change`` makes of the heads' outputs."""
    module, calls = modules[layer], []
    place = [number for number, one in enumerate(modules) if one is module].index(layer)
    own = module.forward

    def forward(read):
        calls.append(read)
        return own(change(read) if len(calls) == place + 1 else read)

    module.forward = forward
    try:
        yield
    finally:
        del module.forward


def brute_force(context, architecture, target, mean_of=None):
    """One head and one pass at a time, the columns of each head told by their numbers."""
    model, modules = context.loaded, projections(context.loaded, architecture)

    def output():
        with torch.no_grad():
            return model.task.scalar(model.forward([context.encoding]), 0, target).item()

    whole, found = output(), np.empty((LAYERS, HEADS))
    for layer, head in np.ndindex(found.shape):

        def change(read, head=head):
            width = read.shape[-1] // HEADS
            read = read.clone()
            for column in range(head * width, (head + 1) * width):
                mean = 0 if mean_of is None else read[:, :mean_of, column].mean()
                read[:, :, column] = mean
            return read

        with projecting(modules, layer, change):
            found[layer, head] = whole - output()
    return found


@pytest.mark.parametrize("ablate", ["zero", "mean"])
@pytest.mark.parametrize("architecture", PROJECTIONS)
def test_effects_equal_brute_force(loaded, architecture, ablate):
    context = make_context(loaded(architecture), TEXT)
    found = explain(context, ablate=ablate)
    (target,) = found.targets
    mean_of = len(context.encoding) if ablate == "mean" else None
    wanted = brute_force(context, architecture, target, mean_of)
    assert np.abs(wanted).max() > 1e-3
    np.testing.assert_allclose(
        found.arrays[f"head_ablation/{target.name}"],
        wanted,
        atol=1e-5 * max(1, np.abs(wanted).max()),
    )


@pytest.mark.parametrize(("architecture", "name"), [("bert", "output.dense"), ("gpt2", "c_proj")])
def test_a_zeroed_head_is_one_without_weights_in_the_output_projection(loaded, architecture, name):
    context = make_context(loaded(architecture), TEXT)
    found = explain(context)
    (target,) = found.targets
    layer, head, model = 1, 2, context.loaded
    module = projections(model, architecture)[layer]
    assert name in PROJECTIONS[architecture]
    weight = module.weight if architecture == "gpt2" else module.weight.T
    kept = weight.clone()
    rows = slice(head * len(weight) // HEADS, (head + 1) * len(weight) // HEADS)
    try:
        weight[rows] = 0
        without = model.task.scalar(model.forward([context.encoding]), 0, target).item()
    finally:
        weight.copy_(kept)
    whole = model.task.scalar(context.output, 0, target).item()
    effect = found.arrays[f"head_ablation/{target.name}"][layer, head]
    assert effect == pytest.approx(whole - without, abs=1e-5)


def test_every_output_is_told_by_the_same_passes(loaded, monkeypatch):
    model = loaded("bert", "token-classification")
    context = make_context(model, TEXT)
    passes = []
    forward = type(model).forward

    def counted(self, encodings, *more, **named):
        passes.append(len(encodings))
        return forward(self, encodings, *more, **named)

    monkeypatch.setattr(type(model), "forward", counted)
    found = explain(context, target="all")
    assert len(found.targets) > 1
    assert passes == [1 + LAYERS * HEADS]
    last = found.targets[-1]
    monkeypatch.undo()
    alone = brute_force(context, "bert", last)
    np.testing.assert_allclose(found.arrays[f"head_ablation/{last.name}"], alone, atol=1e-5)


def test_the_mean_of_a_text_that_goes_on_is_that_of_its_prompt(loaded):
    model = loaded("gpt2", "causal-lm")
    fields = {"prompt": "the movie was", "continuation": " great , i enjoyed it ."}
    encoding = model.task.encode(model.tokenizer, fields, model.max_length)
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, None)
    context = PredictionContext(model, encoding, output, prediction, None, recording)
    found = explain(context, target=0, ablate="mean")
    (target,) = found.targets
    prompt = sum(token.segment == "prompt" for token in encoding.tokens)
    assert 1 < prompt == target.position + 1 < len(encoding)
    wanted = brute_force(context, "gpt2", target, prompt)
    np.testing.assert_allclose(found.arrays[f"head_ablation/{target.name}"], wanted, atol=1e-5)


def test_the_first_output_does_not_depend_on_what_is_written_after_it(loaded):
    model = loaded("llama", "causal-lm")

    def effects(continuation):
        fields = {"prompt": "the movie was", "continuation": continuation}
        encoding = model.task.encode(model.tokenizer, fields, model.max_length)
        with torch.no_grad(), record(model.model) as recording:
            output = model.forward([encoding])
        prediction = model.task.predict(output, encoding, None)
        context = PredictionContext(model, encoding, output, prediction, None, recording)
        (array,) = explain(context, target=0, ablate="mean").arrays.values()
        return array

    np.testing.assert_allclose(effects(" great"), effects(" great , not bad"), atol=1e-5)


def test_of_an_encoder_and_decoder_the_encoder_s_heads_are_switched_off(loaded):
    model = loaded("bart", "seq2seq-lm")
    encoding = model.task.read(model, {"source": "the movie was", "target_text": "not bad"})
    with torch.no_grad(), record(model.model) as recording:
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, None)
    context = PredictionContext(model, encoding, output, prediction, None, recording)
    found = explain(context, ablate="mean")
    first = found.targets[0]
    wanted = brute_force(context, "bart", first, len(encoding))
    np.testing.assert_allclose(found.arrays[f"head_ablation/{first.name}"], wanted, atol=1e-5)


def test_what_does_not_fit_at_once_is_computed_in_parts(loaded, monkeypatch):
    context = make_context(loaded("bert"), TEXT)
    (whole,) = explain(context).arrays.values()
    tried, outputs = [], head_ablation.outputs

    def scarce(context, projections, heads, rows, *more):
        tried.append(len(rows))
        if len(rows) > 3:
            raise MemoryError
        return outputs(context, projections, heads, rows, *more)

    monkeypatch.setattr(head_ablation, "outputs", scarce)
    (parts,) = explain(context).arrays.values()
    assert tried == [13, 6, 3, 3, 3, 3, 1]
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    monkeypatch.setattr(head_ablation, "budget", lambda loaded: 1)
    tried.clear()
    explain(context)
    assert tried == [1] * 13
    assert budget(context.loaded) > 1


def test_where_not_one_row_fits_it_is_told(loaded, monkeypatch):
    context = make_context(loaded("bert"), TEXT)

    def none(*_):
        raise MemoryError

    monkeypatch.setattr(head_ablation, "outputs", none)
    with pytest.raises(InputError, match="not enough memory to explain 11 tokens"):
        explain(context)


def test_without_an_output_projection_it_does_not_apply(loaded):
    context = make_context(loaded("bert"), TEXT)
    layers = [*context.recording.layers]
    layers[1].projection = None
    blind = PredictionContext(**vars(context) | {"recording": Recording(layers)})
    with pytest.raises(NotApplicable, match="so single heads cannot be switched off"):
        explain(blind)


def test_what_is_explained_is_named(loaded):
    context = make_context(loaded("bert", CLASSIFY), TEXT)
    (target,) = explain(context, target=0).targets
    assert isinstance(target, Target)
    assert target.index == 0
