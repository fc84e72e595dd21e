"""Specs of strangers, tried as a user would: a command, its exit code and what it says."""

from __future__ import annotations

import json

import pytest

from reportgen.errors import MOST_PROBLEMS, SpecError
from reportgen.spec import source, yaml_nodes
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec

HEAD = "models: [{id: v1, path: org/name}]\nmethods: [attention]\n"
GOOD = HEAD + "inputs: [{text: Great.}]\n"
THUMB = "\N{THUMBS UP SIGN}"
HALF = r"  write the character itself, or both its halves: \ud83d\udc4d"
IN_A_FILE = "  many inputs and long texts belong in a data file\n"


@pytest.fixture
def validate(command, tmp_path, monkeypatch):
    """Return what ``reportgen validate audit.yaml`` says of a text, and its exit code."""
    monkeypatch.chdir(tmp_path)

    def run(text: str) -> tuple[int, str]:
        (tmp_path / "audit.yaml").write_text(text, encoding="utf-8")
        code, printed, errors = command("validate", "audit.yaml")
        return code, errors if code else printed

    return run


def a_spec(thumb: str) -> dict:
    return {
        "title": f"Audit {thumb}",
        "models": [{"id": f"v1{thumb}", "path": "org/name"}],
        "inputs": [
            {"text": f"Great {thumb}", "group": thumb, "models": [f"v1{thumb}"]},
            {"file": "d.jsonl", "text": thumb},
        ],
        "methods": ["attention"],
        "checks": [{"prediction": {"equals": thumb, "group": thumb}}],
    }


def test_a_character_in_two_escapes_is_the_one_it_means(validate, tmp_path):
    (tmp_path / "d.jsonl").write_text(json.dumps({THUMB: f"Good {THUMB}"}))
    text = json.dumps(a_spec(THUMB), indent=1)
    assert r"\ud83d\udc4d" in text
    assert validate(text) == (0, "audit.yaml: valid (1 model, 2 inputs, 1 method)\n")
    spec = load_spec(tmp_path / "audit.yaml")
    assert spec == load_spec(a_spec(THUMB), base=tmp_path)
    assert spec == load_spec(a_spec("\ud83d\udc4d"), base=tmp_path)
    assert spec.inputs[0].text == f"Great {THUMB}"
    assert expand_inputs(spec, spec.base)[1].fields == {"text": f"Good {THUMB}"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("text: Great.", r'text: "Great \ud83d"', "audit.yaml:3:17 inputs[0].text: the text"),
        ("text: Great.", r'text: a, group: "\udc4d"', "audit.yaml:3:27 inputs[0].group: the text"),
        ("text: Great.", r'text: a, "\udc4d": b', "audit.yaml:3:20 inputs[0]: the key"),
        ("id: v1", r'id: "\ud83d\ud83d\udc4d"', "audit.yaml:1:15 models[0].id: the text"),
        (
            "text: Great.",
            r'text: t, file: "\ud83d.csv"',
            "audit.yaml:3:26 inputs[0].file: the text",
        ),
    ],
)
def test_half_a_character_is_an_error_with_its_place(validate, old, new, expected):
    code, errors = validate(GOOD.replace(old, new))
    assert code == 1
    assert errors.startswith(
        f"error: {expected} holds half a character (a lone surrogate)\n{HALF}\n"
    )


def test_half_a_character_in_a_mapping_is_an_error_with_its_path():
    data = {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"text": "\ud83d"}],
        "methods": ["attention"],
        "title\udc4d": "",
    }
    with pytest.raises(SpecError) as caught:
        load_spec(data)
    assert [str(problem).partition("\n")[0] for problem in caught.value.problems] == [
        "inputs[0].text: the text holds half a character (a lone surrogate)",
        "spec: the key holds half a character (a lone surrogate)",
        "spec: unknown key 'title?'",
    ]


def test_data_that_contains_itself_is_refused():
    data: dict = {"models": []}
    data["models"].append(data)
    with pytest.raises(SpecError, match="not a spec: it is nested too deeply"):
        load_spec(data)


