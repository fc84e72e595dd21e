"""The gradient family, against captum asked directly and against gradients taken by hand."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum import attr
from captum.attr._core import deep_lift
from torch import nn
from transformers import set_seed

from paths import make_context, method_of
from reportgen.engine.methods import NotApplicable, gradients
from reportgen.engine.methods.deeplift import activations_of_transformers
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path import capacity
from reportgen.engine.path.embedding_path import make_path
from reportgen.errors import InputError
from tiny_models import ANSWER, CLASSIFY, plan_model, save_tiny

NAMES = ("saliency", "input_x_gradient", "smoothgrad", "vargrad", "gradient_shap", "deeplift")
NOISY = ("smoothgrad", "vargrad", "gradient_shap")

TASKS = {
    CLASSIFY: ("bert", ("the movie was not bad",)),
    ANSWER: ("bert", ("who ?", "not bad at all")),
    "token-classification": ("bert", ("not bad at all",)),
    "causal-lm": ("gpt2", ("not bad", " at all")),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    made = {}

    def get(task=CLASSIFY, architecture=None, **changes):
        architecture = architecture or TASKS[task][0]
        key = (architecture, task, *changes.items())
        if key not in made:
            folder = tmp_path_factory.mktemp(architecture) / "model"
            made[key] = load(plan_model(save_tiny(folder, architecture, task, **changes), task))
        return made[key]

    return get


@pytest.fixture(params=TASKS)
def context(request, tiny):
    return make_context(tiny(request.param), *TASKS[request.param][1])


def logit_of(context, target):
    """The target's logit as a function of a batch of word embeddings."""
    loaded = context.loaded

    def logit(vectors):
        encodings = [context.encoding] * len(vectors)
        output = loaded.forward(encodings, {loaded.embedding: list(vectors)})
        rows = [loaded.task.scalar(output, row, target) for row in range(len(vectors))]
        return torch.stack(rows)

    return logit


def words_of(context):
    return context.loaded.embed(context.encoding.ids)[None]


def close(found, wanted):
    wanted = wanted.detach().numpy()
    rounding = 2e-6 + 1e-5 * float(np.abs(wanted).max())
    assert found == pytest.approx(wanted, rel=2e-4, abs=rounding)


@pytest.mark.parametrize("name", NAMES)
def test_every_output_of_every_task_has_a_score_for_each_token(context, name):
    found = method_of(name, target="predicted").explain(context)
    own = {f"{name}/{target.name}" for target in found.targets}
    spread = {f"{name}_spread/{target.name}" for target in found.targets}
    assert found.targets
    assert found.arrays.keys() == own | (spread if name in NOISY else set())
    for scores in found.arrays.values():
        assert (scores.shape, scores.dtype) == ((len(context.encoding),), np.float32)
        assert np.isfinite(scores).all()


def test_saliency_and_input_x_gradient_are_gradients_taken_by_hand(context):
    lengths = method_of("saliency").explain(context).arrays
    products = method_of("input_x_gradient").explain(context).arrays
    for target in context.targets("predicted"):
        words = words_of(context).requires_grad_()
        (gradient,) = torch.autograd.grad(logit_of(context, target)(words).sum(), words)
        close(lengths[f"saliency/{target.name}"], (gradient[0] ** 2).sum(-1).sqrt())
        close(products[f"input_x_gradient/{target.name}"], (words * gradient)[0].sum(-1))


@pytest.mark.parametrize("name", ["smoothgrad", "vargrad"])
def test_noise_is_captums_noise_tunnel_once_for_each_seed(context, name):
    found = method_of(name, samples=5, noise=0.3).explain(context).arrays
    words = words_of(context)
    for target in context.targets("predicted")[:2]:
        by_seed = []
        for seed in range(3):
            set_seed(seed)
            tunnel = attr.NoiseTunnel(attr.Saliency(logit_of(context, target)))
            (kept,) = tunnel.attribute(
                words, nt_type=name, nt_samples=5, stdevs=0.3 * words.std().item(), abs=False
            )
            by_seed.append(kept.norm(dim=-1) if name == "smoothgrad" else kept.sum(-1))
        scores = torch.stack(by_seed)
        close(found[f"{name}/{target.name}"], scores.mean(0))
        close(found[f"{name}_spread/{target.name}"], scores.std(0))


