"""The index of many runs as people see it: in both themes, on narrow screens, on paper."""

from __future__ import annotations

import pytest
from opening import opened
from test_access import AXE, violations

import fakes
from reportgen.results.store import Store
from reportgen.site.history import collect


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Three runs of two models with long names, with hostile texts and an error."""
    folder = tmp_path_factory.mktemp("runs")
    for day in (1, 2, 3):
        jobs = [
            fakes.classified("one", f"{day:032}", model="a" * 60),
            fakes.classified("two", f"{day + 3:032}", model=fakes.HOSTILE, converged=day > 1),
            fakes.failed(position=1, model=fakes.HOSTILE),
        ]
        header, arrays = jobs[0]
        prediction = header.prediction.model_copy(update={"correct": day > 1, "expected": "x"})
        jobs[0] = header.model_copy(update={"prediction": prediction}), arrays
        fakes.write_run(folder / str(day), jobs, title=fakes.HOSTILE)
        store = Store(folder / str(day) / "results")
        given = {
            "created": f"2026-03-{day:02}T12:30:00+00:00",
            "spec": {"checks": [{"convergence": {"max": 0.05}}]},
        }
        store.write_manifest(store.read_manifest().model_copy(update=given))
    return collect([folder], tmp_path_factory.mktemp("index")).path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_index_has_no_violation_and_is_never_too_wide(browser, index, width):
    with opened(browser, index, width=width, within=index.parent) as page:
        assert page.locator("html").evaluate("element => element.scrollWidth") <= width
        page.evaluate("() => document.querySelectorAll('details').forEach((d) => (d.open = true))")
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            assert violations(page, scheme) == []


def test_the_paper_shows_the_numbers_and_is_never_too_narrow(browser, index):
    with opened(browser, index, width=690, within=index.parent) as page:
        page.emulate_media(media="print")
        assert page.locator("html").evaluate("element => element.scrollWidth") <= 690
        assert page.locator("details td").first.is_visible()


def test_the_newest_run_is_one_step_away(browser, index):
    with opened(browser, index, scripts=False, within=index.parent) as page:
        page.get_by_role("link", name="Open the newest run").click()
        assert page.locator("h1").inner_text().startswith("<script>alert(1)</script>")
