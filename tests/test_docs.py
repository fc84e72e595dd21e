"""The documentation names all that there is."""

from pathlib import Path

import pytest

from reportgen.rendering.budget import STEPS
from reportgen.spec.methods import METHODS
from reportgen.spec.models import TASKS
from reportgen.spec.report import ReportSpec

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


@pytest.mark.parametrize("setting", ReportSpec.model_fields)
def test_every_setting_of_the_report_is_described(setting):
    assert setting in read("docs/report.md")


def test_what_is_left_out_first_is_described():
    text = " ".join(read("docs/report.md").split())
    assert "; ".join(step.name for step in STEPS) in text
