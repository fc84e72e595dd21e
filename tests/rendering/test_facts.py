"""The facts that open an input's page: sentences that say exactly what removing words did."""

from __future__ import annotations

import pytest

import fakes
from fake_removals import with_removals
from reportgen.rendering.input.context import context
from reportgen.rendering.input.facts import facts, not_shown
from reportgen.rendering.wording import removals
from reportgen.results.removal import Removal, RemovalOutcome, SmallestUnits

TEXT = "The plot is a tedious and stupid mess"


def told(pair) -> list[str]:
    header, _ = pair
    view = facts(header)
    return [line.text for output in view.outputs for line in output.sentences]


def changed(pair, **changes):
    """Return a result whose first game is as it is but for these fields."""
    header, arrays = pair
    first, *rest = header.removals
    games = (first.model_copy(update=changes), *rest)
    return header.model_copy(update={"removals": games}), arrays


def outcome(*removed: int, label: str = "NEGATIVE", probability: float | None = 0.62):
    return RemovalOutcome(
        removed=removed, turned=True, label=label, probability=probability, output=0.38
    )


@pytest.fixture
def pair():
    return with_removals(fakes.classified(TEXT), [0, 0, 0, 0, 2, 0, 2, 0], bias=-3)


def test_the_word_that_turns_the_answer_and_those_that_suffice(pair):
    assert told(pair) == [
        "Without tedious the answer turns to NEGATIVE (0.731) and without stupid to NEGATIVE "
        "(0.731).",
        "tedious and stupid alone suffice for POSITIVE (0.731); no fewer do.",
    ]


def test_words_are_quoted_as_they_are_written(pair):
    line = facts(pair[0]).outputs[0].sentences[1]
    assert [text for text, is_quoted in line.pieces if is_quoted] == ["tedious", "stupid"]


@pytest.mark.parametrize(
    ("amount", "end"),
    [
        (1, "Without The the answer turns to NEGATIVE (0.620)."),
        (4, ", without is to NEGATIVE (0.620) and without a to NEGATIVE (0.620)."),
        (5, "without is to NEGATIVE (0.620), and it turns without any one of 2 other words, too."),
    ],
)
def test_many_words_that_each_turn_the_answer_are_counted(pair, amount, end):
    lines = told(changed(pair, singles=tuple(outcome(i) for i in range(amount))))
    assert lines[0].endswith(end)


def test_the_fewest_words_that_turn_it_together(pair):
    flip = SmallestUnits(units=(4, 6, 7), exact=True, ruled_out=2, outcome=outcome(4, 6, 7))
    assert told(changed(pair, singles=(), flip=flip, sufficient=None)) == [
        "No two words turn the answer. Without tedious, stupid and mess it turns to NEGATIVE "
        "(0.620)."
    ]


def test_what_was_found_without_trying_all_says_so(pair):
    found = {"exact": False, "ruled_out": 1, "outcome": outcome(4, 6, 7)}
    flip = SmallestUnits(units=(4, 6, 7), **found)
    keep = SmallestUnits(units=(4, 6, 7), **found | {"outcome": outcome(0, label="POSITIVE")})
    assert told(changed(pair, singles=(), flip=flip, sufficient=keep)) == [
        "No single word turns the answer. Without tedious, stupid and mess it turns to NEGATIVE "
        "(0.620); these are the fewest that were found (all single words were tried).",
        "tedious, stupid and mess alone suffice for POSITIVE (0.620); these are the fewest that "
        "were found (all single words were tried).",
    ]


@pytest.mark.parametrize(
    ("exact", "ruled_out", "text"),
    [
        (True, 8, "Whatever words are removed, the answer stays."),
        (
            False,
            3,
            "No three words turn the answer (all sets of so many, or fewer, were tried); of larger "
            "sets none was found.",
        ),
        (
            False,
            1,
            "No single word turns the answer (all were tried); of larger sets none was found.",
        ),
        (
            False,
            -1,
            "No words were found that turn the answer; not even single ones could all be tried.",
        ),
    ],
)
def test_nothing_that_turns_it_is_told_as_far_as_it_was_tried(pair, exact, ruled_out, text):
    flip = SmallestUnits(units=None, exact=exact, ruled_out=ruled_out)
    assert told(changed(pair, singles=(), flip=flip, sufficient=None)) == [text]


def test_an_answer_that_needs_no_word(pair):
    found = SmallestUnits(
        units=(), exact=True, ruled_out=-1, outcome=outcome(*range(8), label="POSITIVE")
    )
    lines = told(changed(pair, singles=(), flip=None, sufficient=found))
    assert lines == ["Even without any word the model says POSITIVE (0.620)."]


