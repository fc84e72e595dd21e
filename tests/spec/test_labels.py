"""Labels of a spec, looked up in the config of a local model before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from reportgen.spec.loader import load_spec

MODELS = {
    "tone": ("BertForSequenceClassification", ["sad", "joy"], {}),
    "tones": (
        "BertForSequenceClassification",
        ["sad", "joy", "fear"],
        {"problem_type": "multi_label_classification"},
    ),
    "stars": ("BertForSequenceClassification", ["stars"], {}),
    "tagger": ("BertForTokenClassification", ["O", "B-LOC", "I-LOC"], {}),
    "answers": ("BertForQuestionAnswering", None, {}),
    "twice": ("BertForSequenceClassification", ["other", "joy", "other"], {}),
    "unnamed": ("BertForSequenceClassification", None, {}),
    "writer": ("GPT2LMHeadModel", None, {}),
}


def write(folder: Path, model: str, method: dict, **fields: object) -> Path:
    architecture, labels, more = MODELS[model]
    config = {"architectures": [architecture], **more}
    if labels is not None:
        config["id2label"] = dict(enumerate(labels))
    (folder / model).mkdir()
    (folder / model / "config.json").write_text(json.dumps(config))
    spec = {
        "models": [{"id": model, "path": f"./{model}"}],
        "inputs": [fields or {"text": "Great film"}],
        "methods": [{"integrated_gradients": method} if method else "integrated_gradients"],
    }
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


QUESTION = {"question": "Who?", "context": "Ada."}
SEQUENCE, TAGS = "sequence-classification", "token-classification"
TARGET = "audit.yaml:8:13 methods[0].integrated_gradients.target: "
EXPECT = "audit.yaml:6:11 inputs[0].expect: "
WRONG = {
    "a target that is no label": (
        ("tone", {"target": "jou"}, {}),
        f"{TARGET}the model 'tone' ({SEQUENCE}) has no label 'jou'\n  did you mean 'joy'?",
    ),
    "an index that is no label's": (
        ("tone", {"target": 2}, {}),
        f"{TARGET}the model 'tone' ({SEQUENCE}) has no label with index 2\n"
        "  it has 0 to 1: sad, joy",
    ),
    "a contrast with a label that there is not": (
        ("tone", {"target": {"this": "joy", "rather_than": "sat"}}, {}),
        "audit.yaml:10:20 methods[0].integrated_gradients.target.rather_than: "
        f"the model 'tone' ({SEQUENCE}) has no label 'sat'\n  did you mean 'sad'?",
    ),
    "a contrast of a label that there is not": (
        ("tone", {"target": {"this": "jou", "rather_than": 7}}, {}),
        "audit.yaml:9:13 methods[0].integrated_gradients.target.this: "
        f"the model 'tone' ({SEQUENCE}) has no label 'jou'\n  did you mean 'joy'?\n"
        "error: audit.yaml:10:20 methods[0].integrated_gradients.target.rather_than: "
        f"the model 'tone' ({SEQUENCE}) has no label with index 7\n  it has 0 to 1: sad, joy",
    ),
    "a label rather than itself": (
        ("tagger", {"target": {"this": "b-loc", "rather_than": 1}}, {}),
        "audit.yaml:9:7 methods[0].integrated_gradients.target: "
        "'B-LOC' rather than itself: there is nothing to tell apart\n"
        "  name another label as rather_than",
    ),
    "the same twice": (
        ("unnamed", {"target": {"this": "x", "rather_than": "x"}}, {}),
        "audit.yaml:9:7 methods[0].integrated_gradients.target: "
        "'x' rather than itself: there is nothing to tell apart\n"
        "  name another output as rather_than",
    ),
    "a contrast with nothing": (
        ("unnamed", {"target": {"this": "x"}}, {}),
        "audit.yaml:9:7 methods[0].integrated_gradients.target: the key 'rather_than' is missing",
    ),
    "a contrast with too much": (
        ("unnamed", {"target": {"this": "x", "rather_than": "y", "rather": "z"}}, {}),
        "audit.yaml:11:7 methods[0].integrated_gradients.target: unknown key 'rather'\n"
        "  did you mean 'rather_than'?",
    ),
    "a contrast of numbers": (
        ("stars", {"target": {"this": "predicted", "rather_than": 0}}, {}),
        "audit.yaml:9:7 methods[0].integrated_gradients.target: "
        f"the model 'stars' ({SEQUENCE}) predicts numbers: it has no labels or tokens for "
        "rather_than to tell apart\n  targets: predicted, expected",
    ),
    "a contrast of answers": (
        ("answers", {"target": {"this": "start", "rather_than": "end"}}, QUESTION),
        "audit.yaml:10:7 methods[0].integrated_gradients.target: "
        "the model 'answers' (question-answering) points at places in a text: it has no labels or "
        "tokens for rather_than to tell apart\n  targets: predicted, expected, start, end",
    ),
    "a contrast of tokens by their number": (
        ("writer", {"target": {"this": " she", "rather_than": 3}}, {"prompt": "The nurse"}),
        "audit.yaml:10:20 methods[0].integrated_gradients.target.rather_than: "
        "the model 'writer' (causal-lm) has no label with index 3\n"
        '  name a token as text; a number in quotes: rather_than: "3"',
    ),
    "all tokens of what has one output": (
        ("tone", {"target": "all"}, {}),
        f"{TARGET}the model 'tone' ({SEQUENCE}) has no tokens to explain one by one: target 'all'\n"
        "  targets: predicted, expected, a label, or its index",
    ),
    "all tokens of an answer": (
        ("answers", {"target": "all"}, QUESTION),
        "audit.yaml:9:13 methods[0].integrated_gradients.target: "
        "the model 'answers' (question-answering) has no target 'all'\n"
        "  it has: predicted, expected, start, end",
    ),
    "an expected label that there is not": (
        ("tone", {}, {"text": "Great", "expect": "POSITIVE"}),
        f"{EXPECT}the model 'tone' ({SEQUENCE}) has no label 'POSITIVE'\n  it has: sad, joy",
    ),
    "one of several": (
        ("tones", {}, {"text": "Great", "expect": ["joy", "feer"]}),
        f"audit.yaml:7:3 inputs[0].expect: the model 'tones' ({SEQUENCE}) has no label 'feer'\n"
        "  did you mean 'fear'?",
    ),
    "a label of a word": (
        ("tagger", {}, {"text": "In Paris", "expect": "O B-LOK"}),
        f"{EXPECT}the model 'tagger' ({TAGS}) has no label 'B-LOK'\n  did you mean 'B-LOC'?",
    ),
    "a list where one label is right": (
        ("tone", {}, {"text": "Great", "expect": ["joy", "sad"]}),
        f"audit.yaml:7:3 inputs[0].expect: the model 'tone' ({SEQUENCE}) has no label 'joy, sad'\n"
        "  it has: sad, joy",
    ),
    "a list of what is no text": (
        ("tones", {}, {"text": "Great", "expect": ["joy", 1]}),
        "audit.yaml:7:3 inputs[0].expect: expected text, found a list\n"
        "  a list holds at least one label, each as text",
    ),
    "an empty list": (
        ("tones", {}, {"text": "Great", "expect": []}),
        f"{EXPECT}expected text, found an empty list\n"
        "  a list holds at least one label, each as text",
    ),
    "a setting of a method at an input": (
        ("tone", {}, {"text": "Great", "target": "joy"}),
        "audit.yaml:6:3 inputs[0]: unknown key 'target'\n"
        "  it is a setting of a method: integrated_gradients: {target: ...} in the spec's own "
        "methods:",
    ),
    "a method at an input": (
        ("tone", {}, {"text": "Great", "attention": None}),
        "audit.yaml:6:3 inputs[0]: unknown key 'attention'\n"
        "  the spec's own methods: has its settings; an input names it: "
        "methods: [attention]",
    ),
    "settings at an input's method": (
        ("tone", {}, {"text": "Great", "methods": [{"integrated_gradients": {"steps": 4}}]}),
        "audit.yaml:7:5 inputs[0].methods[0]: expected text, found a mapping\n"
        "  an input names methods alone; their settings stand in the spec's own methods:",
    ),
}


@pytest.mark.parametrize(("written", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_the_labels_alone_decide_is_told_by_validate(
    command, tmp_path, monkeypatch, written, message
):
    model, method, fields = written
    write(tmp_path, model, method, **fields)
    monkeypatch.chdir(tmp_path)
    assert command("validate", "audit.yaml") == (1, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("model", "method", "fields"),
    [
        ("tone", {"target": "JOY"}, {"text": "Great", "expect": "Sad"}),
        ("tone", {"target": "1"}, {"text": "Great", "expect": "0"}),
        ("tone", {"target": 1}, {}),
        ("tones", {"target": "expected"}, {"text": "Great", "expect": "fear, joy"}),
        ("tones", {"target": "expected"}, {"text": "Great", "expect": ["fear", "joy"]}),
        ("stars", {}, {"text": "Great", "expect": "4.5"}),
        ("tagger", {"target": "all"}, {"text": "In Paris", "expect": "O b-loc"}),
        ("tagger", {"target": "LOC"}, {}),
        ("tagger", {"target": 7}, {}),
        ("tone", {"target": {"this": "joy", "rather_than": "SAD"}}, {}),
        ("tone", {"target": {"this": 0, "rather_than": 1}}, {}),
        ("tone", {"target": {"this": "predicted", "rather_than": "joy"}}, {}),
        ("tones", {"target": {"this": "expected", "rather_than": "2"}}, {}),
        ("tagger", {"target": {"this": "LOC", "rather_than": "O"}}, {}),
        ("tagger", {"target": {"this": 1, "rather_than": 1}}, {}),  # a token, and a label
        ("writer", {"target": {"this": " she", "rather_than": " he"}}, {"prompt": "Then"}),
        ("writer", {"target": {"this": "all", "rather_than": "predicted"}}, {"prompt": "Then"}),
        ("answers", {"target": "end"}, QUESTION),
        ("twice", {"target": "other (2)"}, {"text": "Great", "expect": "joy"}),
        ("unnamed", {"target": "LABEL_9"}, {"text": "Great", "expect": "whatever"}),
        # of another kind: what the model never reads is not looked up
        ("answers", {"target": "start"}, {**QUESTION, "expect": "Ada"}),
    ],
)
def test_labels_that_there_are_are_found(command, tmp_path, model, method, fields):
    spec = write(tmp_path, model, method, **fields)
    assert command("validate", spec)[::2] == (0, "")


def test_only_models_that_are_to_explain_an_input_are_asked(command, tmp_path):
    path = write(tmp_path, "tone", {"target": "joy"})
    write_other = tmp_path / "other"
    write_other.mkdir()
    write(write_other, "tagger", {})
    spec = yaml.safe_load(path.read_text())
    spec["models"].append({"id": "tagger", "path": "./other/tagger"})
    spec["inputs"] = [
        {"text": "Great", "expect": "joy", "models": ["tone"]},
        {"text": "In Paris", "models": ["tagger"], "methods": ["attention"]},
    ]
    spec["methods"].append("attention")
    path.write_text(yaml.safe_dump(spec))
    assert command("validate", path)[::2] == (0, "")
    spec["inputs"][1].pop("methods")
    path.write_text(yaml.safe_dump(spec))
    code, _, errors = command("validate", path)
    assert code == 1
    assert "the model 'tagger' (token-classification) has no label 'joy'" in errors


def test_a_list_of_labels_is_one_text_to_all_that_reads_it(tmp_path):
    path = write(tmp_path, "tones", {}, text="Great", expect=["joy", "fear"])
    assert load_spec(path).inputs[0].expect == "joy, fear"


def test_without_a_config_nothing_is_said_of_labels(command, tmp_path):
    spec = write(tmp_path, "tone", {"target": "jou"})
    for text in ("{", "[]", '{"architectures": []}', '{"id2label": 3}', '{"id2label": {"a": "b"}}'):
        (tmp_path / "tone" / "config.json").write_text(text)
        assert command("validate", spec)[::2] == (0, "")
    (tmp_path / "tone" / "config.json").unlink()
    assert command("validate", spec)[::2] == (0, "")
