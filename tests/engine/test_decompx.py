"""DecompX equals explicit loops, adds up to the logit, and refuses what it is not defined for."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from encoder import save_encoder
from paths import explain, make_context
from reportgen.engine.methods import NotApplicable
from reportgen.engine.models.loaded_model import load
from reportgen.errors import InputError
from tiny_models import ANSWER, CLASSIC, CLASSIFY, plan_model, save_tiny

TEXT = "the movie was great , i enjoyed it ."
QUESTION = ("what is important to us ?", "it is important to include all .")
CHUNK = "reportgen.engine.methods.carrying.CHUNK"


def texts_of(model):
    if model.planned.task == ANSWER:
        return QUESTION
    if model.planned.task == "masked-lm":
        return (f"the {model.tokenizer.mask_token} was great",)
    return (TEXT,)


def adds_up(context, found):
    """Hold every output's scores to its logit, relative to the largest of them."""
    for target in found.targets:
        scores = found.arrays[f"decompx/{target.name}"].astype(np.float64)
        logit = context.loaded.task.scalar(context.output, 0, target).item()
        assert scores.shape == (len(context.encoding),)
        assert abs(scores.sum() - logit) <= 1e-5 * max(abs(logit), abs(scores).max())
    assert found.self_tests["decompx_reconstruction"] <= 1e-5


CASES = [
    *((name, task) for name in CLASSIC for task in (CLASSIFY, ANSWER, "token-classification")),
    *((name, "masked-lm") for name in CLASSIC),
    *((name, CLASSIFY) for name in ("albert", "deberta-v2", "mpnet", "gpt2", "gpt_neox")),
]


@pytest.mark.parametrize(("architecture", "task"), CASES)
def test_scores_add_up_to_the_logit(loaded, architecture, task):
    model = loaded(architecture, task)
    context = make_context(model, *texts_of(model))
    found = explain(context, "decompx")
    assert found.targets
    adds_up(context, found)


def test_both_labels_add_up(loaded):
    context = make_context(loaded(), TEXT)
    scores = []
    for label in ("LABEL_0", "LABEL_1"):
        found = explain(context, "decompx", target=label)
        adds_up(context, found)
        scores.append(found.arrays[f"decompx/{label}"])
    assert abs(scores[0] - scores[1]).max() > 0.1


@pytest.mark.parametrize("name", ["relu", "gelu_new", "silu", "tanh", "linear", "quick_gelu"])
def test_activations_are_recognised_by_what_they_do(loaded, name):
    context = make_context(loaded(hidden_act=name), TEXT)
    adds_up(context, explain(context, "decompx"))


def shared(parts, bias):
    """Add a bias (w,) to parts (n, w), by |bias . part|, one after another."""
    weights = [abs(sum(bias[c] * part[c] for c in range(len(bias)))) for part in parts]
    return np.array(
        [part + weight / sum(weights) * bias for part, weight in zip(parts, weights, strict=True)]
    )


def numbers(module):
    return module.weight.double().numpy(), module.bias.double().numpy()


def linear(module, parts):
    weight, bias = numbers(module)
    return shared(np.array([weight @ part for part in parts]), bias)


def normed(norm, parts):
    """A LayerNorm of the sum of parts (n, d), each divided by the spread of the sum."""
    weight, bias = numbers(norm)
    whole = parts.sum(0)
    spread = math.sqrt(((whole - whole.mean()) ** 2).mean() + norm.eps)
    return shared(np.array([weight * (p - p.mean()) / spread for p in parts]), bias)


def activated(function, parts):
    whole = parts.sum(0)
    value = function(torch.tensor(whole)).numpy()
    return np.array([part * value / whole for part in parts])


def brute_force(model, states, attentions, label):
    """Carry parts through a BERT and its classifier by loops over tokens, in float64."""
    n = states.shape[0]
    parts = np.zeros((n, n, states.shape[1]))
    for i in range(n):
        parts[i, i] = states[i]
    for layer, attention in zip(model.bert.encoder.layer, attentions, strict=True):
        own, output = layer.attention.self, layer.attention.output
        (value, value_bias), (back, bias) = numbers(own.value), numbers(output.dense)
        heads, width = attention.shape[0], len(value) // attention.shape[0]
        after = np.zeros_like(parts)
        for i in range(n):
            moved = np.zeros((n, len(back)))
            for k in range(n):
                for h in range(heads):
                    cut = slice(h * width, (h + 1) * width)
                    for j in range(n):
                        moved[k] += attention[h, i, j] * back[:, cut] @ value[cut] @ parts[j, k]
            mixed = normed(output.LayerNorm, shared(moved + parts[i], back @ value_bias + bias))
            inner = activated(nn.functional.gelu, linear(layer.intermediate.dense, mixed))
            added = linear(layer.output.dense, inner) + mixed
            after[i] = normed(layer.output.LayerNorm, added)
        parts = after
    pooled = activated(torch.tanh, linear(model.bert.pooler.dense, parts[0]))
    return linear(model.classifier, pooled)[:, label]


