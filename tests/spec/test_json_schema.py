"""The JSON Schema agrees with what ``load_spec`` accepts."""

from __future__ import annotations

import copy
from pathlib import Path

import jsonschema
import pytest
import yaml

from reportgen.errors import SpecError
from reportgen.spec.loader import load_spec
from reportgen.spec.methods import METHODS
from reportgen.spec.models import TASKS, Spec
from reportgen.spec.schema import json_schema
from reportgen.spec.source import read_source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))

SPEC = yaml.safe_load("""
title: Audit
models:
  - {id: v1, path: org/name, revision: abc, task: question-answering, dtype: float16}
  - {id: v2, path: org/other, max_length: 128, allow_random_head: true}
inputs:
  - {text: Great., text_pair: Good., expect: SAME, models: [v1]}
  - {question: "Who?", context: Them.}
methods:
  - integrated_gradients: {baseline: {text: Fine.}, target: 1, steps: 32, normalize: sum}
  - attention
  - vector_norms:
  - alti
checks:
  - prediction: {one_of: [SAME, OTHER], severity: warn, models: [v1]}
report: {format: single-file}
seed: 1
""")


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def changed(path: tuple, value) -> dict:
    data = copy.deepcopy(SPEC)
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    return data


def loads(data: dict) -> bool:
    try:
        load_spec(data)
    except SpecError:
        return False
    return True


TARGET = ("methods", 0, "integrated_gradients", "target")
GOOD = [
    ((), None),
    (("methods",), [name for name in METHODS if name != "influence"]),
    (("methods", 0), {"integrated_gradients": None}),
    (("methods", 0), {"integrated_gradients": {}}),
    (("methods", 0), {"integrated_gradients": {"baseline": "zero", "steps": "auto"}}),
    (TARGET, {"this": "SAME", "rather_than": "OTHER"}),
    (TARGET, {"this": 0, "rather_than": 1}),
    (TARGET, {"this": "predicted", "rather_than": " he"}),
    (("models", 0, "task"), None),
    (("inputs", 0, "text"), ""),
    (("inputs", 0), {"prompt": "Once"}),
    (("inputs", 0), {"prompt": "Once", "continuation": " upon"}),
    (("inputs", 0), {"source": "Hello", "target_text": "Hallo", "expect": "Hallo"}),
    (("models", 0, "memory"), "1.5 GiB"),
    *((("models", 0, "task"), task) for task in TASKS),
    (("checks",), []),
    (("checks", 0), "invariance"),
    (("checks", 0), {"invariance": None}),
    (("checks", 0), {"invariance": {"max_probability_change": 0, "max_share_moved": 1}}),
    (("checks", 0), {"prediction": {"equals": "expect", "unchanged": True}}),
    (("checks", 0), {"probability": {"of": "expect", "min": 0.2, "max": 0.9}}),
    (("checks", 0), {"convergence": {"max": 0.05}}),
    (("checks", 0), {"attribution_share": {"words": ["he"], "min": 0.1, "method": "alti"}}),
    (("checks", 0), {"top_words": {"contain": ["he"]}}),
    (("checks", 0), {"top_words": {"k": 3, "exclude": ["he"], "contain": None}}),
    (("checks", 0), {"rank_correlation": {"between": ["alti", "attention"], "min": -1}}),
    (("checks", 0), {"model_agreement": {"models": ["v1", "v2"], "min": 0.5}}),
    (("checks", 0), {"slice_gap": {"by": "label", "max": 0.05, "least": 10}}),
    (("slices",), {"words": ["not"], "lengths": [10, 25]}),
    (("inputs", 0, "checks"), [{"prediction": {"equals": "SAME"}}]),
    (("inputs", 0, "group"), "pair"),
    (("inputs", 0, "rationale"), ["great"]),
    (("inputs", 0, "rationale"), [[0, 5], {"segment": "text_pair", "start": 0, "end": 4}]),
]

