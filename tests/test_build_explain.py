"""``build --explain``: why each job runs, for every reason there is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from safetensors.numpy import load_file, save_file

import reportgen
from reportgen import jobs
from reportgen.resources import folder
from reportgen.results import reasons

TEXTS = [f"A {word} film." for word in ("warm", "dull", "funny", "sad", "bright")]
PLACES = "reviews.csv:2, reviews.csv:3, reviews.csv:4, ..."


class Audit:
    """A spec with a data file beside it, which tests change and build again."""

    def __init__(self, root: Path, command) -> None:
        self.root, self.command = root, command
        self.out = root / "audit"
        shutil.copytree(folder("examples") / "models" / "sentiment", root / "model")
        self.spec = {
            "models": [{"id": "film", "path": "model"}],
            "inputs": [{"file": "reviews.csv", "text": "text", "label": "sentiment"}],
            "methods": ["attention", "saliency"],
        }
        self.rows(*((text, "POSITIVE") for text in TEXTS))

    def rows(self, *rows: tuple[str, str]) -> None:
        lines = ["text,sentiment", *(f"{text},{label}" for text, label in rows)]
        (self.root / "reviews.csv").write_text("\n".join(lines) + "\n")

    def write(self) -> Path:
        path = self.root / "audit.yaml"
        path.write_text(yaml.safe_dump(self.spec, sort_keys=False))
        return path

    def build(self) -> tuple[int, str]:
        code, _, errors = self.command("build", self.write(), "--out", self.out)
        return code, errors

    def explain(self) -> list[str]:
        before = self.files()
        code, printed, errors = self.command("build", self.write(), "--out", self.out, "--explain")
        assert (code, errors) == (0, "")
        assert self.files() == before
        return printed.splitlines()

    def files(self) -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in self.out.rglob("*")}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A run that tests copy and change."""
    root = tmp_path_factory.mktemp("built")

    def command(*words):
        done = subprocess.run([sys.executable, "-m", "reportgen", *map(str, words)], check=True)
        return done.returncode, "", ""

    Audit(root, command).build()
    return root


@pytest.fixture
def audit(built, tmp_path, command) -> Audit:
    found = Audit(tmp_path, command)
    shutil.copytree(built / "audit", found.out)
    return found


def change_manifest(audit: Audit, **changes: object) -> None:
    """Change what a manifest says, which a checksum of an old format does not cover."""
    from reportgen.results.store import Store

    store = Store(audit.out / "results")
    store.write_manifest(store.read_manifest().model_copy(update=changes))


def test_without_an_earlier_run(tmp_path, command):
    audit = Audit(tmp_path, command)
    assert audit.explain() == [
        "0 of 5 results stored, 5 to make.",
        f"5 jobs of film: there is no earlier run ({PLACES})",
    ]
    assert not audit.out.exists()


def test_nothing_to_do(audit):
    assert audit.explain() == ["5 of 5 results stored, 0 to make."]
    audit.spec["title"] = "Another title"
    audit.spec["report"] = {"format": "site"}
    assert audit.explain() == ["5 of 5 results stored, 0 to make."]


def test_inputs_that_are_new_and_changed(audit):
    rows = [(text, "POSITIVE") for text in TEXTS]
    rows[1:3] = [("A dull film!", "POSITIVE"), ("A funny film.", "NEGATIVE")]
    audit.rows(*rows, ("A new film.", "POSITIVE"), ("One more.", "NEGATIVE"))
    assert audit.explain() == [
        "3 of 7 results stored, 4 to make.",
        "1 job of film: its text changed (reviews.csv:3)",
        "1 job of film: its expected answer changed (reviews.csv:4)",
        "2 jobs of film: new inputs (reviews.csv:7, reviews.csv:8)",
    ]


def test_an_input_between_others_is_new_and_changes_none(audit):
    rows = [(text, "POSITIVE") for text in TEXTS]
    audit.rows(("A new film.", "POSITIVE"), *rows)
    assert audit.explain() == [
        "5 of 6 results stored, 1 to make.",
        "1 job of film: new input (reviews.csv:2)",
    ]


def test_methods_that_are_added_changed_and_removed(audit):
    audit.spec["methods"] = ["attention", "saliency", "vector_norms"]
    assert audit.explain() == [
        "0 of 5 results stored, 5 to make.",
        f"5 jobs of film: method vector_norms was added; computed: vector_norms ({PLACES})",
    ]
    audit.spec["methods"] = ["attention"]
    assert audit.explain()[1:] == [
        f"5 jobs of film: method saliency was removed; nothing is computed ({PLACES})"
    ]
    audit.spec["methods"] = ["attention", "saliency", {"integrated_gradients": {"steps": 50}}]
    assert audit.build() == (0, "")
    audit.spec["methods"][2] = {"integrated_gradients": {"steps": 100}}
    assert audit.explain()[1:] == [
        "5 jobs of film: integrated_gradients: steps changed from 50 to 100; "
        f"computed: integrated_gradients ({PLACES})"
    ]


