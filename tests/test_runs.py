"""A folder of many runs: what its index tells, what is read again, and what stays."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import fakes
from document import Document
from reportgen import cli, site
from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.store import Store
from reportgen.site.history import collect

GOOD, BAD = "POSITIVE", "NEGATIVE"
CHECKS = {"checks": [{"prediction": {"equals": "expect"}}, {"convergence": {"max": 0.05}}]}


def write_run(folder: Path, day: int, said: dict[str, str], *, weights="1" * 64, **changes) -> Path:
    """Store a run of the model "fake" that predicts ``said``, by text; POSITIVE is expected."""
    jobs = []
    for position, (text, label) in enumerate(said.items()):
        header, arrays = fakes.classified(text, f"{day:02}{position:030}", position=position)
        prediction = header.prediction.model_copy(
            update={"label": label, "expected": "POSITIVE", "correct": label.upper() == GOOD}
        )
        jobs.append((header.model_copy(update={"prediction": prediction}), arrays))
    fakes.write_run(folder, jobs, title=f"Day {day}")
    store = Store(folder / "results")
    manifest = store.read_manifest()
    models = tuple(info.model_copy(update={"weights_sha256": weights}) for info in manifest.models)
    given = {"created": f"2026-03-{day:02}T12:30:00+00:00", "models": models, "spec": CHECKS}
    store.write_manifest(manifest.model_copy(update=given | changes))
    return folder


@pytest.fixture
def history(tmp_path) -> Path:
    """Three runs of one model over three days; its weights change on the third."""
    folder = tmp_path / "history"
    write_run(folder / "c", 1, {"one": GOOD, "two": BAD})
    write_run(folder / "b", 2, {"two": GOOD, "one": GOOD})
    write_run(folder / "a", 3, {"one": BAD, "two": "positive", "new": BAD}, weights="9" * 64)
    (folder / "not-a-run").mkdir()
    (folder / "notes.txt").write_text("not a run either")
    return folder


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def names(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "runs").iterdir())


def rows(html: str, table: int) -> list[list[str]]:
    """Return the written cells of a table of the page, without its head."""
    body = re.findall(r"<tbody>(.*?)</tbody>", html, re.S)[table]
    found = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    cells = ([re.sub(r"<[^>]*>", "", cell) for cell in CELL.findall(row)] for row in found)
    return [[" ".join(cell.split()) for cell in row] for row in cells]


CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.S)


def test_the_index_tells_each_run_newest_first(history, tmp_path):
    written = collect([history], tmp_path / "out", title="All <b>days</b>")
    assert (written.runs, written.read, written.problems) == (3, 3, ())
    html = written.path.read_text(encoding="utf-8")
    assert "<h1>All &lt;b&gt;days&lt;/b&gt;</h1>" in html
    text = " ".join(" ".join(Document(html).visible).split())
    assert "3 runs · 1 model · 2026-03-01 to 2026-03-03" in text
    assert (
        "In the newest run 1 of 2 checks hold, 1 of 3 predictions are as expected and "
        "1 of 2 predictions changed since the run before." in text
    )
    assert rows(html, 1) == [
        [
            "2026-03-03 12:30 UTC", "✗ 1 of 2 hold, 1 failed", "! 1 of 3", "✓ 3 of 3",
            "3", "Day 3", "fake 99999999",
        ],
        [
            "2026-03-02 12:30 UTC", "✓ 2 of 2 hold", "✓ 2 of 2", "✓ 2 of 2",
            "2", "Day 2", "fake 11111111",
        ],
        [
            "2026-03-01 12:30 UTC", "✗ 1 of 2 hold, 1 failed", "! 1 of 2", "✓ 2 of 2",
            "2", "Day 1", "fake 11111111",
        ],
    ]  # fmt: skip


def test_a_model_is_followed_from_run_to_run(history, tmp_path):
    html = collect([history], tmp_path / "out").path.read_text(encoding="utf-8")
    # Inputs are the same by what they say, wherever they stand; letter case makes no difference.
    assert rows(html, 0) == [
        ["2026-03-03 12:30 UTC", "1 of 2", "1 of 3", "1 of 2", "3 of 3", "99999999 new"],
        ["2026-03-02 12:30 UTC", "2 of 2", "2 of 2", "1 of 2", "2 of 2", "11111111"],
        ["2026-03-01 12:30 UTC", "1 of 2", "1 of 2", "–", "2 of 2", "11111111"],
    ]
    labels = Document(html).attributes("aria-label")
    assert (
        "Checks that hold in 3 runs from 2026-03-01 to 2026-03-03: "
        "at first 50.0\N{NO-BREAK SPACE}%, at last 50.0\N{NO-BREAK SPACE}%, "
        "lowest 50.0\N{NO-BREAK SPACE}%" in labels
    )
    assert html.count("<svg") == 3
    assert html.count("<circle") == 3 + 3 + 2


def test_one_run_has_numbers_and_no_chart(history, tmp_path):
    html = collect([history / "a"], tmp_path / "out").path.read_text(encoding="utf-8")
    assert "<svg" not in html
    assert "changed since the run before." not in html
    assert len(rows(html, 0)) == len(rows(html, 1)) == 1


def test_each_run_has_its_own_pages(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    (first, *_) = names(out)
    assert re.fullmatch(r"20260301-123000-[0-9a-f]{8}", first)
    site.render(history / "c", tmp_path / "alone", format="site")
    mine, alone = contents(out / "runs" / first), contents(tmp_path / "alone")
    assert json.loads(mine.pop("summary.json"))["title"] == "Day 1"
    listing = ".reportgen-files.json"
    written = {
        f"../../{name}" if name.startswith("assets/") else name
        for name in json.loads(alone.pop(listing))
    }
    assert set(json.loads(mine.pop(listing))) == written
    assets = {name: alone.pop(name) for name in list(alone) if name.startswith("assets/")}
    for name, data in mine.items():
        back = re.compile(rb'<a href="(?:\.\./)?\.\./\.\./index\.html">All runs</a> ')
        assert len(back.findall(data)) == name.endswith(".html")
        plain = re.sub(rb"(?:\.\./){2}((?:\.\./)?assets/)", rb"\1", back.sub(b"", data))
        seal = re.compile(rb'<meta name="reportgen-seal" [^>]*>')
        assert len(seal.findall(data)) == name.endswith(".html")
        assert seal.sub(b"", plain) == seal.sub(b"", alone.pop(name))
    assert not alone
    # All runs share one copy of what is the same for all, and lead back to it.
    assert assets.items() <= contents(out).items()


def test_assets_go_with_the_last_run_that_has_them(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    stale = out / "assets" / "script.00000000.js"
    stale.write_text("of an earlier version")
    run = out / "runs" / names(out)[0] / ".reportgen-files.json"
    listing = run.read_text()
    digest = hashlib.sha256(stale.read_bytes()).hexdigest()
    run.write_text(json.dumps({"../../assets/script.00000000.js": digest}))
    collect([history], out)
    assert stale.is_file()
    run.write_text(listing)
    collect([history], out)
    assert not stale.exists()
    assert len(list((out / "assets").glob("script.*.js"))) == 1


def test_the_chart_library_is_there_as_long_as_a_run_has_live_charts(history, tmp_path):
    out, live = tmp_path / "out", fakes.with_everything(fakes.classified("Live."))
    fakes.write_run(history / "live", [live])
    for _ in range(2):
        collect([history], out)
        assert len(list((out / "assets").glob("vega.*.js"))) == 1
    collect([history / "a", history / "b"], out, prune=True)
    assert not list((out / "assets").glob("vega.*.js"))


def test_every_link_leads_to_a_file_and_nothing_is_loaded_from_elsewhere(history, tmp_path):
    out = tmp_path / "out"
    page = collect([history], out).path
    html = page.read_text(encoding="utf-8")
    document = Document(html)
    links = document.attributes("href") + document.attributes("src")
    assert len([link for link in links if link.startswith("runs/")]) == 1 + 3 + 3
    for link in links:
        parts = urlsplit(link)
        assert not parts.scheme
        assert not parts.path.startswith("/")
        assert (out / unquote(parts.path)).is_file() or parts.fragment in document.attributes("id")
    assert "<script" not in html
    assert " style=" not in html
    (policy,) = (value for value in document.attributes("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert (out / ".nojekyll").read_bytes() == b""


def test_what_inputs_and_models_say_is_never_markup(tmp_path):
    jobs = [fakes.classified(fakes.HOSTILE, model=fakes.HOSTILE)]
    fakes.write_run(tmp_path / "run", jobs, title=fakes.HOSTILE)
    html = collect([tmp_path / "run"], tmp_path / "out").path.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "".join(Document(html).visible).count('<script>alert(1)</script> & "quotes"') >= 3


def test_a_run_that_is_known_is_not_read_again(history, tmp_path, monkeypatch):
    out = tmp_path / "out"
    collect([history], out)
    before = contents(out)
    for path in history.rglob("*.safetensors"):
        path.write_bytes(b"unreadable")
    monkeypatch.setattr(site, "render", lambda *_, **__: pytest.fail("rendered again"))
    written = collect([history], out)
    assert (written.runs, written.read) == (3, 0)
    assert contents(out) == before


def test_adding_a_run_reads_only_that_one(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    for path in history.rglob("*.safetensors"):
        path.write_bytes(b"unreadable")
    new = write_run(tmp_path / "new", 4, {"one": BAD})
    written = collect([history, new], out)
    assert (written.runs, written.read) == (4, 1)
    assert "none of 1 prediction changed" in written.path.read_text(encoding="utf-8")


@pytest.mark.parametrize("change", [{"reportgen": "0.0.1"}, {"format": 0}, {"inputs": "three"}])
def test_a_summary_of_another_version_is_made_again(history, tmp_path, change):
    out = tmp_path / "out"
    collect([history], out)
    path = next((out / "runs").glob("*/summary.json"))
    right = path.read_bytes()
    path.write_text(json.dumps(json.loads(right) | change))
    assert collect([history], out).read == 1
    assert path.read_bytes() == right


def test_a_run_stays_when_its_results_are_gone(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    before = contents(out)
    for name in ("b", "c"):
        (history / name).rename(tmp_path / name)
    assert collect([history / "a"], out).runs == 3
    assert contents(out) == before


def test_the_summaries_are_all_that_the_index_needs(history, tmp_path):
    collect([history], tmp_path / "out")
    for path in (tmp_path / "out").glob("runs/*/summary.json"):
        copy = tmp_path / "fetched" / "runs" / path.parent.name / path.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    written = collect([history / "a"], tmp_path / "fetched")
    assert (written.runs, written.read) == (3, 0)
    assert written.path.read_bytes() == (tmp_path / "out" / "index.html").read_bytes()


def test_prune_removes_runs_that_are_not_given(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    (out / "runs" / "mine").mkdir()  # not a run's name
    (out / "runs" / "mine" / "summary.json").write_text("{}")
    written = collect([history / "a"], out, prune=True)
    assert (written.runs, len(written.removed)) == (1, 2)
    assert len(names(out)) == 2
    assert (out / "runs" / "mine" / "summary.json").is_file()
    collect([history / "a"], tmp_path / "fresh")
    (out / "runs" / "mine" / "summary.json").unlink()
    assert contents(out) == contents(tmp_path / "fresh")


def test_the_same_runs_give_the_same_bytes_in_any_order(history, tmp_path):
    folders = [history / name for name in "abc"]
    collect(folders, tmp_path / "one")
    for folder in reversed([*folders, folders[0]]):
        collect([folder / "results"], tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_damaged_run_is_left_out_and_told(history, tmp_path):
    (history / "b" / "results" / "manifest.json").write_text("{")
    next((history / "c" / "results").glob("*.safetensors")).write_bytes(b"")
    written = collect([history], tmp_path / "out")
    assert (written.runs, written.read) == (2, 2)
    assert [problem.where.removeprefix(f"{history}/")[:9] for problem in written.problems] == [
        "b/results",
        "c/results",
    ]
    # What is damaged of a run is an error card, until the run is whole again.
    write_run(history / "c", 1, {"one": GOOD, "two": BAD})
    (history / "b" / "results" / "manifest.json").unlink()
    again = collect([history], tmp_path / "out")
    assert (again.runs, again.read, again.problems) == (2, 1, ())


def test_a_kept_run_of_a_later_version_is_left_out_and_told(history, tmp_path):
    out = tmp_path / "out"
    collect([history], out)
    path = out / "runs" / names(out)[0] / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    written = collect([history / "a"], out)
    assert written.runs == 2
    assert [problem.where for problem in written.problems] == [str(path)]


def test_folders_without_a_run_are_refused(history, tmp_path):
    with pytest.raises(ResultsError, match=r"found no manifest\.json"):
        collect([history, tmp_path / "nowhere"], tmp_path / "out")
    with pytest.raises(ReportgenError, match="one of the runs"):
        collect([history], history / "a")
    assert not (tmp_path / "out").exists()


def test_runs_with_errors_and_of_other_tasks_are_shown(sample_folder, complete_folder, tmp_path):
    out = tmp_path / "out"
    html = collect([sample_folder], out).path.read_text(encoding="utf-8")
    assert "and 1 input could not be explained." in html
    html = collect([complete_folder], out).path.read_text(encoding="utf-8")
    assert [row[1] for row in rows(html, -1)] == ["–", "–"]  # no checks
    assert html.count(" over time</h2>") == 6


def test_the_command_says_what_it_wrote(history, tmp_path, capsys, monkeypatch):
    def run(*words) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["reportgen", "site", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    out = tmp_path / "out"
    code, printed, errors = run(history, "--out", out, "--title", "Nightly")
    assert (code, errors) == (0, "")
    assert printed.startswith(f"Wrote {out}/index.html (3 runs, 3 of them new).")
    assert "<h1>Nightly</h1>" in (out / "index.html").read_text()
    (history / "b" / "results" / "manifest.json").write_text("{")
    code, printed, errors = run(history, "--out", out, "--prune")
    assert code == 1
    assert "(2 runs, 0 of them new, 1 removed)" in printed
    assert errors.startswith(f"error: {history}/b/results/manifest.json: damaged")
    assert run(tmp_path / "nothing", "--out", out)[0] == 1


def test_nothing_of_the_engine_is_loaded():
    assert not {"torch", "transformers"} & set(vars(sys.modules[collect.__module__]))
