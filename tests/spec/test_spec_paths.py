"""Files that a spec names, tried as a user would: pipes, devices, links and impossible names."""

from __future__ import annotations

import os

import pytest
import yaml

from reportgen import run
from reportgen.errors import SpecError
from reportgen.plan import make_plan
from reportgen.rendering.brand import find_templates
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec

SPEC = """\
models: [{id: v1, path: org/name}]
methods: [attention]
inputs: [{file: data.csv, text: t}]
report: {logo: logo.svg, templates: ours}
"""
LINK = "is a link that leads out of the spec's folder"
ALLOW = "  allow it with --allow-outside, or copy what it leads to\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a good spec, beside one that it must not lead to."""
    base = tmp_path / "audit"
    (base / "ours" / "css").mkdir(parents=True)
    (base / "data.csv").write_text("t\nGood.\n")
    (base / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (base / "ours" / "css" / "ours.css").write_text("p {}")
    (base / "audit.yaml").write_text(SPEC)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.csv").write_text("t\nSecret.\n")
    (tmp_path / "other" / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    monkeypatch.chdir(base)
    return base


def link(path, target):
    """Put a link in place of ``path``."""
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name("moved"))
    elif path.exists():
        path.unlink()
    path.symlink_to(target)


LINKS = {
    "a data file": ("data.csv", "../other/secret.csv", "3:17 inputs[0].file: data.csv"),
    "a logo": ("logo.svg", "../other/secret.svg", "4:16 report.logo: logo.svg"),
    "templates": ("ours", "../other", "4:37 report.templates: ours"),
    "a template": (
        "ours/css/ours.css",
        "/etc/passwd",
        "4:37 report.templates: ours/css/ours.css",
    ),
    "a folder of templates": ("ours/js", "../../other", "4:37 report.templates: ours/js"),
}


@pytest.mark.parametrize("case", LINKS)
@pytest.mark.parametrize("words", [["validate"], ["build", "--out", "out", "--dry-run"]])
def test_a_link_that_leads_out_is_refused_unless_allowed(command, folder, case, words):
    name, target, place = LINKS[case]
    link(folder / name, target)
    first, *rest = words
    assert command(first, "audit.yaml", *rest) == (
        1,
        "",
        f"error: audit.yaml:{place} {LINK}\n{ALLOW}",
    )
    code, printed, errors = command("validate", "audit.yaml", "--allow-outside")
    assert (code, errors) == (0, "")
    assert printed == "audit.yaml: valid (1 model, 1 input, 1 method)\n"


def test_what_is_allowed_is_allowed_from_python_too(folder):
    link(folder / "data.csv", "../other/secret.csv")
    with pytest.raises(SpecError, match=LINK):
        load_spec("audit.yaml")
    spec = load_spec("audit.yaml", allow_outside=True)
    assert [item.fields for item in expand_inputs(spec, spec.base)] == [{"text": "Secret."}]
    assert load_spec(spec).allow_outside
    with pytest.raises(SpecError, match=LINK):
        run("audit.yaml", folder / "out")


def test_a_link_that_came_after_loading_is_not_read(folder):
    spec = load_spec("audit.yaml")
    link(folder / "data.csv", "../other/secret.csv")
    assert "Secret." not in str(expand_inputs(spec, spec.base))


def test_a_link_of_a_spec_that_was_not_loaded_is_refused_too(folder):
    spec = Spec.model_validate(yaml.safe_load((folder / "audit.yaml").read_text()))
    link(folder / "data.csv", "../other/secret.csv")
    with pytest.raises(SpecError) as caught:
        make_plan(spec, folder)
    assert LINK in caught.value.problems[0].message


@pytest.mark.parametrize("place", ["", "folder/"])
def test_links_inside_the_folder_are_followed(command, folder, place):
    (folder / "folder").mkdir()
    (folder / "data.csv").rename(folder / "folder" / "real.csv")
    (folder / "ours" / "css" / "again").symlink_to("..")
    (folder / f"{place}data.csv").symlink_to(folder / "folder" / "real.csv")
    (folder / "audit.yaml").write_text(SPEC.replace("data.csv", f"{place}data.csv"))
    assert command("validate", "audit.yaml")[0] == 0


def test_a_folder_that_is_a_link_itself_is_a_folder_like_any(command, folder):
    (folder.parent / "linked").symlink_to(folder)
    assert command("validate", folder.parent / "linked" / "audit.yaml")[0] == 0
    link(folder / "data.csv", "../other/secret.csv")
    code, _, errors = command("validate", folder.parent / "linked" / "audit.yaml")
    assert (code, LINK in errors) == (1, True)


@pytest.mark.parametrize("written", ["../other/secret.csv", "{tmp}/other/secret.csv"])
def test_a_path_that_is_written_outside_says_what_it_reads(command, folder, written):
    written = written.format(tmp=folder.parent)
    (folder / "audit.yaml").write_text(SPEC.replace("data.csv", written))
    assert command("validate", "audit.yaml")[0] == 0


def test_a_link_before_two_dots_leads_nowhere_else(command, folder):
    """``a/..`` is the spec's folder, whatever ``a`` links to."""
    (folder / "a").symlink_to("../other")
    (folder / "audit.yaml").write_text(SPEC.replace("data.csv", "a/../data.csv"))
    assert command("validate", "audit.yaml")[0] == 0
    (folder / "audit.yaml").write_text(SPEC.replace("ours", "a/../ours"))
    assert command("validate", "audit.yaml")[0] == 0
    found = find_templates(load_spec(folder / "audit.yaml"), None)
    assert found.resolve() == (folder / "ours").resolve()


NAMES = {
    "a pipe": ("pipe.csv", "expected a file, found a pipe: pipe.csv"),
    "a folder": ("ours.csv", "expected a file, found a folder: ours.csv"),
    "a device": ("zero.csv", "expected a file, found a device: zero.csv"),
    "a link to itself": ("loop.csv", "loop.csv cannot be read: Too many levels of symbolic links"),
    "a null byte": (r'"a\0b.csv"', "ab.csv cannot be read: embedded null byte"),
    "a long name": ("x" * 5000 + ".csv", f"{'x' * 57}... cannot be read: File name too long"),
    "nobody's home": ("~no-such-user/a.csv", "there is no home folder '~no-such-user'"),
}


@pytest.fixture
def odd(folder):
    os.mkfifo(folder / "pipe.csv")
    (folder / "ours.csv").mkdir()
    (folder / "zero.csv").symlink_to("/dev/zero")
    (folder / "loop.csv").symlink_to("loop.csv")
    return folder


@pytest.mark.parametrize("case", NAMES)
def test_a_data_file_that_cannot_be_read_is_explained(command, odd, case):
    name, message = NAMES[case]
    (odd / "audit.yaml").write_text(SPEC.replace("data.csv", name))
    code, _, errors = command("validate", "audit.yaml")
    assert code == 1
    assert errors.splitlines()[0] == f"error: audit.yaml:3:17 inputs[0].file: {message}"


@pytest.mark.parametrize("name", ["~no-such-user/m", "x" * 5000, r'"./a\0b"', "./pipe.csv"])
@pytest.mark.parametrize(
    ("key", "old"),
    [("models[0].path", "org/name"), ("report.templates", "ours"), ("report.logo", "logo.svg")],
)
def test_names_that_cannot_be_are_explained_everywhere(command, odd, key, old, name):
    (odd / "audit.yaml").write_text(SPEC.replace(f" {old}", f" {name}"))
    code, _, errors = command("validate", "audit.yaml")
    assert code == 1
    assert f" {key}: " in errors
    assert all(line.startswith(("error: audit.yaml:", "  ")) for line in errors.splitlines())


@pytest.mark.parametrize("words", [["validate"], ["build", "--out", "out"], ["serve"]])
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("pipe.csv", "a pipe"),
        ("ours.csv", "a folder"),
        ("zero.csv", "a device"),
        ("~no-such-user/audit.yaml", "no"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_a_spec_that_is_no_file_is_explained(command, odd, words, spec, message):
    first, *rest = words
    code, _, errors = command(first, spec, *rest)
    assert code == 1
    assert errors.startswith(f"error: {spec}: ")
    assert message in errors


def test_templates_of_very_many_files_are_not_searched(command, folder, monkeypatch):
    monkeypatch.setattr("reportgen.spec.paths.MOST_FILES", 1)
    code, _, errors = command("validate", "audit.yaml")
    assert (code, errors) == (
        1,
        "error: audit.yaml:4:37 report.templates: the folder holds more than 1 files\n"
        "  name one that holds only what is meant\n",
    )
