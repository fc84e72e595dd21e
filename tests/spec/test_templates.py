"""Templates: an entry with slots is as many inputs as its slots can be filled in ways."""

from __future__ import annotations

import json

import pytest

from reportgen.errors import SpecError
from reportgen.resources import folder
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec
from reportgen.spec.templates import Pattern, read_pattern

SPEC = """
models: [{id: film, path: org/name}]
inputs:
  - ENTRY
methods: [saliency]
"""

FILL = "fill: {job: [nurse, engineer], pronoun: [he, she]}"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inputs(folder, *entries, **more):
    spec = {"models": [{"id": "m", "path": "org/name"}], "methods": ["saliency"]}
    loaded = load_spec(spec | {"inputs": list(entries)} | more, folder)
    return expand_inputs(loaded, folder)


def refused(command, entry: str) -> str:
    with open("audit.yaml", "w", encoding="utf-8") as file:
        file.write(SPEC.replace("ENTRY", entry))
    code, out, err = command("validate", "audit.yaml")
    assert (code, out) == (1, "")
    return err


def test_all_combinations_in_order_the_last_slot_fastest(here):
    (here / "pronouns.txt").write_text("\ufeffhe\r\n\n she \nthey")
    found = inputs(
        here,
        {"text": "Before."},
        {
            "text": "The {job} said that {pronoun} would call.",
            "fill": {"job": ["nurse", "engineer"], "pronoun": {"file": "pronouns.txt"}},
            "expect": "POSITIVE",
        },
        {"text": "After."},
    )
    assert len(found) == 8
    assert [one.fields["text"] for one in found] == [
        "Before.",
        "The nurse said that he would call.",
        "The nurse said that she would call.",
        "The nurse said that they would call.",
        "The engineer said that he would call.",
        "The engineer said that she would call.",
        "The engineer said that they would call.",
        "After.",
    ]
    assert found[5].columns == {"job": "engineer", "pronoun": "she"}
    assert found[5].where == "inputs[1] (job: engineer, pronoun: she)"
    assert [one.index for one in found] == list(range(8))
    assert [one.entry for one in found] == [0, *[1] * 6, 2]
    assert [one.group for one in found] == [None, *["template 1"] * 6, None]
    assert [one.expect for one in found] == [None, *["POSITIVE"] * 6, None]


def test_every_field_and_what_is_expected_may_have_slots(here):
    question, prompt, source, pair, chat = inputs(
        here,
        {"question": "Who is {who}?", "context": "{who} {{is}} here.", "expect": "{who}",
         "fill": {"who": ["Ann"]}},
        {"prompt": "{a}", "continuation": " {a}.", "fill": {"a": [5]}},
        {"source": "translate {a}", "target_text": "{a}", "fill": {"a": [True]}},
        {"text": "{a}", "text_pair": "not {a}", "fill": {"a": ["so"]}},
        {"messages": [{"role": "user", "content": "Who is {who}?"}], "fill": {"who": ["Ann"]}},
    )  # fmt: skip
    assert question.fields == {"question": "Who is Ann?", "context": "Ann {is} here."}
    assert question.expect == "Ann"
    assert prompt.fields == {"prompt": "5", "continuation": " 5."}
    assert source.fields == {"source": "translate true", "target_text": "true"}
    assert pair.fields == {"text": "so", "text_pair": "not so"}
    assert json.loads(chat.fields["messages"]) == [{"role": "user", "content": "Who is Ann?"}]


def test_a_group_of_its_own_may_have_slots(here):
    entry = {"text": "A {job} and {pronoun}.", "group": "{job}",
             "fill": {"job": ["nurse", "engineer"], "pronoun": ["he", "she"]}}  # fmt: skip
    checks = [{"invariance": {"group": "nurse"}}]
    found = inputs(here, entry, checks=checks)
    assert [one.group for one in found] == ["nurse", "nurse", "engineer", "engineer"]
    with pytest.raises(SpecError, match="no input is in the group 'doctor'"):
        inputs(here, entry, checks=[{"invariance": {"group": "doctor"}}])


