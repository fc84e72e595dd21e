"""The index of a large run in a real browser: pages, search and filters, and without scripts."""

from __future__ import annotations

import re
import shutil

import pytest
from opening import opened
from test_access import SCROLLED, assert_accessible

import fakes
import reportgen
from reportgen.rendering.overview import paged_table

INPUTS, SMALL_PARTS = 1_200, 500


def explained(position: int, model: str, label: str):
    """A finished classification, wrong where it says NEGATIVE; emoji are two units of a script."""
    header, arrays = fakes.classified(
        f"👩‍👩‍👧 Really great & <b>odd</b> film {position}",
        fakes.job_id(position, model),
        position=position,
        model=model,
        seed=position,
        converged=position != 100,
        expect="POSITIVE",
    )
    given = {"label": label, "correct": label == "POSITIVE", "expected": "POSITIVE"}
    given["probability"] = 0.6 + position / 5_000
    prediction = header.prediction.model_copy(update=given)
    return header.model_copy(update={"prediction": prediction}), arrays


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """1,200 inputs, most of which failed; every hundredth is explained by two models.

    An input for another task stands in a table of its own.
    """
    folder = tmp_path_factory.mktemp("large")
    jobs = []
    for i in range(INPUTS):
        if i % 100 == 0:
            jobs.append(explained(i, "small", "POSITIVE"))
            jobs.append(explained(i, "large", "NEGATIVE" if i % 300 == 0 else "POSITIVE"))
        else:
            text = f"Text number {i}" + (", the needle" if i == INPUTS - 1 else "")
            jobs.append(fakes.failed(text, fakes.job_id(i), position=i, model="small"))
    jobs.append(fakes.filled("The sea is [MASK].", position=INPUTS))
    fakes.write_run(folder, jobs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paged_table, "LOADED", SMALL_PARTS)
        return reportgen.render(folder, out=folder / "site", format="site").path


@pytest.fixture
def page(browser, site):
    with opened(browser, site, within=site.parent) as page:
        yield page


def rows(page, task=0):
    """The positions of a table's rows as they are shown."""
    cells = page.locator(".task").nth(task).locator("tbody tr td:first-child")
    return [int(text) for text in cells.all_inner_texts()]


def wait_for(page, found, place):
    """Wait until the count of inputs and the place in the first table are these."""
    page.wait_for_function(
        """([found, place]) => document.querySelector(".find output").textContent === found
          && document.querySelector(".paging output").textContent === place""",
        arg=[found, place],
    )


def wait_for_rows(page, positions, task=0):
    page.wait_for_function(
        """([task, wanted]) => {
          const body = document.querySelectorAll(".task")[task].querySelector("tbody");
          const shown = Array.from(body.rows, (row) => Number(row.cells[0].textContent));
          return JSON.stringify(shown) === JSON.stringify(wanted);
        }""",
        arg=[task, list(positions)],
    )


def test_the_index_opens_with_the_first_page_and_loads_no_columns(page):
    assert rows(page) == list(range(1, 101))
    assert rows(page, 1) == [INPUTS + 1]
    assert page.locator(".find output").inner_text() == "1,201 of 1,201 inputs"
    assert page.locator(".paging output").first.inner_text() == "Rows 1 to 100 of 1,200"
    assert not page.evaluate("'reportgenRows' in window")  # what the columns' files call
    page.get_by_label("Search the inputs").focus()
    assert page.evaluate("'reportgenRows' in window")


def test_a_page_turned_to_and_back_is_as_it_was_written(page):
    written = page.locator("tbody").first.inner_html()
    page.get_by_role("button", name="Next").first.click()
    wait_for_rows(page, range(101, 201))
    assert page.locator(".paging output").first.inner_text() == "Rows 101 to 200 of 1,200"
    page.get_by_role("button", name="Previous").first.click()
    wait_for_rows(page, range(1, 101))
    drawn = page.locator("tbody").first.inner_html()
    assert re.sub(r">\s+<", "><", drawn.strip()) == re.sub(r">\s+<", "><", written.strip())
    assert page.locator("tbody .coloured > span").count() > 1
    first = page.locator(".matrix tbody th").first.inner_text()
    assert first.startswith("👩‍👩‍👧 Really great & <b>odd</b>")


