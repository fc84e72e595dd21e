"""Labels of entities: whole, on one line, and covered by nothing, however narrow the page."""

from __future__ import annotations

import pytest
from opening import opened, see

import fakes
import reportgen

NAMES = "Ada Lovelace met Grace Hopper in New York , and Alan Turing in Bletchley ."
SAID = {
    **{"Ada": "B-PERSON", "Lovela": "I-PERSON", "Grace": "B-PERSON", "Hopper": "I-PERSON"},
    **{"New": "B-GEOPOLITICAL_ENTITY", "York": "I-GEOPOLITICAL_ENTITY"},
    **{"Alan": "B-PERSON", "Turing": "I-PERSON", "Bletch": "B-GEOPOLITICAL_ENTITY"},
}
TEXTS = {
    "long": (" ".join([NAMES] * 4), SAID),
    "endless": ("a" * 60 + " met " + "b" * 60, {"aaaaaa": "B-PERSON", "bbbbbb": "B-PERSON"}),
    "right-to-left": ("דוד נסע מ ירושלים אל Alan Turing .", {"דוד": "B-PERSON", **SAID}),
}


@pytest.fixture(scope="module")
def page_of_entities(tmp_path_factory):
    jobs = [
        fakes.labelled(text, said, fakes.job_id(name), position=i, sure={"Ada": 0.5})
        for i, (name, (text, said)) in enumerate(TEXTS.items())
    ]
    folder = fakes.write_run(tmp_path_factory.mktemp("entities"), jobs)
    return reportgen.render(folder, out=folder).path


SHOWN = """labels => labels.map((label) => {
  const boxes = [...label.getClientRects()], [box] = boxes;
  const column = label.closest(".says").getBoundingClientRect();
  const at = (x, y) => document.elementFromPoint(x, y);
  label.scrollIntoView({ block: "center", behavior: "instant" });
  const seen = label.getBoundingClientRect();
  const points = [.25, .5, .75].flatMap((part) => [.15, .5, .85].map((down) => label.contains(
    at(seen.left + part * seen.width, seen.top + down * seen.height))));
  return {
    lines: boxes.length,
    inside: box.left >= column.left - 1 && box.right <= column.right + 1,
    uncovered: points.every(Boolean),
  };
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", TEXTS)
def test_labels_are_neither_broken_nor_covered(browser, page_of_entities, name, width, scheme):
    anchor = f"fake-ner-{list(TEXTS).index(name) + 1}"
    with opened(browser, page_of_entities, fragment=anchor, width=width, scheme=scheme) as page:
        page.locator("html.started").wait_for()
        labels = page.locator(f"#{anchor} .entities .kind")
        found = labels.evaluate_all(SHOWN)
        assert len(found) == labels.count() > 1
        assert [
            one for one in found if one != {"lines": 1, "inside": True, "uncovered": True}
        ] == []
        answer = page.locator(f"#{anchor} .answer")
        assert answer.evaluate("answer => answer.scrollWidth <= answer.clientWidth")


def test_labels_do_not_touch_those_of_other_lines(browser, page_of_entities):
    with opened(browser, page_of_entities, fragment="fake-ner-1", width=390) as page:
        boxes = page.locator("#fake-ner-1 .entities .entity").evaluate_all(
            "marks => marks.flatMap((mark, i) => [...mark.getClientRects()].map(({ left, top, "
            "right, bottom }) => [i, left, top, right, bottom]))"
        )
    assert len(boxes) > 20
    for i, left, top, right, bottom in boxes:
        for j, *other in boxes:
            apart = other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top
            assert i == j or apart, (i, j)


def test_the_list_of_words_begins_with_the_context(browser, page_of_entities):
    with opened(browser, page_of_entities, fragment="fake-ner-1") as page:
        card = page.locator("#fake-ner-1")
        see(page, card)
        table = card.locator("div.top table")
        caption = table.locator("caption").inner_text()
        assert caption.startswith(
            "The words with the largest scores: The label B-PERSON of “Ada” (its own share: "
        )
        first, second = (
            table.locator(f"tbody td:nth-of-type({at})").all_inner_texts() for at in (1, 2)
        )
        assert len(first) == 8
        assert not any(cell.endswith("(itself)") for cell in first)
        assert len([cell for cell in second if cell.endswith("(itself)")]) <= 1


def test_a_word_without_end_does_not_make_the_page_wider(browser, page_of_entities):
    anchor = f"fake-ner-{list(TEXTS).index('endless') + 1}"
    with opened(browser, page_of_entities, fragment=anchor, width=390) as page:
        page.locator("html.started").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