BAD = [
    (TARGET, {"this": "SAME"}),
    (TARGET, {"rather_than": "SAME"}),
    (TARGET, {"this": "SAME", "rather_than": -1}),
    (TARGET, {"this": "", "rather_than": "SAME"}),
    (TARGET, {"this": "SAME", "rather_than": None}),
    (TARGET, {"this": "SAME", "rather_than": "OTHER", "and": "MORE"}),
    (("titel",), "x"),
    (("title",), 3),
    (("models",), []),
    (("models", 0), {"id": "v1"}),
    (("models", 0, "devce"), "cpu"),
    (("models", 0, "task"), "fill-mask"),
    (("models", 0, "memory"), "2"),
    (("models", 0, "memory"), 2),
    (("models", 0, "max_new_tokens"), 0),
    (("models", 0, "max_length"), 3),
    (("inputs",), []),
    (("inputs", 0), {}),
    (("inputs", 0), {"expect": "x"}),
    (("inputs", 0), {"question": "Who?"}),
    (("inputs", 0), {"text_pair": "x"}),
    (("inputs", 0), {"text": "x", "question": "Who?", "context": "Them."}),
    (("inputs", 0), {"text": "x", "prompt": "y"}),
    (("inputs", 0), {"prompt": "x", "source": "y"}),
    (("inputs", 0), {"continuation": "x"}),
    (("inputs", 0), {"target_text": "x"}),
    (("inputs", 0), {"prompt": "x", "target_text": "y"}),
    (("inputs", 0, "rationale"), []),
    (("inputs", 0, "rationale"), "great"),
    (("inputs", 0, "rationale"), [3]),
    (("inputs", 0, "rationale"), [""]),
    (("inputs", 0, "rationale"), [[0]]),
    (("inputs", 0, "rationale"), [[-1, 2]]),
    (("inputs", 0, "rationale"), [{"segment": "text", "start": 0}]),
    (("inputs", 0), {"file": "a.csv"}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "where": {}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "where": {"y": None}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "where": {"y": []}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "where": {"y": [["z"]]}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "sample": {"seed": 1}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "sample": {"n": 0}}),
    (("inputs", 0), {"file": "a.csv", "text": "x", "expect": "y"}),
    (("methods", 0), "attenton"),
    (("methods", 0), {"attention": {"steps": 3}}),
    (("methods", 0), {"integrated_gradients": {"steps": 0}}),
    (("methods", 0), {"integrated_gradients": {}, "steps": 3}),
    (("methods", 0), {"integrated_gradients": {"baseline": "padd"}}),
    (("report", "format"), "pdf"),
    (("report", "size_budget"), "many"),
    (("report", "color"), "green"),
    (("seed",), -1),
    (("checks",), {"convergence": {"max": 1}}),
    (("checks", 0), "predicton"),
    (("checks", 0), "prediction"),
    (("checks", 0), {"prediction": None}),
    (("checks", 0), {"prediction": {}}),
    (("checks", 0), {"prediction": {"severity": "warn"}}),
    (("checks", 0), {"prediction": {"equals": None}}),
    (("checks", 0), {"prediction": {"equals": "A", "severity": "fatal"}}),
    (("checks", 0), {"prediction": {"unchanged": False}}),
    (("checks", 0), {"prediction": {"one_of": []}}),
    (("checks", 0), {"prediction": {"equals": "A", "models": []}}),
    (("checks", 0), {"prediction": {"equals": "A"}, "convergence": {"max": 1}}),
    (("checks", 0), {"probability": {"of": "expect"}}),
    (("checks", 0), {"probability": {"min": 1.5}}),
    (("checks", 0), {"convergence": None}),
    (("checks", 0), {"convergence": {"max": 0}}),
    (("checks", 0), {"attribution_share": {"max": 0.1}}),
    (("checks", 0), {"attribution_share": {"words": ["he"]}}),
    (("checks", 0), {"attribution_share": {"words": "he", "max": 0.1}}),
    (("checks", 0), {"attribution_share": {"words": [""], "max": 0.1}}),
    (("checks", 0), {"attribution_share": {"words": ["New York"], "max": 0.1}}),
    (("checks", 0), {"top_words": {"k": 0, "contain": ["he"]}}),
    (("checks", 0), {"top_words": {"k": 3}}),
    (("checks", 0), {"rank_correlation": {"between": ["alti"], "min": 0}}),
    (("checks", 0), {"rank_correlation": {"between": ["alti", "alti"], "min": 0}}),
    (("checks", 0), {"rank_correlation": {"between": ["alti", "attention"], "min": -2}}),
    (("checks", 0), {"invariance": {"max_share": 0.1}}),
    (("checks", 0), {"model_agreement": {"models": ["v1"], "min": 0.5}}),
    (("checks", 0), {"model_agreement": {"models": ["v1", "v1"], "min": 0.5}}),
    (("checks", 0), {"model_agreement": {"models": ["v1", "v2"]}}),
    (("checks", 0), {"slice_gap": {"by": "label"}}),
    (("checks", 0), {"slice_gap": {"by": "label", "max": 5}}),
    (("slices",), {"words": ["New York"]}),
    (("slices",), {"lengths": [0]}),
    (("inputs", 0, "group"), ""),
    (("inputs", 0, "checks"), []),
    (("inputs", 0, "checks"), ["invariance"]),
    (("inputs", 0, "checks"), [{"invariance": {"max_share_moved": 0.1}}]),
    (("inputs", 0, "checks"), [{"model_agreement": {"models": ["v1", "v2"], "min": 0.5}}]),
]


@pytest.mark.parametrize(("path", "value"), GOOD)
def test_what_loads_is_valid(validator, path, value):
    data = changed(path, value) if path else SPEC
    assert loads(data)
    assert list(validator.iter_errors(data)) == []


@pytest.mark.parametrize(("path", "value"), BAD)
def test_what_does_not_load_is_invalid(validator, path, value):
    data = changed(path, value)
    assert not loads(data)
    assert not validator.is_valid(data)


def test_a_data_file_is_valid(validator):
    assert validator.is_valid(changed(("inputs", 0), {"file": "a.csv", "text": "x", "limit": 3}))
    grouped = {
        "file": "a.csv",
        "text": "x",
        "group": "pair",
        "checks": [{"convergence": {"max": 1}}],
    }
    assert validator.is_valid(changed(("inputs", 0), grouped))
    chosen = {
        "file": "a.csv",
        "text": "x",
        "where": {"lang": "en", "stars": [4, 4.5], "ok": True},
        "sample": {"n": 3},
    }
    assert validator.is_valid(changed(("inputs", 0), chosen))
    columns = {"file": "a.csv", "source": "en", "target_text": "de", "label": "de"}
    assert validator.is_valid(changed(("inputs", 0), columns))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid(validator, path):
    assert list(validator.iter_errors(read_source(path)[0].data)) == []


def test_there_are_examples():
    assert EXAMPLES != []


def test_a_dumped_spec_is_valid(validator):
    assert validator.is_valid(load_spec(SPEC).model_dump(mode="json"))


def test_the_schema_is_for_editors():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    assert schema["$defs"]["ModelSpec"]["properties"]["task"]["anyOf"][0]["enum"] == list(TASKS)
    parts = [schema, *schema["$defs"].values()]
    assert all(part["additionalProperties"] is False for part in parts)
    undescribed = [
        name
        for part in parts
        for name, entry in part["properties"].items()
        if not entry.get("description")
    ]
    assert undescribed == []
    assert set(schema["properties"]) == set(Spec.model_fields)
