"""Texts come out of Markdown as they went in, and are never taken for Markdown themselves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reportgen.errors import ReportgenError
from reportgen.rendering.markdown.escape import (
    APART,
    CELL,
    EMPTY,
    URL,
    address,
    clean,
    cut,
    link,
    literal,
    marker,
    table,
)

PARSER = MarkdownIt("commonmark").enable("table")

ACTING = [
    "@everyone and user@example.org",
    "#123 GH-1 owner/repo#5 !7 &3 ~label %milestone $snippet",
    "https://example.org www.example.org",
    "<b>bold</b> <!-- gone --> <script>alert(1)</script> </td></table>",
    "*a* _b_ **c** ~~d~~ `e` ``f`` ```",
    "# heading",
    "- item",
    "/close",
    "a | b || \\| \\\\| c \\",
    "&lt; &amp; &copy; :tada: $x^2$ $`y`$ [[_TOC_]] [a](b) ![c](d)",
    "first\nsecond\r\nthird\x85fourth\u2028fifth",
    "`", "``", "` `", "|", "\\", "\\|", "a`", "`a",
]  # fmt: skip

TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="`|\\ \n@#<>&*_a-!", max_size=30),
    st.sampled_from(ACTING),
)


def inline(markdown: str) -> list:
    """Return the parts of a text's only paragraph."""
    return next(token for token in PARSER.parse(markdown) if token.type == "inline").children


@settings(derandomize=True, deadline=None, max_examples=300)
@given(TEXTS)
def test_a_text_is_one_code_span_that_holds_it(text):
    shown = cut(clean(text, CELL), CELL)
    parts = inline(f"so: {literal(text)}")
    if not shown:
        assert parts[1].type == "em_open"
        return
    assert [part.content for part in parts if part.type == "code_inline"] == [shown]
    assert "".join(part.content for part in parts if part.type == "text").strip("\u2068\u2069") == (
        "so: "
    )
    assert {part.type for part in parts} == {"text", "code_inline"}


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_cells_of_a_table_hold_their_texts(rows):
    markdown = table(("one", "two"), [tuple(map(literal, row)) for row in rows])
    tokens = PARSER.parse(markdown)
    cells = [
        "".join(part.content for part in tokens[i + 1].children if part.type == "code_inline")
        for i, token in enumerate(tokens)
        if token.type == "td_open"
    ]
    wanted = [cut(clean(text, CELL), CELL) for row in rows for text in row]
    assert [cell.replace(f"\\{APART}|", "\\|") for cell in cells] == wanted
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_what_is_seen_of_a_text_is_all_of_it(text):
    """Only controls go: what is left, spaces aside, is the text."""
    gone = "".join(text.split())
    kept = "".join(clean(text, CELL).split())
    assert kept == "".join(c for c in gone if c in kept)
    assert clean(clean(text, CELL), CELL) == clean(text, CELL)


def test_controls_that_reorder_are_dropped_and_right_to_left_is_isolated():
    assert clean("a\u202eb\u2066c\u2069\u200bd\ufeff\x00e", CELL) == "abcd e"
    assert literal("שלום") == "\u2068`שלום`\u2069"
    family, persian = "👩\u200d👩\u200d👧", "می\u200cخواهم"
    assert clean(family, CELL) == family
    assert clean(persian, CELL) == persian


def test_long_texts_are_cut():
    assert len(clean("word " * 100_000, CELL)) < 20 * CELL
    span = literal("x" * 60_000)
    assert span == f"`{'x' * (CELL - 1)}…`"
    assert literal(" \n\u200b") == EMPTY


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a(b)c?d=[1]&copy=2#e",
        "https://example.org/ü|<x>\\`*\"'\n",
        "http://localhost:8000/%20",
    ],
)
def test_a_link_goes_where_it_should_and_breaks_nothing(url):
    parts = inline(f"**so** {link('Full report', url)} **and on**")
    (opened,) = [part for part in parts if part.type == "link_open"]
    assert opened.attrs["href"].startswith(url[:18])
    assert "&copy=2" in opened.attrs["href"] or "copy" not in url
    assert sum(part.type == "strong_open" for part in parts) == 2


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "report.html", "//example.org", "https://", "http://[", ""]
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ReportgenError, match="not a web address"):
        address(url)


def test_an_address_that_would_have_to_be_cut_is_refused():
    with pytest.raises(ReportgenError, match="at most 2,000"):
        address("https://example.org/" + "ü" * URL)


def test_markers_are_plain_and_tell_names_apart():
    assert marker("Sentiment of film reviews") == "<!-- reportgen:sentiment-of-film-reviews -->"
    assert marker("a --> <b>") == "<!-- reportgen:a-b -->"
    names = ["审计一", "审计二", "x" * 60, "x" * 61, "", "--", "Ünder", "under"]
    found = {marker(name) for name in names}
    assert len(found) == len(names)
    for one in found:
        assert re.fullmatch("<!-- reportgen:[a-z0-9]+(-[a-z0-9]+)* -->", one)
        assert len(one) < 90