def test_gradient_shap_is_captums_where_the_words_move(context):
    found = method_of("gradient_shap", samples=4, baseline="mean").explain(context).arrays
    targets = context.targets("predicted")
    path = make_path(context.loaded, context.encoding, "mean", targets)
    (ends,) = path.embeddings
    stays = (ends.change == 0).all(-1)
    assert stays.any() or context.loaded.causal is False
    for target in targets[:2]:
        logit = logit_of(context, target)

        def kept(vectors, logit=logit):
            return logit(torch.where(stays[:, None], ends.input, vectors))

        by_seed = []
        for seed in range(3):
            set_seed(seed)
            (products,) = attr.GradientShap(kept).attribute(
                ends.input[None],
                baselines=ends.baseline[None],
                n_samples=4,
                stdevs=0.2 * ends.input.std().item(),
            )
            by_seed.append(products.sum(-1))
        scores = torch.stack(by_seed)
        close(found[f"gradient_shap/{target.name}"], scores.mean(0))
        assert not found[f"gradient_shap/{target.name}"][stays.numpy()].any()


class Wrapped(nn.Module):
    def __init__(self, context, target):
        super().__init__()
        self.model, self.logit = context.loaded.model, logit_of(context, target)

    def forward(self, vectors):
        return self.logit(vectors)


@pytest.mark.parametrize("task", TASKS)
def test_deeplift_is_captums_where_captum_knows_the_activation(tiny, task):
    act = {"activation_function": "relu"} if TASKS[task][0] == "gpt2" else {"hidden_act": "relu"}
    context = make_context(tiny(task, **act), *TASKS[task][1])
    found = method_of("deeplift", baseline="mean").explain(context).arrays
    targets = context.targets("predicted")
    (ends,) = make_path(context.loaded, context.encoding, "mean", targets).embeddings
    for target in targets[:2]:
        (products,) = attr.DeepLift(Wrapped(context, target), eps=1e-6).attribute(
            ends.input[None], baselines=ends.baseline[None]
        )
        close(found[f"deeplift/{target.name}"], products.sum(-1))


def test_the_rescale_rule_holds_for_activations_of_transformers_too(tiny, monkeypatch):
    known = dict(deep_lift.SUPPORTED_NON_LINEAR)
    with activations_of_transformers():
        act = type(tiny().model.bert.encoder.layer[0].intermediate.intermediate_act_fn)
        assert deep_lift.SUPPORTED_NON_LINEAR[act] is deep_lift.nonlinear
        layer = nn.Sequential(nn.Linear(4, 6), act(), nn.Linear(6, 1))
        x, start = torch.randn(2, 1, 4)
        products = attr.DeepLift(layer).attribute(x, baselines=start)
    assert products.sum().item() == pytest.approx((layer(x) - layer(start)).item(), abs=1e-5)
    assert known == deep_lift.SUPPORTED_NON_LINEAR
    without = attr.DeepLift(layer).attribute(x, baselines=start)
    assert without.sum().item() != pytest.approx((layer(x) - layer(start)).item(), abs=1e-5)


def test_a_warning_says_how_much_of_the_change_deeplift_misses(tiny):
    context = make_context(tiny(), "the movie was not bad")
    found = method_of("deeplift", baseline="mask").explain(context)
    (target,) = found.targets
    (ends,) = make_path(context.loaded, context.encoding, "mask", [target]).embeddings
    logit = logit_of(context, target)
    with torch.no_grad():
        change = (logit(ends.input[None]) - logit(ends.baseline[None])).item()
    total = float(found.arrays[f"deeplift/{target.name}"].sum(dtype=float))
    gap = abs(total - change) / abs(change)
    assert gap > 0.01
    assert found.warnings == (
        f"The scores of DeepLIFT for {target.name} add up to {total:+.3g}, where the output "
        f"changed by {change:+.3g} from the baseline: they miss {gap:.0%} of that.",
    )


def test_deeplift_is_skipped_where_layers_share_their_activation(tiny):
    context = make_context(tiny(architecture="albert"), "not bad")
    with pytest.raises(NotApplicable, match="Its layers share one activation function"):
        method_of("deeplift").explain(context)


@pytest.mark.parametrize("name", NOISY)
def test_what_fits_into_memory_changes_no_score(tiny, name, monkeypatch):
    context = make_context(tiny(), "the movie was not bad")
    before = method_of(name).explain(context).arrays
    monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
    assert capacity.inputs_per_pass(context.loaded, len(context.encoding)) == 1
    after = method_of(name).explain(context).arrays
    for array, scores in before.items():
        assert after[array] == pytest.approx(scores, rel=1e-3, abs=1e-6)


