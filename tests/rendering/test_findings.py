"""The verdicts of a run are counts of its results; what is gravest comes first."""

from __future__ import annotations

import pytest

import fakes
from reportgen.rendering.overview.predictions_table import CODES
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.sentences import REASONS
from reportgen.results.model import Failure, Truncation
from reportgen.results.review import ReviewReason, review_reasons
from reportgen.results.tables import Results

CUT = Truncation(total=300, kept=128, segment="text")


def job(position=0, model="m", *, converged=True, **changes):
    """A finished result; changes of the prediction and of the header alike."""
    header, arrays = fakes.classified(
        f"Input {position}",
        fakes.job_id(model, position),
        position=position,
        model=model,
        converged=converged,
    )
    fields = {k: changes.pop(k) for k in list(changes) if k in type(header.prediction).model_fields}
    prediction = header.prediction.model_copy(update=fields)
    return header.model_copy(update={"prediction": prediction, **changes}), arrays


def report_of(jobs, folder):
    return make_report(Results(fakes.write_run(folder, jobs)))


def texts(report):
    return [(verdict.kind, verdict.text) for verdict in report.verdicts]


def test_everything_as_it_should_be(tmp_path):
    report = report_of([job(i, correct=True) for i in range(3)], tmp_path)
    assert texts(report) == [
        ("good", "3 of 3 predictions as expected"),
        ("good", "3 of 3 explanations converged"),
        ("good", "6 numeric self-tests passed"),
    ]
    assert report.review_items == ()
    assert report.filters.reasons == ()
    assert report.summary == (
        "1 model read 3 inputs: all 3 predictions that could be judged came out as expected. "
        "Every explanation adds up to the change of its output (converged)."
    )


def test_the_bad_news_is_counted(tmp_path):
    jobs = [
        job(0, correct=False),
        job(1, correct=True, converged=False),
        job(2, truncation=CUT),
        fakes.failed(position=3, model="m"),
    ]
    report = report_of(jobs, tmp_path)
    assert texts(report)[:4] == [
        ("warn", "1 of 2 predictions as expected"),
        ("bad", "2 of 3 explanations converged"),
        ("bad", "1 input could not be explained"),
        ("warn", "1 input cut to what the model can read"),
    ]
    assert "1 of 2 predictions is wrong" in report.summary
    assert "1 of 3 explanations did not converge: do not rely on its colours." in report.summary
    assert [item.why for item in report.review_items] == [
        "could not be explained",
        "not converged",
        "wrong",
        "truncated",
    ]


def test_of_inputs_with_the_same_gravest_reason_those_with_more_come_first(tmp_path):
    jobs = [job(0, correct=False), job(1, correct=False, truncation=CUT)]
    found = report_of(jobs, tmp_path).review_items
    assert [(item.brief.position, item.why) for item in found] == [
        (1, "wrong, truncated"),
        (0, "wrong"),
    ]


def test_without_expectations_nothing_is_judged(tmp_path):
    report = report_of([job()], tmp_path)
    assert "no answer is judged" in report.summary
    assert "expected" not in " ".join(text for _, text in texts(report))


def test_numeric_self_checks_fail_where_rounding_cannot_be_the_reason(tmp_path):
    checks = {"attention_row_sum": 0.2, "path_logits": 1e-6, "float32_logits": 0.3}
    report = report_of([job(0), job(1, self_tests=checks)], tmp_path)
    assert texts(report)[-1] == (
        "bad",
        "1 of 4 numeric self-tests off by up to 0.200 (attention_row_sum)",
    )


@pytest.mark.parametrize(("second", "kind"), [("NEGATIVE", "warn"), ("POSITIVE", "good")])
def test_disagreement_of_models_is_a_verdict(second, kind, tmp_path):
    report = report_of([job(model="a"), job(model="b", label=second)], tmp_path)
    (verdict,) = [v for v in report.verdicts if v.text.startswith("models")]
    assert verdict.kind == kind
    assert len(report.review_items) == (kind == "warn")


def test_an_input_is_listed_once_with_the_models_its_reasons_are_about(tmp_path):
    jobs = [
        job(model="a", probability=0.51),
        job(model="b", probability=0.52, label="NEGATIVE", correct=False),
        job(1, model="a"),
        job(1, model="b"),
    ]
    report = report_of(jobs, tmp_path)
    (item,) = report.review_items
    assert item.brief.model == "b"
    assert item.why == "wrong (b); models disagree; low confidence (a, b)"


def test_filters_count_inputs_and_offer_only_what_there_is(tmp_path):
    jobs = [
        job(model="a", correct=False),
        job(model="b", correct=False),
        job(1, model="a", label="NEGATIVE"),
        job(1, model="b"),
        job(2, model="a", truncation=CUT),
    ]
    found = report_of(jobs, tmp_path).filters
    assert (found.total, found.any) == (3, 3)
    assert found.reasons == (
        ("w", "wrong", 1),
        ("d", "models disagree", 1),
        ("t", "truncated", 1),
    )
    assert (found.labels, found.models) == (("NEGATIVE", "POSITIVE"), ("a", "b"))
    alone = report_of([job()], tmp_path / "alone").filters
    assert (alone.labels, alone.models, alone.reasons, alone.cut) == ((), (), (), None)


def test_reasons_keep_their_order_of_gravity():
    header = job(correct=False, probability=0.5, converged=False, truncation=CUT)[0]
    header = header.model_copy(update={"failed": {"alti": Failure(kind="E", message="no")}})
    held = review_reasons(header, disagree=True, check_failed=True)
    assert held == tuple(ReviewReason)[1:]
    assert review_reasons(fakes.failed()[0], disagree=True) == (ReviewReason.NOT_EXPLAINED,)


def test_every_reason_has_its_words_and_a_letter_of_its_own():
    assert REASONS.keys() == CODES.keys() == set(ReviewReason)
    assert len(set(CODES.values())) == len(CODES)
