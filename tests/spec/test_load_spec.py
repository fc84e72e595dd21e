"""Specs that load, and what a user reads about those that do not."""

from __future__ import annotations

import re

import pytest
import yaml

from reportgen.errors import ReportgenError, SpecError
from reportgen.methods import TextBaseline
from reportgen.methods.attention import Attention
from reportgen.methods.attention_relevance import AttentionRelevance
from reportgen.methods.integrated_gradients import IntegratedGradients
from reportgen.methods.layer_conductance import LayerConductance
from reportgen.methods.vector_norms import VectorNorms
from reportgen.spec.entries import FileInput, InlineInput
from reportgen.spec.loader import load_spec
from reportgen.spec.messages import MOST_LISTED
from reportgen.spec.methods import METHODS
from reportgen.spec.models import ModelSpec, Spec

GOOD = """\
title: Sentiment v2 audit
models:
  - id: v1
    path: org/model-name
    revision: 3f2c9ab
    task: sequence-classification
  - id: v2
    path: ./checkpoints/v2
inputs:
  - text: The movie was great, I really enjoyed it.
    expect: POSITIVE
  - question: What is important to us?
    context: It is important to us to include all.
    models: [v1]
  - file: reviews.csv
    text: review
    label: sentiment
    limit: 200
methods:
  - integrated_gradients: {baseline: mask, tolerance: 1e-3}
  - attention
  - vector_norms:
report:
  format: single-file
seed: 7
"""

