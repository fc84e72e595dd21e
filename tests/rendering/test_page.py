"""The page as a document: self-contained, escaped, labelled, its policy true to its bytes."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import zlib
from html import escape

import pytest

import fakes
from document import Document
from reportgen import site
from reportgen.rendering.drawing import vega
from reportgen.rendering.pages import safe_json
from reportgen.results.tables import Results
from reportgen.spec.methods import METHODS


@pytest.fixture(scope="module", params=["sample", "complete"])
def results(request) -> Results:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def html(results, tmp_path_factory) -> str:
    written = site.render(results, tmp_path_factory.mktemp("page"))
    assert written.size == written.path.stat().st_size
    return written.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def live(results) -> bool:
    """Whether the page has live charts: those of conductance over features."""
    return any("layer_conductance" in result.settings for _, result in results.entries)


@pytest.fixture(scope="module")
def document(html) -> Document:
    return Document(html)


def test_nothing_is_loaded_from_elsewhere(document):
    tags = {tag for tag, _ in document.elements}
    assert not tags & {"link", "iframe", "object", "embed", "base", "foreignobject"}
    sources = document.attributes("src") + document.attributes("srcset")
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    links = [link for link in document.attributes("href") if not link.startswith("#")]
    assert all(link.startswith("https://arxiv.org/abs/") for link in links)
    assert "url(" not in "".join(document.texts["style"])
    assert "@import" not in "".join(document.texts["style"])


def test_the_policy_allows_exactly_the_scripts_and_the_style_there_are(document, live):
    (policy,) = [
        attrs["content"]
        for tag, attrs in document.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    kinds = [attrs.get("type") for tag, attrs in document.elements if tag == "script"]
    assert kinds.count("text/plain") == live  # the chart library, run when it is needed
    assert set(kinds) - {"text/plain"} == {None, "application/json"}
    running = [
        unpacked(text) if kind == "text/plain" else text
        for text, kind in zip(document.texts["script"], kinds, strict=True)
        if kind != "application/json"
    ]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for texts, directive in ((running, "script-src"), (document.texts["style"], "style-src")):
        (allowed,) = [part for part in policy.split("; ") if part.startswith(directive)]
        hashes = {
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in texts
        }
        assert set(allowed.split()[1:]) == hashes


def test_no_inline_style_and_no_event_handler(document):
    assert not document.attributes("style")
    names = {name for _, attrs in document.elements for name in attrs}
    assert not [name for name in names if name.startswith("on")]


def test_hostile_text_is_shown_as_it_is(document):
    tags = [tag for tag, _ in document.elements]
    assert "mark" not in tags
    text = "".join(document.visible)
    assert fakes.HOSTILE in " ".join(text.split())
    assert not {"b", "the"} & set(tags)
    assert any(r"\u003cscript\u003e" in text for text in document.texts["script"])


def test_every_link_in_the_page_resolves(document):
    ids = document.attributes("id")
    assert len(ids) == len(set(ids))
    targets = [link[1:] for link in document.attributes("href") if link.startswith("#")]
    assert set(targets) <= set(ids)
    labels = " ".join(document.attributes("aria-labelledby")).split()
    assert set(labels) <= set(ids)


def test_parts_of_an_input_are_listed_in_the_order_of_the_page(html):
    lists = re.findall(r'<nav class="parts".*?</nav>', html, re.DOTALL)
    assert lists
    for one in lists:
        places = re.findall(r'href="#([^"]+)"', one)
        found = [html.index(f' id="{place}"') for place in places]
        assert places[-1].endswith("-trust")
        assert found == sorted(found)


def test_headings_descend_without_gaps(document):
    levels = [
        int(tag[1])
        for tag, attrs in document.elements
        if re.fullmatch("h[1-6]", tag) and "hidden" not in attrs
    ]
    main = levels[levels.index(1) :]
    assert main.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(main))


def test_every_picture_table_and_control_has_a_name(document):
    pictures = [attrs for tag, attrs in document.elements if tag == "img"]
    assert all(attrs.get("alt") for attrs in pictures)
    plots = [attrs for _, attrs in document.elements if attrs.get("class") == "plot"]
    assert plots
    assert all(attrs["aria-label"] for attrs in plots)
    headers = [attrs for tag, attrs in document.elements if tag == "th"]
    assert all(attrs.get("scope") for attrs in headers)


def text_of(results, folder) -> str:
    html = site.render(results, folder).path.read_text(encoding="utf-8")
    return " ".join("".join(Document(html).visible).split())


def test_the_page_says_what_matters_in_words(sample, tmp_path):
    text = text_of(sample, tmp_path)
    for said in (
        "A made-up audit",
        "0 of 1 prediction as expected",
        "4 of 5 explanations converged",
        "1 input could not be explained",
        "This explanation did not add up",
        "That misses the change by 40.0",
        "Do not rely on it.",
        "the text is empty",
        "write a text, or remove this input",
        "Only 110 of 114 tokens were read",
        "within 0.200",
    ):
        assert said in text, said


def test_every_method_and_task_has_its_view(complete, tmp_path):
    text = text_of(complete, tmp_path)
    for said in (
        "36 of 36 explanations converged",
        "Largest shares: The answer’s start",
        "The answer’s end at “kinds.”",
        "Layer conductance for end",
        "Attention attribution received for start",
        "Attention rollout 0 to",
        "Is it carried by many features or by few?",
        "How much is mixed in from other tokens?",
        "1.00 means that the method does not depend on what is explained",
        "Head by head: integrated gradients and attention (start)",
        "Every output and the tokens it rests on",
        "Continuation, written by the model",
        "These are the first 3 of 4 outputs",
        "Attention from output to input, head by head",
        "Attention within the output, head by head",
        "Not computed here: GlobEnc",
        "this model has it before.",
        "+2.51 (layer 4)",
        "0.400\u00a0% (layer 4)".replace("\u00a0", " "),
        "Ada Lovelace\u00a0PER\u00a00.970".replace("\u00a0", " "),
        "Can tell whether a method depends on what is explained",
        "Sixt, Granz and Landgraf 2020",
    ):
        assert said in text, said
    assert text.count("Can tell") == len(METHODS)


def test_two_renders_are_the_same_bytes(results, html, tmp_path):
    assert site.render(results, tmp_path).path.read_text(encoding="utf-8") == html


def test_all_charts_are_pictures_and_live_ones_are_valid_and_quiet(html, live):
    pictures = re.findall(r'<div class="plot" role="img" aria-label="[^"]+"><svg', html)
    assert len(pictures) == (6 * 6 - 1 if live else 4 * 2)  # one model has no special tokens
    blocks = re.findall(r'<script type="application/json">(.*?)</script>', html)
    charted = [spec for spec in map(json.loads, blocks) if "$schema" in spec]
    assert len(charted) == (6 * 3 if live else 0)
    for spec in charted:
        assert spec["description"]
        assert "config" not in spec
        vega.alt.Chart.from_dict(spec)  # validates against Vega-Lite's schema
        assert "<script" not in vega.static_svg(spec)


def unpacked(text: str) -> str:
    """Do what the page's script does before it runs the chart library."""
    return zlib.decompress(base64.b64decode(text)).decode()


