"""The checks on the pages: a row for each, what breaks it, and the inputs it is about."""

from __future__ import annotations

import pytest

import fakes
import reportgen
from document import Document
from reportgen.rendering.overview.checks import MOST_LINES, MOST_PASSED
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.check_settings import describe_settings
from reportgen.rendering.wording.outcome_lines import MOST_LINKS
from reportgen.rendering.wording.outcomes import UNITS, VERBS
from reportgen.results.checks.findings import Relation, Unit
from reportgen.results.model import Prediction
from reportgen.results.tables import Results
from reportgen.spec.checks import CHECKS, read_checks

NEGATIVE = Prediction(kind="single-label", label="NEGATIVE", labels=("NEGATIVE",), probability=0.8)
POSITIVE = {"prediction": {"equals": "POSITIVE"}}
WARNS = {"prediction": {"equals": "POSITIVE", "severity": "warn"}}
CONVERGES = {"convergence": {"max": 0.1}}


def job(number=0, text="He is good", model="fake", **changes):
    return fakes.scored(
        text,
        (0.1, 0.3, 0.6),
        fakes.job_id(number, model),
        position=number,
        model=model,
        **changes,
    )


def report_of(folder, jobs, *checks, **run):
    return make_report(Results(fakes.checked_run(folder, jobs, checks, **run)))


def part(html: str, start: str, end: str = "section") -> tuple[Document, str]:
    """Return the first element that ``start`` is in, and its text."""
    found = Document(
        f"<{end} {start}" + html.split(start, 1)[1].split(f"</{end}>")[0] + f"</{end}>"
    )
    return found, " ".join("".join(found.visible).split())


CHECKS_PART = 'aria-labelledby="checks-title"'


def page_of(folder, jobs, *checks, **run):
    fakes.checked_run(folder / "run", jobs, checks, **run)
    return reportgen.render(folder / "run", out=folder).path


def test_a_run_without_checks_shows_nothing_of_them(tmp_path):
    report = report_of(tmp_path / "run", [job()])
    assert report.checks.rows == ()
    assert not any("check" in verdict.text for verdict in report.verdicts)
    assert "check" not in report.summary
    assert CHECKS_PART not in reportgen.render(tmp_path / "run", out=tmp_path).path.read_text()


@pytest.mark.parametrize(
    ("checks", "verdicts", "summary"),
    [
        ((POSITIVE,), [("bad", "0 of 1 check holds")], "1 of 1 check failed."),
        ((WARNS,), [("warn", "0 of 1 check holds")], "No check failed, but 1 of 1 gave a warning."),
        ((CONVERGES,), [("good", "1 of 1 check holds")], "The one check holds."),
        ((CONVERGES,) * 3, [("good", "3 of 3 checks hold")], "All 3 checks hold."),
        ((CONVERGES, WARNS), [("warn", "1 of 2 checks holds")], "1 of 2 gave a warning."),
        (
            (CONVERGES, {"prediction": {"unchanged": True}}),
            [("good", "1 of 1 check holds"), ("warn", "1 check not judged")],
            "The one check holds.",
        ),
    ],
)
def test_the_run_is_judged_in_a_few_words(tmp_path, checks, verdicts, summary):
    report = report_of(tmp_path, [job(), job(1, prediction=NEGATIVE)], *checks)
    found = [(v.kind, v.text) for v in report.verdicts]
    assert found[: len(verdicts)] == verdicts
    assert summary in report.summary


def test_a_row_says_what_was_asked_and_what_was_found(tmp_path):
    jobs = [job(), job(1, prediction=NEGATIVE), fakes.failed(position=2)]
    places = {"checks[0]": "audit.yaml:9:5 checks[0]"}
    (row,) = report_of(tmp_path, jobs, POSITIVE, places=places).checks.rows
    assert (row.kind, row.mark, row.status) == ("bad", "!", "error")
    assert (row.title, row.description) == ("Prediction", "is POSITIVE")
    assert (row.counts, row.where) == ("1 of 3 holds", "audit.yaml:9:5")
    failed, error = row.lines
    assert (failed.expected, failed.found) == ("prediction is POSITIVE", "NEGATIVE")
    assert [(p.anchor, p.number) for p in failed.places] == [("fake-2", "#2")]
    assert failed.about == ""  # there is one model only
    assert (error.expected, error.status) == ("", "error")
    assert error.found == "the input could not be explained: the text is empty"


