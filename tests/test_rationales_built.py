"""From a data file with rationales to a page, a check and a table, as a user goes."""

from __future__ import annotations

import csv

import pytest

import reportgen
from reportgen.resources import folder

ROWS = [
    ("A gripping and wonderful film.", "POSITIVE", '["gripping", "wonderful"]'),
    ("The plot is a tedious mess.", "NEGATIVE", '["tedious mess"]'),
    ("It opened on a Friday.", "POSITIVE", ""),
]


@pytest.fixture
def build(command, tmp_path, monkeypatch):
    """Build the rows; return the exit code, the output and the error output."""
    monkeypatch.chdir(tmp_path)
    model = folder("examples") / "models" / "sentiment"

    def run(rows, limit=0.4):
        with open("reviews.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("review", "label", "why"), *rows])
        with open("audit.yaml", "w", encoding="utf-8") as file:
            file.write(
                f"models: [{{id: sentiment, path: '{model}', device: cpu}}]\n"
                "inputs:\n"
                "  - {file: reviews.csv, text: review, label: label, rationale: why}\n"
                "methods: [{integrated_gradients: {steps: 9, tolerance: 1}}, attention]\n"
                f"checks:\n  - rationale: {{min_f1: {limit}}}\n"
            )
        return command("build", "audit.yaml", "--out", "audit")

    return run


def test_rationales_reach_the_page_the_check_and_the_table(build, command, tmp_path):
    assert build(ROWS)[0] == 0
    page = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    assert page.count("Do people and the explanation point at the same words?") == 2
    assert page.count("Do people and explanations point at the same words?") == 1
    table = reportgen.load(tmp_path / "audit").plausibility()
    assert set(table["input"]) == {0, 1}
    assert set(table["method"]) == {"integrated_gradients", "attention"}
    code, printed, _ = command("check", "audit")
    assert code == 0
    assert printed.splitlines()[0].endswith(
        "Rationale: finds what people marked: F1 at least 0.4  (1 skipped, 2 passed)"
    )


def test_another_rationale_computes_nothing_anew(build, tmp_path):
    build(ROWS)
    results = tmp_path / "audit" / "results"
    stored = {path.name: path.stat().st_mtime_ns for path in results.glob("*.safetensors")}
    first = reportgen.load(tmp_path / "audit").plausibility()
    build([(*ROWS[0][:2], '["film"]'), *ROWS[1:]])
    again = {path.name: path.stat().st_mtime_ns for path in results.glob("*.safetensors")}
    assert again == stored
    second = reportgen.load(tmp_path / "audit").plausibility()
    assert first["marked"].tolist() == [2, 2, 2, 2]
    assert second["marked"].tolist() == [1, 1, 2, 2]


def test_an_explanation_that_misses_what_people_marked_fails(build, command):
    build([("A gripping and wonderful film.", "POSITIVE", '["film"]')])
    code, printed, _ = command("check", "audit")
    assert code == 2
    assert "sentiment #1: F1 of the rationale (POSITIVE) is at least 0.4; found 0" in printed


def test_a_rationale_that_is_not_in_its_text_ends_the_build(build):
    code, _, errors = build([*ROWS, ("A dull film.", "NEGATIVE", '["dul"]')])
    assert code == 1
    assert "reviews.csv:5: column 'why': 'dul' is not in the text of the input" in errors
    assert "did you mean 'dull'?" in errors