def test_only_some_inputs_have_another_method(audit):
    results = reportgen.load(audit.out)
    audit.rows(*((text, "POSITIVE") for text in TEXTS), ("A new film.", "POSITIVE"))
    audit.spec["methods"].append("alti")
    assert len(results.manifest.jobs) == 5
    assert audit.explain() == [
        "0 of 6 results stored, 6 to make.",
        f"5 jobs of film: method alti was added; computed: alti ({PLACES})",
        "1 job of film: new input (reviews.csv:7)",
    ]


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("dtype", "bfloat16", "dtype changed from float32 to bfloat16"),
        ("max_length", 16, "max_length changed from none to 16"),
        ("id", "other", "the model is new"),
    ],
)
def test_how_the_model_is_read_changed(setting, value, reason, audit):
    audit.spec["models"][0] |= {setting: value}
    lines = audit.explain()
    if setting == "id":  # what a model is called changes no result
        assert lines == ["5 of 5 results stored, 0 to make."]
        audit.spec["seed"] = 1
        reason = f"the seed changed from 0 to 1; {reason}"
        lines = audit.explain()
    name = audit.spec["models"][0]["id"]
    assert lines[1:] == [f"5 jobs of {name}: {reason} ({PLACES})"]


def test_the_models_files_changed(audit):
    config = audit.root / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"note": 1}))
    reason = "the model's tokenizer or configuration changed"
    assert audit.explain()[1:] == [f"5 jobs of film: {reason} ({PLACES})"]
    weights = next((audit.root / "model").glob("*.safetensors"))
    arrays = load_file(weights)
    next(iter(arrays.values())).flat[0] += 1
    save_file(arrays, weights, metadata={"format": "pt"})
    reason = f"the model's weights changed; {reason}"
    assert audit.explain()[1:] == [f"5 jobs of film: {reason} ({PLACES})"]


def test_the_seed_changed(audit):
    audit.spec["seed"] = 7
    assert audit.explain()[1:] == [f"5 jobs of film: the seed changed from 0 to 7 ({PLACES})"]


def test_a_library_and_reportgen_are_of_other_versions(audit, monkeypatch):
    change_manifest(audit, libraries={**dict.fromkeys(jobs.LIBRARIES, "1.0")}, reportgen="0.0.9")
    with monkeypatch.context() as patch:
        versions = dict.fromkeys(jobs.LIBRARIES, "1.0") | {"transformers": "5.2"}
        patch.setattr(jobs, "library_version", versions.get)
        patch.setattr(reasons, "library_version", versions.get)
        reason = f"reportgen 0.0.9 -> {reportgen.__version__}; transformers 1.0 -> 5.2"
        assert audit.explain()[1:] == [f"5 jobs of film: {reason} ({PLACES})"]


def test_a_result_that_is_missing_and_one_that_is_damaged(audit):
    first, second, *_ = sorted((audit.out / "results").glob("*.safetensors"))
    places = {e.id: f"reviews.csv:{e.input + 2}" for e in reportgen.load(audit.out).manifest.jobs}
    first.unlink()
    data = bytearray(second.read_bytes())
    data[-1] ^= 1
    second.write_bytes(data)
    lines = audit.explain()
    assert lines[0] == "3 of 5 results stored, 2 to make."
    damaged = "its result is damaged: it was changed after it was written: its checksum does not"
    assert sorted(lines[1:]) == [
        f"1 job of film: {damaged} match ({places[second.stem]})",
        f"1 job of film: its result is missing ({places[first.stem]})",
    ]


def test_what_failed_the_last_time(audit, monkeypatch):
    from reportgen.engine.methods.vector_norms import VectorNorms

    def explain(self, context):
        raise MemoryError

    audit.spec["methods"].append("vector_norms")
    monkeypatch.setattr(VectorNorms, "explain", explain)
    assert audit.build()[0] == 1
    reason = "vector_norms failed the last time: there is not enough memory to explain this input"
    assert audit.explain() == [
        "0 of 5 results stored, 5 to make.",
        f"5 jobs of film: {reason}; computed: vector_norms ({PLACES})",
    ]
    audit.spec["methods"] = ["vector_norms"]
    assert audit.build()[0] == 1
    reason = "it failed the last time: there is not enough memory to explain this input"
    assert audit.explain()[1:] == [f"5 jobs of film: {reason} ({PLACES})"]


def test_a_build_does_as_explained(audit, monkeypatch):
    from reportgen.engine import findings

    asked = []
    original = findings.ask

    def ask(method, *more):
        asked.append(method.name)
        return original(method, *more)

    monkeypatch.setattr(findings, "ask", ask)
    rows = [(text, "POSITIVE") for text in TEXTS]
    audit.rows(*rows[:2], ("A funny film!", "POSITIVE"), *rows[3:])
    assert audit.explain()[1:] == ["1 job of film: its text changed (reviews.csv:4)"]
    assert audit.build() == (0, "")
    assert asked == ["attention", "saliency"]
    asked.clear()
    audit.spec["methods"].append("vector_norms")
    assert audit.explain()[1].endswith(f"; computed: vector_norms ({PLACES})")
    assert audit.build() == (0, "")
    assert asked == ["vector_norms"] * 5
    asked.clear()
    templates = audit.root / "templates"
    templates.mkdir()
    audit.spec["report"] = {"templates": "templates"}
    assert audit.explain() == ["5 of 5 results stored, 0 to make."]
    assert audit.build() == (0, "")
    assert asked == []
