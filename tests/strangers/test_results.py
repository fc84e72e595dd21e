"""Runs that someone else wrote, or that were damaged: an error card each, and the rest is shown."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import fakes
import reportgen
from reportgen import site
from reportgen.rendering.overview.report import make_report
from reportgen.site.folder import sweep
from rewriting import result_files, rewrite_manifest, rewrite_result

GOOD, BAD = "A warm and funny film.", "Not a bad film, but hardly a great one."
LOST = "1" * 32


@pytest.fixture
def run(tmp_path) -> Path:
    """Two inputs: the first is to be damaged, the second to be shown all the same."""
    jobs = [fakes.classified(BAD, LOST), fakes.classified(GOOD, "2" * 32, position=1)]
    texts = [{"text": BAD}, {"text": GOOD}]
    check = {"prediction": {"equals": "POSITIVE"}}
    return fakes.checked_run(tmp_path / "run", jobs, [check], texts)


@pytest.fixture
def file(run) -> Path:
    return run / "results" / f"{LOST}.safetensors"


def assert_one_card(run: Path, out: Path, command, message: str) -> str:
    """Render ``run``: its first input is an error card that says ``message``, the second whole."""
    code, printed, said = command("render", run, "--out", out)
    assert code == 1
    assert message in said
    assert said.startswith("error: fake, input 1: ")
    html = (out / "report.html").read_text(encoding="utf-8")
    assert "2 inputs" in html
    assert html.count("The stored result of this input cannot be used") == 1
    assert "POSITIVE" in html
    assert str(run) not in html
    assert f"Wrote {out / 'report.html'}" in printed
    return html


def test_a_missing_result_is_an_error_card(run, file, tmp_path, command):
    file.unlink()
    html = assert_one_card(run, tmp_path / "out", command, "the result is missing")
    assert BAD in html  # the text is in the spec


def test_a_result_of_a_later_version_is_refused_with_the_whole_run(run, file, tmp_path, command):
    rewrite_result(file, lambda header, arrays: header.update(format=99))
    code, printed, said = command("render", run, "--out", tmp_path / "out")
    assert (code, printed) == (1, "")
    assert "format 99 is not known to this version" in said
    assert "upgrade reportgen to read it" in said


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.99])
def test_two_flipped_bytes_are_an_error_card_and_computed_again(run, file, tmp_path, command, part):
    data = bytearray(file.read_bytes())
    at = int(len(data) * part)
    data[at : at + 2] = bytes(byte ^ 0x41 for byte in data[at : at + 2])
    file.write_bytes(data)
    assert_one_card(run, tmp_path / "out", command, "damaged: ")
    store = reportgen.load(run).store
    assert not store.has(LOST)  # what a build asks before it computes a job
    assert store.has("2" * 32)


def test_every_damaged_byte_of_a_small_result_is_noticed(tmp_path):
    header, arrays = fakes.classified("Good.", "3" * 32)
    kept = {"integrated_gradients/POSITIVE": arrays["integrated_gradients/POSITIVE"]}
    run = fakes.write_run(tmp_path, [(header, kept)])
    (path,) = result_files(run)
    whole = path.read_bytes()
    length = 8 + int.from_bytes(whole[:8], "little")
    padding = length - len(whole[:length].rstrip(b" "))  # spaces, which hold nothing
    for at in [*range(0, length - padding, 7), *range(length, len(whole))]:
        data = bytearray(whole)
        data[at] ^= 0x01
        path.write_bytes(data)
        assert not reportgen.load(run).store.has("3" * 32), at


def test_a_damaged_manifest_is_refused_with_what_to_do(run, tmp_path, command):
    path = run / "results" / "manifest.json"
    path.write_text(path.read_text().replace("A made-up audit", "A made-up Audit"))
    code, _, said = command("render", run, "--out", tmp_path / "out")
    assert code == 1
    assert "it was changed after it was written: its checksum does not match" in said
    assert "build again" in said


def test_a_job_of_a_model_that_nothing_describes_is_an_error_card(run, tmp_path, command):
    rewrite_manifest(run, lambda data: data["jobs"][0].update(model="stranger"))
    code, _, said = command("render", run, "--out", tmp_path / "out")
    assert code == 1
    assert "stranger, input 1" in said
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert html.count("The stored result of this input cannot be used") == 1
    assert GOOD in html


@pytest.mark.parametrize(
    "name", ["../../../outside", "/etc/passwd", "..", "", "x" * 4000, "A" * 32, "\x00" * 32]
)
def test_an_id_that_is_none_reads_no_file_outside(run, tmp_path, command, name):
    outside = tmp_path / "outside.safetensors"
    shutil.copy(run / "results" / f"{LOST}.safetensors", outside)
    rewrite_manifest(run, lambda data: data["jobs"][0].update(id=name))
    assert_one_card(run, tmp_path / "out", command, "expected a job's id of 32 hex digits")


def test_a_link_in_the_place_of_a_result_is_not_followed(run, file, tmp_path, command):
    shutil.move(file, tmp_path / "private.safetensors")
    file.symlink_to(tmp_path / "private.safetensors")
    assert_one_card(run, tmp_path / "out", command, "expected a file, found a link")


def test_a_pipe_in_the_place_of_a_manifest_does_not_hang(run, command):
    path = run / "results" / "manifest.json"
    path.unlink()
    os.mkfifo(path)
    code, _, said = command("check", run)
    assert code == 1
    assert "expected a file, found something else" in said


def cut(name: str, amount: int):
    def change(header, arrays):
        arrays[name] = arrays[name][..., :amount].copy()

    return change


def put(name: str, array: np.ndarray):
    def change(header, arrays):
        arrays[name] = array

    return change


def say(**changes):
    return lambda header, arrays: header.update(changes)


NAMED = "integrated_gradients/POSITIVE"

MISFITS = {
    "an array too short": (cut(NAMED, 3), "has 3 tokens, the result has"),
    "a map too narrow": (cut("attention", 3), "has 3 tokens, the result has"),
    "other layers": (
        put("vector_norms/f", np.zeros((9, 6, 14), np.float32)),
        "layers",
    ),
    "an empty array of a huge shape": (
        put("attention", np.zeros((0, 10**6, 10**6), np.float32)),
        "is empty: its shape is (0, 1000000, 1000000)",
    ),
    "too few axes": (put("attention", np.zeros(5, np.float32)), "expected 4 axes"),
    "whole numbers": (put(NAMED, np.zeros(14, np.int64)), "is of I64, not F32"),
    "not a number": (put(NAMED, np.full(14, np.nan, np.float32)), "not finite"),
    "a comparison of nothing": (
        put("agreement_heads/spearman", np.zeros((4, 6), np.float32)),
        "does not say what it compares",
    ),
    "empty fields": (say(fields={}), "the input has no text, which sequence-classification needs"),
    "an unknown field": (say(fields={"text": BAD, "x": "y"}), "no field 'x'"),
    "an unknown task": (say(task="poetry"), "the task 'poetry' is not known"),
    "another task": (
        say(task="masked-lm"),
        "a result of masked-lm, but the model's task is sequence-classification",
    ),
    "another job": (say(job="9" * 32), "it is the result of another job"),
    "odd settings": (
        say(settings={"integrated_gradients": {"normalize": [1]}}),
        "settings of integrated_gradients: normalize",
    ),
    "settings of wrong types": (say(settings=7), "settings: Input should be a valid dictionary"),
    "a huge integer": (say(input=int("9" * 4000)), "a whole number is larger than"),
    "a huge number": (say(seconds=1e300), "a number is not finite, or too large"),
    "an infinite number": (say(seconds=float("inf")), "a number is not finite, or too large"),
    "half a character": (say(fields={"text": "\ud83d"}), "half a character"),
    "words beyond the tokens": (
        lambda header, arrays: header["words"][0].update(last=999),
        "words[0]: it lies outside the tokens",
    ),
    "a token of no word": (
        lambda header, arrays: header["tokens"][1].update(word=999),
        "tokens[1]: there is no word 999",
    ),
    "a token outside its text": (
        lambda header, arrays: header["tokens"][1].update(end=9999),
        "tokens[1]: it ends outside its text",
    ),
    "two equal targets": (
        lambda header, arrays: header.update(targets=header["targets"] * 2),
        "targets: 'POSITIVE' is there twice",
    ),
    "an output read at a token that is not there": (
        lambda header, arrays: header["targets"][0].update(read_at=[0, 999]),
        "targets[0]: it is read at a token that is not there",
    ),
    "an output read at tokens in no order": (
        lambda header, arrays: header["targets"][0].update(read_at=[2, 1]),
        "targets[0]: what it is read at is no list of tokens in order",
    ),
    "an output read at no token": (
        lambda header, arrays: header["targets"][0].update(read_at=[]),
        "targets[0]: what it is read at is no list of tokens in order",
    ),
    "a layer that is not there": (
        lambda header, arrays: header["agreement"][0].update(layer=99),
        "agreement: there is no layer 99",
    ),
    "done without a prediction": (say(prediction=None), "nothing is predicted"),
    "an error that is none": (say(status="error"), "neither done nor an error"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_together_is_an_error_card(run, file, tmp_path, command, name):
    change, message = MISFITS[name]
    rewrite_result(file, change)
    assert_one_card(run, tmp_path / "out", command, message)


@pytest.mark.parametrize("form", ["site", "single-file"])
def test_numbers_of_any_size_are_shown(run, file, tmp_path, command, form):
    def grow(header, arrays):
        for name, array in arrays.items():
            arrays[name] = np.where(array < 0, -1e38, 1e38).astype(np.float32)

    rewrite_result(file, grow)
    code, _, said = command("render", run, "--out", tmp_path / "out", "--format", form)
    assert (code, said) == (0, "")


SPECS = {
    "no mapping": 7,
    "inputs that are none": {"inputs": "many"},
    "an input that is none": {"inputs": [7]},
    "checks that are none": {"checks": 7},
    "a check that is none": {"checks": [{"prediction": 7}]},
    "a report that is none": {"report": {"format": "scroll"}},
    "a report of wrong types": {"report": []},
}


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_of_wrong_types_is_refused_with_its_place(run, tmp_path, command, name):
    rewrite_manifest(run, lambda data: data.update(spec=SPECS[name]))
    for words in (("render", run, "--out", tmp_path / "out"), ("check", run)):
        code, _, said = command(*words)
        assert code == 1
        assert said.startswith(f"error: {run / 'results' / 'manifest.json'}: ")


MANIFESTS = {
    "integers of 4,000 digits": lambda data: data.update(seed=int("1" * 4000)),
    "a result twice": lambda data: data["jobs"].append(dict(data["jobs"][0])),
    "a model twice": lambda data: data["models"].append(dict(data["models"][0])),
    "a negative position": lambda data: data["jobs"][0].update(input=-1),
    "half a character": lambda data: data.update(title="\ud83d"),
    "an unknown field": lambda data: data.update(extra=1),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_does_not_fit_together_is_refused(run, tmp_path, command, name):
    rewrite_manifest(run, MANIFESTS[name])
    code, _, said = command("render", run, "--out", tmp_path / "out")
    assert code == 1
    assert "manifest.json: damaged: " in said
    assert "build again" in said


def test_every_reading_command_shows_the_others_and_ends_with_1(run, file, tmp_path, command):
    whole = shutil.copytree(run, tmp_path / "whole")
    file.write_bytes(b"damaged")
    for words in (
        ("compare", whole, run, "--out", tmp_path / "c"),
        ("digest", run),
        ("digest", run, "--base", whole),
        *(("export", run, "--format", f, "--out", tmp_path / f) for f in ("csv", "model-card")),
        ("site", run, "--out", tmp_path / "site"),
        ("render", run, "--out", tmp_path / "r", "--format", "site"),
    ):
        code, _, said = command(*words)
        assert code == 1, words
        assert "damaged" in said, words
    assert command("check", run)[0] == 2  # nothing can be judged of the damaged one


def test_one_malformed_run_does_not_end_a_history(run, tmp_path, command, monkeypatch):
    runs = tmp_path / "runs"
    shutil.copytree(run, runs / "a")
    rewrite_manifest(shutil.copytree(run, runs / "b"), lambda data: data.update(jobs=7))
    rewrite_manifest(shutil.copytree(run, runs / "c"), lambda data: data.update(title="Fine"))
    code, printed, said = command("site", runs, "--out", tmp_path / "out")
    assert code == 1
    assert "(2 runs, 2 of them new)" in printed
    assert f"{runs / 'b' / 'results' / 'manifest.json'}: damaged: jobs: " in said

    def fails(results):
        if results.manifest.title == "Fine":
            raise ZeroDivisionError("nobody foresaw this")
        return whole(results)

    whole = make_report
    monkeypatch.setattr("reportgen.site.history.make_report", fails)
    code, printed, said = command("site", runs, "--out", tmp_path / "again")
    assert code == 1
    assert "(1 run, 1 of them new)" in printed
    assert "left out: ZeroDivisionError: nobody foresaw this" in said


def test_files_of_a_foreign_folder_are_not_removed(run, tmp_path, command):
    out = tmp_path / "foreign"
    (out / "inputs").mkdir(parents=True)
    mine, outside = out / "inputs" / "mine.html", tmp_path / "outside.html"
    for path in (mine, outside, out / "notes.txt"):
        path.write_text("mine")
    digest = "5fcf4f2c2a5d0b9e"  # not that of the file
    names = ["inputs/mine.html", "../outside.html", "notes.txt", "inputs/../notes.txt"]
    for listing in (names, dict.fromkeys(names, digest), {"inputs/mine.html": 7}, 7, "x"):
        (out / ".reportgen-files.json").write_text(json.dumps(listing))
        assert command("render", run, "--out", out, "--format", "site")[0] == 0
        assert mine.read_text() == outside.read_text() == "mine"
        assert (out / "notes.txt").is_file()


def test_nothing_outside_the_folder_is_removed_even_with_its_hash(tmp_path):
    out, outside = tmp_path / "out", tmp_path / "inputs" / "mine.html"
    outside.parent.mkdir()
    out.mkdir()
    notes = out / "notes.txt"  # inside, but of a name that no file of a site has
    for path in (outside, notes):
        path.write_text("mine")
    (out / "inputs").symlink_to(outside.parent)
    names = ("inputs/mine.html", "../inputs/mine.html", str(outside), "notes.txt")
    listing = dict.fromkeys(names, hashlib.sha256(b"mine").hexdigest())
    (out / ".reportgen-files.json").write_text(json.dumps(listing))
    sweep(out, {})
    assert outside.read_text() == notes.read_text() == "mine"


def test_pages_of_inputs_that_are_gone_are_removed_unless_they_were_changed(tmp_path):
    jobs = [fakes.classified(f"Text {i}", f"{i}" * 32, position=i) for i in range(4)]
    run = fakes.write_run(tmp_path / "run", jobs)
    out = tmp_path / "out"
    site.render(run, out, format="site")
    edited = out / "inputs" / "fake-3.html"
    edited.write_text("my own notes")
    site.render(fakes.write_run(tmp_path / "fewer", jobs[:2]), out, format="site")
    left = sorted(path.name for path in (out / "inputs").iterdir())
    assert left == ["fake-1.html", "fake-2.html", "fake-3.html"]
    assert edited.read_text() == "my own notes"


@pytest.mark.parametrize(
    ("name", "form"),
    [("report.html", "single-file"), ("index.html", "site"), ("inputs/fake-1.html", "site")],
)
def test_a_pipe_in_the_place_of_a_page_is_told(run, tmp_path, command, name, form):
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    code, _, said = command("render", run, "--out", tmp_path / "out", "--format", form)
    assert (code, f"{path}: expected a file, found something else" in said) == (1, True)


def test_pipes_in_the_place_of_lists_are_no_lists(run, tmp_path, command):
    out, runs = tmp_path / "out", tmp_path / "runs"
    name = "20260102-030405-0123abcd"
    (runs / "runs" / name).mkdir(parents=True)
    os.mkfifo(runs / "runs" / name / "summary.json")
    assert command("site", run, "--out", runs)[0] == 0
    assert command("render", run, "--out", out, "--format", "site")[0] == 0
    (out / ".reportgen-files.json").unlink()
    os.mkfifo(out / ".reportgen-files.json")
    code, printed, _ = command("verify", out / "index.html")
    assert (code, "? files: .reportgen-files.json is not beside the page" in printed) == (2, True)


@pytest.mark.parametrize("name", ["report.html", "inputs", "index.html", "assets"])
def test_links_in_an_output_folder_are_not_written_through(run, tmp_path, command, name):
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    if "." in name:
        outside.write_text("mine")
    else:
        outside.mkdir()
    (out / name).symlink_to(outside)
    form = "single-file" if name == "report.html" else "site"
    code, _, said = command("render", run, "--out", out, "--format", form)
    if outside.is_file():
        assert (code, outside.read_text()) == (0, "mine")
        assert not (out / name).is_symlink()
    else:
        assert (code, list(outside.iterdir())) == (1, [])
        assert "a link that leads out of the report's" in said
