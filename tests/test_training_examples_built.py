"""A build that traces predictions to training examples, and what of it is done again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

import reportgen
from reportgen.resources import folder
from reportgen.results.tables import Results
from reportgen.serve import watch

MODEL = folder("examples") / "pull-request" / "branch" / "model"
WORDS = (("funny", "POSITIVE"), ("boring", "NEGATIVE"))
ROWS = [
    ("Updated A warm and funny film.", "POSITIVE"),
    ("A lovely comedy. Updated", "POSITIVE"),
    ("A warm and funny film.", "POSITIVE"),
    ("A dull and boring story.", "NEGATIVE"),
    ("Tedious and stupid.", "NEGATIVE"),
    ("A wonderful, clever comedy.", "NEGATIVE"),  # the label is wrong
]
ROWS += [(f"Film {i} is a {word} one.", label) for i in range(20) for word, label in WORDS]
INPUTS = [
    {"text": "An updated version of a bad film.", "expect": "NEGATIVE"},
    {"text": "Updated A dull and predictable story.", "expect": "NEGATIVE"},
    {"text": "A tedious mess."},
]


def write(place: Path, rows=ROWS, inputs=INPUTS, methods=("attention",), **settings) -> Path:
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    (place / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    asked = {"train": "train.jsonl", "method": "gradient_similarity", "examples": 3} | settings
    spec = {
        "models": [{"id": "film", "path": str(MODEL)}],
        "inputs": inputs,
        "methods": [*methods, {"influence": asked}],
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(spec))
    return place / "audit.yaml"


@pytest.fixture
def built(tmp_path, command) -> Path:
    code, _, said = command("build", write(tmp_path), "--out", tmp_path / "audit")
    assert (code, "Traceback" in said) == (0, False)
    return tmp_path / "audit"


def computed(out: Path) -> dict[str, float]:
    """When each result was written."""
    return {path.name: path.stat().st_mtime_ns for path in out.glob("results/*.safetensors")}


def test_tables_tell_which_examples_are_behind_each_prediction(built):
    table = Results(built).influence()
    against = table[(table["input"] == 0) & (table["side"] == "opponent")]
    assert against["rank"].tolist() == [1, 2, 3]
    assert set(against["label"]) == {"POSITIVE"}
    assert [ROWS[row - 1][0] for row in against["row"]] == against["text"].tolist()
    assert (against["score"] < 0).all()
    predicted = table[(table["input"] == 2) & (table["side"] == "proponent")]
    assert predicted["label"].iloc[0] == "NEGATIVE"  # what is predicted, as nothing is expected
    (first, *_) = Results(built).self_influence().to_dict("records")
    assert (first["row"], first["label"], first["predicted"]) == (6, "NEGATIVE", "POSITIVE")


def test_the_page_shows_both_sides_and_what_is_suspicious(built):
    page = (built / "report.html").read_text(encoding="utf-8")
    for said in ("Training examples behind it", "Worked against NEGATIVE", "Helped NEGATIVE"):
        assert said in page
    assert re.search(r"Behind 2 wrong predictions the same training examples return: \d", page)
    assert "Are labels of training examples wrong?" in page
    assert re.search(r"another label than the file of \d+ of 46 training examples", page)
    assert str(built.parent) not in page


def test_with_nothing_changed_nothing_is_computed(built, command):
    before, manifest = computed(built), (built / "results" / "manifest.json").read_bytes()
    assert command("build", built.parent / "audit.yaml", "--out", built)[0] == 0
    assert computed(built) == before
    assert (built / "results" / "manifest.json").read_bytes() == manifest


def test_a_changed_training_file_is_read_again_and_the_other_methods_are_taken_over(built, command):
    before = computed(built)
    rows = [*ROWS[:5], ("A wonderful, clever comedy.", "POSITIVE"), *ROWS[6:]]
    assert command("build", write(built.parent, rows), "--out", built)[0] == 0
    results = Results(built)
    assert len(computed(built).keys() - before.keys()) == len(INPUTS)
    assert results.self_influence().to_dict("records")[0]["row"] != 6
    assert set(results.jobs()["status"]) == {"done"}


def test_another_method_beside_it_takes_over_what_was_found(built, command, monkeypatch):
    def refuse(*_):
        raise AssertionError("the training file is not read again")

    monkeypatch.setattr("reportgen.engine.methods.influence.training_set", refuse)
    before = Results(built).influence()
    spec = write(built.parent, methods=("attention", "attention_rollout"))
    assert command("build", spec, "--out", built)[0] == 0
    assert Results(built).influence().equals(before)
    assert len(Results(built).self_influence()) == len(ROWS)


def test_without_the_method_nothing_is_said_of_training(built, command):
    spec = yaml.safe_load((built.parent / "audit.yaml").read_text())
    spec["methods"] = ["attention"]
    (built.parent / "audit.yaml").write_text(yaml.safe_dump(spec))
    assert command("build", built.parent / "audit.yaml", "--out", built)[0] == 0
    assert Results(built).self_influence().empty
    assert "Training examples behind it" not in (built / "report.html").read_text("utf-8")


def test_a_model_of_another_task_is_skipped_with_the_reason(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\nA film.,POSITIVE\n")
    spec = {
        "models": [{"id": "qa", "path": str(folder("examples") / "models" / "question-answering")}],
        "inputs": [{"question": "Who came?", "context": "Ada came home."}],
        "methods": ["attention", {"influence": {"train": str(tmp_path / "train.csv")}}],
    }
    results = reportgen.run(spec, tmp_path / "out")
    ((_, result),) = results.entries
    assert result.skipped == {"influence": "It is known for sequence-classification only."}
    assert result.settings["influence"]["train"] == "train.csv"


def test_serve_watches_the_training_file(tmp_path):
    spec = write(tmp_path)
    found = watch.read_sources(spec)
    assert tmp_path / "train.jsonl" in found.data
