"""Pages on disk: a site whose links hold, files within a budget, and what is the user's own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import fakes
import reportgen
from document import Document
from reportgen import site
from reportgen.errors import ReportgenError
from reportgen.rendering.input import maps
from reportgen.rendering.overview.report import make_report


@pytest.fixture(scope="module")
def built(complete, tmp_path_factory) -> Path:
    """A site of every task with the arrays of all methods."""
    out = tmp_path_factory.mktemp("site")
    written = site.render(complete, out, format="site")
    assert written.path == out / "index.html"
    assert written.pages == 1 + len(complete.manifest.jobs)
    return out


def files(folder: Path) -> dict[str, str]:
    """Return the hash of every file below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_site_is_an_index_a_page_per_input_and_shared_assets(built, complete):
    names = set(files(built))
    assert {".nojekyll", "index.html"} <= names
    pages = {name for name in names if name.startswith("inputs/")}
    assert len(pages) == len(complete.manifest.jobs)
    assets = [name for name in names if name.startswith("assets/")]
    assert sorted(re.sub(r"\.[0-9a-f]{8}\.", ".", name) for name in assets) == [
        "assets/script.js",
        "assets/style.css",
        "assets/vega.js",
    ]
    for name in assets:
        data = (built / name).read_bytes()
        assert hashlib.sha256(data).hexdigest()[:8] == name.split(".")[1]


def test_pages_without_a_live_chart_do_without_the_chart_library(tmp_path):
    plain = fakes.classified("Plain", "1" * 32)
    live = fakes.with_everything(fakes.classified("Live", "2" * 32, position=1))
    site.render(fakes.write_run(tmp_path / "plain", [plain]), tmp_path / "a", format="site")
    assert not [name for name in files(tmp_path / "a") if "vega" in name]
    site.render(fakes.write_run(tmp_path / "both", [plain, live]), tmp_path / "b", format="site")
    (library,) = [name for name in files(tmp_path / "b") if "vega" in name]
    asked = {
        name: Document((tmp_path / "b" / name).read_text()).attributes("data-vega")
        for name in files(tmp_path / "b")
        if name.endswith(".html")
    }
    assert asked == {
        "index.html": [],
        "inputs/fake-1.html": [],
        "inputs/fake-2.html": [f"../{library}"],
    }
    page = site.render(tmp_path / "plain", tmp_path / "c")
    assert dict(page.parts)["chart library"] == 0
    assert page.size < 200_000


def test_live_charts_become_pictures_where_the_file_has_no_room_for_their_library(tmp_path):
    run = fakes.write_run(
        tmp_path / "run", [fakes.with_everything(fakes.classified("One two three", "1" * 32))]
    )
    whole = site.render(run, tmp_path / "whole")
    assert dict(whole.parts)["chart library"] > 380_000
    room = f"{whole.size / 1000 - 1:.0f}kB"
    smaller = site.render(run, tmp_path / "smaller", size_budget=room)
    assert (smaller.left_out, smaller.over) == ((), 0)
    before, after = (one.path.read_text(encoding="utf-8") for one in (whole, smaller))
    drawn = re.compile(r'<div class="plot".*?</svg>', re.S)
    assert drawn.findall(after) == drawn.findall(before)
    assert 'id="vega"' in before
    assert not re.search(r'id="vega"|vega-lite/v', after)
    budget = f"{smaller.size / 1000 - 1:.0f}kB"
    least = site.render(run, tmp_path / "least", size_budget=budget)
    assert least.left_out == (("attention maps", 1),)
    assert dict(least.parts)["chart library"] == 0


def test_every_link_of_a_site_leads_somewhere(built):
    ids: dict[Path, set[str]] = {}

    def anchors(path: Path) -> set[str]:
        if path not in ids:
            ids[path] = set(Document(path.read_text(encoding="utf-8")).attributes("id"))
        return ids[path]

    seen = 0
    for page in built.rglob("*.html"):
        document = Document(page.read_text(encoding="utf-8"))
        links = document.attributes("href") + document.attributes("src")
        for link in (*links, *document.attributes("data-vega")):
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            if parts.scheme:
                assert link.startswith("https://arxiv.org/abs/"), link
                continue
            assert not parts.path.startswith("/"), link
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.is_relative_to(built.resolve()), link
            assert target.is_file(), link
            if parts.fragment:
                assert unquote(parts.fragment.partition("?")[0]) in anchors(target), link
            seen += 1
    assert seen > 50


