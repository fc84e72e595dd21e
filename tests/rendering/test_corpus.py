"""Counts over all inputs, against the same numbers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.rendering.overview.corpus import MANY
from reportgen.rendering.overview.report import make_report
from reportgen.results.model import Score
from reportgen.results.tables import Results

TEXT = "good Good, bad (bad) film FILM! plot acting story ending night music slow long"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Results(fakes.write_run(tmp_path_factory.mktemp("corpus"), jobs()))


def jobs():
    rng = np.random.default_rng(1)
    found = []
    for i in range(24):
        text = " ".join(rng.choice(TEXT.split(), size=rng.integers(4, 12)))
        header, arrays = fakes.classified(
            text, f"{i:032d}", position=i, seed=i, converged=i != 3, model="m"
        )
        label, expected = ("A", "B")[i % 3 == 0], ("A", "B")[i % 4 == 0]
        prediction = header.prediction.model_copy(
            update={
                "label": label,
                "expected": expected,
                "correct": label == expected,
                "scores": (Score(label="A", logit=0), Score(label="B", logit=1)),
            }
        )
        found.append((header.model_copy(update={"prediction": prediction}), arrays))
    return found


@pytest.fixture(scope="module")
def found(run):
    return make_report(run).corpus


def test_labels_are_counted_expected_by_predicted(run, found):
    (confusion,) = found.confusions
    predictions = run.predictions()
    assert confusion.judged == 24
    for expected, cells in confusion.heat.rows:
        for label, (_, text) in zip(confusion.heat.columns, cells, strict=True):
            same = predictions[(predictions.expected == expected) & (predictions.label == label)]
            assert text == str(len(same))


def test_little_is_not_made_much_of(tmp_path):
    def corpus(name, chosen):
        return make_report(Results(fakes.write_run(tmp_path / name, chosen))).corpus

    assert not corpus("few", jobs()[: MANY - 1])
    assert corpus("enough", jobs()[4 : 4 + MANY]).confusions