def refused(text: str) -> str:
    return f"error: audit.yaml{text}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!!int abc", "expected a whole number, found 'abc'"),
        ('!!int ""', "expected a whole number, found ''"),
        ("!!int 1:99", "expected a whole number, found '1:99'"),
        ("!!float abc", "expected a number, found 'abc'"),
        ("!!float .inf", "expected a number, found '.inf'"),
        ("!!float .nan", "expected a number, found '.nan'"),
        ("!!bool maybe", "expected true or false, found 'maybe'"),
        ("!!str {a: b}", "expected a scalar node, but found mapping"),
        ("!!map a", "expected a mapping node, but found scalar"),
        *(
            (f"{tag} {value}", f"could not determine a constructor for the tag '{tag}'")
            for tag, value in (
                ("!!timestamp", "2024-13-45"),
                ("!!binary", "junk"),
                ("!!set", "[a]"),
                ("!!omap", "{a: b}"),
                ("!!pairs", "x"),
            )
        ),
    ],
)
def test_a_tag_that_its_value_does_not_fit_is_an_error_with_its_place(validate, value, expected):
    code, errors = validate(f"title: {value}")
    assert code == 1
    assert errors.splitlines()[0] == refused(f":1:8: not valid YAML: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("? [a]\n: b", ":1:3: not valid YAML: expected a name as key, found a list or mapping"),
        ("{{a: b}: c}", ":1:2: not valid YAML: expected a name as key, found a list or mapping"),
        (r'title: "\U00110000"', ":1:11: not valid YAML: chr() arg not in range(0x110000)"),
        (f"seed: {'9' * 200_000}", ":1:7: a number of 200,000 characters"),
        (f"seed: 0.{'9' * 200_000}", ":1:7: a number of 200,002 characters"),
        ("[" * 100_000, ":1:51: not a spec: it is nested too deeply"),
        ("{a: " * 100_000, ":1:198: not a spec: it is nested too deeply"),
        ("- " * 100_000, ":1:101: not a spec: it is nested too deeply"),
    ],
)
def test_what_no_spec_holds_is_an_error_with_its_place(validate, text, expected):
    code, errors = validate(text)
    assert code == 1
    assert errors.splitlines()[0] == refused(expected)


def test_a_seed_that_no_generator_takes_is_refused(validate):
    assert validate(GOOD + "seed: 99999999999\n") == (
        1,
        refused(
            ":4:7 seed: expected a number of at most 4294967295, found the number 99999999999\n"
        ),
    )


def test_a_number_of_many_digits_in_a_mapping_is_told_without_them():
    data = {"models": [], "inputs": [{"text": 10**5000}], "methods": [], "seed": -(10**5000)}
    with pytest.raises(SpecError) as caught:
        load_spec(data)
    assert "inputs[0].text: expected text, found a number of very many digits" in str(caught.value)


def test_a_spec_that_is_too_large_is_not_read(validate, tmp_path):
    largest = source.LARGEST_SPEC
    fits = GOOD + "#" * (largest - len(GOOD))
    assert validate(fits)[0] == 0
    assert validate(fits + "#") == (
        1,
        refused(f": the spec has 1,000,001 bytes; at most {largest:,} are read\n{IN_A_FILE}"),
    )
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(10**12)  # takes no room, and could not be read
    with pytest.raises(SpecError, match=r"has 1,000,000,000,000 bytes; at most 1,000,000 are"):
        load_spec(tmp_path / "huge.yaml")


def laughs(lists: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, lists)]
    return "\n".join(lines)


def merges(levels: int) -> str:
    lines = ["x:", "- &a0 {text: a}"]
    lines += [f"- &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (laughs(12), "75,000 keys and values"),
        (merges(25), "75,000 keys and values"),
        ("a: &a {b: c}\n<<: [" + "*a, " * 80_000 + "]", "75,000 keys and values"),
        ("- a\n" * 80_000, "75,000 keys and values"),
        ("- &a " + "word " * 100_000 + "\n- *a" * 30, "10,000,000 characters"),
    ],
    ids=["aliases of aliases", "merges of merges", "one long merge", "a long list", "a long text"],
)
def test_a_short_text_that_stands_for_a_huge_one_is_refused(validate, text, what):
    code, errors = validate(text)
    assert code == 1
    end = f": the spec holds more than {what}, aliases written out\n{IN_A_FILE}"
    assert errors.endswith(end)
    assert errors.count("\n") == 2


