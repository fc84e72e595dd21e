"""The words of a data set in a browser: they unfold, are searched, and lead to inputs."""

from __future__ import annotations

import numpy as np
import pytest

import reportgen
from pairs import one, run


@pytest.fixture(scope="module")
def page_path(tmp_path_factory):
    rng = np.random.default_rng(0)
    vocabulary = [f"word{i}" for i in range(40)]
    inputs = []
    for number in range(30):
        words = rng.choice(vocabulary, size=8, replace=False).tolist()
        scores = [float(rng.normal(int(word[4:]) / 20 - 1)) for word in words]
        inputs.append(one(" ".join(words), scores, number))
    folder = tmp_path_factory.mktemp("words")
    results = run(folder / "run", inputs)
    return reportgen.render(results.store.folder.parent, folder / "out").path


@pytest.fixture
def page(browser, page_path):
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_path.as_uri())
    yield page
    context.close()


def test_words_are_searched(page):
    page.get_by_text("All 40 words").click()
    field = page.get_by_label("Search the words")
    field.fill("Word3")
    rows = page.locator("details.all-words tbody tr:visible")
    wanted = {"word3", *(f"word{i}" for i in range(30, 40))}
    assert set(rows.locator("th").all_inner_texts()) == wanted
    assert page.locator("details.all-words [role=status]").inner_text() == "11 of 40"
    field.fill("")
    assert rows.count() == 40
    assert page.locator("details.all-words [role=status]").inner_text() == ""


def test_a_word_leads_to_the_input_where_it_pushes_most(page):
    link = page.locator("table.pushers a").first
    number = link.inner_text()
    link.click()
    assert page.locator("article.card:visible p.tag").first.inner_text().startswith(f"{number} ")


def test_without_a_script_all_words_are_there(browser, page_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_path.as_uri())
    page.get_by_text("All 40 words").click()
    assert page.locator("details.all-words tbody tr:visible").count() == 40
    assert page.get_by_label("Search the words").count() == 0
    context.close()
