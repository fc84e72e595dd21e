"""The documentation names all that there is."""

import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import reportgen
from reportgen.cli import app
from reportgen.errors import MOST_PROBLEMS
from reportgen.methods import all_methods
from reportgen.rendering.budget import REDUCTIONS
from reportgen.results.arrays import HEADS
from reportgen.results.checks.evaluation import COLUMNS, GRAVITY
from reportgen.spec import (
    adapters,
    columnar,
    config,
    entries,
    rows,
    slice_columns,
    source,
    templates,
    yaml_nodes,
)
from reportgen.spec.checks import CHECKS, Check, read_checks
from reportgen.spec.methods import METHODS
from reportgen.spec.report import ReportSpec
from reportgen.spec.tasks import TASKS

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_described(method):
    assert f"`{method}`" in read("README.md")
    assert f"`{method}`" in read("docs/methods.md")


def test_every_array_is_listed_as_it_is_stored():
    """The table of docs/methods.md, one row for each array, is what the descriptions say."""
    rows = ["| method | array | shape | |", "|---|---|---|---|"]
    for method in all_methods():
        for i, array in enumerate(method.arrays):
            shape = ", ".join(array.axes) + ("," if len(array.axes) == 1 else "")
            name = "" if i else f"`{method.name}`"
            rows.append(f"| {name} | `{array.stored}` | ({shape}) | {array.note} |")
    rows.append(f"| (always) | `{HEADS}/MEASURE/A/B[/TARGET]` | (L, H) | NaN where undefined |")
    section = read("docs/methods.md").partition("## What is stored\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    assert table == rows, "\n".join(rows)


def test_every_source_is_cited():
    text = " ".join(read("docs/methods.md").split())
    for method in all_methods():
        assert method.source.link.rpartition("/")[2] in text, method.name


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_described(task):
    assert f"| `{task}` |" in read("docs/models.md")


@pytest.mark.parametrize("setting", ReportSpec.model_fields)
def test_every_setting_of_the_report_is_described(setting):
    assert setting in read("docs/report.md")


def test_what_is_left_out_first_is_described():
    text = " ".join(read("docs/report.md").split())
    assert "; ".join(step.name for step in REDUCTIONS) in text


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_and_setting_is_described(check):
    text = read("docs/checks.md")
    start = text.index(f"### `{check}`")
    section = text[start : text.index("\n##", start)]
    shared = text[: text.index("## The checks")]
    for setting in CHECKS[check].model_fields:
        assert f"`{setting}`" in section + (shared if setting in Check.model_fields else "")
    (example,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert {type(found) for found in read_checks(yaml.safe_load(example))} == {CHECKS[check]}


def test_what_comes_of_a_check_is_described():
    text = read("docs/checks.md")
    assert [status for status in GRAVITY if f"| `{status}` |" not in text] == []
    columns = set(COLUMNS) - {"rule", "content", "part"}
    assert [key for key in columns if f"`{key}`" not in text] == []


def test_every_command_is_described():
    readme = read("README.md")
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert len(names) == 17
    assert [name for name in names if f"`reportgen {name}" not in readme] == []


def test_every_promise_of_the_security_page_names_tests_that_there_are():
    rows = read("docs/security.md").partition("## Held by tests")[2].partition("\n## ")[0]
    promises = [line for line in rows.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", line) for line in promises]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", tests, re.MULTILINE))
    assert len(promises) >= 18
    assert all(named)
    assert [name for names in named for name in names if name not in there] == []


def test_every_page_of_the_documentation_is_linked_from_the_readme():
    pages = sorted((ROOT / "docs").glob("*.md"))
    readme = read("README.md")
    assert [page.name for page in pages if f"(docs/{page.name}" not in readme] == []


def test_every_page_of_the_documentation_is_in_the_site():
    own = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").glob("*.md")}
    top = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert sorted(re.findall(r"- .*: (\S+\.md)\n", read("mkdocs.yml"))) == sorted(own | top)


def test_every_public_name_is_in_the_api():
    described = re.findall(
        r"^::: (\S+)\n    options: \{heading: reportgen\.(\w+)", read("docs/api.md"), re.MULTILINE
    )
    assert {name: place for place, name in described} == {
        name: f"{module}.{name}" for name, module in reportgen._PUBLIC.items()
    }
    for place in re.findall(r"^::: (\S+)$", read("docs/api.md"), re.MULTILINE):
        pkgutil.resolve_name(place)  # or it is not there


LIMITS = {
    "size of the spec": f"{source.LARGEST_SPEC:,} bytes",
    "its keys and values, with aliases (`*name`, `<<`) written out": yaml_nodes.MOST_VALUES,
    "its characters, with aliases written out": yaml_nodes.MOST_CHARACTERS,
    "lists and mappings inside each other": yaml_nodes.DEEPEST,
    "characters of a number": yaml_nodes.LONGEST_NUMBER,
    "characters of a line of a data file": rows.LONGEST_LINE,
    "bytes that a parquet file packs together, in the columns that are read": columnar.LARGEST_DATA,
    "characters that a parquet file or a data set unpacks to": f"{columnar.LARGEST_DATA:,}, or "
    f"{columnar.EXPANSION} for each of its bytes",
    "bytes of a model's `config.json`, or of the index of its weights": config.LARGEST_JSON,
    "layers of a model": {noun: most for noun, _, most in config.MOST}["layers"],
    "rank of an adapter": adapters.LARGEST_RANK,
    "different values of a column to slice by": slice_columns.MOST_VALUES,
    "characters of such a value": entries.LONGEST_VALUE,
    "columns to slice by, and slots of a template": entries.MOST_COLUMNS,
    "bytes of a file of a slot's values": templates.LARGEST_FILE,
}


def test_the_limits_of_specs_are_those_that_are_kept():
    text = read("docs/specs.md")
    table = text[text.index("| what | at most |") :].split("\n\n")[0].splitlines()[2:]
    assert table == [
        f"| {what} | {most if isinstance(most, str) else format(most, ',')} |"
        for what, most in LIMITS.items()
    ]
    assert f"the first {MOST_PROBLEMS} problems" in text


def test_every_picture_is_there_small_and_told():
    """A page of the documentation names what its pictures show, and is not heavy."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = [
        (page.parent / name, told)
        for page in pages
        for told, name in re.findall(r"!\[(.*?)\]\(([^)]+\.png)\)", page.read_text("utf-8"))
    ]
    assert {path.name for path, _ in found} >= {"input.png", "overview.png"}
    for path, told in found:
        assert path.stat().st_size <= 200_000
        assert len(told.split()) > 5