def test_aliases_that_are_not_too_many_are_read(validate):
    text = HEAD + "inputs:\n- &a {text: &t a}\n" + "- {<<: *a, expect: *t}\n" * 1000
    assert validate(text)[0] == 0


def test_of_many_problems_the_first_are_told_and_the_others_counted(validate):
    lines = "".join(f"- {{txt{i}: a}}\n" for i in range(10_000))
    code, errors = validate(HEAD + "inputs:\n" + lines)
    assert code == 1
    told = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert told[0] == refused(":4:4 inputs[0]: unknown key 'txt0'")
    assert "  did you mean 'text'?" in errors
    assert len(told) == MOST_PROBLEMS + 1
    assert told[-1] == f"error: and {10_000 - MOST_PROBLEMS:,} more problems"


def test_long_names_are_shortened(validate):
    code, errors = validate(GOOD + "k" * 1000 + ": a\n")
    assert code == 1
    assert errors.startswith(refused(f":4:1: unknown key '{'k' * 57}...'\n"))
    listed = "".join(f"- {{id: v{i}, path: org/name}}\n" for i in range(30))
    spec = GOOD.replace("text: Great.", "text: a, models: [x]")
    errors = validate(spec.replace("[{id: v1, path: org/name}]", f"\n{listed}"))[1]
    assert errors.endswith("  ids: " + ", ".join(f"v{i}" for i in range(20)) + " and 10 more\n")


# Each is within the limits and as much as they let through, of another kind.
MANY = {
    "inputs": HEAD + "inputs:\n" + "- {text: a}\n" * 24_000,
    "wrong inputs": HEAD + "inputs:\n" + "- a\n" * 70_000,
    "wrong values": HEAD + "inputs:\n" + "- {text: 1, models: 2, checks: 3}\n" * 10_000,
    "unknown keys": GOOD + "".join(f"model{i}: a\n" for i in range(37_000)),
    "equal keys": GOOD + "title: a\n" * 37_000,
    "unknown methods": GOOD + "checks:\n" + "".join(f"- predictio{i}\n" for i in range(55_000)),
    "unknown models": GOOD.replace(
        "{text: Great.}",
        ", ".join(f"{{text: a, models: [v{'x' * 50}{i}]}}" for i in range(10_000)),
    ),
    "missing folders": GOOD.replace(
        "{id: v1, path: org/name}",
        ", ".join(f"{{id: v{i}, path: ./m{i}}}" for i in range(14_000)),
    ),
    "missing groups": GOOD
    + "checks:\n"
    + "".join(f"- probability: {{min: 0, group: g{i}}}\n" for i in range(10_000)),
    "missing files": HEAD
    + "inputs:\n"
    + "".join(f"- {{file: x{i}.csv, text: a}}\n" for i in range(14_000)),
    "one text": GOOD.replace("Great.", "word " * 190_000),
    "one key": GOOD + "k" * 900_000 + ": a",
    "escapes": GOOD.replace("Great.", '"' + r"\ud83d\udc4d" * 80_000 + '"'),
}


@pytest.mark.parametrize("name", MANY)
def test_any_spec_within_the_limits_is_judged(validate, name):
    """What took the square of its length would not end here in any time that is waited for."""
    text = MANY[name]
    assert len(text) <= source.LARGEST_SPEC
    code, said = validate(text)
    assert code == (0 if name in ("inputs", "one text", "escapes") else 1)
    assert "keys and values" not in said
    assert len(said) < 100_000


@pytest.mark.skipif(not yaml_nodes.yaml.__with_libyaml__, reason="PyYAML has no libyaml here")
@pytest.mark.parametrize("text", [GOOD, laughs(12), "a: *b", "title: !x y", "a: [", "a:\n\tb"])
def test_without_libyaml_all_is_the_same(validate, monkeypatch, text):
    said = validate(text)
    monkeypatch.setattr(yaml_nodes, "fast_loader", yaml_nodes.PlainLoader)
    assert validate(text) == said
