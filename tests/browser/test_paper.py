"""What comes out of a printer: which pages, what is on them, and what is not."""

from __future__ import annotations

import http.server
import re
import threading
from io import BytesIO

import pypdf
import pytest
from opening import opened

import reportgen
from conftest import CHROMIUM

INPUTS = 12
OVERVIEW = 3


FOOTER = re.compile(r"^(\d+) / (\d+)Results SHA-256 ([0-9a-f]{64})\n")


def texts(data: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """Return the text of each page, and its footer: page, pages and digest."""
    found = []
    for page in pypdf.PdfReader(BytesIO(data)).pages:
        text = page.extract_text()
        footer = FOOTER.match(text)
        assert footer, text[:200]
        found.append((text[footer.end() :], footer.groups()))
    return found


@pytest.fixture
def printed(command, tmp_path, browser):
    """Print a page or a folder, and return the texts and the footers of the PDF's pages."""

    def run(path, *words):
        file = tmp_path / "printed.pdf"
        code, _, err = command("pdf", path, "--out", file, "--browser", CHROMIUM, *words)
        assert (code, err) == (0, "")
        return zip(*texts(file.read_bytes()), strict=True)

    return run


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_demo_is_its_overview_and_a_page_for_each_input(printed, demo, paper):
    pages, footers = printed(demo, "--paper", paper)
    assert len(pages) <= OVERVIEW + INPUTS + 1  # the one that every method explains takes two
    begun = [page.split(" ")[0] for page in pages if page.startswith("#")]
    assert begun == [f"#{n}" for n in (3, 12, 9, 1, 2, 4, 5, 6, 7, 8, 10, 11)]  # worth a look first
    third = next(page for page in pages if page.startswith("#3 "))
    for part in ("NEGATIVE", "The score of NEGATIVE", "Methods side by side", "Checks of the spec"):
        assert part in third
    assert "Attention, head by head" not in "".join(pages)
    digest, last = reportgen.load(demo.parent).digest, str(len(pages))
    assert list(footers) == [(str(n), last, digest) for n in range(1, len(pages) + 1)]


def test_everything_is_there_when_it_is_asked_for(printed, complete_page):
    summary, everything = (
        " ".join(next(printed(complete_page, *words))) for words in ((), ("--all",))
    )
    for part in (
        *("Attention, head by head", "Layer by layer", "Heads in numbers", "Inside one token"),
        *("All words with their numbers", "Do the methods tell the same story?"),
    ):
        assert part not in summary
        assert part in everything


def test_a_site_prints_as_the_single_file_does(printed, sample_folder, sample_page, tmp_path):
    reportgen.render(sample_folder, tmp_path / "site", format="site")
    found, single = next(printed(tmp_path / "site")), next(printed(sample_page))
    begun, of_single = ([p[:12] for p in pages if p.startswith("#")] for pages in (found, single))
    assert begun == of_single
    assert len(begun) == 5
    alone = next(printed(tmp_path / "site" / "inputs" / "fake-2.html"))
    assert alone[0].startswith("A made-up audit\n#2")


def test_the_same_page_gives_the_same_bytes_and_names_no_folder(
    command, sample_page, tmp_path, browser
):
    data = []
    for name in ("a.pdf", "b.pdf"):
        assert command("pdf", sample_page, "--out", tmp_path / name, "--browser", CHROMIUM)[0] == 0
        data.append((tmp_path / name).read_bytes())
    assert data[0] == data[1]
    assert b"file:" not in data[0]


def test_nothing_is_asked_of_the_network(command, sample_page, tmp_path, browser):
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        strange = f'<img src="{address}/a"><script>fetch("{address}/b")</script>'
        page = tmp_path / "report.html"
        text = sample_page.read_text(encoding="utf-8")
        page.write_text(text.replace("<footer>", f"{strange}<footer>"), encoding="utf-8")
        assert command("pdf", page, "--browser", CHROMIUM)[0] == 0
        server.shutdown()
    assert asked == []


@pytest.mark.parametrize("scripts", [True, False])
def test_what_the_reader_opened_or_switched_on_is_printed(browser, sample_page, scripts):
    with opened(browser, sample_page, scripts=scripts, fragment="fake-2") as page:
        page.emulate_media(media="print")
        words = page.locator("#fake-2 .trust details", has_text="All words with their numbers")
        assert not words.is_visible()
        page.emulate_media(media="screen")
        words.locator("summary").click()
        page.emulate_media(media="print")
        assert words.locator("td").first.is_visible()
        page.emulate_media(media="screen")
        page.get_by_text("everything", exact=True).click()
        page.emulate_media(media="print")
        assert page.locator("#methods").is_visible()
        assert page.locator("#fake-1 .trust details td").first.is_visible()