def test_search_finds_a_text_in_the_last_part(page):
    page.get_by_label("Search the inputs").press_sequentially("The NEEDLE")
    wait_for(page, "1 of 1,201 inputs", "Rows 1 to 1 of 1")
    wait_for_rows(page, [INPUTS])
    assert not page.locator(".task").nth(1).is_visible()
    page.get_by_label("Search the inputs").fill("no such words")
    page.wait_for_function(
        "() => document.querySelector('.find output').textContent.startsWith('0 of')"
    )
    assert page.locator(".task:visible").count() == 0
    page.get_by_label("Search the inputs").fill("the sea")
    page.wait_for_function(
        "() => document.querySelector('.find output').textContent.startsWith('1 of')"
    )
    assert not page.locator(".task").first.is_visible()
    assert rows(page, 1) == [INPUTS + 1]
    page.get_by_role("button", name="Show all").click()
    wait_for(page, "1,201 of 1,201 inputs", "Rows 1 to 100 of 1,200")
    wait_for_rows(page, range(1, 101))


@pytest.mark.parametrize(
    ("words", "amount", "shown"),
    [
        ("! errors 1,188", 1_188, [i for i in range(2, 103) if i != 101]),
        ("! not converged 1", 1, [101]),
        ("✗ wrong 4", 4, [1, 301, 601, 901]),
        ("models disagree 4", 4, [1, 301, 601, 901]),
    ],
)
def test_every_filter_finds_what_it_counts(page, words, amount, shown):
    page.locator(".reasons label").filter(has_text=words).click()
    last = min(amount, 100)
    wait_for(page, f"{amount:,} of 1,201 inputs", f"Rows 1 to {last} of {amount:,}")
    wait_for_rows(page, shown)


def test_filters_by_label_and_model_ask_about_one_answer(page):
    page.locator("select[name=label]").select_option("NEGATIVE")
    wait_for_rows(page, [1, 301, 601, 901])
    page.locator("select[name=model]").select_option("small")
    page.wait_for_function(
        "() => document.querySelector('.find output').textContent.startsWith('0 of')"
    )
    page.locator("select[name=label]").select_option("")
    wait_for(page, "1,200 of 1,201 inputs", "Rows 1 to 100 of 1,200")


def test_columns_sort_over_all_rows(page):
    explained_ones = [1 + 100 * i for i in range(12)]
    table = page.locator("table.matrix").first
    heads = table.locator("thead th[data-column]")
    sure = heads.filter(has_text="confidence").nth(1)  # of the second model
    unknown = list(range(2, 90))  # no model of theirs is sure of anything
    sure.locator("button").click()
    wait_for_rows(page, explained_ones + unknown)
    sure.locator("button").click()
    wait_for_rows(page, explained_ones[::-1] + unknown)
    assert sure.get_attribute("aria-sort") == "descending"
    assert heads.filter(has_text="input").locator("button").count() == 0
    heads.first.locator("button").click()
    wait_for_rows(page, range(1, 101))


def test_what_is_asked_for_stands_in_the_address(browser, site):
    with opened(browser, site, within=site.parent, fragment="find?text=text&page=3") as page:
        wait_for(page, "1,188 of 1,201 inputs", "Rows 201 to 300 of 1,188")
        assert page.get_by_label("Search the inputs").input_value() == "text"
        page.get_by_role("button", name="Next").first.click()
        wait_for(page, "1,188 of 1,201 inputs", "Rows 301 to 400 of 1,188")
        assert page.url.endswith("#find?text=text&page=4")
        page.go_back()
        wait_for(page, "1,188 of 1,201 inputs", "Rows 201 to 300 of 1,188")
        number = page.get_by_role("spinbutton", name="page").first
        number.fill("12")
        number.press("Enter")
        wait_for(page, "1,188 of 1,201 inputs", "Rows 1,101 to 1,188 of 1,188")
        page.locator("tbody a").first.click()
        page.wait_for_url("**/inputs/*.html")
        page.go_back()
        wait_for(page, "1,188 of 1,201 inputs", "Rows 1,101 to 1,188 of 1,188")


