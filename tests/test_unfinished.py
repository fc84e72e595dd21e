"""A run that has not ended, in the words of every command and on its page."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
import xmlschema

import fakes
from reportgen.results.tables import Results
from statements import check_page, dom

NOTE = "Unfinished: 2 of 3,000 results are there; the rest has not been computed yet."
PLACES = {f"checks[{i}]": f"audit.yaml:{9 + i}:5 checks[{i}]" for i in range(2)}
POSITIVE = {"prediction": {"equals": "POSITIVE"}}


def job(number, model="v1", **changes):
    name = f"{model[-1]}{number:031}"
    return fakes.classified(f"He is good {number}", name, position=number, model=model, **changes)


def unfinished(folder, jobs=None, planned=3000, *, models=(), **run):
    """Store a run of which ``planned`` results are to be, also of ``models`` not begun yet."""
    folder = fakes.checked_run(folder, jobs or [job(0), job(1)], **run)
    store = Results(folder).store
    manifest = store.read_manifest()
    others = (manifest.models[0].model_copy(update={"id": name}) for name in models)
    changes = {"planned": planned, "models": (*manifest.models, *others)}
    store.write_manifest(manifest.model_copy(update=changes))
    return folder


def page_of(folder):
    return dom.read((folder / "report.html").read_text("utf-8"))


def banner(page):
    return [" ".join(node.text.split()) for node in page.all("div.unfinished")]


def test_the_page_says_first_that_the_run_has_not_ended(command, tmp_path):
    run = unfinished(tmp_path / "run")
    code, _, errors = command("render", run, "--out", tmp_path)
    assert code == 0
    assert errors.startswith(f"note: {run}: {NOTE}\n  reportgen build SPEC --out DIR computes")
    page = page_of(tmp_path)
    assert banner(page) == [f"{NOTE} Everything below is about the results that are there."]
    header = page.one("div#overview > header")
    assert [node.attrs.get("class") for node in header.nodes[1:4]] == [
        "facts",
        "unfinished",
        "lead",
    ]
    titles = [page.all("title")[0], header.one("h1"), page.one("p.brand > a"), page.one("h1.crumb")]
    assert {node.text.strip() for node in titles} == {"A made-up audit (unfinished)"}
    assert check_page(page, Results(run)) == []


def test_a_run_that_has_ended_says_nothing_of_it(command, tmp_path):
    run = fakes.checked_run(tmp_path / "run", [job(0)])
    assert command("render", run, "--out", tmp_path)[2] == ""
    page = page_of(tmp_path)
    assert banner(page) == []
    assert "unfinished" not in page.all("title")[0].text


@pytest.mark.parametrize(
    ("planned", "inputs", "lines"),
    [
        (8, [], "v1: 2 of 4 results, 2 to come v2: 0 of 4 results, 4 to come"),
        (7, [], "v1: 2 results so far v2: 0 results so far"),
        (8, [{"text": "a", "models": ["v1"]}], "v1: 2 results so far v2: 0 results so far"),
    ],
)
def test_each_model_has_what_is_to_come_where_that_is_known(
    tmp_path, command, planned, inputs, lines
):
    run = unfinished(tmp_path / "run", planned=planned, models=["v2"], inputs=inputs, rows=[0, 0])
    command("render", run, "--out", tmp_path)
    page = page_of(tmp_path)
    assert lines in banner(page)[0]
    assert page.one("p.facts").text.startswith("1 model · 2 inputs")
    assert page.one("p.lead").text.startswith("1 model read 2 inputs so far; nothing was said")
    assert check_page(page, Results(run)) == []


@pytest.mark.parametrize("planned", [1, 2])
def test_all_may_be_there_before_the_run_has_ended(tmp_path, command, planned):
    run = unfinished(tmp_path / "run", planned=planned)
    command("render", run, "--out", tmp_path)
    text = "Unfinished: all results are there, but the run has not ended."
    assert banner(page_of(tmp_path))[0].startswith(text)


def test_verdicts_speak_of_what_is_there(command, tmp_path):
    run = unfinished(
        tmp_path / "run", checks=[POSITIVE, {"convergence": {"max": 0.5}}], places=PLACES
    )
    _, printed, _ = command("render", run, "--out", tmp_path)
    assert "2 of 2 checks hold so far" in printed
    page = page_of(tmp_path)
    assert "All 2 checks hold so far." in page.one("p.lead").text
    assert check_page(page, Results(run)) == []


def test_a_site_marks_each_page(command, tmp_path):
    command("render", unfinished(tmp_path / "run"), "--out", tmp_path, "--format", "site")
    assert banner(dom.read((tmp_path / "index.html").read_text("utf-8")))
    page = (tmp_path / "inputs" / "v1-1.html").read_text("utf-8")
    assert re.findall("<title>(.*)</title>", page) == ["He is good 0: A made-up audit (unfinished)"]


def test_check_fails_only_for_what_failed(command, tmp_path):
    """A check that could not be judged yet may be: it fails where the run has ended."""
    checks = [POSITIVE, {"invariance": {"max_probability_change": 0.1}}]
    run = unfinished(tmp_path / "run", checks=checks)
    code, printed, errors = command("check", run)
    assert code == 0
    assert NOTE in errors
    assert printed.splitlines()[-1] == (
        "2 checks: 1 not judged, 1 passed (A made-up audit (unfinished))"
    )
    assert "nothing could be judged yet: it matched no input" in printed
    ended = fakes.checked_run(tmp_path / "ended", [job(0), job(1)], checks)
    assert command("check", ended)[0] == 2
    wrong = [POSITIVE | {"prediction": {"equals": "NEGATIVE"}}]
    assert command("check", unfinished(tmp_path / "wrong", checks=wrong))[0] == 2


def test_what_ci_reads_says_it_too(command, tmp_path):
    run = unfinished(tmp_path / "run", checks=[POSITIVE])
    xml, data = tmp_path / "junit.xml", tmp_path / "checks.json"
    assert command("check", run, "--junit", xml, "--json", data)[0] == 0
    found = json.loads(data.read_text("utf-8"))
    assert (found["passed"], found["results"], found["planned"]) == (True, 2, 3000)
    xmlschema.XMLSchema("tests/junit.xsd").validate(str(xml))
    root = ET.parse(xml).getroot()
    assert root.get("tests") == "3"
    assert [suite.get("id") for suite in root] == ["0", "1"]
    (case,) = root[0]
    assert (case.get("name"), case[0].get("message")) == ("all results are there", NOTE)
    ended = fakes.checked_run(tmp_path / "ended", [job(0), job(1)], [POSITIVE])
    command("check", ended, "--junit", xml, "--json", data)
    assert json.loads(data.read_text("utf-8"))["planned"] is None
    assert len(ET.parse(xml).getroot()) == 1


def test_a_digest_says_it_before_the_verdict(command, tmp_path):
    _, printed, _ = command("digest", unfinished(tmp_path / "run", checks=[POSITIVE]))
    lines = [line for line in printed.splitlines() if line]
    assert lines[0] == "<!-- reportgen:a-made-up-audit -->"  # by which the comment is found
    assert lines[1:3] == ["### `A made-up audit (unfinished)`", f"**{NOTE}**"]
    assert lines[3].startswith("**✓ Passed so far.** 1 check passed.")


def test_a_model_card_of_a_part_has_no_metrics_for_the_hub(command, tmp_path):
    jobs = [job(0, expect="POSITIVE"), job(1, expect="POSITIVE")]
    run = unfinished(tmp_path / "run", jobs)
    command("export", run, "--format", "model-card", "--out", tmp_path)
    text = (tmp_path / "v1.md").read_text("utf-8")
    assert text.startswith(f"## Audit: `A made-up audit (unfinished)`\n\n**{NOTE}**\n")
    assert "model-index" not in text


def test_every_other_command_notes_it(command, tmp_path):
    run = unfinished(tmp_path / "run")
    command("render", run, "--out", tmp_path)
    for words in (
        ("export", run, "--format", "csv", "--out", tmp_path / "tables"),
        ("compare", run, run, "--out", tmp_path / "compared"),
        ("verify", tmp_path / "report.html", "--results", run),
    ):
        code, _, errors = command(*words)
        assert (code, NOTE in errors) == (0, True), words


def test_a_page_is_not_that_of_a_run_that_went_on(command, tmp_path):
    run = unfinished(tmp_path / "run")
    command("render", run, "--out", tmp_path)
    unfinished(tmp_path / "run", [job(0), job(1), job(2)])
    code, printed, _ = command("verify", tmp_path / "report.html", "--results", run)
    assert code == 2
    assert "this run has not ended: what it has computed since is not on the page" in printed


def test_a_comparison_says_which_run_has_not_ended(command, tmp_path):
    ended = fakes.checked_run(tmp_path / "ended", [job(0), job(1), job(2)])
    run = unfinished(tmp_path / "run", planned=3)
    out = tmp_path / "compared"
    _, printed, _ = command("compare", ended, run, "--out", out)
    sentence = "The later run is unfinished: 2 of 3 results are there; the rest has not been"
    assert sentence in printed
    page = dom.read((out / "compare.html").read_text("utf-8"))
    assert sentence in page.one("p.lead").text
    assert "after: A made-up audit (unfinished)" in page.one("p.facts").text
