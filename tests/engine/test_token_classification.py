"""Token labels: read per word, summed up as entities, and explained where they matter."""

from types import SimpleNamespace

import pytest
import torch

from reportgen import engine
from reportgen.engine.tasks.token_classification import MOST_TARGETS
from reportgen.errors import InputError
from reportgen.results.store import Store
from tiny_models import make_methods, make_plan, plan_model, read

NER = "token-classification"
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
NAMES = {"id2label": dict(enumerate(LABELS)), "label2id": {}}
TEXT = "the movie was greatly enjoyed at all"  # greatly: great ##l ##y


@pytest.fixture
def tagger(loaded):
    return loaded(task=NER, **NAMES)


def says(encoding, labels, sure=5.0):
    """Return an output that gives each content token its label; ``sure`` may be a list."""
    logits = torch.zeros(1, len(encoding), len(LABELS))
    sure = sure if isinstance(sure, list) else [sure] * len(labels)
    for position, label, logit in zip(encoding.content, labels, sure, strict=True):
        logits[0, position, LABELS.index(label)] = logit
    return SimpleNamespace(logits=logits)


def predict(model, labels, text=TEXT, expect=None, sure=5.0):
    encoding = read(model, text)
    return encoding, model.task.predict(says(encoding, labels.split(), sure), encoding, expect)


def targets(model, setting, labels, text=TEXT, expect=None, sure=5.0):
    encoding, prediction = predict(model, labels, text, expect, sure)
    found = model.task.targets(setting, prediction, encoding, expect)
    assert all(t.name.startswith(LABELS[t.index]) for t in found)
    return [(target.name, target.position) for target in found]


class TestPrediction:
    def test_a_step_for_each_token_of_the_text(self, tagger):
        encoding, prediction = predict(tagger, "O B-LOC O O O O B-PER O O")
        assert prediction.kind == "token-labels"
        assert [step.position for step in prediction.steps] == encoding.content.tolist()
        assert [step.text for step in prediction.steps[3:6]] == ["great", "l", "y"]
        step = prediction.steps[1]
        assert (step.text, step.label, LABELS[step.index]) == ("movie", "B-LOC", "B-LOC")
        chance = torch.tensor([5.0, *[0.0] * 6]).double().softmax(0)[0].item()
        assert step.probability == pytest.approx(chance)
        assert len(step.scores) == 5
        assert (step.scores[0].label, step.scores[0].logit) == ("B-LOC", 5.0)
        assert prediction.correct is step.correct is None

    @pytest.mark.parametrize(
        ("labels", "summary"),
        [
            ("O O O O O O O O O", "no entity"),
            ("O B-LOC O O O O B-PER O O", "movie LOC, enjoyed PER"),
            ("B-LOC I-LOC I-LOC O O O O O O", "the movie was LOC"),
            ("B-LOC B-LOC O O O O O O O", "the LOC, movie LOC"),
            ("B-LOC I-PER O O O O O O O", "the LOC, movie PER"),
            ("O I-LOC O O O O O O I-LOC", "movie LOC, all LOC"),
            # The label of a word is that of its first token.
            ("O O O B-ORG O I-LOC O O O", "greatly ORG"),
            ("O O O O B-ORG B-ORG O O O", "no entity"),
            ("O O B-ORG I-ORG O O I-ORG O O", "was greatly enjoyed ORG"),
        ],
    )
    def test_the_summary_names_the_entities(self, tagger, labels, summary):
        assert predict(tagger, labels)[1].label == summary

    def test_punctuation_is_no_part_of_a_word(self, tagger):
        assert predict(tagger, "O B-LOC O O O", text="(movie) was ,")[1].label == "movie LOC"

    def test_ideographs_are_words(self, tagger):
        assert predict(tagger, "B-LOC I-LOC O O", text="电影 好好")[1].label == "电影 LOC"
        assert predict(tagger, "B-LOC I-LOC O O", text="电影好好")[1].label == "电影 LOC"

    def test_all_entities_are_named(self, tagger):
        _, prediction = predict(tagger, "B-LOC " * 12, text="all " * 12)
        assert prediction.label == ", ".join(["all LOC"] * 12)

    def test_as_sure_as_of_the_least_sure_word_of_its_entities(self, tagger):
        labels = "O B-LOC I-LOC O O O B-PER O O"
        sure = [1.0, 5.0, 2.0, 1.0, 1.0, 1.0, 4.0, 1.0, 1.0]
        _, prediction = predict(tagger, labels, sure=sure)
        assert prediction.probability == prediction.steps[2].probability
        assert predict(tagger, "O " * 9)[1].probability is None

    def test_special_tokens_with_a_label_are_kept_apart(self, tagger):
        encoding = read(tagger, TEXT)
        output = says(encoding, ["O"] * 9)
        output.logits[0, :, 0] += 1.0
        assert tagger.task.predict(output, encoding, None).specials == ()
        output.logits[0, 0, LABELS.index("B-ORG")] = 5.0
        prediction = tagger.task.predict(output, encoding, None)
        (special,) = prediction.specials
        assert (special.position, special.text, special.label) == (0, "[CLS]", "B-ORG")
        assert [step.position for step in prediction.steps] == encoding.content.tolist()
        assert prediction.label == "no entity"

    def test_byte_level_tokens(self, loaded):
        model = loaded("roberta", task=NER, **NAMES)
        encoding = read(model, "was great, at")
        labels = ["O", "B-LOC", *["O"] * (len(encoding.content) - 2)]
        prediction = model.task.predict(says(encoding, labels), encoding, None)
        assert prediction.label == "great LOC"


