"""Checks in a spec: what loads, and what a user reads about those that do not."""

from __future__ import annotations

import pytest
import yaml

from reportgen import resources
from reportgen.errors import SpecError
from reportgen.spec.checks import (
    CHECKS,
    INPUT_CHECKS,
    InvarianceCheck,
    PredictionCheck,
    read_checks,
)
from reportgen.spec.loader import load_spec

SPEC = """\
models:
  - {id: v1, path: org/name}
  - {id: v2, path: org/other}
inputs:
  - {text: Great., group: doctor}
  - {file: rows.csv, text: review, group: pair}
methods:
  - integrated_gradients
  - alti
checks:
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("review,pair\nGood.,nurse\nBad.,nurse\nSo so.,\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str):
    with open("audit.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    return load_spec("audit.yaml")


def problem(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        load(text)
    (found,) = caught.value.problems
    return str(found)


NEEDS = "prediction needs equals, one_of or unchanged\n  say what is to hold"

BAD = {
    "predicton: {equals: A}": "11:5 checks[0]: unknown check 'predicton'\n"
    "  did you mean 'prediction'?",
    "zebra: {equals: A}": "11:5 checks[0]: unknown check 'zebra'\n  checks: " + ", ".join(CHECKS),
    "prediction: {equal: A}": "11:18 checks[0].prediction: unknown key 'equal'\n"
    "  did you mean 'equals'?",
    "prediction": f"11:5 checks[0]: {NEEDS}",
    "prediction: {severity: warn}": f"11:17 checks[0].prediction: {NEEDS}",
    "attribution_share: {words: [he]}": "11:24 checks[0].attribution_share: "
    "attribution_share needs min or max\n  say what is to hold",
    "attribution_share: {words: [New York], max: 0.1}": "11:33 checks[0].attribution_share."
    "words[0]: expected one word, without spaces, found 'New York'",
    "convergence:": "11:17 checks[0].convergence: the key 'max' is missing",
    "convergence: {max: 0}": "11:24 checks[0].convergence.max: "
    "expected a number greater than 0, found the number 0",
    "probability: {min: 50}": "11:24 checks[0].probability.min: "
    "expected a number of at most 1, found the number 50",
    "attribution_share: {words: he, max: 0.1}": "11:32 checks[0].attribution_share.words: "
    "expected a list, found 'he'\n  start each entry on a line of its own with '- '",
    "prediction: {equals: A, severity: warning}": "11:39 checks[0].prediction.severity: "
    "expected 'fail' or 'warn', found 'warning'\n  did you mean 'warn'?",
    "prediction: {unchanged: false}": "11:29 checks[0].prediction.unchanged: "
    "expected true, found false",
    "{prediction: {equals: A}, convergence: {max: 1}}": "11:5 checks[0]: expected the name of a "
    "check, followed by its settings, found a mapping\n"
    "  one check per '- ', its settings indented below its name",
    "attribution_share: {words: [he], max: 0.1, method: altii}": "11:56 "
    "checks[0].attribution_share.method: the spec lists no method 'altii'\n"
    "  did you mean 'alti'?",
    "rank_correlation: {between: [alti, attention], min: 0}": "11:40 "
    "checks[0].rank_correlation.between[1]: the spec lists no method 'attention'\n"
    "  methods: integrated_gradients, alti",
    "rank_correlation: {between: [alti, alti], min: 0}": "11:33 "
    "checks[0].rank_correlation.between: 'alti' is compared with itself\n"
    "  name two different ones",
    "invariance: {max_share_moved: 0.1, method: globenc}": "11:48 checks[0].invariance.method: "
    "the spec lists no method 'globenc'\n  methods: integrated_gradients, alti",
    "prediction: {equals: A, models: [V1]}": "11:38 checks[0].prediction.models[0]: "
    "no model has the id 'V1'\n  did you mean 'v1'?",
    "model_agreement: {models: [v1, v3], min: 0.5}": "11:36 checks[0].model_agreement.models[1]: "
    "no model has the id 'v3'\n  ids: v1, v2",
    "model_agreement: {models: [v1], min: 0.5}": "11:31 checks[0].model_agreement.models: "
    "expected at least 2 entries, found a list",
    "faithfulness": "11:5 checks[0]: faithfulness needs above_random or min\n  say what is to hold",
    "flips_without: {words: [he]}": "11:20 checks[0].flips_without: the check flips_without reads "
    "what the method 'faithfulness' stores, which the spec does not list\n"
    "  add faithfulness to methods:",
    "invariance: {group: doktor}": "11:25 checks[0].invariance.group: "
    "no input is in the group 'doktor'\n  did you mean 'doctor'?",
    "invariance: {group: pair}": "11:25 checks[0].invariance.group: "
    "no input is in the group 'pair'\n  groups: doctor, nurse",
}


@pytest.mark.parametrize("check", BAD)
def test_a_bad_check_is_explained(folder, check):
    assert problem(f"{SPEC}  - {check}\n") == f"audit.yaml:{BAD[check]}"


@pytest.mark.parametrize("name", sorted(set(CHECKS) - set(INPUT_CHECKS)))
def test_a_check_of_several_results_cannot_stand_beside_an_input(folder, name):
    beside = f"group: doctor, checks: [{{{name}: {{min: 1}}}}]}}"
    assert problem(SPEC.replace("group: doctor}", beside).replace("checks:\n", "")) == (
        f"audit.yaml:5:45 inputs[0].checks[0]: the check {name!r} is about several results, "
        "not about one input\n  move it to the spec's own checks:"
    )


def test_a_check_beside_an_input_names_only_what_there_is(folder):
    beside = "group: doctor, checks: [{top_words: {contain: [a], method: globenc}}]}"
    found = problem(SPEC.replace("group: doctor}", beside).replace("checks:\n", ""))
    assert "inputs[0].checks[0].top_words.method: the spec lists no method 'globenc'" in found


def test_the_groups_of_a_file_are_known(folder):
    spec = load(SPEC + "  - invariance: {group: nurse}\n")
    assert spec.checks == [InvarianceCheck(group="nurse")]


def test_without_groups_a_check_says_how_to_make_one(folder):
    text = SPEC.replace(", group: doctor", "").replace(", group: pair", "")
    assert problem(text + "  - invariance: {group: nurse}\n").endswith(
        "no input is in the group 'nurse'\n  give inputs a key group:"
    )


def test_a_group_column_that_is_not_there_is_reported(folder):
    text = SPEC.replace("group: pair", "group: pairs") + "  - invariance\n"
    assert problem(text) == (
        "audit.yaml:6:43 inputs[1].group: rows.csv has no column 'pairs'\n  did you mean 'pair'?"
    )


def test_checks_are_kept_as_they_were_written(folder):
    text = SPEC + "  - prediction: {equals: yes, severity: warn}\n  - invariance\n"
    spec = load(text.replace("doctor}", "doctor, checks: [{convergence: {max: 0.1}}]}"))
    assert spec.checks == [PredictionCheck(equals="yes", severity="warn"), InvarianceCheck()]
    dump = spec.model_dump(mode="json")
    assert dump["checks"][0] == {"prediction": {"severity": "warn", "equals": "yes"}}
    assert dump["inputs"][0]["checks"] == [{"convergence": {"severity": "fail", "max": 0.1}}]
    assert load_spec(dump) == spec
    assert read_checks(dump["checks"]) == spec.checks
    assert spec.check_places == {
        "checks[0]": "audit.yaml:11:5 checks[0]",
        "checks[1]": "audit.yaml:12:5 checks[1]",
        "inputs[0].checks[0]": "audit.yaml:5:44 inputs[0].checks[0]",
    }


def test_no_checks_are_none():
    assert read_checks(None) == []


def test_the_checks_that_the_starter_leaves_out_can_be_taken_in():
    text = (resources.folder("examples") / "starter.yaml").read_text("utf-8")
    before, _, after = text.partition("# checks:\n")
    lines = after.splitlines()
    assert all(line.startswith("#   - ") for line in lines)
    spec = load_spec(yaml.safe_load(before + "checks:\n" + "\n".join(line[2:] for line in lines)))
    assert len(spec.checks) == len(lines) == 5


MEASURED = SPEC.replace("  - alti\n", "  - alti\n  - faithfulness\n")


def test_a_check_of_removals_needs_the_measure_of_its_own_input(folder):
    check = "stable_without: {words: [he]}"
    here = f"group: doctor, methods: [alti], checks: [{{{check}}}]}}"
    text = MEASURED.replace("group: doctor}", here).replace("checks:\n", "")
    assert problem(text) == (
        "audit.yaml:5:78 inputs[0].checks[0].stable_without: the check stable_without reads what "
        "the method 'faithfulness' stores, which this input leaves out\n"
        "  add faithfulness to the methods: of this input"
    )
    assert load(text.replace("[alti]", "[alti, faithfulness]")).inputs[0].checks


def test_a_check_of_how_faithful_a_method_is_names_one_of_the_spec(folder):
    found = problem(MEASURED + "  - faithfulness: {method: globenc, min: 0.5}\n")
    assert found == (
        "audit.yaml:12:28 checks[0].faithfulness.method: the spec lists no method 'globenc'\n"
        "  methods: integrated_gradients, alti, faithfulness"
    )
