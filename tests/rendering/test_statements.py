"""Every number of a page is what the tables of its run say; one that no rule knows fails, too.

The rules are in ``tests/statements``: a new sentence with a number needs one there.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import fake_audit
import reportgen
from reportgen.results.tables import Results
from statements import check_page, dom, runs


def problems(folder: Path) -> list[str]:
    page = (folder / "report.html").read_text(encoding="utf-8")
    return check_page(dom.read(page), Results(folder))


@pytest.mark.long("demo")
def test_the_demo_says_what_its_numbers_say(demo_folder):
    assert problems(demo_folder) == []


@pytest.mark.parametrize("name", runs.RUNS)
def test_a_model_s_page_says_what_its_numbers_say(once, name):
    folder = once(f"statements-{name}", partial(runs.make, name))
    assert set(Results(folder).jobs()["status"]) == {"done"}
    assert problems(folder) == []


@pytest.mark.parametrize("name", ["complete", "sample"])
def test_pages_of_every_task_and_kind_of_input(request, name, tmp_path):
    run = request.getfixturevalue(f"{name}_folder")
    page = dom.read(reportgen.render(run, tmp_path).path.read_text(encoding="utf-8"))
    assert check_page(page, Results(run)) == []


@pytest.mark.parametrize("vectors", [True, False])
def test_a_page_of_many_inputs_says_what_its_numbers_say(vectors, tmp_path):
    run = fake_audit.audited(tmp_path, 60, columns=3, vectors=vectors)
    page = dom.read(reportgen.render(run, tmp_path).path.read_text(encoding="utf-8"))
    assert page.all("section.regions")
    assert check_page(page, Results(run)) == []


def test_a_number_without_a_rule_is_told(once):
    folder = once("statements-pair", partial(runs.make, "pair"))
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = dom.read(text.replace("<footer>", "<p>It is right in 99 of 100.</p><footer>"))
    (problem,) = check_page(page, Results(folder))
    assert problem.endswith("p: It is right in 99 of 100.")
