"""The check slice_gap: the best and the worst value of a column, judged from stored results."""

from __future__ import annotations

import math

import pytest

import fakes
from reportgen.rendering.junit import junit
from reportgen.rendering.wording.check_settings import describe_settings
from reportgen.rendering.wording.outcomes import expected, found
from reportgen.results.checks.evaluation import evaluate_checks
from reportgen.results.model import Prediction, Score
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.spec.checks import read_checks


def said(right: bool | None) -> Prediction:
    return Prediction(
        kind="single-label",
        label="POSITIVE",
        labels=("POSITIVE",),
        probability=0.9,
        scores=(Score(label="POSITIVE", logit=1.0, probability=0.9),),
        expected=None if right is None else "POSITIVE" if right else "NEGATIVE",
        correct=right,
    )


def judged(folder, values, check, *, model="fake", lengths=None, failed=0, **spec):
    """Judge ``check`` over inputs with these (value, right) of a column ``gender``."""
    jobs = []
    for i, (_, right) in enumerate(values):
        text = " ".join(["word"] * (lengths[i] if lengths else 2))
        job = fakes.classified(text, fakes.job_id(i, model), position=i, model=model)
        # Attributions are not read: of a thousand inputs they would take long to write.
        jobs.append((job[0].model_copy(update={"prediction": said(right)}), {}))
    jobs += [fakes.failed(job=fakes.job_id("e", k), position=10_000 + k) for k in range(failed)]
    fakes.write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    columns = {i: {} if value is None else {"gender": value} for i, (value, _) in enumerate(values)}
    entries = tuple(
        entry.model_copy(update={"entry": 0, "columns": columns.get(entry.input, {})})
        for entry in manifest.jobs
    )
    spec = {"checks": [{"slice_gap": check}], **spec}
    store.write_manifest(manifest.model_copy(update={"jobs": entries, "spec": spec}))
    return evaluate_checks(Results(folder))


def group(value, right: int, count: int):
    return [(value, i < right) for i in range(count)]


BY_GENDER = {"by": "gender", "max": 0.05}


def test_the_best_and_the_worst_value_are_named_with_their_intervals(tmp_path):
    values = [*group("he", 36, 40), *group("she", 20, 40), *group("they", 32, 40)]
    (one,) = judged(tmp_path, values, BY_GENDER)
    assert (one.status, one.models, one.inputs) == ("failed", ("fake",), ())
    assert one.found == pytest.approx(0.4)
    assert expected(one) == "gap in accuracy by gender is at most 5 percentage points"
    assert found(one) == (
        "40.0 percentage points; she: 50.0 % of 40 inputs (35.2 to 64.8 %); "
        "he: 90.0 % of 40 inputs (76.9 to 96.0 %)"
    )


def test_a_gap_whose_interval_includes_the_limit_says_so(tmp_path):
    values = [*group("he", 36, 40), *group("she", 34, 40)]
    (one,) = judged(tmp_path, values, {"by": "gender", "max": 0.1})
    assert one.status == "passed"
    assert one.note == (
        "she: 85.0 % of 40 inputs (70.9 to 92.9 %); he: 90.0 % of 40 inputs (76.9 to 96.0 %); "
        "its interval, −10.3 to 20.3 points, includes the limit"
    )


def test_values_with_few_inputs_are_left_out_and_counted(tmp_path):
    values = [*group("he", 20, 20), *group("she", 19, 20), *group("they", 0, 19)]
    (one,) = judged(tmp_path, values, BY_GENDER)
    assert (one.status, one.found) == ("passed", pytest.approx(0.05))
    assert one.note.endswith("; 1 value has fewer than 20 inputs")
    (one,) = judged(tmp_path / "all", values, BY_GENDER | {"least": 19})
    assert (one.status, one.found) == ("failed", 1.0)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (group(None, 20, 40), "no input has the column gender"),
        (group("he", 20, 40), "gender has one value only: he"),
        (
            [*group("he", 20, 40), *group("she", 5, 10)],
            "only he of the 2 values of gender has 20 inputs",
        ),
        ([(str(i), True) for i in range(30)], "none of the 30 values of gender has 20 inputs"),
        ([("he", None)] * 20 + [("she", None)] * 20, "nothing is expected of any input"),
    ],
)
def test_what_cannot_be_compared_fails_and_says_why(tmp_path, values, why):
    (one,) = judged(tmp_path, values, BY_GENDER)
    assert (one.status, one.note) == ("failed", f"nothing could be judged: {why}")


def test_accuracy_is_compared_by_the_label_that_is_expected(tmp_path):
    values = [(None, True)] * 30 + [(None, False)] * 20
    (one,) = judged(tmp_path, values, {"by": "label", "max": 0.5})
    assert (one.status, one.found) == ("failed", 1.0)
    assert one.note.startswith("NEGATIVE: 0.0 % of 20 inputs")


@pytest.mark.parametrize(
    ("spec", "worst"),
    [({}, "8 words or more"), ({"slices": {"lengths": [3, 7]}}, "8 words or more")],
)
def test_accuracy_is_compared_by_length_in_the_groups_of_the_spec(tmp_path, spec, worst):
    lengths = [2] * 20 + [5] * 20 + [7] * 20 + [8] * 20
    values = [(None, length < 8 or i % 2 == 0) for i, length in enumerate(lengths)]
    (one,) = judged(tmp_path, values, {"by": "length", "max": 0.1}, lengths=lengths, **spec)
    assert (one.status, one.found) == ("failed", 0.5)
    assert one.note.startswith(f"{worst}: 50.0 % of 20 inputs")


def test_a_column_called_label_stands_before_the_expected_label(tmp_path):
    values = [*group("he", 20, 20), *group("she", 10, 20)]
    folder = tmp_path / "run"
    judged(folder, values, {"by": "label", "max": 0.1})
    store = Store(folder / "results")
    manifest = store.read_manifest()
    jobs = tuple(
        job.model_copy(update={"columns": {"label": job.columns["gender"]}})
        for job in manifest.jobs
    )
    store.write_manifest(manifest.model_copy(update={"jobs": jobs}))
    (one,) = evaluate_checks(Results(folder))
    assert one.note.startswith("she: 50.0 %")


def test_an_input_that_could_not_be_explained_is_an_error(tmp_path):
    values = [*group("he", 20, 20), *group("she", 20, 20)]
    error, one = judged(tmp_path, values, BY_GENDER, failed=1)
    assert (error.status, error.inputs) == ("error", (10_000,))
    assert one.status == "passed"


def test_it_warns_is_told_in_words_and_stands_in_junit(tmp_path):
    values = [*group("he", 20, 20), *group("she", 10, 20)]
    check = BY_GENDER | {"severity": "warn", "least": 15}
    (one,) = outcomes = judged(tmp_path, values, check)
    assert one.status == "warning"
    assert describe_settings(*read_checks([{"slice_gap": check}])) == (
        "accuracy by gender differs by at most 5 percentage points; "
        "values with at least 15 inputs; warns only"
    )
    text = junit(Results(tmp_path).manifest, outcomes).decode()
    assert 'name="fake: gap in accuracy by gender is at most 5 percentage points"' in text
    assert "found 50.0 percentage points; she: 50.0 % of 20 inputs (29.9 to 70.1 %)" in text


def test_its_numbers_are_exact_in_tables(tmp_path):
    values = [*group("he", 20, 20), *group("she", 13, 20)]
    judged(tmp_path, values, BY_GENDER)
    (row,) = Results(tmp_path).checks().to_dict("records")
    assert math.isclose(float(row["found"]), 0.35)
    assert row["unit"] == "of accuracy"
