"""Pages of runs that are too large for one file, or are shown in one all the same."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path
from urllib.parse import unquote

import pytest

import fakes
import reportgen
from document import Document
from reportgen import site
from reportgen.errors import ReportgenError
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results
from reportgen.site import single_file
from reportgen.site.report import PAGE

INPUTS = 8
WORST = 5
"""The number of the input that nothing could be relied on of; it counts from 1."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch) -> Path:
    """A run of eight inputs, which are many: one more than can be held."""
    for module in ("report", "single_file"):
        monkeypatch.setattr(f"reportgen.site.{module}.LARGE_RUN", INPUTS - 1)
    jobs = [
        fakes.classified(
            f"Text number {i}, of some length.",
            f"{i}" * 32,
            position=i,
            expect="POSITIVE",
            converged=i != WORST - 1,
        )
        for i in range(INPUTS)
    ]
    return fakes.write_run(tmp_path / "run", jobs)


def sections(page: Path) -> list[str]:
    found = re.findall(r'<article class="card view" id="([^"]+)"', page.read_text(encoding="utf-8"))
    return [one for one in found if one != "left-out"]


def test_a_large_run_is_a_site_unless_one_file_is_asked_for(run, tmp_path, command):
    code, printed, _ = command("render", run, "--out", tmp_path / "a")
    assert code == 0
    assert printed.startswith(f"Wrote {tmp_path / 'a' / 'index.html'} (9 pages, ")
    assert (
        "It is a site because the run has more than 1,000 results; "
        "report: {format: single-file} in the spec asks for one file."
    ) in printed.splitlines()
    code, printed, _ = command("render", run, "--out", tmp_path / "b", "--format", "site")
    assert "because the run has" not in printed
    code, printed, _ = command("render", run, "--out", tmp_path / "c", "--format", "single-file")
    assert printed.startswith(f"Wrote {tmp_path / 'c' / PAGE} (")


def test_a_run_that_is_not_large_is_one_file(run, tmp_path, monkeypatch):
    monkeypatch.setattr("reportgen.site.report.LARGE_RUN", INPUTS)
    assert site.render(run, tmp_path / "a").path == tmp_path / "a" / PAGE


def test_with_room_for_all_one_file_has_all_the_worst_first(run, tmp_path):
    written = site.render(run, tmp_path / "a", format="single-file")
    found = sections(written.path)
    assert found[0] == f"fake-{WORST}"
    assert sorted(found) == sorted(f"fake-{i + 1}" for i in range(INPUTS))
    assert (written.left_out, written.over) == ((), 0)
    assert 'href="#left-out"' not in written.path.read_text(encoding="utf-8")


def test_without_room_the_worst_keep_their_detail_and_the_rest_a_row(run, tmp_path, command):
    whole = site.render(run, tmp_path / "a", format="single-file").size
    budget = f"{(whole - 130_000) // 1000}kB"
    code, _, said = command(
        *("render", run, "--out", tmp_path / "b", "--format", "single-file"),
        *("--size-budget", budget),
    )
    page = tmp_path / "b" / PAGE
    assert (code, page.stat().st_size <= (whole - 130_000)) == (0, True)
    kept = sections(page)
    assert kept[0] == f"fake-{WORST}"
    assert 1 < len(kept) < INPUTS
    missing = INPUTS - len(kept)
    assert f"all but the row in the table of {missing} inputs" in " ".join(said.split())
    html = page.read_text(encoding="utf-8")
    document = Document(html)
    ids = set(document.attributes("id"))
    links = [link for link in document.attributes("href") if link.startswith("#")]
    assert {unquote(link[1:]).partition("?")[0] for link in links} <= ids
    assert "#left-out" in links
    assert "Of this input the file has no more than the row in the table" in html
    rows = re.findall(r'<tr><td class="num">(\d+)</td>', html)
    assert sorted(map(int, rows)) == list(range(1, INPUTS + 1))
    # whoever turns the pages goes from the worst to the next
    turns = re.findall(r'<a rel="next" href="#([^"]+)"', html)
    assert turns == [*kept[1:], "left-out"]