def test_an_answer_that_needs_all_words(pair):
    found = SmallestUnits(
        units=tuple(range(8)), exact=True, ruled_out=7, outcome=outcome(label="POSITIVE")
    )
    lines = told(changed(pair, singles=(), flip=None, sufficient=found))
    assert lines == ["It takes all 8 words to get POSITIVE (0.620)."]


def test_a_word_that_stands_twice_has_its_place():
    header = fakes.classified("not good , not bad")
    pair = changed(with_removals(header, [1] * 5), singles=(outcome(3),), sufficient=None)
    assert told(pair) == ["Without the second not the answer turns to NEGATIVE (0.620)."]


def test_sets_of_many_words_name_the_first():
    header = fakes.classified(" ".join(f"w{i}" for i in range(12)))
    flip = SmallestUnits(
        units=tuple(range(11)), exact=False, ruled_out=1, outcome=outcome(*range(11))
    )
    pair = with_removals(header, [1] * 12)
    (line,) = told(changed(pair, singles=(), flip=flip, sufficient=None))
    assert "Without w0, w1, w2, w3, w4, w5, w6, w7 and 3 others it turns to" in line


def test_a_number_has_the_word_that_changes_it_most():
    pair = with_removals(fakes.classified("Good but long"), [1.25, 0, -0.5], probable=False)
    assert told(pair) == ["Without Good the number falls most: from +0.750 to −0.500."]


def test_the_texts_that_were_read_have_gaps(pair):
    view = facts(pair[0])
    assert view.outputs[0].read[0] == ("The plot is a ▢ and stupid mess", "NEGATIVE (0.731)")
    assert view.outputs[0].read[-1] == ("▢ ▢ ▢ ▢ tedious ▢ stupid ▢", "POSITIVE (0.731)")
    assert view.how == (
        "Where words were removed, the model’s mask token stood in their place. 131 sets of words "
        "were tried."
    )


@pytest.mark.parametrize(
    ("operator", "told_as"),
    [
        ("delete", "they were left out of the text"),
        ("pad", "padding stood in their place"),
        ("attention", "nothing could attend to them"),
    ],
)
def test_how_words_are_removed(operator, told_as):
    header, _ = with_removals(fakes.classified(TEXT), operators=(operator,))
    assert told_as in facts(header).how


def test_a_whole_answer_is_told_instead_of_its_ends():
    question = fakes.answered("When?", "It opened in May. It closed in 1989.")
    header, _ = with_removals(
        question, [0, 2], targets=("start", "end", None), granularity="sentence", other="1871"
    )
    view = facts(header)
    assert [output.lead for output in view.outputs] == [""]
    header, _ = with_removals(question, [0.5, 2], bias=-1, granularity="sentence", other="1871")
    view = facts(header)
    assert [output.lead for output in view.outputs] == [
        "The answer’s start at “in”",
        "The answer’s end at “1989.”",
    ]
    assert view.outputs[0].sentences[0].text == (
        "Without sentence 2 (“It closed in 1989.”) the answer turns to “1871” (0.622)."
    )


def test_without_games_there_are_no_facts():
    header, _ = fakes.classified(TEXT)
    assert facts(header) is None
    assert context(header) is None


def test_a_context_is_shaded_sentence_by_sentence():
    question = fakes.answered("When?", "It opened in May. Nobody came. It closed in 1989.")
    header, _ = with_removals(
        question, [0, -1, 4], targets=(None,), granularity="sentence", other="1871"
    )
    view = context(header)
    (text,) = view.texts
    assert [s.text for s in text.sentences] == [
        "It opened in May.",
        "Nobody came.",
        "It closed in 1989.",
    ]
    assert [s.number for s in text.sentences] == [1, 2, 3]
    assert [s.shade for s in text.sentences] == ["", "", "p9"]
    (game, _) = header.removals
    assert isinstance(game, Removal)
    assert [line.text for line in view.facts] == [
        "Without sentence 3 (“It closed in 1989.”) the probability of the answer falls from 0.953 "
        "to 0.269."
    ]
    assert removals.without(game, 2) == pytest.approx(1 / (1 + 2.718281828), rel=1e-6)


def test_a_single_word_is_told_once():
    pair = with_removals(fakes.classified("Boring"), [2.0], bias=-1)
    assert told(pair) == ["Without Boring the answer turns to NEGATIVE (0.731)."]


def cut_after(pair, words: int):
    """Return a result of which no more words were read."""
    header, arrays = pair
    end = header.words[words - 1].last
    tokens = tuple(
        token.model_copy(update={"segment": None, "start": None, "end": None, "special": True})
        if i >= end
        else token
        for i, token in enumerate(header.tokens)
    )
    changes = {"tokens": tokens, "words": header.words[:words]}
    return header.model_copy(update=changes), arrays


