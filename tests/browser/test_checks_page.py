"""The checks on a page: readable by everybody, on any screen, without scripts and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from opening import go_to, opened
from test_access import assert_accessible

import fakes
import reportgen
from reportgen.results.model import Prediction

NEGATIVE = Prediction(kind="single-label", label="NEGATIVE", labels=("NEGATIVE",), probability=0.8)
LONG = "an_unbreakable_label_that_is_longer_than_any_narrow_screen_is_wide_" * 2


@pytest.fixture(scope="module")
def checks_page(tmp_path_factory) -> Path:
    """A page whose checks pass, warn, fail, skip and err."""
    folder = tmp_path_factory.mktemp("checks")
    fakes.checked_run(
        folder / "run",
        [
            fakes.scored("He is good", (0.1, 0.3, 0.6), "0" * 32),
            fakes.scored("She is good", (0.5, 0.3, 0.2), "1" * 32, position=1, prediction=NEGATIVE),
            fakes.failed(position=2),
        ],
        [
            {"prediction": {"equals": "POSITIVE"}},
            {"prediction": {"one_of": [LONG, fakes.HOSTILE]}},
            {"probability": {"min": 0.85, "severity": "warn"}},
            {"prediction": {"unchanged": True}},
            {"invariance": {"max_share_moved": 0.1}},
            {"convergence": {"max": 0.5, "group": "doctor"}},
        ],
        groups={0: "doctor", 1: "doctor"},
        places={f"checks[{i}]": f"audit.yaml:{9 + i}:5 checks[{i}]" for i in range(6)},
    )
    return reportgen.render(folder / "run", out=folder).path


@pytest.mark.parametrize("view", ["overview", "fake-2"])
def test_nobody_is_left_out(browser, checks_page, view):
    with opened(browser, checks_page, fragment=view) as page:
        assert_accessible(page, page.locator(f"#{view}"))


def test_a_narrow_screen_is_wide_enough(browser, checks_page):
    with opened(browser, checks_page, width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        go_to(page, "fake-1")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_failed_is_open_and_leads_to_its_input(browser, checks_page):
    with opened(browser, checks_page) as page:
        table = page.locator("table.asked")
        folds = table.locator("details")
        is_open = folds.evaluate_all("folds => folds.map((fold) => fold.open)")
        assert is_open == [True, True, True, False, True]
        assert table.get_by_text("NEGATIVE", exact=True).first.is_visible()
        table.locator("a", has_text="#2").first.click()
        card = page.locator("#fake-2")
        card.wait_for(state="visible")
        assert card.locator(".evidence li", has_text="Check failed").first.is_visible()


def test_inputs_that_break_a_check_can_be_asked_for(browser, checks_page):
    with opened(browser, checks_page) as page:
        page.locator(".reasons label", has_text="check failed").click()
        assert page.locator(".found output").inner_text() == "2 of 3 inputs"


def test_all_is_said_without_scripts_and_on_paper(browser, checks_page):
    with opened(browser, checks_page, scripts=False) as page:
        assert page.locator("table.asked .broken").first.is_visible()
        page.locator("#print-all").check(force=True)
        page.emulate_media(media="print")
        for fold in page.locator("table.asked details").all():
            assert fold.locator("li").first.bounding_box()["height"] > 0
