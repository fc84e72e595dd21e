"""Integrated gradients: captum's numbers, and the axioms of the method."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import nn

from reportgen.engine import path
from reportgen.engine.methods import Case
from reportgen.engine.methods.integrated_gradients import (
    IntegratedGradients,
    attribute,
    integrate,
)
from reportgen.engine.models import load
from reportgen.engine.path import Line, evaluate, make_line, rows_per_chunk, sweep
from reportgen.engine.tasks import SequenceClassification
from reportgen.engine.tokens import Encoding, substitute
from reportgen.errors import InputError
from reportgen.results.model import Target
from reportgen.spec import methods as spec
from reportgen.spec.methods import TextBaseline
from tiny_models import (
    ANSWER,
    ARCHITECTURES,
    CLASSIFY,
    MODELS,
    make_methods,
    plan_model,
    read,
)

TEXTS = ("the movie was great , i really enjoyed it .", "not bad at all", "great")
PAIRS = (("what is important ?", "it is important to us to include all ."), ("is it ?", "great"))


def settings(**changes):
    return spec.IntegratedGradients(**changes)


def make_case(model, *texts, expect=None):
    encoding = read(model, *texts)
    with torch.no_grad():
        output = model.forward([encoding])
    prediction = model.task.predict(output, encoding, expect)
    return Case(model, encoding, output, prediction, expect, None)


def lines_of(model, texts, baseline="pad"):
    cases = [make_case(model, *((text,) if isinstance(text, str) else text)) for text in texts]
    return [make_line(model, c.encoding, baseline, c.targets("predicted")) for c in cases]


def close(ours, theirs, relative):
    difference = (ours - theirs).abs().max() / theirs.abs().max()
    assert difference <= relative, f"relative difference {difference:.2g}"


def captum_attributions(model, encoding, baseline, target, steps):
    """Return captum's attributions (n,) of one target, in one piece and unpadded."""

    def forward(ids, mask, types):
        inputs = {"input_ids": ids, "attention_mask": mask}
        if types is not None:
            inputs["token_type_ids"] = types
        output = model.model(**inputs)
        rows = [model.task.scalar(output, row, target) for row in range(len(ids))]
        return torch.stack(rows)

    batch = model.batch([encoding])
    explained = LayerIntegratedGradients(forward, model.model.get_input_embeddings())
    attributions = explained.attribute(
        batch["input_ids"],
        baselines=substitute(model.tokenizer, encoding, baseline)[None],
        additional_forward_args=(batch["attention_mask"], batch.get("token_type_ids")),
        n_steps=steps,
        method="gausslegendre",
    )
    return attributions[0].sum(-1).detach().double()