def test_only_a_page_with_a_live_chart_carries_the_chart_library(html, live):
    packed = re.findall(r'<script type="text/plain" id="vega">(.*?)</script>', html)
    assert len(packed) == live
    assert [bool(re.search(r"window\.vegaEmbed ?=", unpacked(text))) for text in packed] == [
        True
    ] * live
    assert ('id="chart-config"' in html) == live
    assert (sum(map(len, packed)) > 380_000) == live


def test_texts_in_a_picture_are_kept_as_they_are():
    text = 'a < b > c & role="x" 3.14159'
    svg = (
        '<g role="graphics-object" class="mark" opacity="1">'
        '<text font-family="f" x="1.26456" opacity="0.85">%s</text></g>'
    )
    drawn = vega.slim(svg % escape(text, quote=False))
    assert drawn == f'<g><text x="1.3" opacity="0.85">{escape(text, quote=False)}</text></g>'


def test_the_bundle_is_the_same_whoever_makes_it():
    alone = vega.bundle.__wrapped__()
    vega.prepare.__wrapped__()
    assert vega.bundle.__wrapped__() == alone
    assert "window.vegaEmbed" in alone


def test_json_cannot_close_its_element():
    data = {"a": "</script><script>alert(1)</script> & <!-- \u2028"}
    text = str(safe_json(data))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == data


def test_rendering_a_folder_without_results_fails_with_advice(tmp_path):
    with pytest.raises(Exception, match="no results here"):
        site.render(tmp_path, tmp_path)


def test_models_whose_names_look_alike_have_links_of_their_own(tmp_path):
    names = ("v 1", "v.1", "V-1", "v-1-v2", "!!!", "é" * 300, "é" * 301)
    jobs = [fakes.classified("Hello", f"{i}" * 32, model=name) for i, name in enumerate(names)]
    results = Results(fakes.write_run(tmp_path, jobs))
    ids = Document(site.render(results, tmp_path).path.read_text()).attributes("id")
    assert len(ids) == len(set(ids))
    assert {"v-1-1", "v-1-v2-1", "model-1"} <= set(ids)
