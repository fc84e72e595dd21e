"""JUnit XML and JSON of the checks: what CI systems and other programs read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xmlschema

import fakes
from reportgen.rendering.junit import junit
from reportgen.results.checks.as_json import as_data
from reportgen.results.checks.evaluation import evaluate_checks
from reportgen.results.model import Prediction
from reportgen.results.tables import Results

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "junit.xsd")
NEGATIVE = Prediction(kind="single-label", label="NEGATIVE", labels=("NEGATIVE",), probability=0.8)

JOBS = [
    fakes.scored("He is good", (0.1, 0.3, 0.6), "0" * 32),
    fakes.scored("It is bad", (0.1, 0.3, 0.6), "1" * 32, position=1, prediction=NEGATIVE),
    fakes.failed(position=2),
]
CHECKS = [
    {"prediction": {"equals": "POSITIVE"}},
    {"prediction": {"equals": "POSITIVE", "severity": "warn"}},
    {"attribution_share": {"words": ["he"], "max": 0.2}},
    {"prediction": {"unchanged": True}},
]
PLACES = {f"checks[{i}]": f"audit.yaml:{9 + i}:5 checks[{i}]" for i in range(3)}


def document(folder, jobs=JOBS, checks=CHECKS, **run):
    results = Results(fakes.checked_run(folder, jobs, checks, places=PLACES, **run))
    data = junit(results.manifest, evaluate_checks(results))
    SCHEMA.validate(data.decode())
    return ET.fromstring(data)


def test_the_schema_refuses_what_is_no_junit():
    suite = '<testsuite name="a" tests="1" failures="0" errors="0">{}</testsuite>'
    suites = f"<testsuites>{suite}</testsuites>"
    assert SCHEMA.is_valid(suites.format('<testcase name="a" classname="b"/>'))
    for wrong in (
        "<testcase/>",
        '<testcase name="" classname="b"/>',
        '<testcase name="a" classname="b" time="soon"/>',
        '<testcase name="a" classname="b"><failure/><error/></testcase>',
        '<testcase name="a" classname="b"><warning/></testcase>',
    ):
        assert not SCHEMA.is_valid(suites.format(wrong))


def test_each_check_is_a_suite_and_each_outcome_a_case(tmp_path):
    root = document(tmp_path)
    assert root.attrib == {
        "name": "A made-up audit",
        "tests": "10",
        "failures": "1",
        "errors": "3",
        "time": "0",
    }
    first = root[0]
    assert first.attrib == {
        "name": "Prediction: is POSITIVE",
        "id": "0",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
        "time": "0",
        "timestamp": "2026-01-02T03:04:05",
        "file": "audit.yaml",
    }
    assert [[case[0].tag if len(case) else "passed" for case in suite] for suite in root] == [
        ["passed", "failure", "error"],
        ["passed", "system-out", "error"],
        ["passed", "skipped", "error"],
        ["skipped"],
    ]


def test_a_case_says_what_where_and_why(tmp_path):
    passed, failed, error = document(tmp_path)[0]
    assert passed.attrib == {
        "classname": "checks[0].prediction",
        "name": "fake #1 “He is good”: prediction is POSITIVE",
        "time": "0",
        "file": "audit.yaml",
        "line": "9",
    }
    assert failed[0].attrib == {
        "type": "prediction",
        "message": "prediction is POSITIVE; found NEGATIVE",
    }
    assert failed[0].text == (
        "prediction is POSITIVE; found NEGATIVE\ntext: It is bad\n"
        "written at audit.yaml:9:5 checks[0]"
    )
    assert error[0].attrib["message"] == "the input could not be explained: the text is empty"


def test_a_warning_passes_with_its_message(tmp_path):
    case = document(tmp_path)[1][1]
    assert [child.tag for child in case] == ["system-out"]
    assert case[0].text.startswith("warning: prediction is POSITIVE; found NEGATIVE\n")


def test_a_file_may_have_any_name(tmp_path):
    place = {"checks[0]": "my: audit 2.yaml:9:5 checks[0]"}
    results = Results(fakes.checked_run(tmp_path, JOBS[:1], CHECKS[:1], places=place))
    (suite,) = ET.fromstring(junit(results.manifest, evaluate_checks(results)))
    assert (suite[0].get("file"), suite[0].get("line")) == ("my: audit 2.yaml", "9")


def test_without_a_file_no_file_is_named(tmp_path):
    suite = document(tmp_path)[3]
    assert {"file", "line"}.isdisjoint(suite.attrib)
    assert {"file", "line"}.isdisjoint(suite[0].attrib)
    assert suite[0].attrib["classname"] == "checks[3].prediction"


def test_the_name_of_a_case_does_not_hold_what_was_found(tmp_path):
    other = [fakes.scored("He is good", (0.5, 0.3, 0.2), "0" * 32)]
    names = [
        [case.get("name") for case in document(tmp_path / name, jobs)[2]]
        for name, jobs in (("a", JOBS[:1]), ("b", other))
    ]
    assert names[0] == names[1]


def test_no_two_cases_of_a_suite_share_a_name(tmp_path):
    check = {"probability": {"of": "expect", "min": 0.1}}
    both = {"prediction": {"equals": "expect", "one_of": ["POSITIVE"], "unchanged": True}}
    root = document(tmp_path, JOBS[:2], [both, check, {"top_words": {"contain": ["zebra"]}}])
    for suite in root:
        names = [case.get("name") for case in suite]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "text", [fakes.HOSTILE, "a\x00b\x0b\x1b\uffff\ud800", "]]>", "\n\t", "x" * 500]
)
def test_any_text_gives_a_valid_document(tmp_path, text):
    says = Prediction(kind="single-label", label=text or "x", labels=("x",), probability=0.8)
    job = fakes.classified("Fine.", "0" * 32, prediction=says, fields={"text": text})
    results = Results(fakes.checked_run(tmp_path, [fakes.classified("Fine.", "0" * 32)], CHECKS))
    entry = results.manifest.jobs[0]
    results.entries = ((entry, job[0]),)
    data = junit(results.manifest, evaluate_checks(results))
    SCHEMA.validate(data.decode())
    name = ET.fromstring(data)[0][0].get("name")
    assert len(name) < 120
    if "<script>" in text:
        assert "<script>alert(1)</script>" in name


def test_the_same_results_give_the_same_bytes(tmp_path):
    results = Results(fakes.checked_run(tmp_path, JOBS, CHECKS))
    first, second = (junit(results.manifest, evaluate_checks(Results(tmp_path))) for _ in range(2))
    assert first == second


def test_outcomes_are_data(tmp_path):
    results = Results(fakes.checked_run(tmp_path, JOBS, CHECKS, places=PLACES))
    outcomes = evaluate_checks(results)
    data = json.loads(json.dumps(as_data(results.manifest, outcomes)))
    assert {key: value for key, value in data.items() if key != "outcomes"} == {
        "format": 1,
        "title": "A made-up audit",
        "created": "2026-01-02T03:04:05+00:00",
        "results": 3,
        "planned": None,
        "passed": False,
        "counts": {"error": 3, "failed": 1, "warning": 1, "skipped": 2, "passed": 3},
    }
    assert len(data["outcomes"]) == len(outcomes)
    share = data["outcomes"][6]
    assert share.pop("found") == pytest.approx(0.1)
    assert share == {
        "check": "attribution_share",
        "place": "checks[2]",
        "where": "audit.yaml:11:5 checks[2]",
        "severity": "fail",
        "status": "passed",
        "models": ["fake"],
        "inputs": [0],
        "group": None,
        "what": "share of he (POSITIVE)",
        "relation": "is at most",
        "expected": 0.2,
        "unit": "of the attribution",
        "note": "",
    }
    assert as_data(results.manifest, outcomes[:1])["passed"] is True
