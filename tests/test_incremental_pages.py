"""Pages that are made again only where what they show has changed, and are then what they would be.

Every change is made to a run whose site is there, which is then written again; the same run is
written to an empty folder besides. Both must be the same, byte for byte.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import fakes
import own_pages
from reportgen import site
from reportgen.rendering.input import maps
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.site import made as making
from reportgen.site import multi_page
from reportgen.site.made import MADE, Made, look
from rewriting import rewrite_manifest, rewrite_result

INPUTS = 5
CHECKS = [{"probability": {"min": 0.5}}]


def job(model: str, position: int) -> str:
    return f"{len(model)}{position}" * 16


def classified(model: str, position: int):
    text = f"Text number {position}, which is not a bad one."
    return fakes.classified(text, job(model, position), position=position, model=model)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two models on five inputs: each is seen by its neighbours and beside the other's answer."""
    jobs = [classified(model, i) for model in ("v1", "v10") for i in range(INPUTS)]
    return fakes.checked_run(tmp_path / "run", jobs, CHECKS, [{"text": "x"}] * INPUTS)


def written_again(run: Path, out: Path, **given: object) -> site.Written:
    """Write a site, leaving the pages that a site in ``out`` has already."""
    made = Made(out, look(given.get("templates")))
    written = site.render(run, out, format="site", made=made, **given)
    made.write(written, "a run")
    return written


def pages(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != MADE
    }


@pytest.fixture
def rendered(monkeypatch) -> list[str]:
    """The inputs whose pages were made, by their links."""
    found: list[str] = []
    make_card = multi_page.make_card

    def counted(brief, *args, **given):
        found.append(brief.anchor)
        return make_card(brief, *args, **given)

    monkeypatch.setattr(multi_page, "make_card", counted)
    return found


def edit_result(run: Path, model: str, position: int, **changes: object) -> None:
    file = run / "results" / f"{job(model, position)}.safetensors"
    rewrite_result(file, lambda header, arrays: header["prediction"].update(changes))


def edit_job(run: Path, place: int, **changes: object) -> None:
    rewrite_manifest(run, lambda data: data["jobs"][place].update(changes))


def drop_last(run: Path) -> None:
    rewrite_manifest(run, lambda data: data["jobs"].pop())


def add_one(run: Path) -> None:
    header, arrays = classified("v10", INPUTS)
    store = Store(run / "results")
    store.write(header, arrays)
    manifest = store.read_manifest()
    entry = manifest.jobs[-1].model_copy(update={"id": header.job, "input": INPUTS})
    store.write_manifest(manifest.model_copy(update={"jobs": (*manifest.jobs, entry)}))


def renumber(run: Path) -> None:
    """Put the first input last, as a spec may."""

    def move(data):
        for entry in data["jobs"]:
            entry["input"] = (entry["input"] - 1) % INPUTS

    rewrite_manifest(run, move)


def change_checks(run: Path) -> None:
    checks = [{"probability": {"min": 0.99}}]
    rewrite_manifest(run, lambda data: data["spec"].update(checks=checks))


def break_result(run: Path) -> None:
    (run / "results" / f"{job('v1', 2)}.safetensors").write_bytes(b"")


ALL = {f"{model}-{i + 1}" for model in ("v1", "v10") for i in range(INPUTS)}

Change = Callable[[Path], object]

CHANGES: dict[str, tuple[Change, set[str] | None]] = {
    "nothing": (lambda run: None, set()),
    "a number of one result": (
        lambda run: edit_result(run, "v1", 2, probability=0.91),
        {"v1-3", "v10-3"},  # the other model's page shows it
    ),
    "another answer": (
        lambda run: edit_result(run, "v10", 0, label="NEGATIVE", probability=0.6),
        {"v1-1", "v10-1"},
    ),
    "the title": (lambda run: rewrite_manifest(run, lambda d: d.update(title="Other")), ALL),
    "the time of the run": (
        lambda run: rewrite_manifest(run, lambda d: d.update(created="2027-01-01T00:00:00Z")),
        set(),
    ),
    "what people marked": (
        lambda run: edit_job(run, 1, rationale={"text": [[0, 4]]}),
        {"v1-2", "v10-2"},  # each is told of all that is known of the other
    ),
    "a group": (lambda run: edit_job(run, 0, group="g"), set()),
    "one input less": (drop_last, {"v10-4", "v1-5"}),
    "one input more": (add_one, {"v10-5", "v10-6"}),
    "the order of the inputs": (renumber, None),
    "the limit of a check": (change_checks, None),
    "the colour": (
        lambda run: rewrite_manifest(run, lambda d: d["spec"].update(report={"color": "#aa0000"})),
        ALL,
    ),
    "a damaged result": (break_result, None),
}


