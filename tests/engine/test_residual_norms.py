"""Layers taken apart equal the vectors written out, in every arrangement of residual and norm."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel

from reportgen.engine.methods import REGISTRY, NotApplicable
from reportgen.engine.methods.decomposition import blocks
from reportgen.engine.models.capture import record
from reportgen.results.model import Target
from reportgen.spec.methods import METHODS
from tiny_models import GROUPED, SHAPES

IDS = torch.tensor([[5, 6, 7, 5, 8, 9, 10]])
SPECIALS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
ENCODERS = {"cls_token_id": 1, "sep_token_id": 2}


def make(architecture, **changes):
    """Return a model with random weights whose attention is recorded."""
    torch.manual_seed(1)
    shape = SHAPES.get(architecture, GROUPED) | {"vocab_size": 40}
    config = AutoConfig.for_model(architecture, **shape | SPECIALS | changes)
    model = AutoModel.from_config(config, attn_implementation="reportgen")
    model.eval().requires_grad_(False)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            centre = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            parameter.normal_(centre, 0.3)
    return model


def run(model):
    """Return the recording of a pass, and what every module read at its last call, by name."""
    read = {}
    handles = [
        module.register_forward_pre_hook(
            lambda _, args, kwargs, name=name: read.update(
                {name: (args or tuple(kwargs.values()))[0]}
            ),
            with_kwargs=True,
        )
        for name, module in model.named_modules()
    ]
    model.config.use_cache = False
    with torch.no_grad(), record(model) as recording:
        model(input_ids=IDS)
    for handle in handles:
        handle.remove()
    return recording, read


def explained(model, method, **settings):
    recording, read = run(model)
    context = SimpleNamespace(
        recording=recording,
        loaded=SimpleNamespace(model=model),
        targets=lambda setting: (Target(name="joy", index=0, position=2),),
    )
    return REGISTRY[method](METHODS[method](**settings)).explain(context), recording, read


def moved(layer, transposed=False):
    """Return F, (n, n, d), in float64."""
    weight = layer.projection.weight.double()
    weight = weight if transposed else weight.T  # Conv1D is stored to be applied as x W
    heads, width = layer.values.shape[1], layer.values.shape[3]
    f = torch.einsum("hjc,hcd->hjd", layer.values[0].double(), weight.reshape(heads, width, -1))
    return torch.einsum("hij,hjd->ijd", layer.attention[0].double(), f)


def add_own(parts, x):
    """Add (n, d) to the parts ii of (n, n, d)."""
    parts = parts.clone()
    for i in range(len(x)):
        parts[i, i] += x[i]
    return parts


def layer_norm(norm, parts, z):
    """Apply a LayerNorm to parts (n, n, d) of z (n, d), made linear, without its bias."""
    spread = (z.var(-1, unbiased=False) + norm.eps).sqrt()
    centred = parts - parts.mean(-1, keepdim=True)
    return norm.weight.double() * centred / spread[:, None, None]


def ratio(parts):
    """Return the mixing ratio (n,) by a loop."""
    found = []
    for i in range(len(parts)):
        others = sum(parts[i, j] for j in range(len(parts)) if j != i).norm()
        found.append(others / (others + parts[i, i].norm()))
    return torch.stack(found)


def bert_parts(model, recording, read):
    """Return F, R, T, E and y of every layer of a BERT."""
    found = []
    for number, layer in enumerate(recording.layers):
        module = model.encoder.layer[number]
        x = read[f"encoder.layer.{number}.attention.self"][0].double()
        f = moved(layer)
        r = add_own(f, x)
        first = module.attention.output.LayerNorm
        z = r.sum(1) + module.attention.output.dense.bias.double()
        t = layer_norm(first, r, z)
        second = read[f"encoder.layer.{number}.output.LayerNorm"][0].double()
        e = layer_norm(module.output.LayerNorm, t, second)
        y = torch.nn.functional.layer_norm(
            z, z.shape[-1:], first.weight.double(), first.bias.double(), first.eps
        )
        found.append((f, r, t, e, y))
    return found


def near(array, expected):
    """Compare, relative to the largest value."""
    expected = np.asarray(expected)
    assert array.shape == expected.shape
    assert array.dtype == np.float32
    assert abs(array - expected).max() <= 1e-5 * abs(expected).max()


def norms(parts):
    return torch.stack([part.norm(dim=-1) for part in parts])


def test_post_ln_equals_brute_force():
    model = make("bert")
    output, recording, read = explained(model, "residual_norms")
    f, r, t, *_ = zip(*bert_parts(model, recording, read), strict=True)
    assert set(output.arrays) == {
        "residual_norms/residual",
        "residual_norms/normalized",
        "mixing_ratio/attention",
        "mixing_ratio/residual",
        "mixing_ratio/normalized",
    }
    near(output.arrays["residual_norms/residual"], norms(r))
    near(output.arrays["residual_norms/normalized"], norms(t))
    for kind, parts in (("attention", f), ("residual", r), ("normalized", t)):
        near(output.arrays[f"mixing_ratio/{kind}"], torch.stack([*map(ratio, parts)]))
    assert output.self_tests["residual_reconstruction"] <= 1e-5


@pytest.mark.parametrize(
    ("architecture", "changes", "name", "transposed"),
    [
        ("gpt2", {}, "h.{}", True),
        ("llama", {}, "layers.{}", False),
        ("gpt_neox", {"use_parallel_residual": True}, "layers.{}", False),
        ("phi", {}, "layers.{}", False),
    ],
)
def test_pre_ln_equals_brute_force(architecture, changes, name, transposed):
    output, recording, read = explained(make(architecture, **changes), "residual_norms")
    f = [moved(layer, transposed) for layer in recording.layers]
    r = [add_own(part, read[name.format(i)][0].double()) for i, part in enumerate(f)]
    assert "residual_norms/normalized" not in output.arrays
    assert "mixing_ratio/normalized" not in output.arrays
    near(output.arrays["residual_norms/residual"], norms(r))
    near(output.arrays["mixing_ratio/attention"], torch.stack([*map(ratio, f)]))
    near(output.arrays["mixing_ratio/residual"], torch.stack([*map(ratio, r)]))
    assert output.self_tests["residual_reconstruction"] <= 1e-5


def test_sandwich_norm_equals_brute_force():
    model = make("gemma2")
    output, recording, read = explained(model, "residual_norms")
    expected = []
    for number, layer in enumerate(recording.layers):
        norm = model.layers[number].post_attention_layernorm
        f = moved(layer)
        spread = (f.sum(1).square().mean(-1) + norm.eps).sqrt()
        normalized = (1 + norm.weight.double()) * f / spread[:, None, None]
        expected.append(add_own(normalized, read[f"layers.{number}"][0].double()))
    near(output.arrays["residual_norms/residual"], norms(expected))
    near(output.arrays["mixing_ratio/residual"], torch.stack([*map(ratio, expected)]))
    assert output.self_tests["residual_reconstruction"] <= 1e-5


POST = ("albert", "bert", "deberta", "deberta-v2", "distilbert", "electra", "mpnet", "roberta")
PRE = ("cohere", "gemma2", "gemma3_text", "gpt2", "llama", "olmo", "olmo2", "phi", "qwen2", "qwen3")


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        *((name, {}) for name in POST + PRE),
        ("modernbert", ENCODERS),
        ("gpt_neox", {"use_parallel_residual": True}),
        ("gpt_neox", {"use_parallel_residual": False}),
    ],
)
def test_every_arrangement_adds_up_to_what_the_model_computed(architecture, changes):
    recording, _ = run(make(architecture, **changes))
    found = list(blocks(recording))
    assert len(found) == 3
    for block in found:
        assert (block.normalized is not None) == (architecture in POST)
        assert block.mixed.error(block.output) <= 1e-5


@pytest.mark.parametrize("architecture", ["bert", "gpt2", "gemma2", "phi", "modernbert"])
def test_rounding_to_half_precision_hides_no_arrangement(architecture):
    changes = ENCODERS if architecture == "modernbert" else {}
    recording, _ = run(make(architecture, **changes).to(torch.bfloat16))
    for block in blocks(recording):
        assert (block.normalized is not None) == (architecture == "bert")
        assert block.mixed.error(block.output) <= 0.02


def test_a_rescaled_residual_connection_is_refused():
    model = make("granite", residual_multiplier=0.3)
    with pytest.raises(NotApplicable, match="none that is known"):
        explained(model, "residual_norms")


def test_reconstruction_notices_a_wrong_residual():
    model = make("bert")
    recording, _ = run(model)
    block = next(blocks(recording))
    wrong = block.attention.keeping(recording.layers[1].source[0].double())
    assert block.residual.error(recording.layers[0].norms[0].input[0].double()) <= 1e-5
    assert wrong.error(recording.layers[0].norms[0].input[0].double()) > 1e-2