def test_templates_are_numbered(here):
    entry = {"text": "{a}", "fill": {"a": ["x", "y"]}}
    found = inputs(
        here, entry, {"text": "z"}, entry, checks=[{"invariance": {"group": "template 2"}}]
    )
    assert [one.group for one in found] == [*["template 1"] * 2, None, *["template 2"] * 2]


def test_braces_without_fill_are_braces(here):
    (one,) = inputs(here, {"text": 'if (a) {return "b";}'})
    assert one.fields == {"text": 'if (a) {return "b";}'}


@pytest.mark.parametrize(
    ("text", "texts", "slots"),
    [
        ("a {b} c", ("a ", " c"), ("b",)),
        ("{a}{b}", ("", "", ""), ("a", "b")),
        ("{{a}} {b}", ("{a} ", ""), ("b",)),
        ("{{{a}}}", ("{", "}"), ("a",)),
        ("a", ("a",), ()),
    ],
)
def test_a_doubled_brace_is_one(text, texts, slots):
    assert read_pattern(text) == Pattern(texts, slots)


def test_an_entry_is_only_as_long_as_it_is(here):
    numbers = list(range(1_000))
    entry = {"text": "{a}{b}", "limit": 10**6, "fill": {"a": numbers, "b": numbers}}
    found = inputs(here, entry)
    assert len(found) == 10**6
    assert found[1_001].fields == {"text": "11"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            f'{{text: "The {{jop}} and {{pronoun}}.", {FILL}}}',
            [
                "4:12 inputs[0].text: fill has no values for the slot {jop}\n  did you mean 'job'?",
                "4:47 inputs[0].fill: no text has the slot {job}\n  did you mean 'jop'?",
            ],
        ),
        (
            f'{{text: "The {{job}}.", {FILL}}}',
            ["4:57 inputs[0].fill: no text has the slot {pronoun}\n  slots of the text: job"],
        ),
        (
            f'{{text: "The nurse.", expect: "{{job}}", {FILL}}}',
            ["4:5 inputs[0]: a template has a slot in its text, found none\n  write {job}"],
        ),
        (
            f'{{text: "The {{job}} and {{pronoun}} {{.", {FILL}}}',
            [
                "4:12 inputs[0].text: the brace at '{.' has no other one\n"
                "  a brace that is no slot is doubled: {{ or }}"
            ],
        ),
        (
            f"{{text: '{{job}} {{pronoun}} {{\"a\": 1}}', {FILL}}}",
            [
                '4:12 inputs[0].text: fill has no values for the slot {"a": 1}\n'
                "  slots of fill: job, pronoun; a brace that is no slot is doubled: {{ or }}"
            ],
        ),
        (
            '{text: "The {job}.", fill: {job: []}}',
            ["4:38 inputs[0].fill.job: expected at least one entry, found an empty list"],
        ),
        (
            '{text: "The {job}.", fill: {job: nurse}}',
            [
                "4:38 inputs[0].fill.job: expected a list, "
                "found 'nurse'\n  start each entry on a line of its own with '- '"
            ],
        ),
        (
            '{text: "The {job}.", fill: {job: [nurse, [a]]}}',
            ["4:46 inputs[0].fill.job[1]: expected text, a number, true or false, found a list"],
        ),
        (
            '{text: "The {job}.", fill: {job: [nurse, cook, nurse]}}',
            [
                "4:52 inputs[0].fill.job[2]: the value 'nurse' is there twice\n"
                "  it is already fill.job[0]: keep one"
            ],
        ),
        (
            '{text: "The {job}.", fill: [job]}',
            [
                "4:32 inputs[0].fill: expected a mapping (slot: values), found a list\n"
                "  the values of each slot: "
                "fill: {job: [nurse, engineer], name: {file: names.txt}}"
            ],
        ),
        (
            '{text: "The {job}.", fill: {job: {file: latn.txt}}}',
            ["4:45 inputs[0].fill.job.file: no such file: latn.txt\n  did you mean 'latin.txt'?"],
        ),
        (
            '{text: "The {job}.", fill: {job: {file: empty.txt}}}',
            [
                "4:45 inputs[0].fill.job.file: empty.txt has no values\n"
                "  write one value on each line"
            ],
        ),
        (
            '{text: "The {job}.", fill: {job: {file: latin.txt}}}',
            ["latin.txt:2: not UTF-8 text\n  save the file as UTF-8"],
        ),
        (
            '{text: "The {job}.", fill: {job: {file: twice.txt}}}',
            ["twice.txt:4: the value 'cook' is there twice\n  it is already in line 1: keep one"],
        ),
        (
            '{text: "The {job}.", fill: {job: {file: link.txt}}}',
            [
                "4:45 inputs[0].fill.job.file: link.txt is a link that leads out of the spec's "
                "folder\n  allow it with --allow-outside, or copy what it leads to"
            ],
        ),
        (
            f'{{text: "The {{job}} and {{pronoun}}.", limit: 3, {FILL}}}',
            [
                "4:56 inputs[0].fill: the slots can be filled in 4 ways (2 job × 2 pronoun), "
                "and limit is 3\n  leave out values, or allow as many: limit: 4"
            ],
        ),
        (
            '{text: "The {job}.", rationale: [job], fill: {job: [cook]}}',
            [
                "4:26 inputs[0]: unknown key 'rationale'\n"
                "  known keys: text, text_pair, question, context, prompt, messages, continuation, "
                "source, target_text, expect, models, methods, group, fill, limit, checks"
            ],
        ),
    ],
)
def test_a_bad_template_is_explained(command, here, tmp_path_factory, entry, told):
    (here / "empty.txt").write_text("\n \n")
    (here / "latin.txt").write_bytes(b"cook\nb\xe9b\xe9\n")
    (here / "twice.txt").write_text("cook\n\nnurse\n cook\n")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "jobs.txt"
    elsewhere.write_text("cook\n")
    (here / "link.txt").symlink_to(elsewhere)
    lines = [one if ".txt:" in one.split(" ")[0] else f"audit.yaml:{one}" for one in told]
    assert refused(command, entry) == "".join(f"error: {one}\n" for one in lines)


