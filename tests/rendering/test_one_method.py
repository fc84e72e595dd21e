"""Every method alone, on every kind of task: its page is complete, and says nothing of others."""

from __future__ import annotations

import re

import pytest

import fakes
from one_method import SCORES, assert_complete, names_of_others, signed, table, visible
from reportgen import methods, site
from reportgen.results.tables import Results

TASKS = ("sequence-classification", "question-answering", "token-classification", "causal-lm")
NAMES = [method.name for method in methods.OWN]

NO_OTHER = "There is no other output to compare with."


def everything():
    return (
        fakes.with_everything(fakes.classified("Not a bad film, but hardly a great one.")),
        fakes.with_everything(fakes.answered("Who came?", "Ada came home late.", position=1)),
        fakes.labelled("Ada met Bo in London.", {"Ada": "B-PER", "London": "B-LOC"}, position=2),
        fakes.continued("The lighthouse stands on", " a rock in the sea", position=3),
    )


def alone(pair, name: str):
    """Leave of a result what one method alone would have given."""
    header, arrays = pair
    method = methods.get(name)
    own = {array.name for array in method.arrays}
    kept = {key: a for key, a in arrays.items() if key in own or key.partition("/")[0] in own}
    specific = any(array.per_target for array in method.arrays)
    changes = {
        "settings": {name: header.settings[name]},
        "targets": header.targets if specific else (),
        "convergence": tuple(row for row in header.convergence if row.method == name),
        "agreement": (),
        "random_logit": (),
        "randomized": (),
        "changes": (),
        "sensitivity": (),
        "self_tests": dict.fromkeys(method.self_tests, 1e-7),
        "skipped": {} if method.arrays else {name: NO_OTHER},
    }
    return header.model_copy(update=changes), kept


@pytest.fixture(scope="module", params=NAMES)
def page(request, tmp_path_factory):
    """The method, the page of a run of it on four tasks, and the section of each."""
    folder = tmp_path_factory.mktemp("alone")
    jobs = [alone(pair, request.param) for pair in everything()]
    results = Results(fakes.write_run(folder, jobs))
    html = site.render(results, folder / "out").path.read_text(encoding="utf-8")
    sections = re.findall(r'<article class="card view".*?</article>', html, re.S)
    return methods.get(request.param), html, dict(zip(TASKS, sections, strict=True))


@pytest.mark.parametrize("task", TASKS)
def test_its_page_is_complete_and_says_nothing_of_others(page, task):
    method, html, sections = page
    assert_complete(method, html, sections[task])


@pytest.mark.parametrize("task", TASKS)
def test_its_numbers_are_those_that_are_stored(page, task, tmp_path):
    method, _, sections = page
    text = " ".join(visible(sections[task]).split())
    if not method.arrays:
        assert f"Not computed here: {method.short_title} : {NO_OTHER}" in text
        return
    for words in method.self_tests.values():
        assert words in text
    if method.score:
        headline = "pushed up by" if method.score.sign == "signed" else "is largest on"
        assert headline in text
    if method.path:
        assert f"({method.short_title})" in text
    assert ("pushed up by" in text) == signed(method)
    assert ("Entropy" in text) == (method.name == "attention")


def test_a_page_of_every_method_would_be_seen_to_name_others(tmp_path):
    results = Results(fakes.write_run(tmp_path, everything()))
    text = visible(site.render(results, tmp_path / "out").path.read_text(encoding="utf-8"))
    named = {line.partition(":")[0] for line in names_of_others(methods.get("alti"), text)}
    others = {method.short_title for method in methods.OWN} - {"ALTI"}
    assert others <= named


def test_words_of_a_method_without_a_score_for_each_are_told_by_layer(page):
    method, _, sections = page
    head = next(iter(table(sections["sequence-classification"], SCORES)), [])
    if method.score is None and method.by_layer and method.by_layer.per_target:
        assert [name.rpartition(", ")[2] for name in head[1:]] == [
            f"layer {i} (logits)" for i in range(1, 5)
        ]
