"""What newcomers read names files, functions and tables of the code that there are."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("CONTRIBUTING.md", "docs/architecture.md")

CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(\./|\.ci/)?[\w.-]+/[\w./-]*|[\w-]+\.(md|py|toml|txt|yml|json)")
DEFINED = re.compile(r"(\w+)\(\)|([A-Z][A-Z_]+)")
"""A function or class as ``name()``, or a table as ``TABLE``."""
WRITTEN = {"build/site", "results/ID.safetensors", "layer_conductance/TARGET"}
"""What commands write: files, and an array of one."""


def read(page: str) -> str:
    return re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def items(page: str) -> list[str]:
    """Return the paragraphs, list items and rows of tables of a page."""
    return re.split(r"\n\n|\n(?=\d+\. |- |\||#)", read(page))


def paths(text: str) -> list[str]:
    return [code for code in CODE.findall(text) if PATH.fullmatch(code) and code not in WRITTEN]


def names(text: str) -> set[str]:
    found = (DEFINED.fullmatch(code) for code in CODE.findall(text))
    return {match[1] or match[2] for match in found if match} - {"NAME"}


def definitions(path: Path) -> set[str]:
    """Return the names of the functions, methods, classes and variables that a file defines."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_path_is_there(page):
    found = paths(read(page))
    assert len(found) > 20
    # NAME stands for what a newcomer will write: the folder is there.
    there = [(ROOT / path).parent if "NAME" in path else ROOT / path for path in found]
    assert [path for path, real in zip(found, there, strict=True) if not real.exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_name_is_defined_in_a_file_beside_it(page):
    named = [(item, names(item)) for item in items(page)]
    assert sum(len(wanted) for _, wanted in named) > 15
    missing = {}
    for item, wanted in named:
        files = [ROOT / path for path in paths(item) if path.endswith(".py") and "NAME" not in path]
        there = set().union(*(definitions(file) for file in files if file.exists()))
        if lost := sorted(wanted - there):
            missing[" ".join(item.split())[:80]] = lost
    assert missing == {}


def test_a_recipe_changes_at_most_three_files():
    recipes = read("CONTRIBUTING.md").partition("## Recipes\n")[2].split("\n### ")[1:]
    changed = {
        recipe.partition("\n")[0]: re.findall(r"^\d+\. `([^`]+)`", recipe, re.MULTILINE)
        for recipe in recipes
    }
    assert len(changed) == 7
    assert {title for title, files in changed.items() if not 1 <= len(files) <= 3} == set()


def test_every_folder_of_the_package_is_described():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(ROOT) for path in ROOT.glob("reportgen/**/__init__.py")}
    about = {path for path in folders if len(path.parts) > 1 and list((ROOT / path).glob("*.py"))}
    lost = {path.as_posix() for path in about if f"{path.as_posix()}/" not in text}
    assert lost == set()


def test_the_layers_are_those_that_are_held():
    from test_layering import ENGINE_MAY_IMPORT, ORDER

    text = " ".join((ROOT / "docs/architecture.md").read_text(encoding="utf-8").split())
    assert f" {', '.join(ORDER)} " in text
    others = [layer for layer in ENGINE_MAY_IMPORT if layer != "engine"]
    assert f"The engine imports {', '.join(others[:-1])} and {others[-1]}," in text