class TestExpected:
    def test_one_label_for_each_word(self, tagger):
        right = "O B-LOC O O B-PER O O"
        _, prediction = predict(tagger, "O B-LOC O O O O B-PER O O", expect=right)
        assert prediction.correct
        assert [step.expected for step in prediction.steps] == [
            *("O", "B-LOC", "O", "O"),
            *(None, None),
            *("B-PER", "O", "O"),
        ]
        _, prediction = predict(tagger, "O B-LOC O O O O I-PER O O", expect=right.lower())
        assert prediction.correct  # the same span: a missing B- is forgiven
        assert prediction.expected == "movie LOC, enjoyed PER"
        _, prediction = predict(tagger, "O B-LOC O O O O B-LOC O O", expect=right)
        assert not prediction.correct
        assert [s.text for s in prediction.steps if s.correct is False] == ["enjoyed"]

    def test_an_entity_is_right_as_a_whole(self, tagger):
        expect = "B-LOC I-LOC I-LOC O O O O"
        _, prediction = predict(tagger, "B-LOC I-LOC O O O O O O O", expect=expect)
        assert not prediction.correct
        wrong = [s.text for s in prediction.steps if s.correct is False]
        assert wrong == ["the", "movie", "was"]

    def test_nothing_expected_and_nothing_found_is_right(self, tagger):
        _, prediction = predict(tagger, "O " * 9, expect="O " * 7)
        assert prediction.correct
        assert prediction.expected == "no entity"

    @pytest.mark.parametrize("expect", ["O", "", "O " * 9])
    def test_another_number_of_labels(self, tagger, expect):
        with pytest.raises(InputError, match="one label for each of the 7 words") as caught:
            predict(tagger, "O " * 9, expect=expect)
        assert "separate words" in caught.value.hint

    def test_an_unknown_label(self, tagger):
        with pytest.raises(InputError, match="no label 'B-LOK'") as caught:
            predict(tagger, "O", text="great", expect="B-LOK")
        assert "B-LOC" in caught.value.hint

    def test_words_that_were_cut_off_do_not_count(self, tagger):
        text, expect = "all " * 70, "O " * 69 + "B-LOC"
        encoding = read(tagger, text)
        assert len(encoding.content) == 62
        prediction = tagger.task.predict(says(encoding, ["O"] * 62), encoding, expect)
        assert prediction.correct


