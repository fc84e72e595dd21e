"""What is handed on tells nothing about the machine that it was made on."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from huggingface_hub import constants

import reportgen
from reportgen.api import Results
from reportgen.results.store import Store
from tiny_models import save_tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"), "bert", "sequence-classification")


@pytest.fixture
def home(tmp_path, tiny, monkeypatch) -> Path:
    """Ann's home: models, data and looks in several places, a spec, and a cache of the Hub."""
    home = tmp_path / "home-of-ann"
    project = home / "her project"
    for folder in (
        home / "models" / "sentiment",
        home / "models" / "damaged",
        project / "models" / "below",
        home / "cache" / "hub" / "models--org--name" / "snapshots" / COMMIT,
    ):
        shutil.copytree(tiny, folder)
    refs = home / "cache" / "hub" / "models--org--name" / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    (home / "models" / "damaged" / "model.safetensors").write_bytes(b"no weights")
    (home / "data").mkdir()
    (home / "data" / "reviews.csv").write_text("review\nthe movie was great\n   \n")
    (home / "looks").mkdir()
    (home / "looks" / "page.html").write_text(
        '{% extends "reportgen/page.html" %}{% block footer %}ours{% endblock %}'
    )
    (home / "pictures").mkdir()
    (home / "pictures" / "logo.svg").write_text(LOGO)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "cache" / "hub"))
    monkeypatch.chdir(home)
    return home


def write_spec(home: Path, **report: str) -> Path:
    project = home / "her project"
    spec = {
        "models": [
            {"id": "local", "path": str(home / "models" / "sentiment"), "device": "cpu"},
            {"id": "tilde", "path": "~/models/sentiment", "device": "cpu"},
            {"id": "below", "path": str(project / "models" / "below"), "device": "cpu"},
            {"id": "relative", "path": "../models/sentiment", "device": "cpu"},
            {"id": "hub", "path": "org/name", "device": "cpu"},
            {"id": "damaged", "path": str(home / "models" / "damaged"), "device": "cpu"},
        ],
        "inputs": [
            {"text": "not bad at all, see /home/bob/films and ~/x"},
            {"file": str(home / "data" / "reviews.csv"), "text": "review"},
        ],
        "methods": ["integrated_gradients", "attention"],
        "checks": [{"convergence": {"max": 0.5}}, {"prediction": {"equals": "LABEL_7"}}],
        "report": {
            "templates": str(home / "looks"),
            "logo": str(home / "pictures" / "logo.svg"),
            **report,
        },
    }
    path = project / "audit.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False, width=1000))
    return path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def content(path: Path) -> bytes:
    """Return all that a file says; what is compressed in it, too."""
    data = path.read_bytes()
    return data + pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else data


def test_nothing_that_is_handed_on_names_a_folder_of_the_author(command, home):
    spec, out, made = write_spec(home), home / "out", home / "made"
    assert command("build", spec, "--out", out)[0] == 1  # the damaged model, and an empty review
    assert command("check", out, "--junit", made / "junit.xml", "--json", made / "c.json")[0] == 2
    digest = ("digest", out, "--out", made / "digest.md", "--chart", made / "chart.svg")
    assert command(*digest)[0] == 0
    for format in ("parquet", "csv", "json", "model-card"):
        assert command("export", out, "--format", format, "--out", made / format)[0] == 0
    site = ("render", out, "--out", made / "site", "--format", "site", "--spec", spec)
    shutil.copy(home / "pictures" / "logo.svg", home)
    assert command(*site)[0] == 0
    assert command("site", out, "--out", made / "runs", "--spec", spec)[0] == 0
    assert command("compare", out, out, "--out", made / "compared")[0] == 0

    written = files(out) + files(made)
    assert {path.suffix for path in written} >= {
        *(".html", ".json", ".safetensors", ".md", ".svg", ".xml", ".csv", ".parquet", ".js"),
    }
    for path in written:
        for private in (b"home-of-ann", b"her project", str(home.parent).encode()):
            assert private not in content(path), path


def test_files_are_named_as_the_spec_has_them_or_by_their_last_name(command, home):
    spec, out = write_spec(home), home / "out"
    command("build", spec, f"--out={out}")
    results = Results(out)
    manifest = results.manifest
    assert manifest.command == "reportgen build audit.yaml --out=out"
    names = ["sentiment", "sentiment", "./models/below", "../models/sentiment", "org/name"]
    assert [info.path for info in manifest.models] == [*names, "damaged"]
    assert [part["path"] for part in manifest.spec["models"]] == [*names, "damaged"]
    assert manifest.spec["inputs"][1]["file"] == "reviews.csv"
    looks = {key: manifest.spec["report"][key] for key in ("templates", "logo")}
    assert looks == {"templates": "looks", "logo": "logo.svg"}
    said = {result.error.where: result.error for _, result in results.entries if result.error}
    assert said["reviews.csv:3"].message == "the text is empty"
    damaged = said["audit.yaml:17:3 models[5]"].message
    assert damaged.startswith("the model in damaged cannot be loaded: SafetensorError: ")
    texts = {result.fields["text"] for _, result in results.entries}
    assert "not bad at all, see /home/bob/films and ~/x" in texts


def test_the_pages_are_made_with_templates_and_a_logo_from_anywhere(command, home):
    out = home / "out"
    command("build", write_spec(home), "--out", out)
    page = (out / "report.html").read_text()
    assert "ours</footer>" in page.replace("\n", "")
    assert "data:image/svg+xml;base64," in page
    command("render", out, "--out", home / "again", "--spec", home / "her project" / "audit.yaml")
    assert (home / "again" / "report.html").read_text() == page


def test_where_files_lie_changes_no_result(command, home, monkeypatch):
    out = home / "out"
    command("build", write_spec(home), "--out", out)
    before = reportgen.load(out).manifest
    shutil.move(home / "her project", home / "project")
    spec = home / "project" / "audit.yaml"
    spec.write_text(spec.read_text().replace("her project", "project"))
    again = []
    monkeypatch.setattr(Store, "write", lambda store, result, _: again.append(result.status))
    assert command("build", spec, "--out", out)[0] == 1
    after = reportgen.load(out).manifest
    assert [entry.id for entry in after.jobs] == [entry.id for entry in before.jobs]
    assert set(again) == {"error"}  # which are always tried again
    assert after.models == before.models


def test_python_takes_the_same_care(home):
    results = reportgen.run(write_spec(home), home / "out")
    assert results.manifest.command == ""
    assert b"home-of-ann" not in b"".join(content(path) for path in files(home / "out"))


def test_the_platform_is_told_without_the_name_of_the_machine(home, monkeypatch):
    named = platform.uname()._replace(node="anns-laptop")
    monkeypatch.setattr(platform, "uname", lambda: named)
    assert platform.node() == "anns-laptop"
    reportgen.run(write_spec(home), home / "out")
    manifest = (home / "out" / "results" / "manifest.json").read_text()
    assert f'"platform": "{named.system} {named.machine}' in manifest
    assert "anns-laptop" not in manifest
