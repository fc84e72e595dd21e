"""``reportgen merge``: one run of what several machines computed."""

from __future__ import annotations

from pathlib import Path

import pytest

import fakes
import reportgen
from reportgen.errors import ReportgenError
from reportgen.results.model import Failure
from reportgen.results.tables import Results

SPEC = {
    "title": "A made-up audit",
    "models": [{"id": "v1", "path": "./v1"}, {"id": "v2", "path": "./v2"}],
    "inputs": [{"file": "reviews.csv"}],
    "methods": [{"integrated_gradients": {}}, {"attention": {}}],
}


def job(number, model="v1", **changes):
    name = f"{model[-1]}{number:031x}"
    changes = {"seed": number} | changes
    return fakes.classified(f"He is good {number}", name, position=number, model=model, **changes)


def failed(number, model="v1"):
    return fakes.failed(
        f"He is good {number}", f"{model[-1]}{number:031x}", position=number, model=model
    )


def run_of(folder: Path, jobs, planned=4, spec=None, infos=None, **changes) -> Path:
    """Store ``jobs`` as a run of v1 and v2; ``infos`` changes what it knows of its models."""
    fakes.write_run(folder, jobs)
    store = Results(folder).store
    manifest = store.read_manifest()
    first = manifest.models[0]
    models = tuple(
        first.model_copy(update={"id": name, "path": f"./{name}"} | (infos or {}).get(name, {}))
        for name in ("v1", "v2")
    )
    planned = None if planned == len(jobs) else planned
    changes = {"spec": spec or SPEC, "models": models, "planned": planned} | changes
    store.write_manifest(manifest.model_copy(update=changes))
    return folder


def computed(folder: Path) -> list[tuple[str, int, str]]:
    return [(e.model, e.input, e.status) for e in Results(folder).manifest.jobs]


def file_of(folder: Path, number: int, model: str = "v1") -> Path:
    return folder / "results" / f"{model[-1]}{number:031x}.safetensors"


ALL = [("v1", 0, "done"), ("v1", 1, "done"), ("v2", 0, "done"), ("v2", 1, "done")]


def test_models_of_two_machines_become_one_run(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)], infos={"v1": {"device": "cuda:0"}})
    b = run_of(tmp_path / "b", [job(0, "v2"), job(1, "v2")], infos={"v2": {"device": "mps"}})
    out = tmp_path / "out"
    code, printed, errors = command("merge", a, b, "--out", out)
    assert (code, errors) == (0, "")
    assert printed.splitlines() == [
        f"Merged 2 runs into {out}: 4 results, 4 copied.",
        f"Write its pages: reportgen render {out} --out {out}",
    ]
    assert computed(out) == ALL
    manifest = Results(out).manifest
    assert manifest.planned is None
    assert [info.device for info in manifest.models] == ["cuda:0", "mps"]
    assert manifest.command == "reportgen merge a b --out out"
    for name, folder in (("v1", a), ("v2", b)):
        copied = file_of(out, 1, name).read_bytes()
        assert copied == file_of(folder, 1, name).read_bytes()
    assert command("render", out, "--out", out)[::2] == (0, "")


def test_parts_that_are_not_all_stay_unfinished(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0)])
    b = run_of(tmp_path / "b", [job(1), job(0, "v2")])
    code, _, errors = command("merge", a, b, "--out", tmp_path / "out")
    assert code == 0
    assert "Unfinished: 3 of 4 results are there; the rest has not been computed yet." in errors
    assert Results(tmp_path / "out").manifest.planned == 4


def test_what_both_have_is_there_once(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1), job(0, "v2")])
    b = run_of(tmp_path / "b", [job(1), job(0, "v2"), job(1, "v2")])
    _, printed, _ = command("merge", a, b, a, "--out", tmp_path / "out")
    assert "Merged 3 runs" in printed
    assert "4 results, 4 copied" in printed
    assert computed(tmp_path / "out") == ALL
    assert (
        "4 results, 0 copied" in command("merge", a, b, tmp_path / "out", "-o", tmp_path / "out")[1]
    )


def test_a_run_can_take_in_another(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)])
    b = run_of(tmp_path / "b", [job(0, "v2"), job(1, "v2")])
    before = file_of(a, 0).stat().st_mtime_ns
    assert "4 results, 2 copied" in command("merge", a, b, "--out", a)[1]
    assert computed(a) == ALL
    assert file_of(a, 0).stat().st_mtime_ns == before


def test_what_is_done_comes_before_what_failed(command, tmp_path):
    error = Failure(kind="RuntimeError", message="out of memory")
    partly = job(1, failed={"attention": error})
    a = run_of(tmp_path / "a", [failed(0), partly, failed(0, "v2"), failed(1, "v2")])
    b = run_of(tmp_path / "b", [job(0), job(1), failed(0, "v2"), job(1, "v2")])
    for first, second in ((a, b), (b, a)):
        out = tmp_path / f"from-{first.name}"
        assert command("merge", first, second, "--out", out)[0] == 0
        assert computed(out) == [*ALL[:2], ("v2", 0, "error"), ALL[3]]
        assert not any(result.failed for _, result in Results(out).entries)


def test_a_damaged_file_is_taken_from_the_other_run(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)], planned=2)
    b = run_of(tmp_path / "b", [job(0), job(1)], planned=2)
    file_of(a, 0).write_bytes(file_of(a, 0).read_bytes()[:-9])
    out = tmp_path / "out"
    assert command("merge", a, b, "--out", out)[::2] == (0, "")
    assert file_of(out, 0).read_bytes() == file_of(b, 0).read_bytes()
    assert command("merge", a, b, "--out", a)[0] == 0
    assert not Results(a).damaged


