"""Columns to slice by and templates, from the spec to the page, tables and a merged run."""

from __future__ import annotations

import csv

import pytest

import reportgen
from reportgen.resources import folder
from statements import check_page, dom

ROWS = [
    ("A gripping film.", "imdb", "her"),
    ("The plot is a mess.", "press", "his"),
    ("It opened on a Friday.", "imdb", ""),
]


@pytest.fixture
def build(command, tmp_path, monkeypatch):
    """Build a spec with these inputs and checks; return the output."""
    monkeypatch.chdir(tmp_path)
    model = folder("examples") / "models" / "sentiment"

    def run(inputs: str, checks: str = "[]", out: str = "audit") -> str:
        with open("audit.yaml", "w", encoding="utf-8") as file:
            file.write(
                f"models: [{{id: sentiment, path: '{model}', device: cpu}}]\n"
                f"inputs:\n{inputs}"
                "methods: [{integrated_gradients: {steps: 9, tolerance: 1}}]\n"
                f"checks: {checks}\n"
            )
        code, printed, err = command("build", "audit.yaml", "--out", out)
        assert (code, err) == (0, "")
        return printed

    return run


def write(rows) -> None:
    with open("reviews.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "source", "voice"), *rows])


def columns(run) -> list[tuple[int, str, str]]:
    table = reportgen.load(run).columns()
    return list(table[["input", "column", "text"]].itertuples(index=False, name=None))


def test_columns_are_taken_anew_and_nothing_is_computed(build, command, tmp_path):
    inputs = "  - {file: reviews.csv, text: review, slices: [source, voice]}\n"
    write(ROWS)
    build(inputs)
    assert columns("audit") == [
        (0, "source", "imdb"),
        (0, "voice", "her"),
        (1, "source", "press"),
        (1, "voice", "his"),
        (2, "source", "imdb"),
    ]
    stored = {
        p.name: p.stat().st_mtime_ns for p in (tmp_path / "audit/results").glob("*.safetensors")
    }
    write([(text, "tweet", voice) for text, _, voice in ROWS])
    build(inputs)
    assert {one[2] for one in columns("audit") if one[1] == "source"} == {"tweet"}
    build(inputs.replace("[source, voice]", "[voice]"))
    assert columns("audit") == [(0, "voice", "her"), (1, "voice", "his")]
    found = {
        p.name: p.stat().st_mtime_ns for p in (tmp_path / "audit/results").glob("*.safetensors")
    }
    assert found == stored
    assert command("merge", "audit", "--out", "merged")[0] == 0
    assert columns("merged") == columns("audit")
    assert command("export", "merged", "--format", "csv", "--out", "tables")[0] == 0
    lines = (tmp_path / "tables" / "columns.csv").read_text().splitlines()
    assert lines[1:] == ['"sentiment",0,"voice","her"', '"sentiment",1,"voice","his"']


def test_a_template_reaches_the_page_and_the_check(build, command, tmp_path):
    build(
        '  - text: "The {part} was {how}."\n'
        "    fill: {part: [cast, plot], how: [gripping, tedious]}\n",
        "[{invariance: {group: template 1}}]",
    )
    results = reportgen.load("audit")
    assert columns("audit")[-2:] == [(3, "part", "plot"), (3, "how", "tedious")]
    page = dom.read((tmp_path / "audit" / "report.html").read_text(encoding="utf-8"))
    assert check_page(page, results) == []
    (section,) = [
        s for s in page.all("section.overview") if s.attrs["aria-labelledby"] == "fillings-title"
    ]
    assert section.one("h3").text == "The {part} was {how}."
    output, shares = section.all("table.heat")
    assert [head.text for head in output.heads()] == ["how", "cast", "plot"]
    assert [row[0].text for row in output.rows()] == ["gripping", "tedious"]
    links = [a.attrs["href"] for a in output.all("td a")]
    assert links == ["#sentiment-1", "#sentiment-3", "#sentiment-2", "#sentiment-4"]
    assert [a.attrs["href"] for a in shares.all("td a")] == links
    assert "{how} moves the probability of" in section.all("p")[1].text
    code, printed, _ = command("check", "audit")
    assert code == 2
    assert "template 1" in printed


def test_a_template_s_files_are_named_without_the_way_to_them(build, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("cast\nplot\n")
    build(f'  - text: "The {{part}} was good."\n    fill: {{part: {{file: "{names}"}}}}\n')
    (entry,) = reportgen.load("audit").manifest.spec["inputs"]
    assert entry["fill"] == {"part": {"file": "names.txt"}}
