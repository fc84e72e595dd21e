"""Finding inputs in a real browser: search, filters, sorting, and what is left without scripts."""

from __future__ import annotations

import numpy as np
import pytest
from opening import go_to, opened

import fakes
import reportgen
from reportgen.results.model import Truncation

TEXTS = (
    "A great film", "A dull film", "Great acting, dull plot", "Slow and long",
    "Slow but GREAT", "<b>Great</b> & \"odd\"", "סרט נהדר", "Words", "More words", "Great end",
    "Quiet", "Loud",
)  # fmt: skip


@pytest.fixture(scope="module")
def page_of_two(tmp_path_factory):
    """Two models on the same twelve inputs; the second is wrong or fails now and then."""
    jobs = []
    for i, text in enumerate(TEXTS):
        for model in ("small", "large"):
            if (i, model) == (7, "large"):
                jobs.append(fakes.failed(text, fakes.job_id(i, "f"), position=i, model=model))
                continue
            label = "NEGATIVE" if i % 4 == 1 and model == "large" else "POSITIVE"
            header, arrays = fakes.classified(
                text,
                fakes.job_id(i, model),
                position=i,
                model=model,
                seed=i,
                converged=(i, model) != (2, "small"),
                expect="POSITIVE",
                truncation=Truncation(total=9, kept=5, segment="text") if i == 3 else None,
            )
            p = 0.55 if i == 4 else round(0.61 + 0.03 * ((5 * i) % 12), 2)
            prediction = header.prediction.model_copy(
                update={
                    "label": label,
                    "expected": "POSITIVE",
                    "correct": label == "POSITIVE",
                    "probability": p,
                }
            )
            jobs.append((header.model_copy(update={"prediction": prediction}), arrays))
    folder = fakes.write_run(tmp_path_factory.mktemp("two"), jobs)
    return reportgen.render(folder, out=folder).path


def rows(page):
    """The positions of the table's rows that are shown, in their order."""
    return [
        int(text)
        for text in page.locator(".matrix tbody tr:visible td:first-child").all_inner_texts()
    ]


def items(page):
    return page.locator(".side .inputs li:visible").count()


def said(page):
    return page.locator(".find output").inner_text()


def test_search_finds_words_whatever_their_case(browser, page_of_two):
    with opened(browser, page_of_two) as page:
        assert said(page) == "12 of 12 inputs"
        assert (len(rows(page)), items(page)) == (12, 24)
        page.get_by_label("Search the inputs").press_sequentially("gREAT")
        assert rows(page) == [1, 3, 5, 6, 10]
        assert (items(page), said(page)) == (10, "5 of 12 inputs")
        page.get_by_label("Search the inputs").fill("<b>")
        assert rows(page) == [6]
        page.get_by_label("Search the inputs").fill("נהדר")
        assert rows(page) == [7]
        page.get_by_label("Search the inputs").fill("no such words")
        assert (rows(page), items(page), said(page)) == ([], 0, "0 of 12 inputs")
        page.get_by_role("button", name="Show all").click()
        page.wait_for_function(
            "() => document.querySelector('.find output').textContent.startsWith('12')"
        )
        assert (len(rows(page)), items(page)) == (12, 24)
        assert not page.get_by_role("button", name="Show all").is_visible()


@pytest.mark.parametrize(
    ("words", "shown", "listed"),
    [
        ("worth a look 7", [2, 3, 4, 5, 6, 8, 10], 12),
        ("! errors 1", [8], 1),
        ("! not converged 1", [3], 1),
        ("✗ wrong 3", [2, 6, 10], 3),
        ("models disagree 3", [2, 6, 10], 6),
        ("truncated 1", [4], 2),
        ("low confidence 1", [5], 2),
    ],
)
def test_every_filter_shows_what_it_counts(browser, page_of_two, words, shown, listed):
    with opened(browser, page_of_two) as page:
        page.locator(".reasons label").filter(has_text=words).click()
        assert rows(page) == shown
        assert items(page) == listed
        assert said(page) == f"{len(shown)} of 12 inputs"
        page.locator(".reasons label").filter(has_text="all 12").click()
        assert len(rows(page)) == 12


def test_filters_by_label_and_model_ask_about_one_answer(browser, page_of_two):
    with opened(browser, page_of_two) as page:
        page.locator("select[name=label]").select_option("NEGATIVE")
        assert rows(page) == [2, 6, 10]
        page.locator("select[name=model]").select_option("small")
        assert (rows(page), items(page)) == ([], 0)
        page.locator("select[name=label]").select_option("")
        assert (len(rows(page)), items(page)) == (12, 12)
        assert not page.locator(".inputs .group", has_text="large").is_visible()