def test_what_is_damaged_everywhere_is_left_out_and_told(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)], planned=2)
    b = run_of(tmp_path / "b", [job(0)], planned=2)
    for folder in (a, b):
        file_of(folder, 0).write_bytes(b"")
    out = tmp_path / "out"
    code, printed, errors = command("merge", a, b, "--out", out)
    assert code == 1
    assert errors.startswith(f"error: v1, input 1: {file_of(a, 0)}: damaged: ")
    assert "build again: only what is damaged or missing is computed" in errors
    assert "1 result, 1 copied" in printed
    assert computed(out) == [("v1", 1, "done")]
    assert Results(out).manifest.planned == 2


def test_results_of_two_versions_are_told(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0)], planned=1)
    other = fakes.classified("He is good 0", "f" * 32, model="v1", seed=7)
    b = run_of(tmp_path / "b", [other], planned=1)
    code, _, errors = command("merge", a, b, "--out", tmp_path / "out")
    assert code == 0
    assert errors == (
        "note: 1 result had been computed by several versions: the first run's are kept\n"
    )
    assert [entry.id for entry in Results(tmp_path / "out").manifest.jobs] == [job(0)[0].job]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": "Another"}, 'title is "Another", not "A made-up audit"'),
        (
            {"models": [SPEC["models"][0], {"id": "v3", "path": "x", "max_length": 9}]},
            'models[1].id is "v3", not "v2"; models[1].max_length is 9, not left out',
        ),
        ({"methods": SPEC["methods"][:1]}, "methods is a list of 1, not a list of 2"),
        (
            {"methods": [{"integrated_gradients": {"steps": 9}}, {"attention": {}}]},
            "methods[0].integrated_gradients.steps is 9, not left out",
        ),
        (
            {"seed": 1, "title": "B", "keep": "scores", "report": {"format": "site"}},
            'title is "B", not "A made-up audit"; seed is 1, not left out; keep is "scores", '
            "not left out; and 1 more",
        ),
    ],
)
def test_runs_of_other_specs_are_not_merged(command, tmp_path, change, told):
    a = run_of(tmp_path / "a", [job(0)])
    b = run_of(tmp_path / "b", [job(1)], spec=SPEC | change, spec_sha256="1" * 64)
    code, printed, errors = command("merge", a, b, "--out", tmp_path / "out")
    assert (code, printed) == (1, "")
    assert errors.splitlines() == [
        f"error: {b}: this is a run of another spec than {a}: {told}",
        "  only runs of one spec can be merged: build the same file on every machine",
    ]
    assert not (tmp_path / "out").exists()


def test_a_model_may_lie_elsewhere_on_each_machine(command, tmp_path):
    moved = [{"id": "v1", "path": "./m/v1", "device": "mps"}, {"id": "v2", "path": "./m/v2"}]
    a = run_of(tmp_path / "a", [job(0), job(1)])
    b = run_of(
        tmp_path / "b",
        [job(0, "v2"), job(1, "v2")],
        spec=SPEC | {"models": moved},
        spec_sha256="1" * 64,
        infos={"v2": {"path": "./m/v2", "device": "mps"}},
    )
    assert command("merge", a, b, "--out", tmp_path / "out")[::2] == (0, "")
    manifest = Results(tmp_path / "out").manifest
    assert manifest.spec["models"] == SPEC["models"]
    assert [(i.path, i.device) for i in manifest.models] == [("./v1", "cpu"), ("./v2", "mps")]


def test_a_model_with_other_weights_is_another(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0)])
    b = run_of(tmp_path / "b", [job(1)], infos={"v1": {"weights_sha256": "9" * 64}})
    code, _, errors = command("merge", a, b, "--out", tmp_path / "out")
    assert code == 1
    assert errors.startswith(f"error: {b}: the model v1 has other weights here than in {a}\n")


def test_other_data_is_told_where_both_have_an_input(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)])
    other = fakes.classified("Another text", "e" * 32, position=1, model="v1")
    b = run_of(tmp_path / "b", [other])
    code, _, errors = command("merge", a, b, "--out", tmp_path / "out")
    assert code == 1
    assert errors.startswith(f"error: {b}: input 2 is another one here than in {a}\n")


def test_a_folder_with_another_run_is_left_alone(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0)])
    out = fakes.write_run(tmp_path / "out", [job(3)], title="Somebody's")
    before = (out / "results" / "manifest.json").read_bytes()
    code, _, errors = command("merge", a, "--out", out)
    assert code == 1
    assert errors.splitlines() == [
        f"error: {out}: there is a run here that is not among those that are merged",
        "  name it among them, too, or merge into another folder",
    ]
    assert (out / "results" / "manifest.json").read_bytes() == before


def test_a_folder_without_results_is_told(command, tmp_path):
    a = run_of(tmp_path / "a", [job(0)])
    code, _, errors = command("merge", a, tmp_path / "nowhere", "--out", tmp_path / "out")
    assert code == 1
    assert "no results here: there is no manifest.json" in errors
    assert not (tmp_path / "out").exists()


def test_in_python_it_gives_the_results_of_all(tmp_path):
    a = run_of(tmp_path / "a", [job(0), job(1)])
    b = run_of(tmp_path / "b", [job(0, "v2"), job(1, "v2")])
    results = reportgen.merge([a, str(b)], tmp_path / "out")
    assert list(results.jobs()["model"]) == ["v1", "v1", "v2", "v2"]
    whole, parts = results.tokens(), [Results(folder).tokens() for folder in (a, b)]
    assert len(whole) == sum(map(len, parts))
    with pytest.raises(ReportgenError, match="there are no runs to merge"):
        reportgen.merge([], tmp_path / "out")
