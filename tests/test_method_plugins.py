"""Methods of other packages: described and computed outside, shown like those of this one."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import reportgen
from document import Document
from reportgen import methods
from reportgen.errors import ReportgenError

ROOT = Path(__file__).parents[1]

DESCRIPTION = '''
from pydantic import Field

from reportgen.methods import Array, Method, Reading, Settings, Source


class TokenLength(Settings):
    """Settings of the length of tokens."""

    name = "token_length"

    power: int = Field(default=1, ge=1, description="What lengths are raised to")


METHOD = Method(
    settings=TokenLength,
    title="Token length",
    short_title="token length",
    summary="How long each token is",
    how="The characters of each token are counted. <Nothing> else is read.",
    formula="`score = length ** power`, for each token",
    says="which tokens are long",
    cannot_say="what any of them does to an output",
    source=Source("Nobody", 2026, "https://example.org/length"),
    arrays=(
        Array(
            "token_length",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="characters",
            label="Length of the token",
            about="how many characters it has",
            unit="characters",
            adds_up=False,
        ),
        Array("token_length_layers", "Ln", note="the same at every layer"),
    ),
    colour="#1a7f37",
    self_tests={"token_length_sum": "Lengths add up, at most off by"},
    implementation="token_length_engine:TokenLength",
)
'''

IMPLEMENTATION = '''
import numpy as np

from reportgen.engine.methods import MethodImplementation, MethodOutput


class TokenLength(MethodImplementation):
    """Count characters."""

    name = "token_length"

    def explain(self, context):
        tokens = context.encoding.tokens
        scores = np.array([0 if t.special else len(t.text) for t in tokens], np.float32)
        targets = context.targets("predicted")
        return MethodOutput(
            arrays={f"{self.name}/{t.name}": scores**self.settings.power for t in targets}
            | {f"{self.name}_layers": np.stack([scores] * 2)},
            targets=targets,
            self_tests={"token_length_sum": 0.0},
        )
'''

SPEC = """
models: [{id: tiny, path: MODEL}]
inputs:
  - text: A tremendously funny film.
methods:
  - integrated_gradients: {steps: 4}
  - token_length: {power: 2}
