"""One output rather than another: the difference of two logits, explained like one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from paths import close, explain, make_context, method_of
from reportgen.engine.models.loaded_model import load
from reportgen.errors import InputError
from reportgen.methods import Contrast
from reportgen.results.model import Target
from tiny_models import ANSWER, MODELS, plan_model

NER, FILL, CAUSAL, SEQ2SEQ = "token-classification", "masked-lm", "causal-lm", "seq2seq-lm"
TAGS = ("O", "B-PER", "I-PER", "B-LOC")
TONES = {"id2label": {0: "anger", 1: "joy", 2: "sadness"}, "label2id": {}}
REVIEW = "A tremendously funny film, though a little long."
PROMPT = "the movie was great , i really"
PATH = {"baseline": "mean", "steps": 9}


def named(labels):
    return {"id2label": dict(enumerate(labels)), "label2id": {}}


@pytest.fixture(scope="session")
def contexts(loaded, tiny):
    """Return a prediction of a model of each kind, and both sides of a contrast it can explain."""
    writer = load(plan_model(tiny("gpt2", CAUSAL), CAUSAL, max_new_tokens=2))
    reader = load(plan_model(tiny("t5", SEQ2SEQ), SEQ2SEQ, max_new_tokens=2))
    sentiment = load(plan_model(MODELS / "sentiment"))

    def written(model, fields):
        encoding = model.task.read(model, fields)
        with torch.no_grad():
            output = model.forward([encoding])
        prediction = model.task.predict(output, encoding, None)
        return replace(
            make_context(sentiment, REVIEW),
            loaded=model,
            encoding=encoding,
            output=output,
            prediction=prediction,
        )

    return {
        "classes": (make_context(sentiment, REVIEW), "POSITIVE", "negative"),
        "tags": (make_context(loaded(task=NER, **named(TAGS)), "the movie was"), 2, "B-LOC"),
        "masks": (make_context(loaded(task=FILL), "the [MASK] was great"), "movie", "all"),
        "causal": (written(writer, {"prompt": PROMPT}), " great", " bad"),
        "seq2seq": (written(reader, {"source": PROMPT}), "great", "bad"),
    }


KINDS = ("classes", "tags", "masks", "causal", "seq2seq")


def contrasts(context, this, rather_than):
    return context.targets(Contrast(this=this, rather_than=rather_than))


def sides(target):
    """Return the two outputs of which a target is the difference, each by itself."""
    plain = {"name": "this", "rather_than": None}
    first = target.model_copy(update=plain)
    return first, first.model_copy(update={"name": "other", "index": target.rather_than})


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_difference_of_two_logits(contexts, kind):
    context, this, rather_than = contexts[kind]
    (target,) = contrasts(context, this, rather_than)
    task, logits = context.loaded.task, context.output.logits[0].double()
    place = logits if target.position is None else logits[target.position]
    expected = place[target.index] - place[target.rather_than]
    assert task.scalar(context.output, 0, target).item() == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "method", ["integrated_gradients", "layer_conductance", "attention_attribution"]
)
def test_a_path_method_gives_the_difference_of_what_it_gives_for_each(contexts, kind, method):
    context, this, rather_than = contexts[kind]
    (target,) = contrasts(context, this, rather_than)
    found = explain(replace(context, integrals={}, about=(target,)), method, **PATH)
    both = explain(replace(context, integrals={}, about=sides(target)), method, **PATH)
    for name in {name.partition("/")[0] for name in found.arrays} - {"attention_attribution_norm"}:
        expected = both.arrays[f"{name}/this"] - both.arrays[f"{name}/other"]
        close(found.arrays[f"{name}/{target.name}"], expected, 1e-5)
    (row,), (first, second) = found.convergence, both.convergence
    assert row.f_input == pytest.approx(first.f_input - second.f_input, abs=1e-5)
    assert row.f_baseline == pytest.approx(first.f_baseline - second.f_baseline, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_add_up_to_the_change_of_the_difference(contexts, kind):
    context, this, rather_than = contexts[kind]
    setting = {"target": {"this": this, "rather_than": rather_than}}
    found = explain(replace(context, integrals={}), "integrated_gradients", **setting)
    (target,), (row,) = found.targets, found.convergence
    assert row.converged
    change = row.f_input - row.f_baseline
    scores = found.arrays[f"integrated_gradients/{target.name}"]
    assert scores.sum() == pytest.approx(change, rel=0.011)


def test_relevance_is_that_of_the_difference_by_autograd(contexts):
    context, this, rather_than = contexts["classes"]
    model = context.loaded
    method = method_of("attention_relevance", target={"this": this, "rather_than": rather_than})
    with model.attention("reportgen"):
        found = method.explain(context)
    (target,) = found.targets
    model.model.set_attn_implementation("eager")
    try:
        inputs = model.batch([context.encoding])
        vectors = model.embed(inputs.pop("input_ids")).requires_grad_()
        output = model.model(inputs_embeds=vectors, output_attentions=True, **inputs)
        difference = output.logits[0, 1] - output.logits[0, 0]
        gradients = torch.autograd.grad(difference, output.attentions)
    finally:
        model.model.set_attn_implementation("reportgen")
    expected = np.eye(len(context.encoding))
    for attention, gradient in zip(output.attentions, gradients, strict=True):
        mean = (attention[0] * gradient[0]).clamp(min=0).mean(0).detach().double().numpy()
        expected = expected + mean @ expected
    close(found.arrays[f"attention_relevance_matrix/{target.name}"], expected, 1e-4)


class TestNames:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("classes", "POSITIVE rather than NEGATIVE"),
            ("masks", "movie rather than all at 2"),
            ("causal", "great rather than bad at 7"),
            ("seq2seq", "great rather than bad at 1"),
        ],
    )
    def test_they_say_what_is_told_from_what(self, contexts, kind, name):
        (target,) = contrasts(*contexts[kind])
        assert target.name == name

    def test_of_a_tagger_they_end_in_the_token(self, contexts):
        context, this, rather_than = contexts["tags"]
        (target,) = contrasts(context, this, rather_than)
        label = next(step.label for step in context.prediction.steps if step.position == 2)
        assert target.name == f"{label} rather than B-LOC at 2 movie"

    def test_a_word_and_the_same_letters_within_one_are_two(self, contexts):
        """Else their scores would be stored under one name."""
        context, *_ = contexts["causal"]
        (word,) = contrasts(context, " bad", " great")
        (piece,) = contrasts(context, "bad", " great")
        assert (word.name, piece.name) == (
            "bad rather than great at 7",
            "'bad' rather than great at 7",
        )

    def test_a_space_is_seen(self, contexts):
        context, *_ = contexts["causal"]
        (target,) = contrasts(context, " ", " bad")
        assert target.name == "' ' rather than bad at 7"


class TestTokens:
    def test_the_place_is_the_end_of_the_prompt(self, contexts):
        context, this, rather_than = contexts["causal"]
        (target,) = contrasts(context, this, rather_than)
        assert target.position == len(context.encoding.positions("prompt")) - 1

    def test_a_text_that_is_a_word_only_after_a_space(self, contexts):
        context, *_ = contexts["causal"]
        tokenizer = context.loaded.tokenizer
        assert len(tokenizer("movie")["input_ids"]) > 1
        (target,) = contrasts(context, "movie", " bad")
        assert tokenizer.decode([target.index]) == " movie"

    def test_the_predicted_token_is_the_first_of_the_text(self, contexts):
        context, *_ = contexts["causal"]
        (target,) = contrasts(context, "predicted", " bad")
        first = context.prediction.steps[0]
        assert (target.index, target.position) == (first.index, first.position - 1)

    def test_all_are_those_of_the_text(self, contexts):
        context, *_ = contexts["causal"]
        found = contrasts(context, "all", " bad")
        steps = context.prediction.steps
        assert [t.index for t in found] == [s.index for s in steps if s.label != " bad"]

    def test_every_mask_has_its_own(self, loaded):
        context = make_context(loaded(task=FILL), "the [MASK] was [MASK]")
        found = contrasts(context, "movie", "great")
        assert [target.position for target in found] == [2, 4]

    @pytest.mark.parametrize(
        ("kind", "text", "message", "hint"),
        [
            (
                "causal",
                " greatbad",
                "' greatbad' is not one token of the model's vocabulary, but 2: ' great', 'bad'",
                "a contrast is between two tokens: name the first piece, or other words",
            ),
            (
                "masks",
                "greatly",
                "'greatly' is not one token of the model's vocabulary, but 3: 'great', '##l', "
                "'##y'",
                "a mask stands for one token: choose a word that is not split",
            ),
            (
                "causal",
                3,
                "a language model has tokens as outputs, not labels: rather_than: 3",
                'name a token as text; a number in quotes: rather_than: "3"',
            ),
        ],
    )
    def test_what_is_not_one_token_is_told_with_its_pieces(
        self, contexts, kind, text, message, hint
    ):
        context, this, _ = contexts[kind]
        with pytest.raises(InputError) as caught:
            contrasts(context, this, text)
        assert (caught.value.message, caught.value.hint) == (message, hint)


class TestLabels:
    def test_an_index_is_as_good_as_a_name(self, contexts):
        context, *_ = contexts["classes"]
        assert contrasts(context, 1, 0) == contrasts(context, "positive", "NEGATIVE")
        assert contrasts(context, "predicted", 0) == contrasts(context, 1, 0)

    def test_all_predicted_labels_of_several_but_the_other(self, loaded):
        model = loaded(**TONES, problem_type="multi_label_classification")
        context = make_context(model, "great")
        prediction = context.prediction.model_copy(update={"labels": ("anger", "joy")})
        found = contrasts(replace(context, prediction=prediction), "predicted", "joy")
        assert [target.name for target in found] == ["anger rather than joy"]

    @pytest.mark.parametrize(
        ("this", "rather_than", "message"),
        [
            ("POSITIVE", "positive", "POSITIVE rather than itself: there is nothing to tell apart"),
            (
                "predicted",
                "POSITIVE",
                "the predicted output is POSITIVE itself: there is nothing to tell apart",
            ),
            ("POSITIVE", "NEUTRAL", "the model has no label 'NEUTRAL'"),
            ("JOY", "NEGATIVE", "the model has no label 'JOY'"),
            ("POSITIVE", 2, "the model has no label with index 2"),
        ],
    )
    def test_labels_that_cannot_be_told_apart(self, contexts, this, rather_than, message):
        context, *_ = contexts["classes"]
        with pytest.raises(InputError) as caught:
            contrasts(context, this, rather_than)
        assert caught.value.message == message

    def test_numbers_and_answers_have_none(self, loaded):
        with pytest.raises(InputError, match="the model predicts numbers: it has no labels"):
            contrasts(make_context(loaded(num_labels=1), "great"), "predicted", 0)
        with pytest.raises(InputError, match="neither labels nor tokens to tell apart"):
            contrasts(make_context(loaded(task=ANSWER), "who ?", "the movie"), "start", "end")


class TestRandomLogit:
    def test_the_other_is_a_contrast_with_the_same_second(self, loaded):
        context = make_context(loaded(**named(("a", "b", "c", "d"))), "great")
        (target,) = contrasts(context, "a", "b")
        task, encoding = context.loaded.task, context.encoding
        drawn = {task.other(target, encoding, seed) for seed in range(20)}
        assert {other.name for other in drawn} == {"c rather than b", "d rather than b"}
        assert {other.rather_than for other in drawn} == {1}

    def test_of_two_labels_there_is_no_other(self, contexts):
        """The only other contrast is the same with its sides changed, whose scores are known."""
        context, *sides_of = contexts["classes"]
        (target,) = contrasts(context, *sides_of)
        assert context.loaded.task.other(target, context.encoding, 0) is None


def test_a_result_without_a_contrast_is_stored_as_before():
    assert "rather_than" not in Target(name="joy", index=1).model_dump()
    assert Target(name="a rather than b", index=1, rather_than=0).model_dump()["rather_than"] == 0
