"""The page around a served report: it shows the newest one at the place where its reader was."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import fakes
from own_pages import SVG, write_spec
from reportgen.errors import ReportgenError
from reportgen.results.tables import Results
from reportgen.serve.rebuild import keep_built, publish
from reportgen.serve.server import serving
from reportgen.spec.loader import load_spec


@contextmanager
def looked_at(browser, url):
    """Open a page of the server; nothing may be refused or complained about."""
    page = browser.new_page()
    page.set_default_timeout(60_000)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(url)
    yield page
    page.close()
    assert trouble == []


def build(server, make) -> None:
    """Build once as ``reportgen serve`` does."""
    stop = threading.Event()
    stop.set()
    keep_built(server, None, lambda _: make(), lambda _: None, stop=stop)


def report(folder: Path, title: str, text: str = "one two three", **changes):
    """Return what builds a report of one input with a ``title``."""

    def make():
        jobs = [fakes.classified(text, **changes), fakes.classified("b", "b" * 32, position=1)]
        fakes.write_run(folder / "run", jobs, title=title)
        return publish(Results(folder / "run"), folder / "out")[0]

    return make


def refuse():
    raise ReportgenError("unknown key <b>titel</b>", where="audit.yaml:1:1")


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "out", 0) as server:
        yield server


def test_a_reader_stays_where_they_are_when_the_report_is_built_again(browser, server, tmp_path):
    build(server, report(tmp_path, "First"))
    with looked_at(browser, f"{server.url}#report.html#fake-1?token=3") as page:
        inside = page.frame_locator("iframe")
        inside.get_by_text("First").first.wait_for()
        assert page.title() == "First"
        page.wait_for_timeout(1000)  # until the page has gone to the token of its address
        page.frames[1].evaluate("() => window.scrollTo({ top: 300, behavior: 'instant' })")

        build(server, refuse)
        page.get_by_text("unknown key <b>titel</b>").wait_for()
        assert inside.get_by_text("First").first.is_visible()

        build(server, report(tmp_path, "Second"))
        inside.get_by_text("Second").first.wait_for()
        page.get_by_text("could not be built").wait_for(state="detached")
        assert page.frames[1].url == f"{server.url}report.html#fake-1?token=3"
        assert page.evaluate("location.hash") == "#report.html#fake-1?token=3"
        page.frames[1].wait_for_function("() => Math.abs(window.scrollY - 300) < 80")


def test_a_page_opened_too_early_shows_the_report_when_it_is_there(browser, server, tmp_path):
    with looked_at(browser, f"{server.url}#fake-2") as page:
        page.get_by_text("Building").wait_for()
        build(server, report(tmp_path, "First"))
        page.frame_locator("iframe").locator("#fake-2").wait_for()
        page.wait_for_function("() => location.hash === '#report.html#fake-2'")


def test_all_of_a_site_is_loaded_under_the_policies_it_is_sent_with(browser, server, tmp_path):
    (tmp_path / "us.svg").write_bytes(SVG)
    spec = load_spec(write_spec(tmp_path, format="site", logo="us.svg"))
    run = fakes.complete_run(tmp_path / "run")
    build(server, lambda: publish(Results(run), tmp_path / "out", spec)[0])
    names = server.shown.report.names
    name = sorted(name for name in names if name.startswith("inputs/"))[0]
    with looked_at(browser, f"{server.url}#{name}") as page:
        features = page.frame_locator("iframe").locator("section[id$=-features]")
        features.locator("summary").first.click()
        features.locator(".plot").first.scroll_into_view_if_needed()
        inside = page.frames[1]
        assert inside.url == server.url + name
        inside.wait_for_function("() => document.querySelector('.logo').naturalWidth === 8")
        inside.wait_for_function("() => window.vegaEmbed")  # the script runs, and what it loads
        position = "getComputedStyle(document.querySelector('.side')).position"
        assert inside.evaluate(position) != "static"  # the style is there


def test_an_svg_that_is_opened_alone_runs_nothing(browser, server, tmp_path):
    """Whatever a folder of templates or an older version left among the files of a report."""
    build(server, report(tmp_path, "First"))
    (tmp_path / "out" / "live.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = \'ran\'">'
        "<script>document.title = 'ran'</script>"
        '<image href="/report.html"/><title>still</title></svg>'
    )
    shown = server.shown.report
    server.shown = replace(server.shown, report=replace(shown, names=shown.names | {"live.svg"}))
    page = browser.new_page()
    answered = []
    page.on("response", lambda answer: answered.append(answer.url))
    page.goto(f"{server.url}live.svg")
    page.wait_for_timeout(300)
    assert page.title() == "still"
    assert answered == [f"{server.url}live.svg"]
    page.close()


@pytest.mark.parametrize("place", ["//example.org/x.html", "/", "javascript:alert(1)//.html"])
def test_an_address_leads_nowhere_else(browser, server, tmp_path, place):
    build(server, report(tmp_path, "First"))
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append("dialog"))
    page.goto(f"{server.url}#{place}")
    page.wait_for_function("() => document.querySelector('iframe').contentDocument")
    page.wait_for_timeout(500)
    page.close()
    assert all(url.startswith(server.url) for url in asked), asked


def test_the_end_of_the_server_is_told(browser, tmp_path):
    page = browser.new_page()
    with serving(tmp_path / "out", 0) as server:
        build(server, report(tmp_path, "First"))
        page.goto(server.url)
    page.get_by_text("The server has ended").wait_for()
    inside = page.frame_locator("iframe")
    assert inside.get_by_text("First").first.is_visible()
    with serving(tmp_path / "out", server.server_port) as again:
        page.get_by_text("Building").wait_for()
        build(again, report(tmp_path, "Second"))
        inside.get_by_text("Second").first.wait_for()
    page.close()