@torch.no_grad()
def states_of(model, encoding):
    """Return what the first layer reads, and each layer's attention, of the model's own eager."""
    model.model.set_attn_implementation("eager")
    try:
        output = model.model(
            **model.batch([encoding]), output_hidden_states=True, output_attentions=True
        )
    finally:
        model.model.set_attn_implementation("reportgen")
    first = output.hidden_states[0][0].double().numpy()
    return first, [attention[0].double().numpy() for attention in output.attentions]


@pytest.mark.parametrize("chunk", [None, 1, 2000])
def test_it_equals_brute_force(loaded, monkeypatch, chunk):
    if chunk:
        monkeypatch.setattr(CHUNK, chunk)
    model = loaded()
    context = make_context(model, TEXT)
    found = explain(context, "decompx")
    (target,) = found.targets
    states, attentions = states_of(model, context.encoding)
    expected = brute_force(model.model, states, attentions, target.index)
    scores = found.arrays[f"decompx/{target.name}"]
    assert abs(scores - expected).max() <= 1e-5 * abs(expected).max()


def test_a_linear_model_is_decomposed_by_its_jacobian(tmp_path):
    """Without norms, biases and activations, and with attention that looks at all alike."""
    task = "token-classification"
    model = load(plan_model(save_tiny(tmp_path / "m", "bert", task, hidden_act="linear"), task))
    for module in model.model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.LayerNorm):
                setattr(module, name, nn.Identity())
            if name in ("query", "key"):
                child.weight.zero_()
            if isinstance(child, nn.Linear):
                child.bias.zero_()
    context = make_context(model, TEXT)
    found = explain(context, "decompx")
    layer, (embeddings,) = (
        model.embedding_layer,
        model.observe(context.encoding, [model.embedding_layer]),
    )

    for target in found.targets:

        def logit(vectors, target=target):
            output = model.forward([context.encoding], {layer: [vectors]})
            return model.task.scalar(output, 0, target)

        jacobian = torch.autograd.functional.jacobian(logit, embeddings)
        expected = (jacobian * embeddings).sum(-1).numpy()
        scores = found.arrays[f"decompx/{target.name}"]
        assert abs(scores - expected).max() <= 1e-5 * abs(expected).max()


def test_no_tensor_is_larger_than_the_parts_of_all_tokens(loaded):
    context = make_context(loaded(), "great " * 58)
    largest = 0

    class Sizes(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            nonlocal largest
            found = func(*args, **(kwargs or {}))
            if isinstance(found, torch.Tensor):
                largest = max(largest, found.numel())
            return found

    with Sizes():
        explain(context, "decompx")
    n = len(context.encoding)
    assert n == 60
    assert n * n * 16 <= largest <= n * n * 24 < n**3


def test_a_real_encoder_adds_up(tmp_path):
    model = load(plan_model(save_encoder(tmp_path / "encoder")))
    context = make_context(model, "The movie was great, I really enjoyed it.")
    adds_up(context, explain(context, "decompx"))


def test_a_gated_feed_forward_part_is_named(loaded):
    with pytest.raises(NotApplicable) as refused:
        explain(make_context(loaded("llama"), TEXT), "decompx")
    assert str(refused.value) == (
        "What model.layers.0.mlp.down_proj reads is not made of the vectors before it by sums, "
        "activations, norms and linear maps of single tokens, which is what DecompX is defined "
        "for; a gated feed-forward part is none of these."
    )


def test_outputs_that_no_linear_map_returned_are_refused(loaded, monkeypatch):
    model = loaded("roberta")
    original = type(model.task).scalar
    monkeypatch.setattr(type(model.task), "scalar", lambda *args: original(*args).exp())
    with pytest.raises(NotApplicable, match="the model turns it into something else"):
        explain(make_context(model, TEXT), "decompx")


def test_too_little_memory_is_told_before_it_starts(tiny):
    model = load(plan_model(tiny(), memory="10kB"))
    with pytest.raises(InputError) as refused:
        explain(make_context(model, TEXT), "decompx")
    assert refused.value.message == (
        "DecompX needs 0.0197 MB of memory for 11 tokens, and 0.01 MB may be used"
    )
