"""Predictions are decoded properly, and targets are chosen and frozen."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from reportgen.engine.spans import LONGEST_ANSWER, best_spans, locate_answer
from reportgen.engine.tasks import TASKS
from reportgen.errors import InputError
from reportgen.results.answers import squad_form
from reportgen.spec.tasks import TASKS as DESCRIBED
from tiny_models import ANSWER, read

QUESTION = "what is important to us ?"
CONTEXT = "It is important to us to include all , the movie was great ."
TONES = {"id2label": {0: "anger", 1: "joy", 2: "Sadness"}, "label2id": {}}


def classified(model, *logits):
    return SimpleNamespace(logits=torch.tensor([logits]))


@pytest.fixture
def single(loaded):
    return loaded(**TONES)


@pytest.fixture
def several(loaded):
    return loaded(**TONES, problem_type="multi_label_classification")


@pytest.fixture
def answerer(loaded):
    return loaded(task=ANSWER)


def predict(model, logits, expect=None):
    encoding = read(model, "great")
    return model.task.predict(classified(model, *logits), encoding, expect)


def target_names(model, setting, logits, expect=None):
    prediction = predict(model, logits, expect)
    targets = model.task.targets(setting, prediction, read(model, "great"), expect)
    return [(target.name, target.index) for target in targets]


class TestSingleLabel:
    def test_prediction(self, single):
        prediction = predict(single, [0.0, 2.0, 1.0])
        assert prediction.kind == "single-label"
        assert prediction.label == "joy"
        assert prediction.probability == pytest.approx(np.exp(2) / np.exp([0, 2, 1]).sum())
        assert [score.label for score in prediction.scores] == ["anger", "joy", "Sadness"]
        assert sum(score.probability for score in prediction.scores) == pytest.approx(1)
        assert prediction.correct is None

    @pytest.mark.parametrize(
        ("expect", "found", "correct"),
        [
            ("joy", "joy", True),
            ("JOY ", "joy", True),
            ("sadness", "Sadness", False),
            ("1", "joy", True),
        ],
    )
    def test_expected(self, single, expect, found, correct):
        prediction = predict(single, [0.0, 2.0, 1.0], expect)
        assert (prediction.expected, prediction.correct) == (found, correct)

    def test_unknown_label_lists_the_nearest_first(self, single):
        with pytest.raises(InputError, match="no label 'sad'") as caught:
            predict(single, [0.0, 2.0, 1.0], "sad")
        assert caught.value.hint.startswith("it has: Sadness")
        assert "joy" in caught.value.hint

    def test_many_labels_are_not_all_listed(self, loaded):
        labels = {i: f"intent {i}" for i in range(40)}
        model = loaded(id2label=labels, label2id={})
        with pytest.raises(InputError) as caught:
            predict(model, [0.0] * 40, "buy")
        assert caught.value.hint.endswith("and 30 more")

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [("predicted", ("joy", 1)), ("anger", ("anger", 0)), (2, ("Sadness", 2))],
    )
    def test_targets(self, single, setting, expected):
        assert target_names(single, setting, [0.0, 2.0, 1.0]) == [expected]

    def test_expected_target(self, single):
        assert target_names(single, "expected", [0.0, 2.0, 1.0], "anger") == [("anger", 0)]
        with pytest.raises(InputError, match="does not say what is expected"):
            target_names(single, "expected", [0.0, 2.0, 1.0])

    @pytest.mark.parametrize("setting", [3, -1, "fear"])
    def test_unknown_targets(self, single, setting):
        with pytest.raises(InputError, match="no label"):
            target_names(single, setting, [0.0, 2.0, 1.0])

    def test_an_unknown_index_lists_the_labels_by_index(self, single):
        with pytest.raises(InputError) as caught:
            target_names(single, 7, [0.0, 2.0, 1.0])
        assert caught.value.message == "the model has no label with index 7"
        labels = enumerate(single.task.labels)
        assert caught.value.hint == "it has: " + ", ".join(f"{i} {name}" for i, name in labels)

    def test_of_many_labels_the_first_and_the_last_are_listed(self, loaded):
        model = loaded(id2label={i: f"class-{i}" for i in range(30)}, label2id={})
        with pytest.raises(InputError) as caught:
            target_names(model, 30, [0.0] * 30)
        assert caught.value.hint.startswith("it has: 0 class-0, 1 class-1, 2 class-2, ")
        assert caught.value.hint.endswith(", 9 class-9, … 29 class-29")

    def test_an_index_is_not_a_name(self, loaded):
        model = loaded(id2label={0: "1", 1: "2"}, label2id={})
        assert target_names(model, 1, [0.0, 2.0]) == [("2", 1)]
        assert predict(model, [0.0, 2.0], "1").expected == "1"

    def test_labels_that_differ_only_in_case(self, loaded):
        model = loaded(id2label={0: "Apple", 1: "apple"}, label2id={})
        assert target_names(model, "apple", [0.0, 2.0]) == [("apple", 1)]

    def test_equal_labels_are_told_apart(self, loaded):
        model = loaded(id2label={0: "other", 1: "joy", 2: "other"}, label2id={})
        assert model.task.labels == ("other (0)", "joy", "other (2)")


class TestMultiLabel:
    def test_prediction(self, several):
        prediction = predict(several, [3.0, -1.0, 0.0])
        assert prediction.kind == "multi-label"
        assert prediction.labels == ("anger", "Sadness")
        assert prediction.label == "anger, Sadness"
        assert prediction.scores[0].probability == pytest.approx(1 / (1 + np.exp(-3)))

    def test_expected_set(self, several):
        assert predict(several, [3.0, -1.0, 0.5], "sadness, anger").correct
        assert not predict(several, [3.0, -1.0, 0.5], "anger").correct

    def test_targets_are_all_that_are_predicted(self, several):
        assert target_names(several, "predicted", [3.0, -1.0, 0.5]) == [
            ("anger", 0),
            ("Sadness", 2),
        ]

    def test_or_the_likeliest_where_none_is(self, several):
        prediction = predict(several, [-3.0, -1.0, -2.0])
        assert (prediction.label, prediction.labels) == ("none", ())
        assert target_names(several, "predicted", [-3.0, -1.0, -2.0]) == [("joy", 1)]

    def test_expected_targets(self, several):
        assert target_names(several, "expected", [3.0, -1.0, 0.5], "joy,anger") == [
            ("joy", 1),
            ("anger", 0),
        ]


class TestRegression:
    def test_one_number(self, loaded):
        model = loaded(num_labels=1)
        prediction = predict(model, [3.14159], "3")
        assert (prediction.kind, prediction.label) == ("regression", "3.142")
        assert prediction.scores[0].probability is None
        assert (prediction.expected, prediction.correct) == ("3", None)
        assert target_names(model, "predicted", [3.14159]) == [("LABEL_0", 0)]

    def test_several_numbers_are_named_by_their_labels(self, loaded):
        model = loaded(**TONES, problem_type="regression")
        assert predict(model, [0.5, 1.0, -2.0]).label == "anger 0.5, joy 1, Sadness -2"
        assert len(target_names(model, "expected", [0.5, 1.0, -2.0], "0, 1, 2")) == 3

    @pytest.mark.parametrize("expect", ["good", "1, 2", ""])
    def test_what_is_expected_is_a_number(self, loaded, expect):
        with pytest.raises(InputError, match="expected a number"):
            predict(loaded(num_labels=1), [3.0], expect)


def answered(encoding, start, end, context=QUESTION):
    """Return an output whose best span is from token ``start`` to ``end``."""
    logits = torch.zeros(2, 1, len(encoding))
    logits[0, 0, start], logits[1, 0, end] = 9, 9
    return SimpleNamespace(start_logits=logits[0], end_logits=logits[1])


class TestQuestionAnswering:
    def test_prediction_and_targets(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        first = encoding.positions("context").start
        output = answered(encoding, first + 5, first + 7)
        prediction = answerer.task.predict(output, encoding, "To include, all!")
        span = prediction.spans[0]
        assert (prediction.kind, prediction.label) == ("span", "to include all")
        assert CONTEXT[span.char_start : span.char_end] == "to include all"
        assert prediction.probability == span.probability
        assert prediction.correct
        assert len(prediction.spans) == 5
        targets = answerer.task.targets("predicted", prediction, encoding, None)
        assert [(t.name, t.index) for t in targets] == [("start", first + 5), ("end", first + 7)]
        (end,) = answerer.task.targets("end", prediction, encoding, None)
        assert (end.name, end.index) == ("end", first + 7)

    def test_answers_never_leave_the_context(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        prediction = answerer.task.predict(answered(encoding, 0, 1), encoding, None)
        inside = encoding.positions("context")
        assert all(span.start in inside and span.end in inside for span in prediction.spans)

    def test_expected_targets_are_found_by_characters(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        prediction = answerer.task.predict(answered(encoding, 9, 9), encoding, None)
        start, end = answerer.task.targets("expected", prediction, encoding, "important to us")
        tokens = encoding.tokens
        assert CONTEXT[tokens[start.index].start : tokens[end.index].end] == "important to us"
        with pytest.raises(InputError, match="does not say what is expected"):
            answerer.task.targets("expected", prediction, encoding, None)

    @pytest.mark.parametrize("setting", ["POSITIVE", 1])
    def test_unknown_targets(self, answerer, setting):
        encoding = read(answerer, QUESTION, CONTEXT)
        prediction = answerer.task.predict(answered(encoding, 9, 9), encoding, None)
        with pytest.raises(InputError, match="no target") as caught:
            answerer.task.targets(setting, prediction, encoding, None)
        assert "predicted, expected, start, end" in caught.value.hint

    def test_the_position_is_that_of_the_token(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        prediction = answerer.task.predict(answered(encoding, 9, 10), encoding, None)
        for target in answerer.task.targets("predicted", prediction, encoding, None):
            assert target.position == target.index

    def test_each_end_has_its_own_probability_and_the_expected_place(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        output = answered(encoding, 9, 10)
        context = encoding.positions("context")
        starts, ends = (
            logits[0, context.start : context.stop].double().softmax(0)
            for logits in (output.start_logits, output.end_logits)
        )
        expect = CONTEXT.split()[0]
        prediction = answerer.task.predict(output, encoding, expect)
        start, end = prediction.ends
        assert (start.name, start.index, start.expected) == ("start", 9, context.start)
        assert (end.name, end.index, end.expected) == ("end", 10, context.start)
        assert start.probability == pytest.approx(float(starts[9 - context.start]))
        assert end.probability == pytest.approx(float(ends[10 - context.start]))
        assert start.expected_probability == pytest.approx(float(starts[0]))
        assert end.expected_probability == pytest.approx(float(ends[0]))
        assert start.probability * end.probability == pytest.approx(prediction.probability)
        for nowhere in (None, "not in this context"):
            start, end = answerer.task.predict(output, encoding, nowhere).ends
            assert (start.expected, end.expected_probability) == (None, None)

    def test_a_special_token_in_the_context_is_no_answer(self, answerer):
        encoding = read(answerer, QUESTION, "it is [SEP] important")
        written = encoding.positions("context").start + 2
        assert encoding.tokens[written].text == "[SEP]"
        output = answered(encoding, written, written)
        prediction = answerer.task.predict(output, encoding, None)
        assert len(prediction.spans) == 5
        assert all(written not in (span.start, span.end) for span in prediction.spans)
        assert locate_answer(encoding, "important") == (written + 1, written + 1)
        (start, _) = answerer.task.targets("predicted", prediction, encoding, None)
        others = answerer.task.others(start, encoding)
        assert set(others) == {written - 2, written - 1, written + 1}


class TestOtherTargets:
    def test_another_class(self, single):
        encoding = read(single, "great")
        (joy,) = single.task.targets("joy", predict(single, [0.0, 2.0, 1.0]), encoding, None)
        drawn = {single.task.other(joy, encoding, seed).name for seed in range(20)}
        assert drawn == {"anger", "Sadness"}
        assert single.task.other(joy, encoding, 3) == single.task.other(joy, encoding, 3)

    def test_another_place_of_the_context(self, answerer):
        encoding = read(answerer, QUESTION, CONTEXT)
        prediction = answerer.task.predict(answered(encoding, 9, 10), encoding, None)
        logits = torch.arange(2.0 * len(encoding)).reshape(2, 1, -1)
        output = SimpleNamespace(start_logits=logits[0], end_logits=logits[1])
        for target in answerer.task.targets("predicted", prediction, encoding, None):
            side = "start" if target.name == "start" else "end"
            for seed in range(20):
                other = answerer.task.other(target, encoding, seed)
                place = other.index
                assert place in encoding.positions("context")
                assert place != target.index
                assert other.name == f"{side} at {place} {encoding.tokens[place].text}"
                logit = getattr(output, f"{side}_logits")[0, place]
                assert answerer.task.scalar(output, 0, other) == logit

    def test_there_may_be_no_other(self, loaded):
        model = loaded(num_labels=1)
        encoding = read(model, "great")
        (only,) = model.task.targets("predicted", predict(model, [3.0]), encoding, None)
        assert model.task.other(only, encoding, 0) is None


class TestLocateAnswer:
    def covered(self, model, context, answer):
        encoding = read(model, QUESTION, context)
        start, end = locate_answer(encoding, answer)
        return encoding.tokens[start].start, encoding.tokens[end].end

    def test_first_occurrence(self, answerer):
        assert self.covered(answerer, "not bad , not bad at all", "bad") == (4, 7)

    def test_same_case_is_preferred(self, answerer):
        assert self.covered(answerer, "BAD or bad", "bad") == (7, 10)
        assert self.covered(answerer, "BAD or not", "bad") == (0, 3)

    def test_part_of_a_token_takes_the_whole(self, answerer):
        assert self.covered(answerer, "the movie was", "ovi") == (4, 9)

    def test_characters_of_a_pattern_mean_themselves(self, answerer):
        assert self.covered(answerer, "great (all) .", "(all)") == (6, 11)

    def test_absent(self, answerer):
        with pytest.raises(InputError, match="not in the context"):
            self.covered(answerer, CONTEXT, "nothing")

    def test_cut_off(self, answerer):
        with pytest.raises(InputError, match="was cut off"):
            self.covered(answerer, "great " * 90 + "bad", "bad")


def brute_force_spans(starts, ends):
    spans = [
        (i, j, starts[i] * ends[j])
        for i in range(len(starts))
        for j in range(i, min(len(ends), i + LONGEST_ANSWER))
    ]
    return sorted(spans, key=lambda span: (-span[2], span[0], span[1]))[:5]


@pytest.mark.parametrize("length", [1, 2, 29, 30, 31, 90])
def test_best_spans_equal_brute_force(length):
    random = np.random.default_rng(length)
    for _ in range(20):
        starts, ends = random.dirichlet(np.ones(length)), random.dirichlet(np.ones(length))
        assert best_spans(starts, ends) == brute_force_spans(starts, ends)


def test_equal_spans_are_ordered():
    even = np.full(4, 0.25)
    assert [span[:2] for span in best_spans(even, even)] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1)]


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        ("The  Normans", "normans"),
        ("a U.S. army.", "us army"),
        ("an apple, the end", "apple end"),
        ("theatre", "theatre"),
        ("「引用」", "「引用」"),
        ("the", ""),
    ],
)
def test_squad_form(answer, form):
    assert squad_form(answer) == form


def test_every_task_that_is_described_has_its_class():
    assert TASKS.keys() == DESCRIBED.keys()