def test_all_samples_of_a_seed_are_one_batch(tiny, monkeypatch):
    context = make_context(tiny(), "the movie was not bad")
    sizes = []
    original = gradients.TargetLogit.forward

    def counted(self, vectors):
        sizes.append(len(vectors))
        return original(self, vectors)

    monkeypatch.setattr(gradients.TargetLogit, "forward", counted)
    for name in NOISY:
        method_of(name, samples=7).explain(context)
    assert sizes == [7] * 9


def test_a_pass_that_runs_out_of_memory_is_repeated_with_half_as_many(tiny, monkeypatch):
    context = make_context(tiny(), "the movie was not bad")
    before = method_of("smoothgrad", samples=8).explain(context).arrays
    original = gradients.TargetLogit.forward

    def small(self, vectors, most=3):
        if len(vectors) > most:
            raise torch.OutOfMemoryError("out of memory")
        return original(self, vectors)

    monkeypatch.setattr(gradients.TargetLogit, "forward", small)
    after = method_of("smoothgrad", samples=8).explain(context).arrays
    for array, scores in before.items():
        assert after[array] == pytest.approx(scores, rel=1e-3, abs=1e-6)
    monkeypatch.setattr(gradients.TargetLogit, "forward", lambda *_: small(*_, most=0))
    with pytest.raises(InputError, match="there is not enough memory to explain 7 tokens"):
        method_of("smoothgrad", samples=8).explain(context)


@pytest.mark.parametrize("name", NOISY)
def test_other_seeds_give_other_scores_within_the_spread(tiny, name):
    context = make_context(tiny(), "the movie was not bad")
    content = context.encoding.content
    found = [method_of(name).explain(replaced(context, seed)).arrays for seed in (0, 0, 100)]
    scores, spread = (key for key in sorted(found[0]))
    assert np.array_equal(found[0][scores], found[1][scores])
    assert (found[0][spread][content] > 0).all()
    difference = np.abs(found[0][scores] - found[2][scores])[content]
    assert (difference > 0).all()
    assert difference.max() < 5 * found[0][spread][content].max()


def replaced(context, seed):
    random.random()  # what was drawn before does not matter
    np.random.rand(3)
    torch.rand(3)
    return replace(context, seed=seed)


def test_scores_that_depend_on_the_seeds_are_told(tiny, monkeypatch):
    context = make_context(tiny(), "the movie was not bad")
    drawn = iter(
        torch.tensor([[9.0, 1, 2, 3, 4, 5, 9], [9, 5, 4, 3, 2, 1, 9], [9, 1, 3, 2, 4, 5, 9]])
    )
    method = method_of("vargrad")
    monkeypatch.setattr(method, "scores", lambda *_: next(drawn))
    (warning,) = method.explain(context).warnings
    assert warning == (
        "Which tokens VarGrad ranks high for LABEL_1 depends on the noise: between its 3 seeds the "
        "mean rank correlation is -0.33; ask for more samples."
    )


def test_auto_takes_the_first_baseline_at_which_the_output_is_finite(tiny, monkeypatch):
    context = make_context(tiny(), "the movie was not bad")
    found = method_of("deeplift").explain(context)
    assert found.path.baseline == "mask"
    original = gradients.outputs_at

    def broken(loaded, path, node):
        return original(loaded, path, node) * (float("nan") if path.baseline == "mask" else 1)

    monkeypatch.setattr(gradients, "outputs_at", broken)
    assert method_of("gradient_shap").explain(context).path.baseline == "pad"
    with pytest.raises(InputError, match="not finite at the baseline mask"):
        method_of("deeplift", baseline="mask").explain(context)


def test_the_first_token_of_a_causal_model_stays(tiny):
    context = make_context(tiny("causal-lm"), *TASKS["causal-lm"][1])
    for name in ("deeplift", "gradient_shap"):
        found = method_of(name).explain(context)
        assert found.path.keeps_first
        moved = method_of(name, keep_first=False).explain(context)
        target = found.targets[0].name
        assert found.arrays[f"{name}/{target}"][0] == 0
        assert moved.arrays[f"{name}/{target}"][0] != 0


def test_captum_is_imported_only_where_a_method_asks_for_it():
    code = (
        "import sys, reportgen.engine.methods\n"
        "assert 'reportgen.engine.methods.deeplift' in sys.modules\n"
        "assert 'captum' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
