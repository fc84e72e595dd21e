"""A page with the views of all methods and tasks, from made-up results, in a real browser."""

from __future__ import annotations

import pytest
from opening import opened, see_everything


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_drawn_without_complaint(browser, complete_page, scheme):
    with opened(browser, complete_page, scheme=scheme) as page:
        see_everything(page)
        assert page.locator("figure.chart[data-live=chart]").count() == 35
        assert page.locator(".explorer[data-live=explorer]").count() == 6 + 2


def test_without_scripts_every_view_is_there(browser, complete_page):
    with opened(browser, complete_page, scripts=False) as page:
        assert page.locator(".plot svg").count() == 35
        assert page.locator("#fake-mt-6 .explorer img").count() == 5 + 2 + 1  # lengths of vectors
        assert page.locator("#fake-ner-3 .entity").count() == 2
        ends = page.locator("#fake-qa-1 .says .scroll").first  # of the answer, none cut off
        assert ends.evaluate("table => table.scrollWidth <= table.clientWidth")
        assert page.locator("#fake-lm-5 .trust").get_by_text("Not computed here").is_visible()
