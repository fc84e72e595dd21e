"""The pdf command where no browser is run: what it asks for, what it refuses, and how it ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

import reportgen
from reportgen.errors import ReportgenError
from reportgen.paper.browser import DATES, gravest
from reportgen.paper.document import make_document

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="browsers are stood in by scripts, and /proc is read"
)


@pytest.fixture
def page(sample_folder, tmp_path):
    reportgen.render(sample_folder, tmp_path / "report")
    return tmp_path / "report" / "report.html"


@pytest.fixture
def site(sample_folder, tmp_path):
    reportgen.render(sample_folder, tmp_path / "site", format="site")
    return tmp_path / "site"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch):
    monkeypatch.delenv("CHROME_PATH", raising=False)


@pytest.fixture
def stand_in(tmp_path):
    """Write a program that stands in for a browser; ``$page`` and ``$pdf`` are what it is given."""

    def write(script: str) -> str:
        program = tmp_path / "browser"
        program.write_text(
            '#!/bin/sh\nfor word; do case "$word" in --print-to-pdf=*) pdf="${word#*=}";; '
            f'file:*) page="${{word#file://}}";; esac; done\n{script}\n'
        )
        program.chmod(0o755)
        return str(program)

    return write


def test_without_a_browser_it_says_what_was_looked_for_and_what_to_do(command, page, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("reportgen.paper.browser.PLACES", {})
    code, out, err = command("pdf", page)
    assert (code, out) == (1, "")
    assert err == (
        "error: no browser that prints was found on PATH: looked for chromium, chromium-browser, "
        "google-chrome, google-chrome-stable, chrome, microsoft-edge, microsoft-edge-stable, "
        "msedge\n  install Chromium (Debian, Ubuntu: apt install chromium), Chrome or Edge, or "
        "name the program with --browser or in CHROME_PATH; any browser prints the page itself, "
        "too\n"
    )
    assert not page.with_suffix(".pdf").exists()


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_browser_that_is_not_there_is_named(command, page, monkeypatch, by):
    monkeypatch.setenv("CHROME_PATH", "" if by == "option" else "no-such-browser")
    words = ("--browser", "no-such-browser") if by == "option" else ()
    code, _, err = command("pdf", page, *words)
    assert code == 1
    assert err == (
        "error: no-such-browser: expected a browser, found no program that can be run\n"
        "  name Chromium, Chrome or Edge, with --browser or in CHROME_PATH\n"
    )


def test_it_writes_beside_the_page_without_the_time_of_printing(command, page, stand_in):
    date = "/CreationDate (D:20260101000000+00'00')"
    browser = stand_in(f'printf "%%PDF-1.4 /Type /Page %s" "{date}" > "$pdf"')
    code, out, err = command("pdf", page.parent, "--browser", browser)
    file = page.with_suffix(".pdf")
    assert (code, err) == (0, "")
    assert out == f"Wrote {file} (1 page, 0.0600 kB).\n"
    assert file.read_bytes() == b"%PDF-1.4 /Type /Page " + b" " * len(date)


def test_a_browser_that_prints_nothing_is_quoted(command, page, stand_in):
    browser = stand_in('echo "[1:FATAL:zygote.cc] No usable sandbox!" >&2; echo "#0 0x55" >&2')
    code, _, err = command("pdf", page, "--browser", browser)
    assert code == 1
    assert f"{browser}: the browser printed nothing: [1:FATAL:zygote.cc] No usable sandbox!" in err
    assert gravest("") == "it did not say why"


def test_a_browser_that_hangs_is_ended_with_all_that_it_started(command, page, stand_in, tmp_path):
    started = tmp_path / "started"
    browser = stand_in(f"sleep 600 &\necho $! > {started}\nwait")
    code, _, err = command("pdf", page, "--browser", browser, "--timeout", "2")
    assert code == 1
    assert "the browser has not printed within 2 seconds\n  give it longer: --timeout" in err
    child = int(started.read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{child}/stat").read_text().split()[2]
        except OSError:
            return
        if state == "Z":  # killed; whoever adopted it has not asked yet
            return
        time.sleep(0.1)
    os.kill(child, 9)
    pytest.fail("what the browser started is still there")


def test_what_is_no_report_is_refused(command, tmp_path):
    code, _, err = command("pdf", tmp_path)
    assert code == 1
    assert "expected a folder with report.html or index.html, found neither" in err
    other = tmp_path / "other.html"
    other.write_text("<p>Hello.")
    code, _, err = command("pdf", other)
    assert code == 1
    assert f"{other}: expected a page that reportgen has written, found none" in err
    code, _, err = command("pdf", tmp_path / "none.html")
    assert code == 1
    assert "cannot be read: No such file or directory" in err
    assert command("pdf", other, "--paper", "a3")[0] == 2


def test_a_changed_page_is_printed_and_said_to_be_one(command, page, stand_in):
    page.write_text(page.read_text().replace("A made-up audit", "A better audit"))
    code, _, err = command("pdf", page, "--browser", stand_in('printf "%%PDF-" > "$pdf"'))
    assert code == 0
    assert err == (
        f"note: {page} is printed as it is: it is not what was written\n"
        f"  to learn more: reportgen verify {page}\n"
    )


def test_a_site_is_one_document_that_loads_and_runs_nothing(site):
    html = make_document(site / "index.html", whole=False, paper="letter").html
    assert html.count('<article class="card view"') == 5
    assert "<script" not in html
    assert "<link" not in html
    assert str(site) not in html
    assert 'href="#fake-2"' in html
    assert 'href="index.html' not in html
    assert 'href="inputs/' not in html
    assert "@page { size: letter; }" in html
    assert html.startswith("<!doctype html>\n<meta charset")
    assert html.count("Content-Security-Policy") == 1


def test_an_input_of_a_site_is_printed_alone(site):
    html = make_document(site / "inputs" / "fake-2.html", whole=True, paper="a4").html
    assert html.count('<article class="card view"') == 1
    assert 'id="print-all" checked' in html
    assert 'href="../' not in html


def test_a_page_of_another_run_is_not_printed_among_a_sites(command, site, complete_folder):
    other = site.parent / "other"
    reportgen.render(complete_folder, other, format="site")
    place = site / "inputs" / "fake-2.html"
    place.write_bytes(next((other / "inputs").glob("*.html")).read_bytes())
    with pytest.raises(ReportgenError, match="expected the page of an input of the run"):
        make_document(site / "index.html", whole=False, paper="a4")
    place.unlink()
    code, _, err = command("pdf", site)
    assert code == 1
    assert f"{place}: cannot be read: No such file or directory" in err


def test_only_the_dates_of_printing_are_blanked():
    assert DATES.sub(b"", b"/Title (CreationDate) /ModDate (D:2026)") == b"/Title (CreationDate) "
