"""Integrated gradients: captum's numbers, and what is said of their convergence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from paths import (
    PAIRS,
    QUESTION,
    REVIEWS,
    TEXTS,
    captum_gradients,
    close,
    explain,
    make_context,
    method_of,
    path_of,
    texts_for,
)
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.sweep import integrate
from reportgen.engine.tasks import SequenceClassification
from reportgen.errors import InputError
from reportgen.methods import TextBaseline
from reportgen.methods import integrated_gradients as described
from reportgen.results.model import Target
from tiny_models import ANSWER, CLASSIC, CLASSIFY, MODELS, make_methods, plan_model

# DistilBERT's classifier has a ReLU: at its kinks captum's quadrature gains only as 1 / steps.
SMOOTH = [(a, t) for a in CLASSIC for t in (CLASSIFY, ANSWER) if (a, t) != ("distilbert", CLASSIFY)]


def assert_equal_to_captum(model, *texts, steps=65, captum_steps=60, relative=1e-3, **more):
    path = path_of(model, *texts, **more)
    (ours,) = integrate(model, [path], Needs(), steps=steps)
    baseline = more.get("baseline", "pad")
    layer = path.embeddings[0].module
    for target, row in zip(path.targets, ours.embeddings[path.embeddings[0].name], strict=True):
        theirs = captum_gradients(
            model, path.encoding, target, captum_steps, layer=layer, baseline=baseline
        )
        close(row, theirs, relative)


class TestCaptum:
    @pytest.mark.parametrize(("architecture", "task"), SMOOTH)
    @pytest.mark.parametrize("baseline", ["pad", "mask"])
    def test_on_words(self, loaded, architecture, task, baseline):
        model = loaded(architecture, task)
        assert_equal_to_captum(model, *texts_for(model), baseline=baseline)

    @pytest.mark.parametrize(("architecture", "task"), SMOOTH)
    def test_on_what_the_embedding_layer_returns(self, loaded, architecture, task):
        """With mask tokens: padding would move RoBERTa's positions in captum's baseline."""
        model = loaded(architecture, task)
        assert_equal_to_captum(model, *texts_for(model), baseline="mask", kind="embeddings")

    def test_of_a_classifier_with_kinks(self, loaded):
        model = loaded("distilbert")
        assert_equal_to_captum(model, TEXTS[1], steps=257, captum_steps=250, relative=2e-2)

    @pytest.mark.parametrize("architecture", ["albert", "deberta", "mpnet", "gpt_neox"])
    def test_of_other_architectures(self, loaded, architecture):
        assert_equal_to_captum(loaded(architecture), TEXTS[1], keep_first=False)

    def test_of_a_pair_of_texts(self, loaded):
        assert_equal_to_captum(loaded(), *TEXTS[:2])

    def test_of_the_bundled_classifier(self):
        model = load(plan_model(MODELS / "sentiment"))
        assert_equal_to_captum(model, REVIEWS[0])
        assert_equal_to_captum(model, REVIEWS[1], baseline="mask")

    def test_of_the_bundled_question_answerer(self):
        model = load(plan_model(MODELS / "question-answering", ANSWER))
        assert_equal_to_captum(model, *QUESTION, captum_steps=32)

    def test_with_the_default_settings(self, loaded):
        """What users get, with as few steps as the tolerance allows, is close as well."""
        model = loaded(task=ANSWER)
        context = make_context(model, *PAIRS[0])
        output = explain(context, "integrated_gradients", baseline="pad")
        path = path_of(model, *PAIRS[0])
        for target in output.targets:
            theirs = captum_gradients(model, path.encoding, target, 60)
            close(output.arrays[f"integrated_gradients/{target.name}"], theirs, 0.02)


class TestOutput:
    def test_reports_convergence(self, loaded):
        context = make_context(loaded(), TEXTS[0])
        output = explain(context, "integrated_gradients", baseline="pad")
        (row,) = output.convergence
        (target,) = output.targets
        scores = output.arrays[f"integrated_gradients/{target.name}"]
        assert scores.dtype == "float32"
        assert row.f_input == pytest.approx(context.prediction.scores[target.index].logit, rel=1e-5)
        change = row.f_input - row.f_baseline
        assert row.delta == pytest.approx(scores.sum() - change, abs=1e-6)
        assert row.gap == pytest.approx(abs(row.delta) / abs(change))
        assert (row.method, row.target) == ("integrated_gradients", target.name)
        assert (row.tolerance, row.layer_gaps) == (0.01, ())
        assert row.converged
        assert row.steps == 9
        assert output.warnings == ()
        assert list(output.self_tests) == []

    @pytest.mark.parametrize("baseline", ["pad", "mask", "zero", TextBaseline(text="not bad")])
    @pytest.mark.parametrize("interpolate", ["words", "embeddings"])
    def test_is_complete_from_every_baseline(self, loaded, baseline, interpolate):
        context = make_context(loaded(), TEXTS[0])
        settings = {"baseline": baseline, "interpolate": interpolate, "tolerance": 1e-3}
        output = explain(context, "integrated_gradients", **settings)
        scores, _ = output.arrays.values()
        (row,) = output.convergence
        assert row.converged
        assert scores.sum() == pytest.approx(row.f_input - row.f_baseline, rel=1.1e-3)
        special = [i for i, token in enumerate(context.encoding.tokens) if token.special]
        assert (scores[special] == 0).all()

    def test_what_does_not_converge_is_kept_and_told(self, loaded):
        context = make_context(loaded(), TEXTS[0])
        output = explain(context, "integrated_gradients", tolerance=1e-9, max_steps=33)
        (row,) = output.convergence
        assert 9 < row.steps <= 33
        assert not row.converged
        scores, _ = output.arrays.values()
        assert scores.any()

    def test_a_gap_that_closes_by_chance_is_not_convergence(self, loaded):
        """Errors of intervals that cancel each other out say nothing about the tokens."""
        context = make_context(loaded(), TEXTS[0])
        method = method_of("integrated_gradients")
        path = path_of(context.loaded, TEXTS[0])
        (found,) = integrate(context.loaded, [path], Needs(), steps=9)
        for resolved in (True, False):
            lucky = replace(
                found,
                carried=(found.f_input - found.f_baseline)[:, None],
                resolved=torch.tensor([[resolved]]),
            )
            context.integrals[method.sweep_settings()] = lucky
            (row,) = method.explain(context).convergence
            assert row.gap == 0
            assert row.converged is resolved

    def test_fixed_steps_are_kept(self, loaded):
        context = make_context(loaded(), TEXTS[0])
        output = explain(context, "integrated_gradients", steps=3, tolerance=1e-9)
        assert (output.convergence[0].steps, output.convergence[0].converged) == (3, False)

    def test_an_input_equal_to_its_baseline_gets_nothing_and_converges(self, loaded):
        context = make_context(loaded(), "not bad")
        output = explain(context, "integrated_gradients", baseline=TextBaseline(text="not bad"))
        assert not output.arrays["integrated_gradients/LABEL_1"].any()
        assert output.convergence[0].converged

    def test_targets_follow_the_settings(self, loaded):
        context = make_context(loaded(num_labels=3), TEXTS[0], expect="label_2")
        expected = explain(context, "integrated_gradients", target="expected", steps=3)
        assert [target.name for target in expected.targets] == ["LABEL_2"]
        assert "integrated_gradients/LABEL_2" in expected.arrays
        by_index = explain(context, "integrated_gradients", target=0, steps=3)
        assert [target.index for target in by_index.targets] == [0]
        close(
            by_index.convergence[0].f_input,
            context.output.logits[0, 0],
            1e-5,
        )

    def test_question_answering_explains_start_and_end(self, loaded):
        context = make_context(loaded(task=ANSWER), *PAIRS[0])
        output = explain(context, "integrated_gradients", steps=3)
        assert list(output.arrays) == [
            "integrated_gradients/start",
            "integrated_gradients_coarse/start",
            "integrated_gradients/end",
            "integrated_gradients_coarse/end",
        ]
        assert [row.target for row in output.convergence] == ["start", "end"]
        start, _, end, _ = output.arrays.values()
        assert (start != end).any()

    def test_shares_of_a_sum_near_zero_are_warned_about(self, loaded):
        context = make_context(loaded(), "not bad")
        target = Target(name="LABEL_1", index=1)

        def warnings(scores, normalize):
            found = Integral(
                path=path_of(context.loaded, "not bad"),
                embeddings={"word": torch.tensor([scores])},
                coarse={},
                layers=None,
                attention=None,
                **{name: torch.zeros(1) for name in ("f_input", "f_baseline", "carried")},
                resolved=torch.ones(1, 1, dtype=torch.bool),
                steps=9,
            )
            method = method_of("integrated_gradients", normalize=normalize)
            return method.warnings(found, [0], [target])

        cancelling = [0.0, 5.0, -4.999, 0.0]
        assert "for LABEL_1 nearly cancel" in warnings(cancelling, "sum")[0]
        assert warnings([0.0, 5.0, 4.999, 0.0], "sum") == ()
        assert warnings(cancelling, "l2") == ()

    def test_a_padding_token_in_the_text_is_explained_like_any_other(self, loaded):
        """The path replaces embeddings, not ids, by which RoBERTa counts its positions."""
        context = make_context(loaded("roberta"), "the <pad> movie was great")
        output = explain(context, "integrated_gradients", baseline="mask")
        (row,) = output.convergence
        logit = context.output.logits[0, output.targets[0].index].item()
        assert row.f_input == pytest.approx(logit, rel=1e-5)
        assert row.converged

    def test_gradients_that_are_not_finite_are_refused(self, loaded):
        class Exploding(SequenceClassification):
            def scalar(self, output, row, target):
                return super().scalar(output, row, target) * float("inf")

        model = loaded()
        context = make_context(model, TEXTS[0])
        broken = replace(context, loaded=replace(model, task=Exploding(model.model.config)))
        with pytest.raises(InputError, match="output is not finite at the baseline mask"):
            explain(broken, "integrated_gradients")


def test_the_default_settings_are_those_of_the_spec():
    (method,) = make_methods("integrated_gradients")
    assert method == described.IntegratedGradients()