class TestTargets:
    def test_the_first_token_of_each_entity_word(self, tagger):
        found = targets(tagger, "predicted", "O B-LOC I-LOC B-PER I-PER I-PER O O O")
        assert found == [("B-LOC at 2 movie", 2), ("I-LOC at 3 was", 3), ("B-PER at 4 great", 4)]

    def test_without_entities_the_least_sure_word(self, tagger):
        sure = [5.0, 4.0, 3.0, 5.0, 1.0, 1.0, 5.0, 5.0, 5.0]
        assert targets(tagger, "predicted", "O " * 9, sure=sure) == [("O at 3 was", 3)]

    def test_too_many_leave_the_surest(self, tagger):
        sure = [float(n) for n in range(1, 13)]
        found = targets(tagger, "predicted", "B-LOC " * 12, text="all " * 12, sure=sure)
        assert [position for _, position in found] == list(range(5, 13))
        assert len(found) == MOST_TARGETS

    def test_all(self, tagger):
        found = targets(tagger, "all", "O B-LOC O O O I-LOC O O O")
        assert len(found) == 9
        assert found[5] == ("I-LOC at 6 y", 6)
        assert len({name for name, _ in found}) == 9

    def test_a_label_wherever_it_is_predicted(self, tagger):
        labels = "O B-LOC O O O O B-LOC O O"
        assert targets(tagger, "b-loc", labels) == [
            ("B-LOC at 2 movie", 2),
            ("B-LOC at 7 enjoyed", 7),
        ]

    def test_or_where_it_is_likeliest(self, tagger):
        sure = [5.0, 5.0, 2.0, *[5.0] * 6]
        encoding = read(tagger, TEXT)
        output = says(encoding, ["O"] * 9, sure)
        output.logits[0, :, 5] = 1.0
        prediction = tagger.task.predict(output, encoding, None)
        (target,) = tagger.task.targets("B-ORG", prediction, encoding, None)
        assert (target.name, target.index, target.position) == ("B-ORG at 3 was", 5, 3)

    def test_a_label_that_is_likely_nowhere(self, tagger):
        encoding = read(tagger, TEXT)
        output = says(encoding, ["O"] * 9)
        output.logits[0, :, 6] = -5.0
        prediction = tagger.task.predict(output, encoding, None)
        with pytest.raises(InputError, match="'I-ORG' is among the 5 likeliest labels of no"):
            tagger.task.targets("I-ORG", prediction, encoding, None)

    def test_a_token_by_its_index(self, tagger):
        assert targets(tagger, 5, "O B-LOC O O I-PER O O O O") == [("I-PER at 5 l", 5)]
        with pytest.raises(InputError) as caught:
            targets(tagger, 99, "O " * 9)
        assert caught.value.message == "the text has no token with index 99 that is explained"
        assert caught.value.hint == "choose one of 1 to 9 that is not special"

    def test_a_special_token_has_a_label_but_is_not_explained(self, tagger):
        encoding = read(tagger, TEXT)
        output = says(encoding, ["O"] * 9)
        output.logits[0, 0, LABELS.index("B-ORG")] = 5.0
        with pytest.raises(InputError) as caught:
            tagger.task.require_explained(0, output, encoding)
        assert caught.value.message == (
            "the token with index 0 is [CLS], which the model labels B-ORG: special tokens are "
            "not explained"
        )
        assert caught.value.hint == "choose one of 1 to 9 that is not special"
        for setting in ("predicted", "all", 1, 9, 99):
            tagger.task.require_explained(setting, output, encoding)

    def test_expected(self, tagger):
        expect = "O B-LOC O O O O O"
        assert targets(tagger, "expected", "O " * 9, expect=expect) == [("B-LOC at 2 movie", 2)]
        sure = [5.0] * 8 + [1.0]
        found = targets(tagger, "expected", "B-LOC " * 9, expect="O " * 7, sure=sure)
        assert found == [("O at 9 all", 9)]
        with pytest.raises(InputError, match="does not say what is expected"):
            targets(tagger, "expected", "O " * 9)

    def test_an_unknown_label(self, tagger):
        with pytest.raises(InputError, match="no label 'LOK'"):
            targets(tagger, "LOK", "O " * 9)

    @pytest.mark.parametrize("name", ["LOC", "loc", " LOC "])
    def test_a_kind_is_all_its_labels(self, tagger, name):
        labels = "B-PER B-LOC I-LOC O O O O B-LOC O"
        assert targets(tagger, name, labels) == [
            ("B-LOC at 2 movie", 2),
            ("I-LOC at 3 was", 3),
            ("B-LOC at 8 at", 8),
        ]

    def test_a_kind_that_is_predicted_nowhere(self, tagger):
        encoding = read(tagger, TEXT)
        output = says(encoding, ["O"] * 9)
        output.logits[0, 3, LABELS.index("I-ORG")] = 2.0
        prediction = tagger.task.predict(output, encoding, None)
        (target,) = tagger.task.targets("ORG", prediction, encoding, None)
        assert target.name == "I-ORG at 3 was"

    def test_of_many_words_those_that_begin_entities_come_first(self, tagger):
        labels = "B-LOC I-LOC I-LOC I-LOC I-LOC I-LOC I-LOC I-LOC I-LOC B-PER O"
        sure = [1.0, *[5.0] * 8, 1.5, 1.0]
        found = targets(tagger, "predicted", labels, text="all " * 11, sure=sure)
        assert [position for _, position in found] == [1, 2, 3, 4, 5, 6, 7, 10]

    def test_another_label_at_the_same_place(self, tagger):
        encoding, prediction = predict(tagger, "O B-LOC O O O O O O O")
        (target,) = tagger.task.targets("predicted", prediction, encoding, None)
        drawn = {tagger.task.other(target, encoding, seed) for seed in range(60)}
        assert {other.position for other in drawn} == {2}
        assert {other.name for other in drawn} == {
            f"{label} at 2 movie" for label in LABELS if label != "B-LOC"
        }


@torch.no_grad()
def test_an_input_whose_target_is_a_special_token_says_so(tiny, tmp_path):
    model = plan_model(tiny(task=NER, **NAMES), NER)
    store = Store(tmp_path / "results")
    methods = make_methods("integrated_gradients", target=0)
    (entry,) = engine.run(make_plan([model], [{"text": TEXT}], methods), store).jobs
    error = store.read_header(entry.id).error
    assert error.message.startswith("the token with index 0 is [CLS], which the model labels ")
    assert error.message.endswith(": special tokens are not explained")
    assert error.hint == "choose one of 1 to 9 that is not special"


def test_the_logit_explained_is_that_of_the_token(tagger):
    encoding = read(tagger, TEXT)
    output = tagger.forward([encoding])
    prediction = tagger.task.predict(output, encoding, None)
    for target, step in zip(
        tagger.task.targets("all", prediction, encoding, None), prediction.steps, strict=True
    ):
        scalar = tagger.task.scalar(output, 0, target)
        assert scalar == output.logits[0, step.position].max()
        assert scalar.item() == pytest.approx(step.scores[0].logit)
