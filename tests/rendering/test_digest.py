"""Digests say what matters first, stay within their limits, and parse whatever is in a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_escape import ACTING, PARSER

from memory_runs import Said, memory_run
from reportgen.rendering.markdown.digest import LIMITS, LISTED, SHED, digest
from reportgen.rendering.markdown.digest_chart import picture
from reportgen.rendering.markdown.digest_tables import digest_tables, subject
from reportgen.rendering.overview.report import make_report
from reportgen.results.store import Store

URL = "https://example.org/report.html"

OURS = re.compile(r"[\w ,.;:()%+−–→…✓✗!’'/<>\n\u00a0\u2068\u2069-]*")
"""What the words of a digest are made of outside code spans: nothing that a host would act on."""


def film(text: str, *scores: float, **changes) -> Said:
    words = tuple(text.split())
    return Said(text, words=words, scores=scores or (1.0,) * len(words), **changes)


def good_run(**changes):
    inputs = [
        film("A warm film", 0.1, 0.9, 0.2, expect="POSITIVE"),
        film("A dull film", 0.1, -0.9, 0.2, label="NEGATIVE", expect="NEGATIVE"),
        film("An updated film", 0.1, 0.1, 0.9),
    ]
    return memory_run({"m": inputs}, **changes)


CHECKS = [
    {"prediction": {"equals": "expect"}},
    {"attribution_share": {"words": ["updated"], "max": 0.3}},
]


def changed_run(**changes):
    inputs = [
        film("A warm film", 0.1, 0.9, 0.2, expect="POSITIVE"),
        film("A dull film", 0.1, -0.5, 0.7, expect="NEGATIVE", probability=0.7),
        film("An updated film", 0.1, 0.9, 0.1),
        film("A new one", expect="POSITIVE"),
    ]
    return memory_run({"m": inputs}, weights="3", **changes)


def lines(text: str) -> list[str]:
    return text.splitlines()


def section(text: str, title: str) -> str:
    return text.partition(f"#### {title}")[2].partition("####")[0]


def test_a_run_that_passes_says_so_in_a_few_lines():
    text = digest(subject(good_run(checks=[{"prediction": {"equals": "expect"}}])), url=URL)
    assert lines(text)[0] == "<!-- reportgen:a-made-up-audit -->"
    assert lines(text)[2] == "### `A made-up audit`"
    # One input is expected to be nothing, so that its check is skipped.
    assert lines(text)[4] == ("**✓ Passed.** 1 check passed. 2 of 2 predictions as expected.")
    assert lines(text)[6] == f"[Full report]({URL})"
    assert "Broken checks" not in text
    assert "| `m` | 3 | 2 of 2 | – | 3 of 3 | 0 |" in text


def test_a_run_without_checks_claims_nothing():
    text = digest(subject(good_run()), name="mine")
    assert lines(text)[0] == "<!-- reportgen:mine -->"
    assert lines(text)[4] == "**No checks.** 2 of 2 predictions as expected."
    assert "Full report" not in text


def test_what_changed_is_said_in_numbers_and_named():
    text = digest(subject(changed_run(checks=CHECKS), good_run(checks=CHECKS)), url=URL)
    assert lines(text)[4].startswith("**✗ Failed.** 2 checks failed. Compared")
    assert (
        "1 of 3 predictions changed, from right to wrong, and 2 of 3 explanations; "
        "2 checks turned red. The words whose share of the attribution changed most are `film` "
        "(38.4\u00a0% → 26.5\u00a0%), `updated` (9.09\u00a0% → 81.8\u00a0%) "
        "and `dull` (75.0\u00a0% → 38.5\u00a0%). "
        "Not compared: 1 new input."
    ) in lines(text)[4]
    broken = section(text, "Broken checks (2)")
    assert (
        "| ✗\u00a0failed | Prediction | 2: `A dull film` | prediction is `NEGATIVE` | `POSITIVE` "
        "| passed |"
    ) in broken
    assert (
        "| ✗\u00a0failed | Attribution share | 3: `An updated film` | `share of updated (POSITIVE)`"
        " is at most 30\u00a0% of the attribution | 81.8\u00a0% | passed |"
    ) in broken
    assert (
        "| 2: `A dull film` | `NEGATIVE` 0.900 ✓ right | `POSITIVE` 0.700 ✗ wrong | `NEGATIVE` |"
    ) in section(text, "Changed predictions (1)")
    words = section(text, "Words whose weight changed most (4)").splitlines()[4:]
    assert "| `updated` | 9.09\u00a0% | 81.8\u00a0% | 1 | – |" in words
    assert "| 4: `A new one` | new | `POSITIVE` 0.900 ✓ right |" in text
    assert "| `weights sha256` | `111111111111…` | `333333333333…` |" in text
    assert "`POSITIVE`: `updated` +81.8\u00a0%, `An` +9.09\u00a0%" in (
        section(text, "Inputs worth a look")
    )


def test_a_word_that_pushes_the_other_way_is_told_from_one_that_stays():
    base, head = (memory_run({"m": [film("A warm film", 0.1, x, 0.1)]}) for x in (0.8, -0.8))
    about = subject(head, base)
    words = section(digest(about), "Words whose weight changed most (1)")
    assert "| `warm` | 80.0\u00a0% | 80.0\u00a0% | 1 | in 1 input |" in words
    assert "80.0\u00a0% (other way in 1 input)" in picture(about, ".svg").decode()


def test_what_differs_for_several_models_is_said_once():
    base, head = (
        memory_run({"a": [film("A film")], "b": [film("A film")]}, weights=x) for x in "12"
    )
    table = section(digest(subject(head, base)), "What else differs between the runs (1)")
    assert "| `weights sha256` | `a`, `b` | `111111111111…` | `222222222222…` |" in table


def test_what_pushes_an_answer_says_where_it_stands(sample):
    assert "| `The answer’s start at “all”`: " in digest(subject(sample))


def test_the_same_run_again_changed_nothing():
    text = digest(subject(good_run(checks=CHECKS), good_run(checks=CHECKS)))
    assert "Compared with the base run: No change: all 3 predictions are the same" in text
    for title in ("Changed", "Words whose", "New and gone", "What else", "Other checks"):
        assert f"#### {title}" not in text


def test_a_check_that_is_gone_or_holds_again_is_told():
    base = changed_run(checks=CHECKS)
    text = digest(subject(good_run(checks=CHECKS[1:]), base))
    turned = section(text, "Other checks that turned").splitlines()[4:]
    assert "no longer asked for" in turned[0]
    assert any("| ✗\u00a0failed | ✓\u00a0passed |" in line and "updated" in line for line in turned)


def test_checks_that_were_only_skipped_do_not_pass():
    text = digest(subject(good_run(checks=[{"prediction": {"unchanged": True}}])))
    assert lines(text)[4].startswith("**– Nothing judged.** 1 check not judged.")


def test_several_models_are_named_and_inputs_that_failed_are_listed_once():
    failed = Said("", error="the text is empty")
    run = memory_run({"a": [failed], "b": [failed]}, checks=[*CHECKS, {"convergence": {"max": 1}}])
    text = digest(subject(run))
    assert lines(text)[4].startswith("**✗ Failed.** 3 checks with errors.")
    for model in "ab":
        assert (
            f"| !\u00a0error | 3 checks | `{model}` | 1: *(empty)* | – | "
            "`the input could not be explained: the text is empty` |"
        ) in text


TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [*ACTING, "ok " * 20_000, "界" * 60_000, "שלום עולם", "|`" * 300, "👩\u200d👩" * 99]
    ),
)
NAMES = TEXTS.filter(bool)
SIZES = st.one_of(st.sampled_from([0.0, 1e-30, -1e30, 3e38]), st.floats(-10, 10, width=32))


@st.composite
def said(draw) -> Said:
    words = draw(st.lists(TEXTS, max_size=6))
    return Said(
        text=draw(TEXTS),
        label=draw(TEXTS),
        probability=draw(st.one_of(st.none(), st.floats(0, 1))),
        expect=draw(st.one_of(st.none(), TEXTS)),
        words=tuple(words),
        scores=tuple(draw(st.lists(SIZES, min_size=len(words), max_size=len(words)))),
        gap=draw(st.sampled_from([None, 0.0, 1e-300, 0.5, 1e300])),
        error=draw(st.one_of(st.just(""), st.just(""), TEXTS)),
    )


@st.composite
def runs(draw, models: list[str]):
    inputs = draw(st.lists(said(), min_size=1, max_size=6)) * draw(st.sampled_from([1, 1, 5, 50]))
    words = draw(st.lists(NAMES.map(lambda t: "".join(t.split()) or "x"), min_size=1, max_size=3))
    checks = [
        {"prediction": {"equals": "expect"}},
        {"prediction": {"one_of": words, "severity": "warn"}},
        {"attribution_share": {"words": words, "max": 0.1}},
        {"top_words": {"k": 3, "exclude": words}},
        {"convergence": {"max": 0.01}},
        {"prediction": {"unchanged": True}},
    ]
    return memory_run(
        dict.fromkeys(models, inputs),
        title=draw(TEXTS),
        checks=draw(st.lists(st.sampled_from(checks), max_size=4)),
        weights=draw(st.sampled_from("12")),
    )


@st.composite
def subjects(draw):
    models = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    base = draw(st.one_of(st.none(), runs(models)))
    return draw(runs(models)), base


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(subjects(), st.sampled_from(["comment", "summary"]), TEXTS)
def test_any_run_gives_a_digest_within_its_limits_that_parses(runs, use, name):
    about = subject(*runs)
    text = digest(about, url=URL, use=use, name=name)
    assert len(text.encode()) <= LIMITS[use]
    assert text == digest(subject(*runs), url=URL, use=use, name=name)

    tokens = PARSER.parse(text)
    assert tokens[0].type == "html_block"
    assert re.fullmatch(r"<!-- reportgen:[a-z0-9-]+ -->\n", tokens[0].content)
    kinds = [token.type for token in tokens]
    assert kinds.count("html_block") == 1
    assert not {"fence", "code_block", "hr", "blockquote_open", "list_item_open"} & set(kinds)
    parts = [part for token in tokens for part in token.children or ()]
    links = [part.attrs["href"] for part in parts if part.type == "link_open"]
    assert links == [URL]
    assert {part.type for part in parts} <= {
        *("text", "code_inline", "link_open", "link_close", "strong_open", "strong_close"),
        *("em_open", "em_close"),
    }
    assert sum(part.type == "strong_open" for part in parts) == 1
    for part in parts:
        if part.type == "text":
            assert OURS.fullmatch(part.content), part.content
    assert kinds.count("heading_open") == 1 + kinds.count("table_open")
    check_tables(text, kinds)


def check_tables(text: str, kinds: list[str]) -> None:
    """See that each line of a table has as many cells as its head: a parser would mend it."""
    found, width = 0, None
    for line in text.split("\n"):
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        if width is None:
            found, width = found + 1, cells
        assert cells == width
        assert line.endswith(" |")
    assert found == kinds.count("table_open")
    assert kinds.count("td_open") + kinds.count("th_open") == sum(
        len(re.findall(r"(?<!\\)\|", line)) - 1
        for line in text.split("\n")
        if line.startswith("|") and not re.fullmatch(r"[| -]+", line)
    )


def wide_run(flip: bool = False):
    """A run whose every cell is as long as it can be."""
    inputs = [
        Said(
            f"{i}界" * 200,
            label="界" * 200 + ("x" if flip else ""),
            expect="界" * 300,
            words=tuple(f"{n}界" * 50 for n in range(6)),
            scores=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0 if flip else -60.0),
        )
        for i in range(300)
    ]
    checks = [*CHECKS, {"attribution_share": {"words": ["界" * 300], "max": 0.1}}]
    return memory_run({"界" * 300: inputs}, title="界" * 9_000, checks=checks)


@pytest.mark.parametrize("use", LIMITS)
def test_what_does_not_fit_is_left_out_in_order_and_named(use):
    about = subject(wide_run(flip=True), wide_run())
    text = digest(about, url=URL, use=use)
    assert 0.3 * LIMITS[use] < len(text.encode()) <= LIMITS[use]
    assert "**✗ Failed.**" in lines(text)[4]
    assert lines(text)[6] == f"[Full report]({URL})"
    note = lines(text)[-1]
    if use == "comment":
        assert note.startswith("Left out or shortened to stay within 65,536 bytes: ")
        assert "inputs worth a look" in note
    assert "more." in section(text, "Broken checks (600)") or "Broken checks" in text


def test_the_least_a_digest_can_be_fits_into_any_limit(monkeypatch):
    monkeypatch.setitem(LIMITS, "comment", 6_000)
    text = digest(subject(wide_run(flip=True), wide_run()), url=f"{URL}?{'x' * 1_900}")
    assert len(text.encode()) < 6_000
    assert "####" not in text
    assert "Broken checks".lower() in lines(text)[-1]


def test_every_table_can_be_shed_altogether():
    about = subject(changed_run(checks=CHECKS), good_run(checks=CHECKS))
    names = {one.name for one in digest_tables(about)}
    shed = [name for name, rows in SHED if rows == 0]
    assert names <= set(shed)
    assert len(shed) == len(set(shed))
    assert all(rows < min(LISTED.values()) for _, rows in SHED)


def test_the_order_of_shedding_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "digest.md").read_text(encoding="utf-8")
    steps = [f"`{name}` to {rows}" if rows else f"`{name}` left out" for name, rows in SHED]
    assert "; ".join(steps) in " ".join(page.split())


def test_reading_a_run_writes_nothing(sample, monkeypatch):
    monkeypatch.setattr(Store, "write", None)
    text = digest(subject(sample))
    assert "could not be explained" in text


def png_size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def test_a_chart_of_what_changed_holds_its_words_and_nothing_from_elsewhere():
    about = subject(changed_run(), good_run())
    svg = picture(about, ".svg").decode()
    for text in ("Words whose weight changed most", "base run", "this run", ">updated<", "81.8"):
        assert text in svg
    assert "mean share of the attribution, %" in svg
    assert not re.search(r"(href|src)=|url\(", svg)
    width, height = png_size(picture(about, ".PNG"))
    assert 1_200 < width < 2_000
    assert 400 < height < 1_500


@pytest.mark.parametrize("text", ACTING[:6])
def test_a_chart_of_one_run_shows_its_input_as_it_is(text):
    words = (text, text, "<script>")
    run = memory_run({text: [Said(text, words=words, scores=(1.0, -2.0, 0.5))]}, title=text)
    svg = picture(subject(run), ".svg").decode()
    assert "Words that push most: POSITIVE" in svg
    assert "<script" not in svg
    assert "+14.3" in svg
    assert "−57.1" in svg


def test_without_explained_words_there_is_no_chart():
    assert picture(subject(memory_run({"m": [Said("", error="empty")]})), ".svg") is None
    assert picture(
        subject(memory_run({"m": [Said("a", words=("a",), scores=(0.0,))]})), ".png"
    ) is (None)


def test_the_parser_of_these_tests_sees_what_must_not_be():
    tokens = MarkdownIt("commonmark").parse("a <b>c</b> *d*")
    assert {"html_inline", "em_open"} <= {part.type for part in tokens[1].children}


@pytest.mark.parametrize("which", ["complete", "sample"])
def test_explanations_are_counted_as_on_the_page(which, request):
    """Methods that read the same path are one explanation."""
    run = request.getfixturevalue(which)
    models = section(digest(subject(run)), "Models").splitlines()[4:]
    counts = [re.search(r"(\d+) of (\d+) \|[^|]*\|$", line) for line in models]
    converged, whole = (sum(int(found[i]) for found in counts if found) for i in (1, 2))
    verdicts = [verdict.text for verdict in make_report(run).verdicts]
    assert f"{converged} of {whole} explanations converged" in verdicts
