"""Masks are found in the text, filled in, and explained."""

import numpy as np
import pytest
import torch

from reportgen.engine.tokens import substitute
from reportgen.errors import InputError
from tiny_models import read

FILL = "masked-lm"
TEXT = "the [MASK] was great , all <mask>"


@pytest.fixture
def bert(loaded):
    return loaded(task=FILL)


@torch.no_grad()
def predict(model, *texts, expect=None):
    encoding = read(model, *texts)
    output = model.forward([encoding])
    return encoding, output, model.task.predict(output, encoding, expect)


@torch.no_grad()
def targets(model, setting, text=TEXT, expect=None):
    encoding, _, prediction = predict(model, text, expect=expect)
    found = model.task.targets(setting, prediction, encoding, expect)
    names = [model.tokenizer.convert_ids_to_tokens(target.index) for target in found]
    return [(name, target.position) for name, target in zip(names, found, strict=True)]


@pytest.mark.parametrize("architecture", ["bert", "roberta", "deberta-v2", "modernbert"])
def test_masks_may_be_written_either_way(loaded, architecture):
    model = loaded(architecture, task=FILL)
    encoding, output, prediction = predict(model, TEXT)
    assert prediction.kind == "tokens"
    places = [step.position for step in prediction.steps]
    assert places == np.flatnonzero(encoding.ids == model.tokenizer.mask_token_id).tolist()
    assert len(places) == 2
    for step in prediction.steps:
        logits = output.logits[0, step.position]
        best = logits.argmax().item()
        assert (step.index, step.text) == (best, model.tokenizer.mask_token)
        assert step.label == encoding.spell(best) == step.scores[0].label
        assert step.probability == pytest.approx(logits.softmax(0).max().item(), rel=1e-4)
        assert [score.logit for score in step.scores] == pytest.approx(
            logits.topk(5).values.tolist()
        )
    assert prediction.label == ", ".join(step.label.strip() for step in prediction.steps)
    assert prediction.probability is None


def test_one_mask_has_a_probability(bert):
    _, _, prediction = predict(bert, "the [MASK] was great")
    assert prediction.probability == prediction.steps[0].probability


def test_other_words_stay_anchored_in_the_text(bert):
    encoding = read(bert, TEXT)
    assert [TEXT[t.start : t.end] for t in encoding.tokens if not t.special] == [
        *("the", "was", "great", ",", "all")
    ]


def test_masks_stay_on_the_path(bert):
    encoding = read(bert, TEXT)
    ids = substitute(bert.tokenizer, encoding, "pad")
    kept = bert.tokenizer.convert_ids_to_tokens(ids.tolist())
    assert [name for name in kept if name != "[PAD]"] == ["[CLS]", "[MASK]", "[MASK]", "[SEP]"]


def test_a_mask_may_stand_in_the_second_text(bert):
    _, _, prediction = predict(bert, "not bad", "at [MASK]")
    assert [step.position for step in prediction.steps] == [5]


@pytest.mark.parametrize("text", ["the movie was great", "the [mask] was great", "the MASK was"])
def test_a_text_without_a_mask(bert, text):
    with pytest.raises(InputError, match="holds no mask") as caught:
        read(bert, text)
    assert "write [MASK]" in caught.value.hint


def test_a_mask_that_was_cut_off(bert):
    with pytest.raises(InputError, match="part of the text that was cut off"):
        read(bert, "all " * 80 + "[MASK]")
    assert read(bert, "[MASK] " + "all " * 80).truncation is not None


def test_a_tokenizer_without_a_mask(loaded, bert):
    with pytest.raises(InputError, match="no mask token"):
        bert.task.encode(loaded("gpt2").tokenizer, {"text": "the [MASK]"}, 64)


def test_expected_words(bert):
    right = predict(bert, TEXT)[2].label.replace(",", "").upper()
    _, _, prediction = predict(bert, TEXT, expect=right)
    assert prediction.correct
    assert [step.correct for step in prediction.steps] == [True, True]
    first = right.split()[0]
    wrong = "movie" if first != "MOVIE" else "great"
    _, _, prediction = predict(bert, TEXT, expect=f"{first} {wrong}")
    assert [step.expected for step in prediction.steps] == [first, wrong]
    assert prediction.correct == prediction.steps[1].correct
    with pytest.raises(InputError, match="expected 2 words, one for each mask"):
        predict(bert, TEXT, expect="movie")


class TestTargets:
    def test_the_predicted_token_at_each_mask(self, bert):
        _, _, prediction = predict(bert, TEXT)
        best = [bert.tokenizer.convert_ids_to_tokens(step.index) for step in prediction.steps]
        expected = list(zip(best, [2, 7], strict=True))
        assert targets(bert, "predicted") == targets(bert, "all") == expected
        assert targets(bert, 1) == expected[1:]

    def test_names_say_what_is_where(self, bert):
        encoding, _, prediction = predict(bert, TEXT)
        first, second = bert.task.targets("movie", prediction, encoding, None)
        assert (first.name, second.name) == ("movie at 2", "movie at 7")

    def test_a_word_at_each_mask(self, bert):
        assert targets(bert, "movie") == [("movie", 2), ("movie", 7)]

    def test_expected(self, bert):
        assert targets(bert, "expected", expect="movie all") == [("movie", 2), ("all", 7)]
        with pytest.raises(InputError, match="does not say what is expected"):
            targets(bert, "expected")

    def test_words_come_with_the_space_before_them(self, loaded):
        model = loaded("roberta", task=FILL)
        assert targets(model, "movie", "the <mask> was")[0][0] == "Ġmovie"
        assert targets(model, "the", "<mask> was")[0][0] == "the"

    def test_a_word_of_several_tokens(self, bert):
        with pytest.raises(InputError, match="'greatly' is not one token"):
            targets(bert, "greatly")
        with pytest.raises(InputError, match="'🎉' is not one token"):
            targets(bert, "🎉")

    def test_a_mask_there_is_not(self, bert):
        with pytest.raises(InputError, match="no target 2") as caught:
            targets(bert, 2)
        assert caught.value.hint == "it has: masks 0 to 1"

    def test_another_token_at_the_same_mask(self, bert):
        encoding, output, prediction = predict(bert, TEXT)
        target, _ = bert.task.targets("movie", prediction, encoding, None)
        special = set(bert.tokenizer.all_special_ids)
        drawn = {bert.task.other(target, encoding, seed) for seed in range(60)}
        assert len(drawn) > 20
        for other in drawn:
            assert other.position == 2
            assert other.index not in special | {target.index}
            assert bert.task.scalar(output, 0, other) == output.logits[0, 2, other.index]


def test_expected_words_have_a_probability_where_they_are_one_token(bert):
    encoding, output, prediction = predict(bert, TEXT, expect="movie unknownish")
    known, unknown = prediction.steps
    index = bert.tokenizer.convert_tokens_to_ids("movie")
    chance = output.logits[0, known.position].softmax(0)[index].item()
    assert encoding.spell(index).strip() == "movie"
    assert known.expected_probability == pytest.approx(chance, rel=1e-4)
    assert unknown.expected_probability is None
