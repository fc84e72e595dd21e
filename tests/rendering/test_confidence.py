"""How sure a model is of a text: the product over its tokens, and their geometric mean."""

from __future__ import annotations

import re

import pytest

import fakes
from reportgen import site
from reportgen.rendering.markdown.cells import prediction_cell
from reportgen.rendering.overview.report import make_report
from reportgen.results.model import Prediction, Step
from reportgen.results.review import ReviewReason, review_reasons
from reportgen.results.tables import Results

SURE = (0.9, 0.8, 0.7, 0.6)
"""Sure of every token, though their product is .302; the geometric mean is .742."""

UNSURE = (0.5, 0.5, 0.6, 0.8)
"""Less sure than that: .120, and .589 for each token."""


def text(probabilities):
    """Return the prediction of a text whose tokens have these probabilities."""
    steps = tuple(
        Step(position=min(i, 6), text=f"{i}", label=f"{i}", index=i, probability=p)
        for i, p in enumerate(probabilities)
    )
    product = 1.0
    for p in probabilities:
        product *= p
    return Prediction(kind="tokens", label="8, 9", probability=product, steps=steps)


def continued(probabilities, *, given=False, **changes):
    """A language model that wrote, or was given, the text of these tokens."""
    header, arrays = fakes.continued("The next numbers are", " 8, 9,", **changes)
    prediction = text(probabilities)
    own = {"prediction": prediction, "targets": (), "convergence": (), "agreement": ()}
    if given:
        own["fields"] = header.fields | header.generated
        own["generated"] = {}
    arrays = {name: arrays[name] for name in ("attention", "attention_norm")}
    own |= {"random_logit": (), "randomized": (), "changes": ()}
    return header.model_copy(update=own), arrays


def visible(folder, *jobs):
    html = site.render(Results(fakes.write_run(folder, jobs)), folder / "out").path
    return " ".join(re.sub(r"<[^>]+>", " ", html.read_text(encoding="utf-8")).split())


class TestPrediction:
    def test_a_text_is_judged_by_its_tokens(self):
        prediction = text(SURE)
        assert prediction.probability == pytest.approx(0.3024)
        assert prediction.per_token == pytest.approx(0.3024**0.25)
        assert prediction.confidence == prediction.per_token

    def test_a_long_text_is_not_lost_to_rounding(self):
        prediction = text([0.1] * 400)
        assert prediction.probability == 0
        assert prediction.per_token == pytest.approx(0.1)

    def test_a_token_that_cannot_be(self):
        assert text([0.9, 0.0]).per_token == 0

    def test_what_is_no_text_has_its_probability(self):
        prediction = fakes.classified("Hello")[0].prediction
        assert (prediction.per_token, prediction.confidence) == (None, 0.9)
        gaps = fakes.filled("a [MASK] and a [MASK]")[0].prediction
        several = gaps.model_copy(update={"probability": None})
        assert (several.per_token, several.confidence) == (None, None)


@pytest.mark.parametrize(("probabilities", "flagged"), [(SURE, False), (UNSURE, True)])
def test_low_confidence_is_that_per_token(probabilities, flagged):
    header, _ = continued(probabilities)
    assert (ReviewReason.LOW_CONFIDENCE in review_reasons(header)) == flagged


def test_the_page_shows_both(tmp_path):
    said = visible(tmp_path, continued(SURE))
    assert "8, 9 0.302 (0.742 per token)" in said
    about = "Under each token: its probability when written. All together: 0.302 (0.742 per token)."
    assert about in said
    assert "continues with" in said
    assert "given: " not in said


def test_one_token_has_one_probability(tmp_path):
    assert prediction_cell(continued((0.9,))[0]).endswith(" 0.900")


def test_a_given_text_is_not_what_the_model_says(tmp_path):
    header, arrays = continued(SURE, given=True)
    said = visible(tmp_path, (header, arrays))
    assert "given: 8, 9 0.302 (0.742 per token)" in said
    assert "How likely each token was" in said
    assert "What the model wrote" not in said
    assert prediction_cell(header) == "given: `8, 9` 0.302 (0.742 per token)"


def test_models_that_were_given_the_same_text(tmp_path):
    first = continued(SURE, given=True)
    header, arrays = continued(UNSURE, given=True, job="5" * 32)
    second = header.model_copy(update={"model": "other-lm"}), arrays
    said = visible(tmp_path, first, second)
    assert "other-lm gives that text 0.120 (0.589 per token)" in said
    assert "other-lm says" not in said


@pytest.mark.parametrize(
    ("job", "head"),
    [
        (fakes.classified("Hello"), "says"),
        (continued(SURE), "continues with"),
        (fakes.translated("Das Haus", "The house"), "writes"),
    ],
)
def test_the_table_says_what_models_of_a_task_do(tmp_path, job, head):
    report = make_report(Results(fakes.write_run(tmp_path, [job])))
    assert [table.says for table in report.predictions_tables] == [head]


def test_tables_have_both(tmp_path):
    frame = Results(fakes.write_run(tmp_path, [continued(SURE)])).predictions()
    (row,) = frame.to_dict("records")
    assert (row["probability"], row["per_token"]) == (
        pytest.approx(0.3024),
        pytest.approx(0.3024**0.25),
    )