def test_pages_of_a_site_allow_only_their_own_files(built):
    for page in built.rglob("*.html"):
        document = Document(page.read_text(encoding="utf-8"))
        (policy,) = [
            attrs["content"]
            for tag, attrs in document.elements
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not document.attributes("style")
        running = [
            attrs for tag, attrs in document.elements if tag == "script" and not attrs.get("type")
        ]
        assert all(attrs.get("src") for attrs in running)


@pytest.mark.long
@pytest.mark.parametrize("form", ["site", "single-file"])
def test_the_same_results_give_the_same_bytes_anywhere(complete_folder, tmp_path, form):
    code = "import sys, reportgen; reportgen.render(*sys.argv[1:3], format=sys.argv[3])"
    places = {
        "here": {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        "else/where": {"PYTHONHASHSEED": "8", "TZ": "America/New_York", "LC_ALL": "C.UTF-8"},
    }
    written = []
    for name, changes in places.items():
        place = tmp_path / name
        run = shutil.copytree(complete_folder, place / "run")
        subprocess.run(
            [sys.executable, "-c", code, str(run), "out", form],
            env=os.environ | changes | {"SOURCE_DATE_EPOCH": str(len(written))},
            cwd=place,
            check=True,
            timeout=300,
        )
        written.append(files(place / "out"))
    assert written[0]
    assert written[0] == written[1]


def test_maps_of_a_long_input_are_files_that_its_page_names(tmp_path, monkeypatch):
    monkeypatch.setattr(maps, "INLINE_CELLS", 100)
    run = fakes.write_run(
        tmp_path / "run", [fakes.with_everything(fakes.classified("One two", "1" * 32))]
    )
    out = tmp_path / "site"
    site.render(run, out, format="site")
    html = (out / "inputs" / "fake-1.html").read_text(encoding="utf-8")
    (prefix,) = set(re.findall(r'"maps":"([^"]*)"', html))
    assert prefix == "../maps/fake-1-"
    files = sorted(path.name for path in (out / "maps").iterdir())
    assert len(files) == 3 * 4 * (1 + 6)  # quantities, layers, heads and all of them together
    for name in files:
        text = (out / "maps" / name).read_text()
        key = name.removesuffix(".js")
        assert re.fullmatch(rf'reportgenMap\("{key}","data:image/png;base64,[^"]*"\);\n', text)


def test_pages_of_inputs_that_are_gone_are_removed_and_nothing_else(tmp_path):
    jobs = [fakes.classified("Hello", "1" * 32), fakes.classified("Bye", "2" * 32, position=1)]
    out = tmp_path / "site"
    site.render(fakes.write_run(tmp_path / "two", jobs), out, format="site")
    mine = out / "inputs" / "notes.html"
    mine.write_text("mine")
    unchanged = (out / "inputs" / "fake-1.html").stat().st_mtime_ns
    before = set(files(out))
    site.render(fakes.write_run(tmp_path / "one", jobs[:1]), out, format="site")
    gone = before - set(files(out))
    assert "inputs/fake-2.html" in gone
    assert all(name.startswith(("inputs/fake-2", "maps/fake-2")) for name in gone)
    assert mine.read_text() == "mine"
    assert (out / "inputs" / "fake-1.html").stat().st_mtime_ns >= unchanged


def test_a_single_file_stays_within_its_budget_and_says_what_is_missing(sample, tmp_path):
    whole = site.render(sample, tmp_path / "whole")
    assert not whole.left_out
    assert sum(size for _, size in whole.parts) == whole.size
    budget = f"{(whole.size - 20_000) / 1000:.0f}kB"
    smaller = site.render(sample, tmp_path / "smaller", size_budget=budget)
    assert smaller.size <= whole.size - 19_500
    assert smaller.left_out[0][0] == "attention maps"
    assert smaller.over == 0
    text = smaller.path.read_text(encoding="utf-8")
    assert "Left out here to keep this file small: attention maps" in text
    assert f"attention maps of {smaller.left_out[0][1]} input" in text.partition("</header>")[0]
    assert text.count("Left out here") == smaller.left_out[0][1]


def test_what_is_worth_a_look_keeps_its_detail_longest(sample, tmp_path):
    whole = site.render(sample, tmp_path / "whole")
    sizes = {}
    for cut in (20, 60, 100, 160, 220):
        budget = f"{whole.size / 1000 - cut:.0f}kB"
        html = site.render(sample, tmp_path / str(cut), size_budget=budget).path.read_text()
        for anchor in re.findall(r'<article class="card view" id="([^"]+)"', html):
            section = html.partition(f'id="{anchor}"')[2].partition("</article>")[0]
            sizes.setdefault(anchor, []).append("Left out" in section)
    # the one input that nothing is wrong with loses its maps before any other
    first = {anchor: lost.index(True) if True in lost else 99 for anchor, lost in sizes.items()}
    reports = {card.anchor: bool(card.reasons) for card in make_report(sample).briefs}
    assert min(first.values()) < 99
    worst_plain = min(first[a] for a, looked in reports.items() if not looked)
    assert worst_plain <= min(first[a] for a, looked in reports.items() if looked)


def test_a_budget_that_nothing_fits_is_said_to_be_passed(sample, tmp_path):
    written = site.render(sample, tmp_path, size_budget="100kB")
    assert written.over == written.size - 100_000 > 0
    assert written.path.is_file()


def test_settings_that_cannot_be_used_are_refused(sample, tmp_path):
    with pytest.raises(ReportgenError, match=r"cannot be used: .*pdf"):
        site.render(sample, tmp_path, format="pdf")


def test_results_show_themselves_in_a_notebook(sample_folder):
    html = reportgen.load(sample_folder)._repr_html_()
    document = Document(html)
    ((tag, attrs),) = document.elements
    assert tag == "iframe"
    assert attrs["sandbox"] == "allow-scripts"
    inner = Document(attrs["srcdoc"])
    assert "A made-up audit" in "".join(inner.visible)
    assert len(html) < 6_000_000
    assert 'id="vega"' not in attrs["srcdoc"]