checks:
  - top_words: {method: token_length, k: 1, contain: [funny]}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """A folder with an installed package that brings a method."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "token_length.py").write_text(DESCRIPTION, encoding="utf-8")
    (folder / "token_length_engine.py").write_text(IMPLEMENTATION, encoding="utf-8")
    install(folder, "token_length:METHOD")
    return folder


def install(folder: Path, value: str) -> None:
    info = folder / "token_length-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: token-length\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{methods.GROUP}]\ntoken_length = {value}\n")


def command(package: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run reportgen in a process of its own, where ``package`` is installed."""
    path = os.pathsep.join([str(package), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "reportgen", *map(str, words)],
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture(scope="module")
def run(package, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    model = ROOT / "examples" / "models" / "sentiment"
    spec = folder / "audit.yaml"
    spec.write_text(SPEC.replace("MODEL", json.dumps(str(model))), encoding="utf-8")
    done = command(package, "build", spec, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def html(run) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(html) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<body") :]).split())


def test_its_card_is_on_the_page(html, text):
    assert "Token length How long each token is." in text
    assert "The characters of each token are counted. &lt;Nothing&gt; else is read." in text
    assert "<code>score = length ** power</code>, for each token" in html
    assert "Can tell which tokens are long." in text
    assert "Nobody 2026, example.org/length" in text
    assert "power 2" in text


def test_its_row_and_colour_are_beside_the_others(html, text):
    assert re.search(r"Length of the token 0 to [\d.]+ characters", text)
    assert "Teal is token length: how many characters it has." in text
    assert "#1a7f37" in html  # its line in the chart of agreement
    assert "integrated gradients and token length" in text


def test_its_words_are_in_the_tables(html):
    tables = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", table)]
        for table in re.findall(r"<table class=\"data\">.*?</table>", html, re.DOTALL)
    ]
    column = "Length of the token (characters)"
    with_it = [cells for cells in tables if column in cells]
    assert len(with_it) == 2  # the largest words, and all words
    for cells in with_it:
        row = cells.index("tremendously")
        head = cells.index(column) - cells.index("word")
        assert float(cells[row + head]) > 0


def test_words_are_means_where_scores_do_not_add_up(text):
    said = (
        "sum of its tokens’ scores, for every quantity but token length, of which it is their mean"
    )
    assert said in text
    assert "Scores of every word (sum or mean over its tokens)" in text


def test_its_self_test_is_told(text):
    assert "Lengths add up, at most off by 0" in text


def test_its_scores_are_exported(package, run, tmp_path):
    assert command(package, "export", run, "--format", "csv", "--out", tmp_path).returncode == 0
    with (tmp_path / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "token_length"]
    assert [row["word"] for row in rows] == ["A", "tremendously", "funny", "film", "."]
    pieces = [len(piece) ** 2 for piece in ("trem", "endous", "ly")]
    assert float(rows[1]["score"]) == pytest.approx(sum(pieces) / 3)  # tokens do not add up
    with (tmp_path / "agreement.csv").open(encoding="utf-8", newline="") as file:
        assert {row["method_b"] for row in csv.DictReader(file)} == {"token_length"}


def test_it_can_be_checked_by_and_compared_by(package, run, tmp_path):
    done = command(package, "check", run)
    assert (done.returncode, "1 check passed" in done.stdout) == (0, True), done.stdout
    out = tmp_path / "compared"
    done = command(package, "compare", run, run, "--method", "token_length", "--out", out)
    assert done.returncode == 0, done.stderr


def test_the_commands_and_the_schema_know_it(package):
    assert (
        "token_length\n  How long each token is.\n  Nobody 2026, https://example.org/length\n"
        in (command(package, "methods").stdout)
    )
    schema = json.loads(command(package, "schema").stdout)
    assert "token_length" in schema["properties"]["methods"]["items"]["anyOf"][0]["enum"]


def test_a_method_that_ignores_the_weights_fails_their_randomisation(package, tmp_path):
    spec = tmp_path / "audit.yaml"
    model = ROOT / "examples" / "models" / "sentiment"
    text = "A tremendously funny film, with actors who enjoy every single minute of it."
    tested = SPEC.replace("A tremendously funny film.", f'"{text}"').replace("MODEL", str(model))
    tested = tested.replace("checks:", "  - parameter_randomization\nchecks:")
    spec.write_text(tested, encoding="utf-8")
    done = command(package, "build", spec, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    done = command(package, "export", tmp_path / "out", "--format", "csv", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "sanity.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["test"] == "parameter_randomization"]
    found = {row["method"]: (row["value"], row["verdict"]) for row in rows}
    assert float(found["token_length"][0]) == pytest.approx(1)
    assert found["token_length"][1] == "failed"
    assert found["integrated_gradients"][1] == "passed"
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    badge = r'<span class="verdict bad"[^>]*><span aria-hidden="true">✗</span>[^<]*failed[^<]*1.00<'
    assert len(re.findall(badge, page)) == 2  # on the input's page, and beside the method


def test_its_results_are_read_where_it_is_not_installed(run, tmp_path):
    results = reportgen.load(run)
    page = reportgen.render(results, tmp_path).path.read_text(encoding="utf-8")
    assert "Integrated gradients" in page
    assert set(results.words()["method"]) == {"integrated_gradients"}
    assert results.matrix("tiny", 0, "token_length_layers").shape[0] == 2
    assert Document(page).elements


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:METHOD", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("json:METHOD", "AttributeError: module 'json' has no attribute 'METHOD'"),
        ("json:dumps", "expected a Method, found function"),
    ],
)
def test_what_cannot_be_loaded_is_named(value, reason):
    with pytest.raises(ReportgenError) as caught:
        methods.load(EntryPoint("token_length", value, methods.GROUP))
    assert str(caught.value) == (
        f"entry point {value}: the method 'token_length' of an unknown package cannot "
        f"be used: {reason}\n  repair, update or uninstall an unknown package"
    )


def test_a_broken_package_ends_every_command_in_a_message(tmp_path):
    install(tmp_path, "no_such_module:METHOD")
    for words in (("methods",), ("validate", tmp_path / "audit.yaml")):
        done = command(tmp_path, *words)
        assert done.returncode == 1
        assert "the method 'token_length' of the package token-length cannot be used: " in " ".join(
            done.stderr.split()
        )
        assert "Traceback" not in done.stderr


def test_a_method_with_no_implementation_there_is_named(tmp_path):
    (tmp_path / "token_length.py").write_text(DESCRIPTION, encoding="utf-8")
    install(tmp_path, "token_length:METHOD")
    spec = tmp_path / "audit.yaml"
    model = ROOT / "examples" / "models" / "sentiment"
    spec.write_text(SPEC.replace("MODEL", json.dumps(str(model))), encoding="utf-8")
    assert command(tmp_path, "validate", spec).returncode == 0
    done = command(tmp_path, "build", spec, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "the method 'token_length' cannot be computed: ModuleNotFoundError" in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"source": methods.Source("A", 2026, "javascript:alert(1)")}, "starts with https://"),
        ({"colour": "red"}, "expected a colour such as #7a7f8a, found 'red'"),
        ({"arrays": (methods.Array("alti", "xyz"),)}, "the axes 'xyz' of 'alti' are not among n,"),
        ({"arrays": (methods.Array("b", "Ln", adds_up=False),)}, "'b' has to add up"),
        (
            {"arrays": (methods.Array("b", "n", reading=methods.Reading.ITSELF),)},
            "scores of tokens are stored as 'alti/TARGET', found 'b'",
        ),
    ],
)
def test_a_description_that_cannot_be_shown_is_refused(changes, problem):
    with pytest.raises(ReportgenError, match=re.escape(problem)):
        replace(methods.get("alti"), **changes)


def test_names_that_there_are_already_are_refused():
    point = EntryPoint("again", "reportgen.methods.alti:METHOD", methods.GROUP)
    with pytest.raises(ReportgenError, match="there is a method 'alti' already"):
        methods.require_own_names(methods.get("alti"), list(methods.OWN), point)