@pytest.mark.parametrize("what", CHANGES)
def test_after_a_change_the_site_is_what_it_would_be_from_scratch(run, tmp_path, rendered, what):
    change, expected = CHANGES[what]
    written_again(run, tmp_path / "site")
    assert set(rendered) == ALL
    change(run)
    rendered.clear()
    again = written_again(run, tmp_path / "site")
    if expected is not None:
        assert set(rendered) == expected
    fresh = site.render(run, tmp_path / "fresh", format="site")
    assert pages(tmp_path / "site") == pages(tmp_path / "fresh")
    assert (again.size, dict(again.parts), again.pages, again.verdicts) == (
        fresh.size,
        dict(fresh.parts),
        fresh.pages,
        fresh.verdicts,
    )
    # and what is written down is about the new site
    rendered.clear()
    written_again(run, tmp_path / "site")
    assert rendered == []


def test_only_the_page_of_a_changed_input_and_the_index_get_a_new_time(tmp_path):
    jobs = [fakes.classified(f"Text {i}.", f"{i}" * 32, position=i) for i in range(4)]
    run, out = fakes.write_run(tmp_path / "run", jobs), tmp_path / "site"
    written_again(run, out)
    before = {name: (out / name).stat().st_mtime_ns for name in pages(out)}
    file = run / "results" / f"{'1' * 32}.safetensors"
    rewrite_result(file, lambda header, arrays: header["prediction"].update(probability=0.91))
    written_again(run, out)
    changed = {name for name in before if (out / name).stat().st_mtime_ns != before[name]}
    assert changed == {"inputs/fake-2.html", "index.html", ".reportgen-files.json"}


def test_a_neighbour_is_written_again_where_its_link_says_something_else(tmp_path, rendered):
    jobs = [fakes.classified(f"Text {i}.", f"{i}" * 32, position=i) for i in range(5)]
    run, out = fakes.write_run(tmp_path / "run", jobs), tmp_path / "site"
    written_again(run, out)
    jobs[2] = fakes.classified("Something else altogether.", "2" * 32, position=2)
    fakes.write_run(run, jobs)
    rendered.clear()
    written_again(run, out)
    assert rendered == ["fake-2", "fake-3", "fake-4"]


def edit(page: Path) -> None:
    page.write_text(page.read_text(encoding="utf-8").replace("Text", "Tixt"), encoding="utf-8")


def link(page: Path) -> None:
    other = page.with_name("other")
    page.rename(other)
    page.symlink_to(other)


@pytest.mark.parametrize("damage", [edit, Path.unlink, link])
def test_a_page_that_is_not_what_was_written_is_written_again(run, tmp_path, rendered, damage):
    out = tmp_path / "site"
    written_again(run, out)
    before = pages(out)
    damage(out / "inputs" / "v1-2.html")
    rendered.clear()
    written_again(run, out)
    assert rendered == ["v1-2"]
    assert {name: data for name, data in pages(out).items() if name in before} == before
    assert not (out / "inputs" / "v1-2.html").is_symlink()


def test_files_of_maps_belong_to_their_page(tmp_path, rendered, monkeypatch):
    monkeypatch.setattr(maps, "INLINE_CELLS", 100)
    jobs = [fakes.with_everything(fakes.classified("One two", "1" * 32))]
    run, out = fakes.write_run(tmp_path / "run", jobs), tmp_path / "site"
    written_again(run, out)
    before = pages(out)
    assert any(name.startswith("maps/") for name in before)
    assert any("vega" in name for name in before)
    rendered.clear()
    written_again(run, out)
    assert (rendered, pages(out)) == ([], before)
    next((out / "maps").iterdir()).unlink()
    written_again(run, out)
    assert (rendered, pages(out)) == (["fake-1"], before)


