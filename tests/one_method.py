"""What has to hold of a page made by one method alone: complete, and true."""

from __future__ import annotations

import re
from dataclasses import asdict
from html import unescape

from reportgen import methods
from reportgen.methods import Method

SCORES = re.compile(
    r">Scores of every word \((sum|sum or mean) over its tokens\)(, part A)?</caption>"
)


def visible(html: str) -> str:
    """Return all that a reader is told: texts, names of pictures, and what the script shows."""
    html = re.sub(
        r"<style.*?</style>|<script(?! type=.application/json).*?</script>", "", html, flags=re.S
    )
    told = re.findall(r'(?:alt|aria-label|title)="([^"]*)"', html)
    return unescape(" ".join((re.sub(r"<[^>]+>", " ", html), *told)))


def said_of_itself(method: Method) -> str:
    described = {key: value for key, value in vars(method).items() if key != "settings"}
    arrays = [asdict(array) for array in method.arrays]
    return f"{described} {arrays}"


def names_of_others(method: Method, text: str) -> list[str]:
    """Return the methods that a page names, but for those that the method's description does."""
    own, found = said_of_itself(method), []
    for other in methods.all_methods():
        for name in {other.title, other.short_title}:
            word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
            if other is not method and word.search(text) and not word.search(own):
                at = word.search(text).start()
                found.append(f"{name}: …{text[max(0, at - 80) : at + 80]}…")
    return found


def table(html: str, caption: re.Pattern[str]) -> list[list[str]]:
    """Return the cells of the table with this caption, row by row; nothing where there is none."""
    for part in re.findall(r"<table class=\"data\">.*?</table>", html, re.S):
        if caption.search(part):
            rows = re.findall(r"<tr>(.*?)</tr>", part, re.S)
            return [
                [unescape(re.sub("<[^>]+>", "", c)) for c in re.findall(r"<t[hd].*?</t[hd]>", r)]
                for r in rows
            ]
    return []


def is_number(cell: str) -> bool:
    return re.fullmatch(r"[+−]?[\d,]*\.?\d+(e[+−-]?\d+)?", cell.strip()) is not None


def signed(method: Method) -> bool:
    """Tell whether a method's scores push: it then leads the page, and its columns are outputs."""
    return method.score is not None and method.score.sign == "signed"


def assert_complete(method: Method, page: str, section: str) -> None:
    """Hold the page of a run, and the section of one of its inputs, to what the method gives."""
    assert f"<h3>{method.title}</h3>" in page
    assert f"<strong>Can tell</strong> {method.says}." in unescape(page)
    assert page.count("<strong>Can tell</strong>") == 1
    assert names_of_others(method, visible(page)) == []
    coloured = method.score or method.by_layer
    if coloured or method.parts:
        (head, *rows) = table(section, SCORES)
        assert len(head) > 1
        assert rows
        assert all(is_number(cell) for row in rows for cell in row[1:]), rows
        if coloured and not signed(method):  # whose columns are outputs
            called = (method.short_title.lower(), coloured.label.lower())
            assert all(name.lower().startswith(called) for name in head[1:]), head
    else:
        assert table(section, SCORES) == []
    assert_legend(method, visible(page))


def assert_legend(method: Method, text: str) -> None:
    start = text.find("How to read the colours")
    if (method.score or method.by_layer) is None:
        assert start == -1
        return
    legend = text[start : start + 700].partition("Methods")[0]
    told = {"signed": "Red", "attention": "Violet", "norm": "Teal"}
    said = {hue for hue, name in told.items() if re.search(rf"\b{name}\b", legend)}
    assert said == {(method.score or method.by_layer).hue}
    assert ("add up to the change" in legend) == (method is methods.LEADING)
