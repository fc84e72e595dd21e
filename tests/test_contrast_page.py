"""A contrast from spec to page: what a user writes, and what is told of it."""

from __future__ import annotations

from html import unescape

import pytest
import yaml

import fakes
from one_method import visible
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import output
from reportgen.resources import folder
from reportgen.results.tables import Results

SENTIMENT = folder("examples") / "models" / "sentiment"
CONTRAST = {"this": "POSITIVE", "rather_than": "NEGATIVE"}
NAME = "POSITIVE rather than NEGATIVE"


def spec(**changes):
    return {
        "models": [{"id": "film", "path": str(SENTIMENT), "device": "cpu"}],
        "inputs": [{"text": "A tremendously funny film, though a little long."}],
        "methods": [{"integrated_gradients": {"target": CONTRAST}}, "attention_relevance"],
    } | changes


@pytest.fixture
def write(tmp_path):
    def to(data):
        path = tmp_path / "audit.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return path

    return to


def test_the_page_says_what_is_told_from_what(command, write, tmp_path):
    checks = [
        {"top_words": {"k": 2, "contain": ["funny"]}},
        {"attribution_share": {"words": ["tremendously"], "min": 0.1}},
    ]
    out = tmp_path / "out"
    code, _, errors = command("build", write(spec(checks=checks)), "--out", out)
    assert (code, errors) == (0, "")
    page = unescape((out / "report.html").read_text(encoding="utf-8"))
    text = " ".join(visible(page).split())
    assert f"The choice of {NAME} was pushed up by" in text
    assert (
        "how far the score of the first lies above that of the second, here +3.14 logits." in text
    )
    assert f"Colours: integrated gradients, for the choice of {NAME}; red words pushed" in text
    assert f"target {NAME} baseline" in text
    results = Results(out)
    scores = results.tokens()
    assert set(scores["target"]) == {NAME}
    assert set(scores["method"]) == {"integrated_gradients", "attention_relevance"}
    assert set(results.convergence()["target"]) == {NAME}
    assert set(results.checks()["status"]) == {"passed"}


def test_all_commands_read_such_a_run(command, write, tmp_path):
    out, csv = tmp_path / "out", tmp_path / "tables"
    wrong = [spec()["inputs"][0] | {"expect": "NEGATIVE"}]
    assert command("build", write(spec(inputs=wrong)), "--out", out)[0] == 0
    code, digest, _ = command("digest", out)
    assert code == 0
    assert NAME in digest
    assert command("export", out, "--format", "csv", "--out", csv)[0] == 0
    assert NAME in (csv / "tokens.csv").read_text(encoding="utf-8")
    other = tmp_path / "other"
    turned = {"this": "NEGATIVE", "rather_than": "POSITIVE"}
    path = write(spec(methods=[{"integrated_gradients": {"target": turned}}]))
    assert command("build", path, "--out", other)[0] == 0
    code, _, _ = command("compare", out, other, "--out", tmp_path / "compared")
    assert code == 0
    compared = unescape(next((tmp_path / "compared").glob("*.html")).read_text(encoding="utf-8"))
    assert "this: NEGATIVE, rather_than: POSITIVE" in compared


def test_a_label_that_the_model_says_itself_fails_its_input_alone(command, write, tmp_path):
    inputs = [{"text": "A tremendously funny film."}, {"text": "Dull and lifeless."}]
    target = {"this": "predicted", "rather_than": "POSITIVE"}
    methods = [{"integrated_gradients": {"target": target}}]
    out = tmp_path / "out"
    code, _, errors = command("build", write(spec(inputs=inputs, methods=methods)), "--out", out)
    assert code == 1
    assert "the predicted output is POSITIVE itself: there is nothing to tell apart" in errors
    assert list(Results(out).jobs()["status"]) == ["error", "done"]


def contrasted(result, name, **changes):
    target = result.targets[0].model_copy(update={"name": name, "rather_than": 99} | changes)
    return result.model_copy(update={"targets": (target, *result.targets[1:])})


def test_what_pages_call_an_output():
    gap = fakes.filled("The [MASK] is [MASK] now.")[0]
    place = gap.targets[0].position
    gap = contrasted(gap, f"cold rather than at at {place}")
    assert presenter(gap).output(gap.targets[0].name) == "“cold” rather than “at” in gap 1"
    assert output(gap, gap.targets[0].name) == f"cold rather than at at {place + 1}"
    told = fakes.continued("The lighthouse stands on", " a rock")[0]
    place = told.targets[0].position + 1
    told = contrasted(told, f"the rather than an at {place}")
    assert presenter(told).output(told.targets[0].name) == (
        "“the” rather than “an” as token 1 of the output"
    )
    tagged = fakes.labelled("Ada came.", {"Ada": "B-PER"})[0]
    tagged = contrasted(tagged, f"B-PER rather than O at {tagged.targets[0].position} Ada")
    assert presenter(tagged).output(tagged.targets[0].name) == (
        "The label B-PER rather than O of “Ada”"
    )