def test_what_does_not_fit_in_whole_is_reduced_before_it_is_left_out(tmp_path, monkeypatch):
    for module in ("report", "single_file"):
        monkeypatch.setattr(f"reportgen.site.{module}.LARGE_RUN", 1)
    jobs = [
        fakes.with_everything(fakes.classified(f"Text {i}.", f"{i}" * 32, position=i))
        for i in range(2)
    ]
    run = fakes.write_run(tmp_path / "run", jobs)
    whole = site.render(run, tmp_path / "a", format="single-file").size
    budget = f"{(whole - 3_000) // 1000}kB"
    written = site.render(run, tmp_path / "b", format="single-file", size_budget=budget)
    assert sections(written.path) == ["fake-1", "fake-2"]
    assert dict(written.left_out)["attention maps"] == 1
    assert written.over == 0


def test_where_not_even_the_table_fits_nothing_is_written_and_it_says_what_it_takes(
    run, tmp_path, command
):
    words = ("render", run, "--out", tmp_path / "a", "--format", "single-file")
    code, printed, said = command(*words, "--size-budget", "50kB")
    assert (code, printed) == (1, "")
    said = " ".join(said.split())
    takes = r"a single file of 8 results takes at least [\d.]+ kB, and may have [\d.]+ kB"
    assert re.search(takes, said)
    assert "write a site (--format site, or report: {format: site}), or allow more" in said
    assert not (tmp_path / "a" / PAGE).exists()


def test_a_notebook_says_why_there_is_no_page(run, monkeypatch):
    monkeypatch.setattr("reportgen.api.NOTEBOOK", "50kB")
    html = reportgen.load(run)._repr_html_()
    assert "a single file of 8 results takes at least" in html


def test_a_large_file_is_verified_as_others_are(run, tmp_path, command):
    whole = site.render(run, tmp_path / "a", format="single-file").size
    budget = f"{(whole - 20_000) // 1000}kB"
    page = site.render(run, tmp_path / "b", format="single-file", size_budget=budget).path
    code, printed, _ = command("verify", page, "--results", run)
    assert code == 0, printed
    assert "✓ rendering: rendering the results again gives the same bytes" in printed


@pytest.mark.parametrize("format", ["site", "single-file"])
def test_of_a_large_run_one_input_is_held_at_a_time(run, tmp_path, monkeypatch, format):
    alive: list[weakref.ref] = []
    most = 0
    module = "multi_page" if format == "site" else "single_file"
    make_card = single_file.make_card

    def watched(*args, **given):
        nonlocal most
        gc.collect()
        most = max(most, sum(one() is not None for one in alive))
        card = make_card(*args, **given)
        alive.append(weakref.ref(card))
        return card

    monkeypatch.setattr(f"reportgen.site.{module}.make_card", watched)
    site.render(run, tmp_path / "a", format=format)
    assert len(alive) == INPUTS
    assert most <= 2  # the last one, and one that is on its way


@pytest.mark.parametrize("format", ["site", "single-file"])
def test_it_is_told_how_many_inputs_are_done(run, tmp_path, format):
    told = []
    site.render(run, tmp_path / "a", format=format, progress=lambda *now: told.append(now))
    assert told[-1] == (INPUTS, INPUTS)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) >= INPUTS


def test_the_order_of_the_file_is_that_of_worth_a_look(run):
    report = make_report(Results(run))
    assert report.review_items[0].brief.position == WORST - 1


def test_single_files_of_large_runs_are_refused_by_what_they_take(run):
    with pytest.raises(ReportgenError, match="takes at least"):
        site.render(run, run / "x", format="single-file", size_budget="1kB")
    assert not (run / "x" / PAGE).exists()
