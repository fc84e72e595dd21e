"""The layering rule of the design, enforced by reading the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import reportgen

PACKAGE = Path(reportgen.__file__).parent

ORDER = (
    *("errors", "executor", "resources", "methods", "spec", "jobs", "cost", "plan", "results"),
    "rendering",
    *("site", "serve", "verify", "paper"),
)
"""Each may import itself and what stands before it."""

ENTRY_POINTS = ("", "__main__", "api", "cli")
"""They may import all, the engine only when it is needed: it loads torch."""

ENGINE_MAY_IMPORT = ("errors", "executor", "methods", "spec", "jobs", "plan", "results", "engine")
ONLY_ENGINE = {"captum", "ray", "torch", "transformers"}
NEVER_ENGINE = {"altair", "jinja2"}


def violations(module: str, source: str) -> list[str]:
    """Return what ``source``, the text of ``module``, imports against the rule.

    Imports inside functions and under TYPE_CHECKING count too, but for the entry points'
    import of the engine: a layer that needs another only sometimes still knows it.
    """
    layer = _layer(module)
    if layer not in (*ORDER, *ENTRY_POINTS, "engine"):
        return [f"{module}: no layer is called {layer!r}; add it to ORDER"]
    found = []
    tree = ast.parse(source)
    for lazy, target in _imports(tree, module):
        top = target.partition(".")[0]
        if top in ONLY_ENGINE and layer != "engine":
            found.append(f"{module} imports {target}: only engine may")
        elif top in NEVER_ENGINE and layer == "engine":
            found.append(f"{module} imports {target}: engine never does")
        elif top == "reportgen" and not _may_import(layer, _layer(target), lazy):
            found.append(f"{module} imports {target}{'' if lazy else ' at once'}")
    return found


def _may_import(layer: str, other: str, lazy: bool) -> bool:
    if other == "":  # reportgen itself, for its version
        return True
    if layer in ENTRY_POINTS:
        return lazy or other != "engine"
    if layer == "engine":
        return other in ENGINE_MAY_IMPORT
    return other in ORDER[: ORDER.index(layer) + 1]


def _layer(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _imports(tree: ast.Module, module: str) -> list[tuple[bool, str]]:
    """Return what a module imports, and whether only in a function or for type checkers."""
    lazy = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node in lazy, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # tests keep to absolute imports, but a relative one must not hide
                package = module.split(".")[: -node.level] or ["reportgen"]
                base = ".".join([*package, *filter(None, [base])])
            # "from reportgen import x" names a layer only where x is a module.
            if base == "reportgen":
                targets = [f"reportgen.{alias.name}" for alias in node.names]
                found += [(node in lazy, name) for name in targets if _is_module(name)]
            else:
                found.append((node in lazy, base))
    return found


def _is_module(name: str) -> bool:
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file() or _layer(name) in ORDER


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(("reportgen", *parts))
        found[name.removesuffix(".__init__") if parts != ("__init__",) else "reportgen"] = path
    # Templates, examples and their training scripts are data, not layers.
    return {name: path for name, path in found.items() if _layer(name) != "examples"}


@pytest.mark.parametrize("module", _modules())
def test_a_module_keeps_to_its_layer(module):
    assert violations(module, _modules()[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("reportgen.errors", "import reportgen.spec.models"),
        ("reportgen.methods.alti", "from reportgen.spec.part import SpecPart"),
        ("reportgen.methods.alti", "import torch"),
        ("reportgen.spec.loader", "from reportgen.plan import make_plan"),
        ("reportgen.plan", "from reportgen import results"),
        ("reportgen.plan", "def f():\n    import torch"),
        ("reportgen.plan", "if TYPE_CHECKING:\n    from transformers import AutoModel"),
        ("reportgen.results.store", "def f():\n    from reportgen.rendering.pages import page"),
        ("reportgen.results.store", "from ..rendering import pages"),
        ("reportgen.results.store", "from .. import rendering"),
        ("reportgen.rendering.pages", "from reportgen.site import write"),
        ("reportgen.rendering.pages", "def f():\n    from reportgen.engine import run"),
        ("reportgen.rendering.pages", "from captum.attr import IntegratedGradients"),
        ("reportgen.engine.models.loaded_model", "import jinja2"),
        ("reportgen.engine.models.loaded_model", "def f():\n    import altair.vegalite as alt"),
        ("reportgen.engine.models.loaded_model", "from reportgen.rendering import numbers"),
        ("reportgen.engine.models.loaded_model", "import reportgen.cli"),
        ("reportgen.cli", "from reportgen.engine.run import run"),
        ("reportgen.cli", "import torch"),
        ("reportgen.cli", "def f():\n    import torch"),
        ("reportgen.site", "from reportgen.api import run"),
        ("reportgen", "import reportgen.engine"),
        ("reportgen.site", "import reportgen.cli"),
        ("reportgen.helpers", ""),
    ],
)
def test_a_violation_is_seen(module, source):
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("reportgen.plan", "from reportgen import __version__"),
        ("reportgen.results.store", "from .model import Manifest\nfrom reportgen.plan import Plan"),
        ("reportgen.site", "import altair\nfrom reportgen.rendering.pages import page"),
        (
            "reportgen.engine.models.loaded_model",
            "import torch\nfrom reportgen.results.store import Store",
        ),
        ("reportgen.cli", "def f():\n    from reportgen.engine.run import run"),
        ("reportgen.api", "if TYPE_CHECKING:\n    from reportgen.engine import Progress"),
        ("reportgen", "def __getattr__(name):\n    from reportgen.engine.run import run"),
        ("reportgen.spec.inputs", "def f():\n    import pyarrow"),
    ],
)
def test_what_is_allowed_is_let_through(module, source):
    assert violations(module, source) == []


WITHOUT_CIRCLES = ("cli", "engine", "methods", "rendering", "results", "serve", "site", "spec")
"""Packages whose folders, and modules beside them, can be read one after the other."""


def rooms(package: str, sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return which folders and modules of ``package`` each of them imports from.

    ``sources`` has the text of modules by their names. Imports for type checkers count, as they
    do between layers.
    """
    found: dict[str, set[str]] = {}
    for module, source in sources.items():
        if not module.startswith(f"{package}."):
            continue
        mine = _room(package, module)
        others = found.setdefault(mine, set())
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom):
                base = node.module or ""
                names = [f"{base}.{alias.name}" for alias in node.names]
                assert not node.level, f"{module}: write imports in full"
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            others |= {_room(package, name) for name in names if name.startswith(f"{package}.")}
        others.discard(mine)
    known = found.keys()
    return {room: others & known for room, others in found.items()}


