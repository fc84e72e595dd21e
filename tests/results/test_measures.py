"""What is measured of one prediction beside whether it is right."""

from __future__ import annotations

import math

import pytest

from reportgen.results.dataset.measures import LOG_LOSS, TOKEN_F1, TOKENS, measures_of
from reportgen.results.model import JobResult, Prediction, Step


def result(task, prediction, **given):
    common = {"job": "c" * 32, "model": "m", "input": 0, "status": "done", "fields": {}}
    return JobResult(**common, task=task, prediction=prediction, **given)


def step(probability, expected=None):
    return Step(
        position=1, text="x", label="x", probability=probability, expected_probability=expected
    )


def test_a_given_text_has_the_loss_of_its_tokens():
    said = Prediction(kind="tokens", label="x x", steps=(step(0.5), step(0.25)))
    found = measures_of(result("causal-lm", said))
    assert found == {LOG_LOSS: pytest.approx(math.log(8)), TOKENS: 2}


def test_a_text_that_the_model_wrote_has_none():
    said = Prediction(kind="tokens", label="x", steps=(step(0.5),))
    assert measures_of(result("causal-lm", said, generated={"continuation": "x"})) == {}


def test_gaps_have_the_loss_of_the_words_that_were_expected():
    said = Prediction(kind="tokens", label="x", steps=(step(0.5, 0.125), step(0.9)))
    found = measures_of(result("masked-lm", said))
    assert found == {LOG_LOSS: pytest.approx(math.log(8)), TOKENS: 1}
    nothing = Prediction(kind="tokens", label="x", steps=(step(0.5),))
    assert measures_of(result("masked-lm", nothing)) == {}


def test_a_probability_of_nothing_has_a_loss_that_is_a_number():
    said = Prediction(kind="tokens", label="x", steps=(step(0.0),))
    assert math.isfinite(measures_of(result("causal-lm", said))[LOG_LOSS])


def test_an_answer_has_the_f1_of_its_words_where_one_is_expected():
    said = Prediction(kind="span", label="the tower", expected="Eiffel Tower", correct=False)
    found = measures_of(result("question-answering", said, expect="Eiffel Tower"))
    assert found == {TOKEN_F1: pytest.approx(2 / 3)}
    alone = Prediction(kind="span", label="the tower")
    assert measures_of(result("question-answering", alone)) == {}
