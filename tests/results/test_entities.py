"""Entities of results: read, judged as whole spans, and counted."""

from __future__ import annotations

import pytest

import fakes
from reportgen.results.entities import (
    SpanCounts,
    count_spans,
    entities,
    expected_entities,
    micro,
    named,
    own_word,
    unexplained,
)

TEXT = "Ada Lovelace met Babbage in London ."


def result(said, text=TEXT, **given):
    return fakes.labelled(text, said, **given)[0]


def names(header):
    return named(entities(header), header.fields)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, []),
        (
            {"Ada": "B-PER", "Lovela": "I-PER", "ce": "O", "London": "B-LOC"},
            ["Ada Lovelace PER", "London LOC"],
        ),
        ({"Ada": "B-PER", "Lovela": "B-PER"}, ["Ada PER", "Lovelace PER"]),
        ({"ce": "B-PER"}, []),
        ({"Ada": "S-PER", "Lovela": "I-PER"}, ["Ada PER", "Lovelace PER"]),
    ],
)
def test_the_label_of_a_word_is_that_of_its_first_token(said, found):
    assert names(result(said)) == found


def test_an_entity_is_as_sure_as_its_least_sure_word():
    said = {"Ada": "B-PER", "Lovela": "I-PER", "ce": "I-PER", "London": "B-LOC"}
    sure = {"Ada": 0.9, "Lovela": 0.55, "ce": 0.1, "London": 0.8}
    assert [one.probability for one in entities(result(said, sure=sure))] == [0.55, 0.8]


def test_other_tasks_have_no_entities():
    assert entities(fakes.classified("Hello")[0]) == ()
    assert own_word(fakes.classified("Hello")[0], "POSITIVE") is None


def test_an_entity_is_right_with_its_label_and_all_its_words():
    said = {"Ada": "B-PER", "London": "B-LOC", "Babbag": "B-LOC"}
    header = result(said, expect="B-PER I-PER O B-PER O B-LOC O")
    assert [one.correct for one in entities(header)] == [False, False, True]
    wanted = expected_entities(header.tokens, header.prediction.steps)
    assert named(wanted, header.fields) == ["Ada Lovelace PER", "Babbage PER", "London LOC"]
    missed = expected_entities(header.tokens, header.prediction.steps, missed=True)
    assert named(missed, header.fields) == ["Ada Lovelace PER", "Babbage PER"]
    assert header.prediction.correct is False


def test_other_places_of_the_same_span_are_right():
    said = {"Ada": "I-PER", "Lovela": "I-PER", "London": "S-LOC"}
    assert result(said, expect="B-PER I-PER O O O B-LOC O").prediction.correct


def test_nothing_found_and_nothing_expected_is_right_and_counts_nothing():
    header = result({}, expect="O O O O O O O")
    assert header.prediction.correct
    assert count_spans([header]) == {}


def test_micro_averages_as_in_the_documentation_of_seqeval():
    first = result(
        {"c": "B-MISC", "d": "I-MISC", "e": "I-MISC", "f": "I-MISC"},
        text="a b c d e f g",
        expect="O O O B-MISC I-MISC I-MISC O",
    )
    second = result({"a": "B-PER", "b": "I-PER"}, text="a b c", expect="B-PER I-PER O", position=1)
    counts = count_spans([first, second])
    assert counts == {"MISC": SpanCounts(1, 1, 0), "PER": SpanCounts(1, 1, 1)}
    assert (micro(counts).precision, micro(counts).recall, micro(counts).f1) == (0.5, 0.5, 0.5)


def test_scores_are_recomputed_from_counts():
    counts = SpanCounts(predicted=7, expected=8, right=5)
    assert counts.precision == pytest.approx(5 / 7)
    assert counts.recall == pytest.approx(5 / 8)
    precision, recall = counts.precision, counts.recall
    assert counts.f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert (SpanCounts(0, 3, 0).precision, SpanCounts(3, 0, 0).recall) == (0, 0)
    assert SpanCounts().f1 == 0


def test_entities_without_an_explained_token_are_unexplained():
    header = result({"Ada": "B-PER", "Lovela": "I-PER", "London": "B-LOC"})
    assert unexplained(header) == ()
    (left,) = unexplained(header.model_copy(update={"targets": header.targets[:1]}))
    assert left.kind == "LOC"
    assert unexplained(header.model_copy(update={"targets": ()})) == ()


def test_an_output_belongs_to_the_word_of_its_token():
    header = result({"Ada": "B-PER", "ce": "B-LOC", "London": "B-LOC"})
    words = [header.words[own_word(header, target.name)].text for target in header.targets]
    assert words == ["Ada", "Lovelace", "London"]