def assert_equal_to_captum(model, *texts, baseline="pad", steps=50):
    case = make_case(model, *texts)
    targets = case.targets("predicted")
    line = make_line(model, case.encoding, baseline, targets)
    (ours,) = integrate(model, [line], steps)
    for target, row in zip(targets, ours, strict=True):
        theirs = captum_attributions(model, case.encoding, baseline, target, steps)
        close(row, theirs, 1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("task", [CLASSIFY, ANSWER])
@pytest.mark.parametrize("baseline", ["pad", "mask"])
def test_equals_captum(loaded, architecture, task, baseline):
    texts = PAIRS[0] if task == ANSWER else TEXTS[:1]
    assert_equal_to_captum(loaded(architecture, task), *texts, baseline=baseline)


def test_equals_captum_on_a_pair_of_texts(loaded):
    assert_equal_to_captum(loaded(), *TEXTS[:2])


def test_equals_captum_on_the_bundled_classifier():
    model = load(plan_model(MODELS / "sentiment"))
    assert_equal_to_captum(model, "The movie was great, I really enjoyed it.")
    assert_equal_to_captum(model, "This movie was not bad at all.", baseline="mask")


def test_equals_captum_on_the_bundled_question_answerer():
    model = load(plan_model(MODELS / "question-answering", ANSWER))
    question = "What is important to us?"
    context = "It is important to us to include, empower and support humans of all kinds."
    assert_equal_to_captum(model, question, context, steps=16)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("task", [CLASSIFY, ANSWER])
def test_a_padded_batch_equals_single_inputs(loaded, architecture, task):
    model = loaded(architecture, task)
    lines = lines_of(model, PAIRS if task == ANSWER else TEXTS)
    together = integrate(model, lines, 8)
    for line, attributions in zip(lines, together, strict=True):
        (alone,) = integrate(model, [line], 8)
        assert attributions.shape == (len(line.targets), len(line.encoding))
        close(attributions, alone, 1e-4)


def test_lines_with_different_numbers_of_targets_share_a_batch(loaded):
    model = loaded(num_labels=3)
    one, three = lines_of(model, TEXTS[:2])
    three = replace(three, targets=tuple(Target(name=str(i), index=i) for i in range(3)))
    together = integrate(model, [one, three], 4)
    close(together[0], integrate(model, [one], 4)[0], 1e-4)
    close(together[1], integrate(model, [three], 4)[0], 1e-4)


def test_chunks_change_nothing(loaded, monkeypatch):
    model = loaded()
    lines = lines_of(model, TEXTS)
    whole = integrate(model, lines, 8)
    monkeypatch.setattr(path, "CHUNK_BYTES", 1)  # one row at a time
    assert rows_per_chunk(10, model.info, 4) == 1
    for one_by_one, together in zip(integrate(model, lines, 8), whole, strict=True):
        close(one_by_one, together, 1e-5)


def test_chunks_follow_the_size_of_the_input(loaded):
    info = loaded().info
    short, long = rows_per_chunk(10, info, 4), rows_per_chunk(60, info, 4)
    assert short > long > 1
    assert rows_per_chunk(10, info, 2) == pytest.approx(2 * short, abs=1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("baseline", ["pad", "mask", "zero", TextBaseline(text="not bad")])
def test_completeness(loaded, architecture, baseline):
    model = loaded(architecture)
    lines = lines_of(model, TEXTS, baseline)
    # DistilBERT's head has a ReLU: at its kinks the quadrature gains only as 1 / steps.
    tolerance = 5e-2 if architecture == "distilbert" else 1e-4
    for integral in attribute(model, lines, settings(tolerance=tolerance)):
        assert (integral.gap <= tolerance).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_special_tokens_get_exactly_nothing(loaded, architecture):
    model = loaded(architecture)
    (line,) = lines_of(model, TEXTS[:1])
    (attributions,) = integrate(model, [line], 4)
    special = [i for i, token in enumerate(line.encoding.tokens) if token.special]
    assert special
    assert (attributions[:, special] == 0).all()
    assert (attributions[:, line.encoding.content] != 0).all()


def test_swapping_the_ends_flips_the_signs(loaded):
    model = loaded()
    (line,) = lines_of(model, TEXTS[:1])
    swapped = replace(line, baseline=line.input, input=line.baseline)
    (there,), (back,) = integrate(model, [line], 16), integrate(model, [swapped], 16)
    close(back, -there, 1e-4)


def test_an_input_equal_to_its_baseline_gets_nothing_and_converges(loaded):
    model = loaded()
    case = make_case(model, "not bad")
    finding = IntegratedGradients(settings(baseline=TextBaseline(text="not bad"))).explain(case)
    assert not finding.arrays["integrated_gradients/LABEL_1"].any()
    assert finding.convergence[0].converged


class Linear(nn.Module):
    """A model whose logits are the sums of its unmasked embeddings times fixed vectors."""

    device, dtype = torch.device("cpu"), torch.float32
    config = SimpleNamespace(pad_token_id=0, num_labels=2, id2label={0: "a", 1: "b"})

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.vectors = nn.Embedding(9, 4), torch.rand(4, 2)
        self.requires_grad_(False)

    def get_input_embeddings(self):
        return self.words

    def forward(self, attention_mask, inputs_embeds):
        return SimpleNamespace(
            logits=(inputs_embeds * attention_mask[..., None]).sum(1) @ self.vectors
        )


def test_a_linear_model_is_explained_exactly(loaded):
    linear = Linear()
    model = replace(loaded(), model=linear, task=SequenceClassification(linear.config))
    ids = torch.tensor([1, 5, 6, 2])
    encoding = Encoding({}, ids, None, (None,) * 4, (), None)
    here, there = linear.words(ids), linear.words(torch.tensor([1, 0, 0, 2]))
    line = Line(encoding, there, here, (Target(name="a", index=0), Target(name="b", index=1)))
    (attributions,) = integrate(model, [line], 2)
    expected = ((here - there) @ linear.vectors).T.double()
    torch.testing.assert_close(attributions, expected, rtol=1e-6, atol=1e-7)


def test_sweep_visits_every_node_in_order(loaded):
    model = loaded()
    lines = lines_of(model, TEXTS[:2])
    points = list(sweep(model, lines, [0.0, 0.5, 1.0]))
    assert [(point.line, point.node) for point in points] == [
        (line, node) for line in (0, 1) for node in (0, 1, 2)
    ]
    for point in points:
        line = lines[point.line]
        expected = evaluate(model, line, point.node / 2)
        torch.testing.assert_close(point.outputs, expected, rtol=1e-5, atol=1e-6)
        assert point.gradients.shape == (1, *line.input.shape)
    assert not lines[0].input.requires_grad


def test_gradients_are_those_of_finite_differences(loaded):
    model = loaded()
    (line,) = lines_of(model, TEXTS[1:2])
    (point,) = sweep(model, [line], [0.5])
    direction = torch.randn(line.input.shape, generator=torch.Generator().manual_seed(0))
    ends = [replace(line, input=line.at(0.5) + step * direction) for step in (4e-3, -4e-3)]
    slope = (evaluate(model, ends[0], 1) - evaluate(model, ends[1], 1)) / 8e-3
    close((point.gradients[0] * direction).sum()[None], slope, 1e-2)


class TestConvergence:
    def test_a_finding_reports_it(self, loaded):
        case = make_case(loaded(), TEXTS[0])
        finding = IntegratedGradients(settings()).explain(case)
        (row,) = finding.convergence
        (target,) = finding.targets
        scores = finding.arrays[f"integrated_gradients/{target.name}"]
        assert scores.dtype == "float32"
        assert row.f_input == pytest.approx(case.prediction.scores[target.index].logit, rel=1e-5)
        assert row.delta == pytest.approx(scores.sum() - (row.f_input - row.f_baseline), abs=1e-5)
        assert row.gap == pytest.approx(abs(row.delta) / abs(row.f_input - row.f_baseline))
        assert row.converged
        assert finding.warnings == ()
        assert finding.checks["embeds_logits"] <= 1e-6

    def test_auto_doubles_until_every_target_converges(self, loaded):
        model = loaded(task=ANSWER)
        (line,) = lines_of(model, PAIRS[:1])
        rough, fine = (
            attribute(model, [line], settings(tolerance=tolerance))[0] for tolerance in (1, 1e-9)
        )
        assert rough.steps == 16
        assert fine.steps > 16

    def test_what_does_not_converge_is_kept_and_said(self, loaded):
        case = make_case(loaded(), TEXTS[0])
        finding = IntegratedGradients(settings(tolerance=1e-12, max_steps=40)).explain(case)
        (row,) = finding.convergence
        assert (row.steps, row.converged) == (40, False)
        assert finding.arrays

    def test_fixed_steps_are_kept(self, loaded):
        case = make_case(loaded(), TEXTS[0])
        finding = IntegratedGradients(settings(steps=3)).explain(case)
        assert finding.convergence[0].steps == 3

    def test_few_max_steps_bound_auto(self, loaded):
        (line,) = lines_of(loaded(), TEXTS[:1])
        (integral,) = attribute(loaded(), [line], settings(tolerance=1e-12, max_steps=5))
        assert integral.steps == 5

    def test_only_lines_that_need_it_are_refined(self, loaded):
        model = loaded()
        hard, easy = lines_of(model, TEXTS[:2])
        easy = replace(easy, baseline=easy.input)
        integrals = attribute(model, [hard, easy], settings(tolerance=1e-9, max_steps=64))
        assert [integral.steps for integral in integrals] == [64, 16]


def test_targets_follow_the_settings(loaded):
    case = make_case(loaded(num_labels=3), TEXTS[0], expect="label_2")
    expected = IntegratedGradients(settings(target="expected", steps=2)).explain(case)
    assert list(expected.arrays) == ["integrated_gradients/LABEL_2"]
    by_index = IntegratedGradients(settings(target=0, steps=2)).explain(case)
    assert [target.index for target in by_index.targets] == [0]


def test_question_answering_explains_start_and_end(loaded):
    case = make_case(loaded(task=ANSWER), *PAIRS[0])
    finding = IntegratedGradients(settings(steps=2)).explain(case)
    assert list(finding.arrays) == ["integrated_gradients/start", "integrated_gradients/end"]
    assert [row.target for row in finding.convergence] == ["start", "end"]


def test_shares_of_a_sum_near_zero_are_warned_about(loaded):
    model = loaded()
    (line,) = lines_of(model, ["not bad"])
    scores = torch.tensor([[0.0, 5.0, -4.999, 0.0]])
    method = IntegratedGradients(settings(normalize="sum"))
    assert "nearly cancel" in method.unstable(line, scores)[0]
    assert method.unstable(line, scores.abs()) == ()
    assert IntegratedGradients(settings(normalize="l2")).unstable(line, scores) == ()


def test_a_padding_token_in_the_text_is_warned_about(loaded):
    case = make_case(loaded("roberta"), "the <pad> movie was great")
    finding = IntegratedGradients(settings(steps=2)).explain(case)
    assert "other logits from word embeddings" in finding.warnings[0]


def test_gradients_that_are_not_finite_are_refused(loaded):
    model = loaded()
    case = make_case(model, TEXTS[0])
    broken = replace(case, loaded=replace(model, task=Exploding(model.model.config)))
    with pytest.raises(InputError, match="integrated_gradients gave a number that is not finite"):
        IntegratedGradients(settings()).explain(broken)


class Exploding(SequenceClassification):
    def scalar(self, output, row, target):
        return super().scalar(output, row, target) * float("inf")


def test_the_default_settings_are_those_of_the_spec():
    (method,) = make_methods("integrated_gradients")
    assert method == settings()