def test_a_copy_elsewhere_is_as_good_although_its_times_are_others(run, tmp_path, rendered):
    written_again(run, tmp_path / "site")
    shutil.copytree(tmp_path / "site", tmp_path / "copy", copy_function=shutil.copyfile)
    rendered.clear()
    written_again(run, tmp_path / "copy")
    assert rendered == []


def test_templates_of_ones_own_may_show_all_of_a_run_and_so_all_pages_are_new(
    run, tmp_path, rendered
):
    templates = own_pages.write_templates(
        tmp_path / "own",
        page_html='{% extends "reportgen/page.html" %}'
        "{% block footer %}{{ report.summary }} {{ report.manifest.created }}{% endblock %}",
    )
    out = tmp_path / "site"
    written_again(run, out, templates=templates)
    rendered.clear()
    written_again(run, out, templates=templates)
    assert rendered == []
    rewrite_manifest(run, lambda data: data.update(created="2027-01-01T00:00:00Z"))
    written_again(run, out, templates=templates)
    assert set(rendered) == ALL
    rendered.clear()
    page = templates / "page.html"
    page.write_text(page.read_text().replace("report.summary", "report.facts"))
    written_again(run, out, templates=templates)
    assert set(rendered) == ALL
    fresh = tmp_path / "fresh"
    site.render(run, fresh, format="site", templates=templates)
    assert pages(out) == pages(fresh)


def test_what_reportgen_is_made_of_is_seen_in_its_looks(tmp_path, monkeypatch):
    before = look(None)
    assert look(None) == before
    own = own_pages.write_templates(tmp_path / "own", css__brand_css="body { color: red; }")
    with_own = look(own)
    assert with_own != before
    (own / "css" / "brand.css").write_text("body { color: tan; }")
    assert look(own) != with_own
    monkeypatch.setattr(making, "library_version", lambda name: "7")
    assert look(None) != before
    monkeypatch.undo()
    copied = tmp_path / "reportgen"
    shutil.copytree(making.PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(making, "PACKAGE", copied)
    before = look(None)
    code = copied / "rendering" / "pages.py"
    code.write_text(code.read_text() + "\n")
    assert look(None) != before


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"files": 7}', '{"files": {"index.html": []}}', "[" * 100_000, "null"],
)
def test_a_damaged_note_of_what_was_made_is_as_none(run, tmp_path, rendered, text):
    out = tmp_path / "site"
    written_again(run, out)
    before = pages(out)
    (out / MADE).write_text(text)
    rendered.clear()
    assert Made(out, look(None)).unchanged() is None
    written_again(run, out)
    assert set(rendered) == ALL
    assert pages(out) == before


def test_a_note_of_a_strangers_leaves_no_other_file_in_a_site(run, tmp_path, rendered):
    """Only names that a site's files have are looked for, and only what has their hash is kept."""
    out = tmp_path / "site"
    written_again(run, out)
    before = pages(out)
    data = json.loads((out / MADE).read_text())
    (tmp_path / "secret").write_text("secret")
    data["files"]["../secret"] = ["0" * 64, 6, (tmp_path / "secret").stat().st_mtime_ns]
    data["pages"]["inputs/v1-1.html"][2] = ["../secret"]
    (out / MADE).write_text(json.dumps(data))
    rendered.clear()
    written_again(run, out)
    assert rendered == ["v1-1"]
    assert pages(out) == before


def test_an_input_with_several_models_is_printed_once_after_the_other(run):
    """The place of an input on paper depends on no other input, or its page would, too."""
    from reportgen.rendering.overview.report import make_report

    edit_result(run, "v10", 3, probability=0.51)
    edit_result(run, "v1", 1, probability=0.1)
    report = make_report(Results(run))
    order = report.paper_order
    ranked = sorted(report.briefs, key=lambda brief: order[brief.anchor])
    looked = [item.brief.position for item in report.review_items]
    assert looked
    seen = list(dict.fromkeys(brief.position for brief in ranked))
    assert seen[: len(looked)] == looked
    assert all(order[f"v1-{i + 1}"] == order[f"v10-{i + 1}"] for i in range(INPUTS))