def test_enter_opens_the_first_hit_of_the_model_asked_for(page):
    page.locator("select[name=model]").select_option("large")
    box = page.get_by_label("Search the inputs")
    box.fill("film 300")
    wait_for_rows(page, [301])
    box.press("Enter")
    page.wait_for_url("**/inputs/large-301.html")


def test_without_scripts_the_lists_lead_to_every_input(browser, site):
    with opened(browser, site, within=site.parent, scripts=False) as page:
        assert len(rows(page)) == 100
        assert not page.locator(".pager").first.is_visible()
        page.locator(".lists summary").first.click()
        page.locator(".lists a").first.click()
        found = []
        while True:
            found += page.locator("tbody a").evaluate_all("links => links.map((a) => a.href)")
            following = page.locator(".turn [rel=next]").first
            if not following.count():
                break
            following.click()
    assert len(found) == INPUTS + 12
    pages = {path.name for path in (site.parent / "inputs").iterdir()}
    assert {link.rpartition("/")[2] for link in found} == pages - {"fake-mlm-1201.html"}


ALIKE = "document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove())"
"""Takes out rows that are like those above them: axe would be long about them."""


@pytest.mark.long
def test_the_index_and_a_list_have_no_violation(browser, site):
    for path in (site, site.parent / "index" / "1-list-0002.html"):
        with opened(browser, path, within=site.parent) as page:
            page.evaluate(ALIKE)
            assert_accessible(page, page.locator("main"))


def test_a_page_can_be_turned_by_keys_and_what_has_the_focus_is_in_sight(page):
    button = page.get_by_role("button", name="Next").first
    button.focus()
    button.press("Enter")
    wait_for_rows(page, range(101, 201))
    assert button.evaluate("element => element === document.activeElement")
    bar = page.locator(".paging").first
    assert bar.locator("output").get_attribute("aria-live") == "polite"
    for link in page.locator("tbody a").all()[20:60:8]:
        link.focus()
        page.evaluate(SCROLLED)
        place, under = link.bounding_box(), bar.bounding_box()
        assert place["y"] + place["height"] <= under["y"] + 1 or place["y"] >= under["y"] + 20


def test_a_missing_file_is_told(browser, tmp_path, site):
    copy = shutil.copytree(site.parent, tmp_path / "site", ignore=shutil.ignore_patterns("inputs"))
    (copy / "index" / "1-part-0002.js").unlink()
    context = browser.new_context()
    page = context.new_page()
    page.goto((copy / "index.html").as_uri())
    page.get_by_label("Search the inputs").fill("needle")
    page.wait_for_function(
        "() => document.querySelector('.find output').textContent"
        " === '1 of 1,201 inputs; 1 of the files beside this page did not load'"
    )
    context.close()


def test_print_gives_the_page_and_says_how_many_there_are(page):
    page.emulate_media(media="print")
    assert not page.locator(".pager").first.is_visible()
    assert page.locator(".paging output").first.is_visible()


def test_cells_stand_below_their_headings(page):
    """A class of another section once made the table a flexible box."""
    tops, cells = (
        page.locator(".task").last.locator(part).evaluate_all("all => all.map(e => e.offsetLeft)")
        for part in ("thead tr:first-child th", "tbody tr:first-child > *")
    )
    assert len(cells) > 3
    assert set(tops) <= set(cells)
    assert page.locator("table.matrix").first.evaluate("e => getComputedStyle(e).display") == (
        "table"
    )
