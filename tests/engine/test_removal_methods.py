"""Methods made of removals, against captum's on the same functions, and exact values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, KernelShap, Lime, Occlusion, ShapleyValues

from paths import explain, make_context
from reportgen.engine.methods.base import NotApplicable
from reportgen.engine.methods.removal_method import outputs
from reportgen.engine.removal import RemovalGame
from reportgen.engine.removal.regressions import kernel_shap, lime
from reportgen.methods.occlusion import Occlusion as OcclusionSettings
from reportgen.results.words import named

TEXT = "the film was great , and the plot was bad !"


def analytic(n):
    """Return a function of kept units (batch, n) as a game and as captum takes it."""
    random = np.random.default_rng(n)
    weights, pairs = random.normal(size=n), np.triu(random.normal(size=(n, n)), 1)

    def value(kept):
        return np.tanh(kept @ weights) + ((kept @ pairs) * kept).sum(1)

    def forward(kept):
        return torch.from_numpy(value(kept.numpy()))

    return RemovalGame(n, lambda sets: value((~sets).astype(float))), forward


def whole(n):
    return torch.ones(1, n, dtype=torch.float64)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_leaving_one_out_is_captums_feature_ablation(n):
    game, forward = analytic(n)
    theirs = FeatureAblation(forward).attribute(whole(n))[0].numpy()
    assert game.leave_one_out() == pytest.approx(theirs)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_exact_shapley_values_are_captums(n):
    game, forward = analytic(n)
    theirs = ShapleyValues(forward).attribute(whole(n))[0].numpy()
    assert game.shapley(2**n) == pytest.approx(theirs, abs=1e-3)  # theirs are float32
    assert kernel_shap(game, 2**n, 0) == pytest.approx(game.shapley(2**n), abs=1e-9)


def test_regression_estimates_agree_with_captums():
    """With many samples both come near the same values, by different draws."""
    game, forward = analytic(6)
    torch.manual_seed(0)
    theirs = KernelShap(forward).attribute(whole(6), n_samples=4000)[0].numpy()
    assert kernel_shap(game, 40, 0) == pytest.approx(theirs, abs=0.15)
    assert np.corrcoef(kernel_shap(game, 40, 0), theirs)[0, 1] > 0.99


def test_lime_is_the_ridge_regression_that_captum_fits():
    """The same kernel and penalty; captum draws each word by a coin, and fits by scikit-learn."""
    from captum._utils.models.linear_model import SkLearnLinearModel

    game, forward = analytic(6)

    def similarity(original, perturbed, interpretable, **_):
        kept = interpretable.double().sum() / 6
        return torch.exp(-0.5 * ((1 - kept.sqrt()) / 0.25) ** 2)

    torch.manual_seed(0)
    theirs = (
        Lime(forward, SkLearnLinearModel("linear_model.Ridge", alpha=1.0), similarity)
        .attribute(whole(6), n_samples=3000)[0]
        .numpy()
    )
    assert np.corrcoef(lime(game, 3000, 0), theirs)[0, 1] > 0.98


def test_what_a_sum_adds_up_is_found_by_all():
    weights = np.random.default_rng(3).normal(size=30)
    game = RemovalGame(30, lambda sets: (~sets) @ weights)
    assert game.leave_one_out() == pytest.approx(weights)
    assert game.shapley(100) == pytest.approx(weights)
    assert kernel_shap(game, 100, 0) == pytest.approx(weights)
    assert np.corrcoef(lime(game, 300, 0), weights)[0, 1] > 0.999


def word_sums(context, scores):
    return {
        (place, named(word.text)): float(scores[word.first : word.last].sum())
        for place, word in enumerate(context.encoding.words)
    }


def test_occlusion_is_the_change_of_the_logit_word_by_word(loaded):
    model = loaded()
    context = make_context(model, TEXT)
    output = explain(context, "occlusion")
    (target,) = output.targets
    found = word_sums(context, output.arrays[f"occlusion/{target.name}"])
    with torch.no_grad():
        start = model.forward([context.encoding]).logits[0, target.index].item()
        for (place, name), score in found.items():
            word = context.encoding.words[place]
            ids = context.encoding.ids.clone()
            ids[word.first : word.last] = model.tokenizer.mask_token_id
            if name in (",", "!"):
                assert score == 0
                continue
            from dataclasses import replace

            masked = model.forward([replace(context.encoding, ids=ids)]).logits[0, target.index]
            assert score == pytest.approx(start - masked.item(), abs=1e-4)


def test_windows_of_words_are_captums(loaded):
    """Captum's windows slide in the same way; a word has their mean."""
    context = make_context(loaded(), TEXT)
    found = outputs(context, OcclusionSettings())

    def forward(kept):
        return torch.from_numpy(found.logits(kept.numpy() == 0, 0))

    theirs = Occlusion(forward).attribute(whole(found.n), sliding_window_shapes=(3,))[0].numpy()
    output = explain(context, "occlusion", window=3)
    tokens = output.arrays[f"occlusion/{output.targets[0].name}"]
    ours = np.array([tokens[a:b].sum() for a, b in found.units])
    assert ours == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("method", ["shapley_values", "kernel_shap"])