def test_what_was_not_read_is_in_no_text_with_gaps():
    pair = with_removals(cut_after(fakes.classified(TEXT), 6), [0, 0, 0, 0, 2, 0], bias=-1)
    assert facts(pair[0]).outputs[0].read[0] == ("The plot is a ▢ and …", "NEGATIVE (0.731)")


def test_what_was_not_read_is_no_part_of_a_sentence():
    pair = cut_after(fakes.classified("Good. Long and dull. Fine."), 3)
    header, _ = with_removals(pair, [1, -1], granularity="sentence")
    (text,) = context(header).texts
    assert [s.text for s in text.sentences] == ["Good.", "Long and"]
    assert (text.after, text.rest) == ("", "dull. Fine.")
    assert context(header).about == (
        "A sentence’s number is how much this output falls, in logits, when that sentence alone is "
        "removed."
    )


def written(**changes):
    """Return a text of two tokens that a model wrote, with facts about the whole of it."""
    pair = with_removals(fakes.continued("Mind the", " gap ,"), [1] * 4, targets=(None,))
    return changed(pair, **{"singles": (), "flip": None, "sufficient": None} | changes)


def token(*removed: int, label: str, at: str):
    return outcome(*removed, label=label).model_copy(update={"at": at})


def test_of_a_text_the_token_is_told_that_another_is_written_in_place_of(pair):
    header, _ = written()
    gap, comma = (target.name for target in header.targets)
    singles = (token(0, label=" step", at=gap), token(1, label=" .", at=comma))
    view = facts(written(singles=singles)[0])
    assert [line.text for line in view.outputs[0].sentences] == [
        "Without Mind the model would write “step” (0.620) in place of “gap” and without the “.” "
        "(0.620) in place of “,”."
    ]
    assert view.outputs[0].read[0][1] == "“step” (0.620) in place of “gap”"


def test_of_a_text_that_stays_the_least_sure_token_is_told():
    header, _ = written()
    at = header.targets[1].name
    found = SmallestUnits(units=(1,), exact=True, ruled_out=0, outcome=token(0, label=" ,", at=at))
    view = facts(written(sufficient=found)[0])
    assert view.outputs[0].sentences[0].text == (
        "the alone suffices for the answer, of which “,” (0.620) is least sure."
    )
    assert view.outputs[0].read == (
        ("▢ the / gap ,", "the answer, of which “,” (0.620) is least sure"),
    )


def compared():
    """Return a text of which two tokens are compared, not told about the one written."""
    header, arrays = fakes.continued("Mind the", " gap")
    name = "she rather than he at 2"
    target = header.targets[0].model_copy(update={"name": name, "rather_than": 7})
    header = header.model_copy(update={"targets": (target,)})
    return with_removals((header, arrays), [1, 2, 0], targets=(name,), bias=-1.5, other="he")


def test_of_two_outputs_it_is_told_which_is_ahead():
    singles = (outcome(1, label="he"),)
    alone = SmallestUnits(units=(1,), exact=True, ruled_out=0, outcome=outcome(0, 2, label="she"))
    assert told(changed(compared(), singles=singles, sufficient=alone)) == [
        "Without the “he” is ahead of “she” (0.620).",
        "the alone suffices so that “she” is ahead of “he” (0.620).",
    ]
    (read, _) = facts(compared()[0]).outputs[0].read
    assert read == ("Mind ▢ / gap", "“he” is ahead of “she” (0.622)")
    stays = SmallestUnits(units=None, exact=True, ruled_out=3)
    none = SmallestUnits(units=(), exact=True, ruled_out=-1, outcome=outcome(0, 1, 2, label="she"))
    assert told(changed(compared(), singles=(), flip=stays, sufficient=none)) == [
        "Whatever words are removed, the order of “she” and “he” stays.",
        "Even without any word “she” is ahead of “he” (0.620).",
    ]


def test_of_several_labels_each_is_decided_by_itself():
    header, arrays = fakes.classified(TEXT)
    prediction = header.prediction.model_copy(update={"kind": "multi-label"})
    pair = with_removals((header.model_copy(update={"prediction": prediction}), arrays), [1] * 8)
    flip = SmallestUnits(units=(1, 4), exact=True, ruled_out=1, outcome=outcome(1, 4, label=""))
    assert told(changed(pair, singles=(), flip=flip, sufficient=None)) == [
        "No single word turns the decision on POSITIVE. Without plot and tedious the model says "
        "nothing (0.620)."
    ]


def test_outputs_that_have_no_place_are_counted():
    assert not_shown(1) == "1 more output is in the stored results."
    assert not_shown(2) == "2 more outputs are in the stored results."
    assert not_shown(0) == ""