def test_more_combinations_than_the_default_limit(command, here):
    values = ", ".join(map(str, range(101)))
    entry = f'{{text: "{{a}} {{b}}", fill: {{a: [{values}], b: [{values}]}}}}'
    assert "can be filled in 10,201 ways (101 a × 101 b), and limit is 1,000" in refused(
        command, entry
    )


def test_what_fillings_expect_has_to_be_a_label(command, here):
    model = here / "model"
    model.mkdir()
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert",
              "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}}  # fmt: skip
    (model / "config.json").write_text(json.dumps(config))
    spec = SPEC.replace("org/name", "./model").replace(
        "ENTRY", '{text: "A {mood} film.", expect: "{mood}", fill: {mood: [positive, fine]}}'
    )
    (here / "audit.yaml").write_text(spec)
    code, _, err = command("validate", "audit.yaml")
    assert code == 1
    assert "inputs[0].expect: the model 'film' (sequence-classification) has no label 'fine'" in err


def test_a_dry_run_names_the_fillings(command, here):
    (here / "audit.yaml").write_text(
        SPEC.replace("org/name", str(folder("examples") / "models" / "sentiment")).replace(
            "ENTRY", '{text: "A {mood} film.", fill: {mood: [fine, dull]}}'
        )
    )
    assert command("validate", "audit.yaml") == (
        0, "audit.yaml: valid (1 model, 2 inputs, 1 method)\n", ""
    )  # fmt: skip
    code, out, _ = command("build", "audit.yaml", "--out", "audit", "--dry-run")
    assert code == 0
    assert "audit.yaml:4:5 inputs[0] (mood: fine)" in out
    assert "audit.yaml:4:5 inputs[0] (mood: dull)" in out
