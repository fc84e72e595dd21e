"""The documentation names all that there is."""

from pathlib import Path

import pytest

from reportgen.spec.methods import METHODS
from reportgen.spec.models import TASKS

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_described(method):
    assert f"`{method}`" in read("README.md")
    assert f"`{method}`" in read("docs/methods.md")


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_described(task):
    assert f"| `{task}` |" in read("docs/architectures.md")