def _room(package: str, module: str) -> str:
    return module.removeprefix(f"{package}.").partition(".")[0]


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a way through ``graph`` that ends where it begins; empty where there is none."""
    done: set[str] = set()

    def walk(room: str, way: list[str]) -> list[str]:
        if room in way:
            return [*way[way.index(room) :], room]
        if room in done:
            return []
        for other in sorted(graph[room]):
            if found := walk(other, [*way, room]):
                return found
        done.add(room)
        return []

    return next(filter(None, (walk(room, []) for room in sorted(graph))), [])


@pytest.mark.parametrize("package", WITHOUT_CIRCLES)
def test_the_folders_of_a_package_import_each_other_in_no_circle(package):
    sources = {name: path.read_text(encoding="utf-8") for name, path in _modules().items()}
    graph = rooms(f"reportgen.{package}", sources)
    assert len(graph) > 1
    found = circle(graph)
    assert not found, f"reportgen.{package}: {' imports '.join(found)}"


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"a": "from p.b import x", "b.c": "import p.d.e", "d.e": "import json"}, []),
        ({"a.x": "from p.a.y import z", "a.y": "from p.a.x import w"}, []),  # within one folder
        ({"a.x": "import p.b.y", "b.y": "from p.a import z"}, ["a", "b", "a"]),
        (
            {"a": "from p import b", "b.x": "def f():\n    import p.c", "c": "import p.b.x"},
            ["b", "c", "b"],
        ),
        ({"a": "if TYPE_CHECKING:\n    from p.b import X", "b": "import p.a"}, ["a", "b", "a"]),
    ],
)
def test_a_circle_is_seen(sources, expected):
    assert circle(rooms("p", {f"p.{name}": source for name, source in sources.items()})) == expected


SHARED_NAMES = {"Results"}
"""Class names that are there twice: ``reportgen.Results`` is the tables' Results, with pages."""


def test_a_class_has_a_name_of_its_own():
    """A method's description and what computes it may share a name; nothing else does."""
    places: dict[str, list[str]] = {}
    for module, path in _modules().items():
        if not f"{module}.".startswith(("reportgen.methods.", "reportgen.engine.methods.")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(module)
    shared = {name: modules for name, modules in places.items() if len(modules) > 1}
    assert shared.keys() == SHARED_NAMES, shared


def test_validating_and_planning_load_nothing_heavy():
    heavy = ["captum", "huggingface_hub", "pandas", "pyarrow", "torch", "transformers"]
    code = (
        "import sys, reportgen.spec.loader, reportgen.spec.schema, reportgen.plan; "
        f"print(sorted(set(sys.modules) & set({heavy})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