MINIMAL = """\
models:
  - id: v1
    path: org/name
inputs:
  - text: Great.
methods:
  - attention
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with everything ``GOOD`` names; also the current one, so that names are short."""
    (tmp_path / "checkpoints" / "v2").mkdir(parents=True)
    (tmp_path / "reviews.csv").write_text("review,sentiment\nGood.,POSITIVE\n")
    (tmp_path / "empty.csv").write_text("review,sentiment\n")
    (tmp_path / "bad.jsonl").write_text('{"review": "Good."}\n{"review": \n{"review": [1]}\n')
    (tmp_path / "notes.txt").write_text("Good.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(text: str) -> list[ReportgenError]:
    """Load ``text`` as ``audit.yaml`` and return what is wrong with it."""
    with open("audit.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    with pytest.raises(SpecError) as caught:
        load_spec("audit.yaml")
    return caught.value.problems


def test_a_good_spec_becomes_typed_parts(folder):
    (folder / "audit.yaml").write_text(GOOD)
    spec = load_spec(folder / "audit.yaml")
    assert spec.title == "Sentiment v2 audit"
    assert [model.id for model in spec.models] == ["v1", "v2"]
    assert [type(entry) for entry in spec.inputs] == [InlineInput, InlineInput, FileInput]
    assert [type(method).name for method in spec.methods] == [
        "integrated_gradients",
        "attention",
        "vector_norms",
    ]
    assert spec.methods[0] == IntegratedGradients(baseline="mask", tolerance=0.001)
    assert spec.seed == 7
    assert spec.base == folder


def test_places_name_the_file_but_not_its_folder(folder):
    (folder / "audit.yaml").write_text(GOOD)
    spec = load_spec(folder / "audit.yaml")
    assert spec.where("models", 1) == "audit.yaml:7:5 models[1]"
    assert spec.where("inputs", 2) == "audit.yaml:15:5 inputs[2]"


def test_a_dump_loads_to_the_same_spec(folder):
    (folder / "audit.yaml").write_text(
        GOOD.replace("baseline: mask", "baseline: {text: Nothing.}, target: 1, steps: 20")
    )
    spec = load_spec("audit.yaml")
    dump = spec.model_dump(mode="json")
    assert dump["methods"][0]["integrated_gradients"]["baseline"] == {"text": "Nothing."}
    assert load_spec(dump) == spec
    (folder / "again.yaml").write_text(yaml.safe_dump(dump))
    assert load_spec("again.yaml") == spec
    assert load_spec(spec) == spec
    assert load_spec(spec).where("models", 0) == "audit.yaml:3:5 models[0]"


def test_specs_that_ask_for_different_things_differ(folder):
    first, second = (load_spec({**yaml.safe_load(MINIMAL), "seed": seed}) for seed in (1, 2))
    assert first != second


def test_a_spec_can_be_made_in_python(folder):
    spec = Spec(
        models=[ModelSpec(id="v1", path="org/name")],
        inputs=[InlineInput(text="Great.", models=["v1"])],
        methods=["attention", {"integrated_gradients": {"steps": 8}}],
    )
    assert load_spec(spec).methods == [Attention(), IntegratedGradients(steps=8)]
    parts = {"models": spec.models, "inputs": spec.inputs, "methods": [Attention()]}
    assert load_spec(parts).methods == [Attention()]


def test_paths_in_a_mapping_are_relative_to_base(tmp_path):
    (tmp_path / "model").mkdir()
    data = yaml.safe_load(MINIMAL.replace("org/name", "./model"))
    assert load_spec(data, base=tmp_path).base == tmp_path
    with pytest.raises(SpecError) as caught:
        load_spec(data, base=tmp_path / "model")
    assert caught.value.problems[0].where == "models[0].path"


def test_plain_words_stay_the_text_that_was_written(folder):
    words = ["no", "On", "012", "12:30", "2024-01-31", "0x1F", "1_000", ".nan", "="]
    text = MINIMAL.replace("  - text: Great.\n", "".join(f"  - text: {word}\n" for word in words))
    (folder / "audit.yaml").write_text(text)
    assert [entry.text for entry in load_spec("audit.yaml").inputs] == words


def test_merge_keys_share_settings(folder):
    (folder / "audit.yaml").write_text(
        "models:\n"
        "  - &first {id: v1, path: org/name, device: cpu}\n"
        "  - {<<: *first, id: v2}\n" + MINIMAL[MINIMAL.index("inputs") :]
    )
    second = load_spec("audit.yaml").models[1]
    assert (second.id, second.path, second.device) == ("v2", "org/name", "cpu")


IG = "  - integrated_gradients: "

# Each row: what is replaced in MINIMAL, by what, and the whole error that is read.
BAD = {
    "unknown key of a model": (
        "    path: org/name",
        "    path: org/name\n    devce: cpu",
        "audit.yaml:4:5 models[0]: unknown key 'devce'\n  did you mean 'device'?",
    ),
    "unknown key of an input": (
        "text: Great.",
        "txt: Great.",
        "audit.yaml:5:5 inputs[0]: unknown key 'txt'\n  did you mean 'text'?",
    ),
    "unknown key of a data file": (
        "text: Great.",
        "file: reviews.csv\n    text: review\n    lable: sentiment",
        "audit.yaml:7:5 inputs[0]: unknown key 'lable'\n  did you mean 'label'?",
    ),
    "unknown setting": (
        "  - attention",
        IG + "{baselin: pad}",
        "audit.yaml:7:28 methods[0].integrated_gradients: unknown key 'baselin'\n"
        "  did you mean 'baseline'?",
    ),
    "unknown key of a baseline": (
        "  - attention",
        IG + "{baseline: {text: a, txet: b}}",
        "audit.yaml:7:48 methods[0].integrated_gradients.baseline: unknown key 'txet'\n"
        "  did you mean 'text'?",
    ),
    "unknown key of the report": (
        "  - attention",
        "  - attention\nreport: {fromat: single-file}",
        "audit.yaml:8:10 report: unknown key 'fromat'\n  did you mean 'format'?",
    ),
    "a budget without a unit": (
        "  - attention",
        '  - attention\nreport: {size_budget: "10"}',
        "audit.yaml:8:23 report.size_budget: expected a number and its unit "
        "(kB, MB, GB, KiB, MiB, GiB), found '10'\n  for example 10MB",
    ),
    "a colour by its name": (
        "  - attention",
        "  - attention\nreport: {color: green}",
        "audit.yaml:8:17 report.color: "
        "expected a colour in quotes, such as '#2b4fc7', found 'green'",
    ),
    "a logo that is no picture": (
        "  - attention",
        "  - attention\nreport: {logo: audit.yaml}",
        "audit.yaml:8:16 report.logo: audit.yaml: expected a picture (svg, png, jpg or webp), "
        "found none of them",
    ),
    "a logo that is not there": (
        "  - attention",
        "  - attention\nreport: {logo: logo.svg}",
        "audit.yaml:8:16 report.logo: no such file: logo.svg\n"
        "  it is looked for relative to the spec",
    ),
    "templates that are no folder": (
        "  - attention",
        "  - attention\nreport: {templates: notes.txt}",
        "audit.yaml:8:21 report.templates: expected a folder, found a file: notes.txt",
    ),
    "unknown key at the top": (
        "  - attention",
        "  - attention\nmetrics: []",
        "audit.yaml:8:1: unknown key 'metrics'\n"
        "  known keys: title, models, inputs, methods, checks, slices, report, keep, seed",
    ),
    "a key that is no name": (
        "  - attention",
        "  - attention\n3: []",
        "audit.yaml:8:1: expected a name as key, found the number 3",
    ),
    "duplicate key": (
        "    path: org/name",
        "    path: org/name\n    path: org/other",
        "audit.yaml:4:5 models[0]: the key 'path' is given twice\n"
        "  it is given first in line 3: keep one",
    ),
    "duplicate key at the top": (
        "  - attention",
        "  - attention\nmethods: [attention]",
        "audit.yaml:8:1: the key 'methods' is given twice\n  it is given first in line 6: keep one",
    ),
    "missing key": (
        "    path: org/name\n",
        "",
        "audit.yaml:2:5 models[0]: the key 'path' is missing",
    ),
    "missing section": (
        "methods:\n  - attention\n",
        "",
        "audit.yaml:1:1: the key 'methods' is missing",
    ),
    "empty list": (
        "  - text: Great.",
        "  []",
        "audit.yaml:5:3 inputs: expected at least one entry, found an empty list",
    ),
    "section left empty": (
        "  - text: Great.\n",
        "",
        "audit.yaml:4:8 inputs: expected a list, found nothing",
    ),
    "no list": (
        "\n  - attention",
        " attention",
        "audit.yaml:6:10 methods: expected a list, found 'attention'\n"
        "  start each entry on a line of its own with '- '",
    ),
    "no mapping": (
        "  - text: Great.",
        "  - Great.",
        "audit.yaml:5:5 inputs[0]: expected a mapping (key: value), found 'Great.'\n"
        "  known keys: text, text_pair, question, context, prompt, messages, continuation, source, "
        "target_text, expect, models, methods, group, rationale, slices, checks",
    ),
    "number where text is wanted": (
        "text: Great.",
        "text: 1e-3",
        "audit.yaml:5:11 inputs[0].text: expected text, found the number 0.001\n"
        '  put it in quotes: "1e-3"',
    ),
    "boolean where text is wanted": (
        "text: Great.",
        "text: Great.\n    expect: TRUE",
        'audit.yaml:6:13 inputs[0].expect: expected text, found true\n  put it in quotes: "TRUE"',
    ),
    "text where a number is wanted": (
        "  - attention",
        "  - attention\nseed: 012",
        "audit.yaml:8:7 seed: expected a whole number, found '012'\n"
        "  write it without quotes and without leading zeros",
    ),
    "fraction where a whole number is wanted": (
        "  - attention",
        "  - attention\nseed: 1.5",
        "audit.yaml:8:7 seed: expected a whole number, found the number 1.5",
    ),
    "yes where true is wanted": (
        "path: org/name",
        "path: org/name\n    allow_pickle: yes",
        "audit.yaml:4:19 models[0].allow_pickle: expected true or false, found 'yes'\n  write true",
    ),
    "empty text where some is wanted": (
        "id: v1",
        "id: ''",
        "audit.yaml:2:9 models[0].id: expected some text, found empty text",
    ),
    "unknown choice": (
        "path: org/name",
        "path: org/name\n    dtype: float23",
        "audit.yaml:4:12 models[0].dtype: "
        "expected 'float32', 'bfloat16' or 'float16', found 'float23'\n"
        "  did you mean 'float32'?",
    ),
    "task of transformers that is not explained yet": (
        "path: org/name",
        "path: org/name\n    task: multiple-choice",
        "audit.yaml:4:11 models[0].task: expected 'sequence-classification', "
        "'question-answering', 'token-classification', 'masked-lm', 'causal-lm' or 'seq2seq-lm', "
        "found 'multiple-choice'\n"
        "  multiple-choice is not supported yet",
    ),
    "unknown task": (
        "path: org/name",
        "path: org/name\n    task: token-clasification",
        "audit.yaml:4:11 models[0].task: expected 'sequence-classification', "
        "'question-answering', 'token-classification', 'masked-lm', 'causal-lm' or 'seq2seq-lm', "
        "found 'token-clasification'\n"
        "  did you mean 'token-classification'?",
    ),
    "task by the name of its pipeline": (
        "path: org/name",
        "path: org/name\n    task: text-classification",
        "audit.yaml:4:11 models[0].task: expected 'sequence-classification', "
        "'question-answering', 'token-classification', 'masked-lm', 'causal-lm' or 'seq2seq-lm', "
        "found 'text-classification'\n"
        "  did you mean 'sequence-classification'?",
    ),
    "unknown method": (
        "  - attention",
        "  - atention",
        "audit.yaml:7:5 methods[0]: unknown method 'atention'\n  did you mean 'attention'?",
    ),
    "unknown method with settings": (
        "  - attention",
        "  - gradcam: {samples: 3}",
        "audit.yaml:7:5 methods[0]: unknown method 'gradcam'\n"
        f"  methods: {', '.join([*METHODS][:MOST_LISTED])} and {len(METHODS) - MOST_LISTED} more",
    ),
    "method listed twice": (
        "  - attention",
        "  - attention\n  - attention: {}",
        "audit.yaml:8:5 methods[1]: the method 'attention' is listed twice\n"
        "  it is already methods[0]: keep one",
    ),
    "settings not indented": (
        "  - attention",
        "  - integrated_gradients:\n    steps: 5",
        "audit.yaml:7:5 methods[0]: expected the name of a method, alone or followed by its "
        "settings, found a mapping\n"
        "  one method per '- ', its settings indented below its name",
    ),
    "no method": (
        "  - attention",
        "  - 3",
        "audit.yaml:7:5 methods[0]: expected the name of a method, alone or followed by its "
        "settings, found the number 3\n"
        f"  methods: {', '.join(METHODS)}",
    ),
    "settings that are no mapping": (
        "  - attention",
        IG + "pad",
        "audit.yaml:7:27 methods[0].integrated_gradients: "
        "expected a mapping (key: value), found 'pad'\n"
        "  known keys: target, baseline, keep_first, steps, tolerance, max_steps, "
        "notebook_compatible, interpolate, sequential, normalize",
    ),
    "steps out of range": (
        "  - attention",
        IG + "{steps: 0}",
        "audit.yaml:7:35 methods[0].integrated_gradients.steps: "
        "expected 'auto' or a number of at least 2, found the number 0",
    ),
    "tolerance out of range": (
        "  - attention",
        IG + "{tolerance: 0}",
        "audit.yaml:7:39 methods[0].integrated_gradients.tolerance: "
        "expected a number greater than 0, found the number 0",
    ),
    "tolerance that is not finite": (
        "  - attention",
        IG + "{tolerance: 1e999}",
        "audit.yaml:7:39 methods[0].integrated_gradients.tolerance: "
        "expected a finite number, found the number inf",
    ),
    "unknown baseline": (
        "  - attention",
        IG + "{baseline: padd}",
        "audit.yaml:7:38 methods[0].integrated_gradients.baseline: "
        "expected 'auto', 'pad', 'mask', 'mean', 'full_stop', 'zero' or a mapping (key: value), "
        "found 'padd'\n"
        "  did you mean 'pad'?",
    ),
    "target of a wrong type": (
        "  - attention",
        IG + "{target: true}",
        "audit.yaml:7:36 methods[0].integrated_gradients.target: "
        "expected text or a whole number or a "
        "mapping (key: value), found true\n  known keys: this, rather_than",
    ),
    "model id used twice": (
        "    path: org/name",
        "    path: org/name\n  - id: v1\n    path: org/other",
        "audit.yaml:4:9 models[1].id: the model id 'v1' is used twice\n"
        "  it is already the id of models[0]: choose another",
    ),
    "input for an unknown model": (
        "text: Great.",
        "text: Great.\n    models: [v1, v2]",
        "audit.yaml:6:18 inputs[0].models[1]: no model has the id 'v2'\n  ids: v1",
    ),
    "input without text": (
        "text: Great.",
        "expect: POSITIVE",
        "audit.yaml:5:5 inputs[0]: expected text, question and context, prompt, messages, "
        "or source, found none",
    ),
    "question without context": (
        "text: Great.",
        "question: Who?",
        "audit.yaml:5:5 inputs[0]: question needs context beside it\n  add the key 'context'",
    ),
    "context without question": (
        "text: Great.",
        "context: Them.",
        "audit.yaml:5:5 inputs[0]: context needs question beside it\n  add the key 'question'",
    ),
    "text pair without text": (
        "text: Great.",
        "text_pair: Great.",
        "audit.yaml:5:5 inputs[0]: text_pair needs text beside it\n  add the key 'text'",
    ),
    "continuation without prompt": (
        "text: Great.",
        "continuation: Great.",
        "audit.yaml:5:5 inputs[0]: continuation needs prompt or messages beside it\n"
        "  add the key 'prompt' or 'messages'",
    ),
    "target without source": (
        "text: Great.",
        "target_text: Great.",
        "audit.yaml:5:5 inputs[0]: target_text needs source beside it\n  add the key 'source'",
    ),
    "prompt together with source": (
        "text: Great.",
        "prompt: Great.\n    source: Great.",
        "audit.yaml:5:5 inputs[0]: prompt and source are two different inputs\n"
        "  start a new entry with '- '",
    ),
    "memory without a unit": (
        "path: org/name",
        "path: org/name\n    memory: 2",
        "audit.yaml:4:13 models[0].memory: expected text, found the number 2\n  for example 2GB",
    ),
    "memory in unknown units": (
        "path: org/name",
        "path: org/name\n    memory: 2 GBit",
        "audit.yaml:4:13 models[0].memory: expected a number and its unit "
        "(kB, MB, GB, KiB, MiB, GiB), found '2 GBit'\n  for example 2GB",
    ),
    "no memory at all": (
        "path: org/name",
        "path: org/name\n    memory: 0.0GB",
        "audit.yaml:4:13 models[0].memory: expected a number and its unit "
        "(kB, MB, GB, KiB, MiB, GiB), found '0.0GB'\n  for example 2GB",
    ),
    "no new tokens": (
        "path: org/name",
        "path: org/name\n    max_new_tokens: 0",
        "audit.yaml:4:21 models[0].max_new_tokens: expected a number of at least 1, "
        "found the number 0",
    ),
    "text together with question": (
        "text: Great.",
        "text: Great.\n    question: Who?\n    context: Them.",
        "audit.yaml:5:5 inputs[0]: text and question are two different inputs\n"
        "  start a new entry with '- '",
    ),
    "data file without columns named": (
        "text: Great.",
        "file: reviews.csv",
        "audit.yaml:5:5 inputs[0]: expected text, question and context, prompt, messages, "
        "or source, found none",
    ),
    "missing data file": (
        "text: Great.",
        "file: review.csv\n    text: review",
        "audit.yaml:5:11 inputs[0].file: no such file: review.csv\n  did you mean 'reviews.csv'?",
    ),
    "data file without the column": (
        "text: Great.",
        "file: reviews.csv\n    text: reveiw",
        "audit.yaml:6:11 inputs[0].text: reviews.csv has no column 'reveiw'\n"
        "  did you mean 'review'?",
    ),
    "data file of unknown kind": (
        "text: Great.",
        "file: notes.txt\n    text: review",
        "audit.yaml:5:11 inputs[0].file: expected a .csv, .jsonl, .parquet file, "
        "found 'notes.txt'\n  the file name says how it is read",
    ),
    "empty data file": (
        "text: Great.",
        "file: empty.csv\n    text: review",
        "audit.yaml:5:11 inputs[0].file: empty.csv has no rows",
    ),
    "limit out of range": (
        "text: Great.",
        "file: reviews.csv\n    text: review\n    limit: 0",
        "audit.yaml:7:12 inputs[0].limit: expected a number of at least 1, found the number 0",
    ),
    "missing model folder": (
        "path: org/name",
        "path: ./checkpoint",
        "audit.yaml:3:11 models[0].path: no such folder: ./checkpoint\n"
        "  did you mean 'checkpoints'?",
    ),
    "model path of one word": (
        "path: org/name",
        "path: bert-base-uncased",
        "audit.yaml:3:11 models[0].path: no such folder: bert-base-uncased\n"
        "  a Hub id has the form org/name",
    ),
    "model path that is a file": (
        "path: org/name",
        "path: ./notes.txt",
        "audit.yaml:3:11 models[0].path: expected a folder, found a file: ./notes.txt",
    ),
    "revision of a local folder": (
        "path: org/name",
        "path: checkpoints/v2\n    revision: main",
        "audit.yaml:4:15 models[0].revision: "
        "a revision is for Hub ids, but checkpoints/v2 is a local folder\n"
        "  remove the revision",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_spec_is_explained(folder, case):
    old, new, expected = BAD[case]
    assert MINIMAL.count(old) == 1
    assert [str(problem) for problem in problems(MINIMAL.replace(old, new))] == [expected]


NOT_YAML = {
    "quotes left open": (
        "title: 'Audit",
        "audit.yaml:1:14: not valid YAML: while scanning a quoted scalar "
        "found unexpected end of stream",
    ),
    "colon in text": (
        "title: Audit: the second",
        "audit.yaml:1:13: not valid YAML: mapping values are not allowed here\n"
        "  put text that contains ': ' in quotes",
    ),
    "tabs": (
        "report:\n\tformat: single-file",
        "audit.yaml:2:1: not valid YAML: while scanning for the next token "
        "found character '\\t' that cannot start any token\n"
        "  indent with spaces, not with tabs",
    ),
    "a tag": (
        "title: !important",
        "audit.yaml:1:8: not valid YAML: could not determine a constructor for the tag "
        "'!important'\n  put text that starts with '!' in quotes",
    ),
    "two documents": (
        "title: a\n---\ntitle: b",
        "audit.yaml:2:1: not valid YAML: expected a single document in the stream "
        "but found another document",
    ),
    "an alias that contains itself": (
        "models: &all\n  - *all",
        "audit.yaml:1:9: not valid YAML: an alias contains itself",
    ),
    "a control character": (
        "title: a\nseed: \x01",
        "audit.yaml:2: not valid YAML: the character U+0001 is not allowed",
    ),
    "nesting without end": ("[" * 700, "audit.yaml:1:51: not a spec: it is nested too deeply"),
    "nothing": (
        "",
        "audit.yaml: the spec is empty\n  write one to start from: reportgen init",
    ),
    "only a comment": (
        "# later\n",
        "audit.yaml: the spec is empty\n  write one to start from: reportgen init",
    ),
    "text": (
        "hello",
        "audit.yaml:1:1: expected a mapping (key: value), found 'hello'\n"
        "  known keys: title, models, inputs, methods, checks, slices, report, keep, seed",
    ),
}


@pytest.mark.parametrize("case", NOT_YAML)
def test_text_that_is_no_spec_is_explained(folder, case):
    text, expected = NOT_YAML[case]
    assert [str(problem) for problem in problems(text)] == [expected]


def test_a_spec_that_cannot_be_read_is_explained(folder):
    with pytest.raises(SpecError, match=r"audit\.yaml: the spec cannot be read: no such file"):
        load_spec("audit.yaml")
    (folder / "audit.yaml").write_bytes("title: café".encode("latin-1"))
    with pytest.raises(SpecError, match="the spec is not UTF-8 text"):
        load_spec("audit.yaml")


def test_all_problems_are_reported_together_in_the_order_of_the_file(folder):
    text = """\
title: [Audit]
models:
  - id: v1
    path: ./nowhere
    devce: cpu
  - id: v1
    path: ./nowhere
inputs:
  - question: Who?
  - file: bad.jsonl
    text: review
  - file: reviews.csv
    text: txt
  - text: Great.
    text: Good.
    models: [v9]
methods:
  - attenton
  - integrated_gradients: {steps: 0, baseline: none}
sed: 3
"""
    assert [(problem.where, problem.message) for problem in problems(text)] == [
        ("audit.yaml:1:8 title", "expected text, found a list"),
        ("audit.yaml:5:5 models[0]", "unknown key 'devce'"),
        ("audit.yaml:6:9 models[1].id", "the model id 'v1' is used twice"),
        ("audit.yaml:7:11 models[1].path", "no such folder: ./nowhere"),
        ("audit.yaml:9:5 inputs[0]", "question needs context beside it"),
        ("bad.jsonl:2:11", "not valid JSON: Expecting value"),
        ("bad.jsonl:3", "expected text in column 'review', found a list"),
        ("audit.yaml:13:11 inputs[2].text", "reviews.csv has no column 'txt'"),
        ("audit.yaml:15:5 inputs[3]", "the key 'text' is given twice"),
        ("audit.yaml:16:14 inputs[3].models[0]", "no model has the id 'v9'"),
        ("audit.yaml:18:5 methods[0]", "unknown method 'attenton'"),
        (
            "audit.yaml:19:35 methods[1].integrated_gradients.steps",
            "expected 'auto' or a number of at least 2, found the number 0",
        ),
        (
            "audit.yaml:19:48 methods[1].integrated_gradients.baseline",
            "expected 'auto', 'pad', 'mask', 'mean', 'full_stop', 'zero' or a mapping "
            "(key: value), found 'none'",
        ),
        ("audit.yaml:20:1", "unknown key 'sed'"),
    ]


def test_a_mapping_has_no_positions_but_the_same_messages():
    with pytest.raises(SpecError) as caught:
        load_spec({"models": [{"id": 3, "path": "org/name"}], "inputs": [], "metods": []})
    assert [str(problem) for problem in caught.value.problems] == [
        'models[0].id: expected text, found the number 3\n  put it in quotes: "3"',
        "inputs: expected at least one entry, found an empty list",
        "spec: the key 'methods' is missing",
        "spec: unknown key 'metods'\n  did you mean 'methods'?",
    ]


@pytest.mark.parametrize("source", [[], None, 3, {}])
def test_data_that_is_no_spec_is_refused(source):
    with pytest.raises(SpecError):
        load_spec(source)


def test_a_spec_cut_short_loads_or_is_explained(folder):
    """A spec being typed in an editor must never end in a traceback."""
    outcomes = set()
    for end in range(0, len(GOOD), 5):
        (folder / "audit.yaml").write_text(GOOD[:end])
        try:
            load_spec("audit.yaml")
            outcomes.add("loaded")
        except SpecError as error:
            places = {problem.where.partition(":")[0] for problem in error.problems}
            outcomes.add("refused" if places == {"audit.yaml"} else str(error))
    assert outcomes == {"refused", "loaded"}


@pytest.mark.parametrize("value", [None, True, 3, 1.5, "x", [], ["x"], {}, {"x": 1}])
def test_any_value_anywhere_loads_or_is_explained(folder, value):
    """Put ``value`` in each place of a spec: the problem is there, and in plain words."""
    texts = []
    for path in _paths(yaml.safe_load(GOOD)):
        data = yaml.safe_load(GOOD)
        data["methods"][0]["integrated_gradients"]["tolerance"] = 0.001
        parent = data
        for part in path[:-1]:
            parent = parent[part]
        parent[path[-1]] = value
        try:
            load_spec(data)
        except SpecError as error:
            texts.append(str(error))
    assert len(texts) > 10
    assert [text for text in texts if re.search("Input should|Value error|pydantic", text)] == []


def _paths(data, path=()):
    """Yield the path of each value in nested data."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _paths(value, (*path, key))


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        (None, None),
        ("2GB", 2 * 10**9),
        ("1.5 GiB", 3 * 2**29),
        ("0.50MB", 500_000),
        ("512MiB", 2**29),
    ],
)
def test_memory_is_a_number_of_bytes(memory, expected):
    assert ModelSpec(id="v1", path="org/name", memory=memory).memory_bytes == expected


def methods(*entries) -> list:
    return load_spec({**yaml.safe_load(MINIMAL), "methods": list(entries)}).methods


def test_path_methods_share_what_one_of_them_sets():
    first, second, relevance, norms = methods(
        {"layer_conductance": {"steps": 20}},
        {"integrated_gradients": {"baseline": "mask", "target": 1, "normalize": "l2"}},
        "attention_relevance",
        "vector_norms",
    )
    assert first == LayerConductance(steps=20, baseline="mask", target=1)
    assert second == IntegratedGradients(steps=20, baseline="mask", target=1, normalize="l2")
    assert relevance == AttentionRelevance(target=1)
    assert norms == VectorNorms()


def test_a_path_method_keeps_what_it_sets_itself():
    first, second, third = methods(
        {"integrated_gradients": {"baseline": "mask", "target": "expected"}},
        {"attention_relevance": {"target": "predicted"}},
        {"layer_conductance": {"baseline": "auto"}},
    )
    assert (first.baseline, first.target) == ("mask", "expected")
    assert second.target == "predicted"
    assert (third.baseline, third.target) == ("auto", "expected")


def test_where_two_differ_the_first_is_shared():
    assert [
        method.baseline
        for method in methods(
            "sub_embeddings",
            {"layer_conductance": {"baseline": "zero"}},
            {"integrated_gradients": {"baseline": "mask"}},
        )
    ] == ["zero", "zero", "mask"]


def test_shared_settings_are_written_out():
    entries = ("layer_conductance", {"integrated_gradients": {"baseline": {"text": "No."}}})
    spec = load_spec({**yaml.safe_load(MINIMAL), "methods": list(entries)})
    dump = spec.model_dump(mode="json")
    assert dump["methods"][0]["layer_conductance"]["baseline"] == {"text": "No."}
    assert load_spec(dump) == spec


def test_a_text_baseline_is_typed(folder):
    text = MINIMAL.replace("  - attention", IG + "{baseline: {text: Fine.}}")
    (folder / "audit.yaml").write_text(text)
    (method,) = load_spec("audit.yaml").methods
    assert method.baseline == TextBaseline(text="Fine.")