def test_columns_sort_both_ways_and_keep_blanks_last(browser, page_of_two):
    with opened(browser, page_of_two) as page:
        heads = page.locator(".matrix thead th[data-column]")
        sure = heads.filter(has_text="confidence").nth(1)  # of the second model
        cells = page.locator(".matrix tbody tr td:nth-last-child(2)")
        for direction, sign in (("ascending", 1), ("descending", -1)):
            sure.locator("button").click()
            assert sure.get_attribute("aria-sort") == direction
            texts = cells.all_inner_texts()
            assert texts.pop() == ""  # the one that could not be explained
            numbers = [sign * float(text) for text in texts]
            assert numbers == sorted(numbers)
            assert len(set(numbers)) > 5
        heads.filter(has_text="checks").nth(1).locator("button").click()
        assert sure.get_attribute("aria-sort") is None
        checks = page.locator(".matrix tbody tr td:last-child").all_inner_texts()
        assert checks[0] == "✗\N{NO-BREAK SPACE}error"
        assert all(text.startswith("✗\N{NO-BREAK SPACE}wrong") for text in checks[1:4])
        heads.first.locator("button").click()
        assert rows(page) == list(range(1, 13))
        heads.filter(has_text="input").locator("button").click()
        names = page.locator(".matrix tbody th").all_inner_texts()
        assert names.index("A dull film") < names.index("Great end") < names.index("Words")


def test_enter_opens_the_first_hit_and_the_filter_is_there_on_return(browser, page_of_two):
    with opened(browser, page_of_two) as page:
        box = page.get_by_label("Search the inputs")
        box.fill("slow but")
        box.press("Enter")
        page.locator("#small-5").wait_for(state="visible")
        assert not page.locator("#overview").is_visible()
        assert items(page) == 2
        page.go_back()
        page.locator("#overview").wait_for(state="visible")
        assert (rows(page), box.input_value()) == ([5], "slow but")
        page.reload()
        assert (rows(page), box.input_value()) == ([5], "slow but")


def test_more_to_look_at_is_a_filter_away(browser, tmp_path):
    jobs = [
        fakes.classified(f"Input {i}", f"{i:032d}", position=i, converged=i % 5 == 0)
        for i in range(15)
    ]
    with opened(
        browser, reportgen.render(fakes.write_run(tmp_path, jobs), out=tmp_path).path
    ) as page:
        assert page.locator(".looks li").count() == 8
        page.get_by_role("button", name="and 4 more").click()
        assert len(rows(page)) == 12


def test_many_rows_are_all_shown_in_the_end(browser, tmp_path):
    rng = np.random.default_rng(0)
    odd = set(rng.choice(350, 20, replace=False).tolist())
    jobs = [
        fakes.failed("odd one" if i in odd else "usual", f"{i:032d}", position=i)
        for i in range(350)
    ]
    with opened(
        browser, reportgen.render(fakes.write_run(tmp_path, jobs), out=tmp_path).path
    ) as page:
        shown = "n => document.querySelectorAll('.matrix tbody tr:not([hidden])').length === n"
        for words, amount in (("odd", 20), ("", 350), ("usual", 330), ("none", 0), ("odd", 20)):
            page.get_by_label("Search the inputs").fill(words)
            assert said(page) == f"{amount} of 350 inputs"
            page.wait_for_function(shown, arg=amount)
        assert rows(page) == sorted(i + 1 for i in odd)


def test_everything_is_listed_without_scripts(browser, page_of_two):
    with opened(browser, page_of_two, scripts=False) as page:
        assert not page.locator(".find").is_visible()
        assert (len(rows(page)), items(page)) == (12, 24)
        assert page.locator(".matrix button, .more button").count() == 0
        assert page.locator(".matrix .unequal").count() == 3
        assert page.locator("#large-8").is_visible()


def test_neighbours_can_be_reached_from_an_input(browser, page_of_two):
    with opened(browser, page_of_two) as page:
        go_to(page, "small-3")
        page.locator("#small-3 .turn [rel=next]").click()
        page.locator("#small-4").wait_for(state="visible")
        page.locator("#small-4 .turn [rel=prev]").click()
        page.locator("#small-3").wait_for(state="visible")
