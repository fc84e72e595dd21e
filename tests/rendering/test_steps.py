"""Predictions made token by token: labels stand under their words, gaps have bars."""

from __future__ import annotations

import pytest

import fakes
from reportgen.rendering.input.steps import steps
from reportgen.rendering.wording.sentences import output_lead
from reportgen.spec.entities import entity_kind


def marks_of(said, text="Ada Lovelace met Babbage in London."):
    (marked,) = steps(fakes.labelled(text, said)[0]).texts
    assert "".join(mark.gap + mark.text for mark in marked.marks) + marked.rest == text
    return [(mark.text, mark.says) for mark in marked.marks]


def test_tokens_of_one_entity_share_a_label():
    said = {"Ada": "B-PER", "Lovela": "I-PER", "ce": "O", "London": "B-LOC"}
    assert marks_of(said) == [("Ada Lovelace", "PER"), ("London", "LOC")]


def test_a_beginning_starts_a_new_entity():
    assert marks_of({"Ada": "B-PER", "Lovela": "B-PER"}) == [("Ada", "PER"), ("Lovelace", "PER")]


def test_text_without_entities_is_shown_unmarked():
    assert marks_of({}) == []


def test_a_wrong_label_is_marked_as_such():
    header, _ = fakes.labelled("Ada came.", {"Ada": "B-PER"})
    wrong = tuple(
        step.model_copy(update={"expected": "O", "correct": False}) if step.text == "Ada" else step
        for step in header.prediction.steps
    )
    prediction = header.prediction.model_copy(update={"steps": wrong})
    view = steps(header.model_copy(update={"prediction": prediction}))
    assert [mark.wrong for mark in view.texts[0].marks] == [True]
    assert view.table.columns[-2:] == ("expected", "right")
    assert view.table.rows[0][-2:] == ("O", "no")


@pytest.mark.parametrize(("label", "kind"), [("B-PER", "PER"), ("O", "O"), ("X-ray", "X-ray")])
def test_labels_lose_their_place_only(label, kind):
    assert entity_kind(label) == kind


def test_every_gap_has_its_best_words():
    header, _ = fakes.filled("The [MASK] is [MASK] now.")
    view = steps(header)
    assert [title for title, _ in view.gaps] == ["Gap 1", "Gap 2"]
    for _, bars in view.gaps:
        assert [(bar.label, bar.chosen) for bar in bars][:2] == [("cold", True), ("warm", False)]
        assert len(bars) == 5
    assert output_lead(header, header.targets[1].name) == "“cold” in gap 2"


def test_written_tokens_stand_over_their_probability():
    header, _ = fakes.continued("The lighthouse stands on", " a rock")
    view = steps(header)
    assert view.title == "What the model wrote"
    assert [[(m.text, m.says) for m in word] for word in view.written] == [
        [("a", "0.900")],
        [("rock", "0.450")],
    ]
    assert [output_lead(header, target.name) for target in header.targets] == [
        "Token 1 of the output (“a”)",
        "Token 2 of the output (“rock”)",
    ]
    given = header.model_copy(update={"generated": {}, "fields": header.fields | header.generated})
    assert steps(given).title == "How likely each token was"


def test_other_predictions_have_no_steps():
    header, _ = fakes.classified("Hello")
    assert steps(header) is None
    assert output_lead(header, "POSITIVE") == "The score of POSITIVE"


def test_another_label_than_the_predicted_one_is_named_by_its_target():
    header, _ = fakes.labelled("Ada came.", {"Ada": "B-PER"})
    other = header.targets[0].model_copy(update={"name": "B-LOC at 1 Ada", "index": 5})
    header = header.model_copy(update={"targets": (other,)})
    assert output_lead(header, other.name) == "The label B-LOC of “Ada”"