def test_inputs_with_the_same_error_are_one_line(tmp_path):
    jobs = [fakes.failed(job=f"{n:032}", position=n) for n in range(MOST_LINKS + 5)]
    (row,) = report_of(tmp_path, jobs, CONVERGES).checks.rows
    (line,) = row.lines
    assert (len(line.places), line.more) == (MOST_LINKS, 5)
    assert row.counts == f"0 of {len(jobs)} hold"


def test_what_is_skipped_is_not_held_against_a_check(tmp_path):
    share = {"attribution_share": {"words": ["he"], "max": 0.5}}
    (row,) = report_of(tmp_path, [job(), job(1, "It is good")], share).checks.rows
    assert (row.status, row.counts, row.lines) == ("passed", "1 of 1 holds, 1 skipped", ())


def test_many_broken_outcomes_are_counted(tmp_path):
    jobs = [job(n, prediction=NEGATIVE) for n in range(MOST_LINES + 7)]
    (row,) = report_of(tmp_path, jobs, POSITIVE).checks.rows
    assert (len(row.lines), row.more) == (MOST_LINES, 7)


def test_checks_beside_inputs_that_hold_are_only_counted_where_there_are_many(tmp_path):
    jobs = [job(n, **({"prediction": NEGATIVE} if n == 3 else {})) for n in range(MOST_PASSED + 5)]
    inputs = [{"checks": [POSITIVE]}] * len(jobs)
    checks = report_of(tmp_path, jobs, CONVERGES, inputs=inputs).checks
    assert [row.where for row in checks.rows] == ["checks[0]", "inputs[3].checks[0]"]
    assert checks.rows[1].description == "is POSITIVE; only input #4"
    held = MOST_PASSED + 4
    assert checks.unlisted == f"and {held} checks written beside inputs: all of them hold"
    assert (checks.total, checks.held, checks.broken) == (len(jobs) + 1, len(jobs), 1)
    few = report_of(tmp_path / "few", jobs[:2], inputs=inputs[:2]).checks
    assert (len(few.rows), few.unlisted) == (2, "")


def test_an_input_that_breaks_a_check_is_worth_a_look(tmp_path):
    jobs = [job(), job(1, prediction=NEGATIVE)]
    report = report_of(tmp_path, jobs, POSITIVE)
    assert [(item.brief.position, item.why) for item in report.review_items] == [
        (1, "check failed")
    ]
    assert report.filters.reasons == (("f", "check failed", 1),)
    (_, line) = report.predictions_tables[0].rows
    assert (line.cells[0].why, line.cells[0].notes) == ("f", "check failed")
    assert report_of(tmp_path / "warns", jobs, WARNS).review_items == ()


def test_how_often_models_agree_is_about_no_single_input(tmp_path):
    jobs = [job(model="v1"), job(model="v2", prediction=NEGATIVE)]
    agreement = {"model_agreement": {"models": ["v1", "v2"], "min": 0.5}}
    report = report_of(tmp_path, jobs, agreement)
    assert [brief.outcomes for brief in report.briefs] == [(), ()]
    (row,) = report.checks.rows
    (line,) = row.lines
    assert (line.about, [place.anchor for place in line.places]) == ("v1, v2", ["v1-1"])


def test_alike_inputs_both_show_what_was_judged_of_them(tmp_path):
    jobs = [job(), job(1, "She is good", prediction=NEGATIVE)]
    groups = {0: "doctor", 1: "doctor"}
    report = report_of(tmp_path, jobs, {"invariance": {}}, CONVERGES, groups=groups)
    for brief in report.briefs:
        assert [line.status for line in brief.outcomes] == ["failed", "passed"]
        assert [place.number for place in brief.outcomes[0].places] == ["#1", "#2"]


def test_the_page_shows_what_failed_and_counts_what_holds(tmp_path):
    jobs = [job(), job(1, prediction=NEGATIVE), job(2)]
    html = page_of(tmp_path, jobs, POSITIVE, CONVERGES).read_text("utf-8")
    section, text = part(html, CHECKS_PART)
    assert "2 of 3 hold" in text
    assert "3 of 3 hold" in text
    assert text.count("prediction is POSITIVE") == 1
    assert [attrs for tag, attrs in section.elements if tag == "details"] == [{"open": None}]
    assert section.attributes("href") == ["#fake-2"]
    _, card = part(html, 'id="fake-2"', "article")
    assert "Check failed: prediction is POSITIVE; found NEGATIVE" in card
    assert "passed largest completeness gap" in card