def test_scores_add_up_to_the_change_from_no_words(loaded, method):
    context = make_context(loaded(), TEXT)
    output = explain(context, method)
    ends = outputs(context, OcclusionSettings())
    sets = np.array([np.zeros(ends.n, bool), np.ones(ends.n, bool)])
    start, end = ends.logits(sets, 0)
    scores = output.arrays[f"{method}/{output.targets[0].name}"]
    assert scores.sum() == pytest.approx(start - end, abs=1e-4)


def test_sampled_shapley_values_tell_their_error(loaded):
    context = make_context(loaded(), TEXT)
    exact = explain(context, "shapley_values", max_evaluations=600)
    sampled = explain(context, "shapley_values", max_evaluations=100)
    name = exact.targets[0].name
    assert not exact.arrays[f"shapley_values_error/{name}"].any()
    error = sampled.arrays[f"shapley_values_error/{name}"]
    missed = sampled.arrays[f"shapley_values/{name}"] - exact.arrays[f"shapley_values/{name}"]
    assert error.any()
    assert np.abs(missed).max() < 5 * error.max()


def test_the_best_order_is_at_least_as_good_as_the_others(loaded):
    context = make_context(loaded(), TEXT)
    found = outputs(context, OcclusionSettings())
    game = RemovalGame(found.n, lambda sets: found.probabilities(sets, 0))
    aopc = {}
    for method in ("best_order", "occlusion", "shapley_values", "lime"):
        output = explain(context, method)
        tokens = output.arrays[f"{method}/{output.targets[0].name}"]
        aopc[method] = game.aopc(np.array([tokens[a:b].mean() for a, b in found.units]))
    assert max(aopc, key=aopc.get) == "best_order"
    assert aopc["best_order"] == pytest.approx(game.bounds()[1], rel=0.02)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("it was great and the plot was bad !", "raise it."),
        ("it was great . the plot was bad !", "raise it, or set granularity: sentence."),
    ],
)
def test_a_method_says_what_it_would_need_and_does_not_start(loaded, text, advice):
    context = make_context(loaded(), text)
    n = len(outputs(context, OcclusionSettings()).units)
    with pytest.raises(NotApplicable) as error:
        explain(context, "kernel_shap", max_evaluations=12)
    assert str(error.value) == (
        f"It needs {2 * n + 2} evaluations for {n} units of this input, and max_evaluations is "
        f"12: {advice}"
    )
    (found,) = context.removed.values()
    assert not found.evaluations


def test_methods_share_what_they_evaluate(loaded):
    context = make_context(loaded(), TEXT)
    explain(context, "occlusion")
    (found,) = context.removed.values()
    assert found.evaluations == found.n + 1
    explain(context, "shapley_values")
    assert found.evaluations == 200
