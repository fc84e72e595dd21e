"""Files as a shared report names them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reportgen.spec.shown import hide_folders, shown_command, shown_model, shown_path, shown_spec


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("HF_HOME", "/data/ann's cache")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("path", "base", "shown"),
    [
        ("../models/x", "/home/ann/audits", "../models/x"),
        ("org/name", "/home/ann/audits", "org/name"),
        ("data/reviews.csv", "audits", "data/reviews.csv"),
        ("/home/ann/audits/models/x", "/home/ann/audits", "models/x"),
        ("/home/ann/audits/../audits/x/", "/home/ann/audits", "x"),
        ("/home/ann/models/x", "/home/ann/audits", "x"),
        ("/home/ann/audits-2/x", "/home/ann/audits", "x"),
        ("~/models/x", "/home/ann/audits", "x"),
        ("~/models/x", "/home/ann", "models/x"),
        ("/home/ann", "/home/ann/audits", "~"),
        ("~", "/home/ann/audits", "~"),
        ("/home/bob/", "/home/ann/audits", "~"),
        ("~nobody/x", "/home/ann/audits", "x"),
        # A spec where all homes are, or at the root: the way down is through someone's name.
        ("/home/ann/x", "/home", "x"),
        ("/home/ann/x", "/", "x"),
        ("/", "/home/ann", "/"),
        ("C:\\Users\\ann\\models\\x", "/home/ann/audits", "x"),
        ("C:\\Users\\ann", "/home/ann/audits", "~"),
        ("\\\\server\\share\\x", "/home/ann/audits", "x"),
    ],
)
def test_a_path_is_shown_as_written_or_from_the_spec_or_by_its_last_name(path, base, shown):
    assert shown_path(path, Path(base)) == shown


def test_a_path_through_a_link_lies_below_what_the_link_leads_to(tmp_path):
    (tmp_path / "real" / "data").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert shown_path(f"{tmp_path}/real/data", tmp_path / "link") == "data"
    assert shown_path(f"{tmp_path}/link/data", tmp_path / "real") == "data"


def test_no_folder_is_shown_as_a_model_of_the_hub():
    base = Path("/home/ann/audits")
    assert shown_model("/home/ann/audits/models/x", base) == "./models/x"
    assert shown_model("/home/ann/audits/x", base) == "x"
    assert shown_model("models/x", base) == "models/x"


def test_all_paths_of_a_spec_are_shown():
    spec = {
        "title": "/home/ann is a title",
        "models": [{"id": "/home/ann/x", "path": "/home/ann/x"}],
        "inputs": [{"text": "/home/ann/x"}, {"file": "/home/ann/x.csv", "text": "a"}],
        "report": {"format": "site", "templates": "/home/ann/ours", "logo": None},
    }
    assert shown_spec(spec, Path("/home/ann/audits")) == {
        "title": "/home/ann is a title",
        "models": [{"id": "/home/ann/x", "path": "x"}],
        "inputs": [{"text": "/home/ann/x"}, {"file": "x.csv", "text": "a"}],
        "report": {"format": "site", "templates": "ours", "logo": None},
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("build /home/ann/audit.yaml --out /home/ann/out", "build audit.yaml --out out"),
        ("build /home/ann/audit.yaml --out=/srv/ann/out", "build audit.yaml --out=out"),
        ("build /home/ann/a/b.yaml -o~/a/out --prune", "build a/b.yaml -oa/out --prune"),
        ("build ../audit.yaml -o ../out", "build ../audit.yaml -o ../out"),
        ("demo", "demo"),
    ],
)
def test_a_command_names_files_as_they_lie_from_the_spec(words, line):
    assert shown_command(words.split(), Path("/home/ann")) == f"reportgen {line}"


def test_a_command_can_be_copied_and_stored_whatever_files_are_called():
    words = ["build", "/home/ann/my audit.yaml", "--out=/x/it's", "/y/\udcff"]
    shown = shown_command(words, Path("/home/ann"))
    assert shown == "reportgen build 'my audit.yaml' '--out=it'\"'\"'s' '?'"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no weights in /home/ann/audits/models/x y", "no weights in ../models/x y"),
        ("no weights in sub/../models/x.", "no weights in ../models/x."),
        ("at /home/ann/audits/data/a.csv: bad", "at ./data/a.csv: bad"),
        (
            "Can't load '/home/ann/audits/models/x y/config.json' from 'https://hf.co/models/a/b'",
            "Can't load '../models/x y/config.json' from 'https://hf.co/models/a/b'",
        ),
        ("see https://hf.co/a/b/c, http://localhost:80/a/b", None),
        ("[Errno 2] No such file: '/mnt/ann smith/a b/c.txt'", "[Errno 2] No such file: 'c.txt'"),
        ("/data/ann's cache/hub/models--a--b/x.json is bad", "x.json is bad"),
        ("HF_HOME is /data/ann's cache", "HF_HOME is HF_HOME"),
        ("~/.cache/huggingface/hub/x.json, ~ann/y", "x.json, y"),
        ("/home/ann, /home/ann. /home/bob /home/ann-old/x", "~, ~. ~ x"),
        ("/usr/lib/python3/site-packages/a/b.py:12: in f", "b.py:12: in f"),
        ("PosixPath('/a/b/c') (/a/b) key=/a/b /a/b:/c/d", "PosixPath('c') (b) key=b b:d"),
        ("file:///home/bob/x and file://localhost/home/bob/y", "x and y"),
        ("C:\\Users\\ann\\x.bin, 'C:\\\\Users\\\\ann\\\\a b\\\\y.bin'", "x.bin, 'y.bin'"),
        ("\\\\server\\share\\x.bin", "x.bin"),
        ("half /a/b/c/", "half c"),
        ("</s></s> and/or 1/2/3 '/' /s '/s' '~0.5' '\\n' org/name a/b/c ../a/b ./a/b", None),
        ("Size mismatch: [3, 4] / [5], ratio 1/2; n/a", None),
    ],
)
def test_a_message_names_no_folder_of_this_machine(message, shown):
    named = {
        Path("/home/ann/audits"): ".",
        Path("/home/ann/audits/models/x y"): "../models/x y",
        Path("sub/../models/x"): "../models/x",
        Path("weights"): "./weights",
    }
    found = hide_folders(message, named)
    assert found == (message if shown is None else shown)
    assert hide_folders(found, named) == found


def test_the_working_directory_is_not_named(tmp_path):
    assert hide_folders(f"in {tmp_path}, {tmp_path}/a/b.txt", {}) == "in ., b.txt"


def test_a_user_without_a_home_folder_has_messages_too(monkeypatch):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert hide_folders("in /root/x/y.txt", {}) == "in y.txt"
    assert shown_path("/root/x", Path("/audits")) == "x"


@pytest.mark.parametrize(
    "text", ["x", "/a", "'/", "~", "a:", "file:", "\\\\a", "'/a b'", "a://", "/a/ ", "x.y-"]
)
def test_long_messages_take_no_longer_than_their_length(text, tmp_path):
    """A library may quote what a stranger's file holds; each doubling once took four times."""
    spent = []
    for times in (10_000, 40_000):
        begun = time.process_time()
        hide_folders(text * times, {tmp_path: "."})
        spent.append(time.process_time() - begun)
    assert spent[1] < 8 * spent[0] + 0.5