def test_hostile_words_are_shown_as_they_are(tmp_path):
    share = {"attribution_share": {"words": ["<b>he</b>", "he"], "max": 0.01}}
    equals = {"prediction": {"equals": fakes.HOSTILE}}
    html = page_of(tmp_path, [job()], share, equals).read_text("utf-8")
    assert "<b>he" not in html
    assert "<script>alert" not in html
    _, text = part(html, CHECKS_PART)
    assert f"is {fakes.HOSTILE}" in text


def test_a_site_links_its_pages(tmp_path):
    fakes.checked_run(tmp_path / "run", [job(prediction=NEGATIVE)], [POSITIVE])
    index = reportgen.render(tmp_path / "run", out=tmp_path / "site", format="site").path
    section, _ = part(index.read_text("utf-8"), CHECKS_PART)
    assert section.attributes("href") == ["inputs/fake-1.html"]


DESCRIPTIONS = [
    ({"prediction": {"equals": "expect"}}, "is what the input expects"),
    (
        {"prediction": {"one_of": ["A", "B"], "unchanged": True}},
        "is one of A, B; is as in the base run",
    ),
    (
        {"probability": {"min": 0.5, "max": 0.9}},
        "what the model says: at least 0.5 and at most 0.9",
    ),
    ({"probability": {"of": "A", "max": 0.1}}, "A: at most 0.1"),
    ({"convergence": {"max": 0.05}}, "at most 5 % of the output’s change is missing"),
    (
        {"attribution_share": {"words": ["he", "she"], "max": 0.1, "method": "alti"}},
        "he, she: at most 10 % of the attribution (ALTI)",
    ),
    (
        {"top_words": {"contain": ["a"], "exclude": ["b", "c"]}},
        "the top 5 include a and leave out b, c",
    ),
    (
        {"rank_correlation": {"between": ["alti", "attention"], "min": -0.2}},
        "ALTI and attention: at least −0.2",
    ),
    (
        {"rationale": {"min_auprc": 0.6, "min_f1": 0, "method": "attention"}},
        "finds what people marked: AUPRC at least 0.6, F1 at least 0 (attention)",
    ),
    (
        {"faithfulness": {"above_random": 0.1, "min": 0.5}},
        "at least 10 % more than random orders show; "
        "at least 50 % of what removing words could show",
    ),
    (
        {"faithfulness": {"min": 0.5, "method": "attention"}},
        "at least 50 % of what removing words could show (attention)",
    ),
    ({"flips_without": {"words": ["not", "never"]}}, "without not, never the prediction turns"),
    ({"stable_without": {"words": ["he"]}}, "without he the prediction stays"),
    (
        {"invariance": {"max_probability_change": 0.1, "max_share_moved": 0.2, "group": "g"}},
        "the same prediction within a group; its probability changes by at most 0.1; "
        "at most 20 % of the attribution moves; only the group g",
    ),
    (
        {"model_agreement": {"models": ["v1", "v2"], "min": 0.9, "severity": "warn"}},
        "v1 and v2 say the same about at least 90 % of the inputs; warns only",
    ),
    (
        {"slice_gap": {"by": "gender", "max": 0.05, "least": 15}},
        "accuracy by gender differs by at most 5 percentage points; values with at least 15 inputs",
    ),
    (
        {"convergence": {"max": 1, "models": ["v1"]}},
        "at most 100 % of the output’s change is missing; only v1",
    ),
]


@pytest.mark.parametrize(("entry", "expected"), DESCRIPTIONS)
def test_settings_are_said_in_words(entry, expected):
    (check,) = read_checks([entry])
    assert describe_settings(check).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_every_check_can_be_said():
    assert {name for entry, _ in DESCRIPTIONS for name in entry} == set(CHECKS)


def test_every_relation_and_unit_has_its_words():
    assert VERBS.keys() == set(Relation) - {Relation.NONE}
    assert UNITS.keys() == set(Unit)
