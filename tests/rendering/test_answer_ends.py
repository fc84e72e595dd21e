"""Where an answer starts and ends, on the page."""

from __future__ import annotations

import fakes
from reportgen.rendering.predictions.bars import answer_ends
from reportgen.results.model import AnswerEnd


def with_ends(*ends):
    header, _ = fakes.answered("Who came?", "Ada came home.")
    prediction = header.prediction.model_copy(update={"ends": ends})
    return header.model_copy(update={"prediction": prediction})


def test_each_end_stands_with_its_token_and_probability():
    header = with_ends(
        AnswerEnd(name="start", index=6, probability=0.725),
        AnswerEnd(name="end", index=7, probability=0.5),
    )
    found = answer_ends(header)
    assert found.columns == ("answer", "token", "probability")
    names = [token.text for token in header.tokens]
    assert found.rows == (
        ("start", f"{names[6]} (7)", "0.725"),
        ("end", f"{names[7]} (8)", "0.500"),
    )


def test_the_expected_ends_stand_beside_them():
    header = with_ends(
        AnswerEnd(name="start", index=6, probability=0.7, expected=5, expected_probability=0.2),
        AnswerEnd(name="end", index=7, probability=0.5, expected=7, expected_probability=0.5),
    )
    found = answer_ends(header)
    names = [token.text for token in header.tokens]
    assert found.columns == ("answer", "token", "probability", "expected", "probability")
    assert [row[3:] for row in found.rows] == [
        (f"{names[5]} (6)", "0.200"),
        (f"{names[7]} (8)", "0.500"),
    ]


def test_results_of_before_have_no_ends():
    assert answer_ends(with_ends()) is None
