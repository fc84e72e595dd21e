"""Which rows of a data file are read: `where`, `limit` and `sample`, as a user writes them."""

from __future__ import annotations

import json
from itertools import pairwise

import pyarrow
import pyarrow.parquet
import pytest

from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec

ROWS = [
    {"id": number, "review": f"Film {number}.", "language": language, "stars": number % 3}
    for number, language in enumerate(["en", "de", "en", "fr", "en", "de", "en", "en"], start=1)
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with the same reviews in each format."""
    monkeypatch.chdir(tmp_path)
    header = ",".join(ROWS[0])
    lines = [",".join(map(str, row.values())) for row in ROWS]
    (tmp_path / "reviews.csv").write_text("\n".join([header, *lines, ""]))
    (tmp_path / "reviews.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "reviews.parquet")
    return tmp_path


def write(folder, settings: str, name: str = "reviews.csv") -> None:
    (folder / "audit.yaml").write_text(
        "models: [{id: v1, path: org/name}]\nmethods: [attention]\n"
        f"inputs:\n  - {{file: {name}, text: review, {settings}}}\n"
    )


def read(folder, settings: str, name: str = "reviews.csv") -> list[int]:
    """Return the numbers of the reviews that are inputs."""
    write(folder, settings, name)
    spec = load_spec(folder / "audit.yaml")
    texts = [item.fields["text"] for item in expand_inputs(spec, folder)]
    return [int(text.removeprefix("Film ").removesuffix(".")) for text in texts]


def refusal(folder, command, settings: str) -> str:
    write(folder, settings)
    code, _, errors = command("validate", "audit.yaml")
    assert code == 1
    return errors


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.jsonl", "reviews.parquet"])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("where: {language: en}", [1, 3, 5, 7, 8]),
        ("where: {language: [de, fr]}", [2, 4, 6]),
        ("where: {stars: 0}", [3, 6]),
        ('where: {stars: ["0", 2]}', [2, 3, 5, 6, 8]),
        ("where: {language: en, stars: 1}", [1, 7]),
        ("where: {language: en}, limit: 2", [1, 3]),
        ("limit: 3", [1, 2, 3]),
        ("sample: {n: 100}", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("where: {language: de}, sample: {n: 2, seed: 5}", [2, 6]),
        ("where: {language: en}, limit: 2, sample: {n: 2}", [1, 3]),
    ],
)
def test_rows_are_chosen_by_value_number_and_chance(folder, name, settings, expected):
    assert read(folder, settings, name) == expected


def test_a_sample_is_the_same_for_the_same_seed_in_the_order_of_the_file(folder):
    first = read(folder, "sample: {n: 4}")
    assert first == sorted(first) == read(folder, "sample: {n: 4, seed: 0}", "reviews.jsonl")
    others = {tuple(read(folder, f"sample: {{n: 4, seed: {seed}}}")) for seed in range(20)}
    assert len(others) > 5
    assert all(len(set(one)) == 4 for one in others)


def test_a_larger_sample_keeps_the_rows_of_a_smaller_one(folder):
    samples = [set(read(folder, f"sample: {{n: {n}, seed: 3}}")) for n in range(1, 9)]
    assert all(small < large for small, large in pairwise(samples))


def test_every_row_is_as_likely_to_be_in_a_sample(folder):
    times = dict.fromkeys(range(1, 9), 0)
    for seed in range(400):
        for number in read(folder, f"sample: {{n: 2, seed: {seed}}}"):
            times[number] += 1
    assert all(60 < amount < 140 for amount in times.values())


def test_a_sample_is_drawn_from_what_where_and_limit_leave(folder):
    for seed in range(10):
        settings = f"where: {{language: en}}, limit: 3, sample: {{n: 2, seed: {seed}}}"
        assert set(read(folder, settings)) < {1, 3, 5}


def test_rows_tell_their_line_in_the_file(folder):
    write(folder, "where: {language: de}")
    spec = load_spec(folder / "audit.yaml")
    assert [item.where for item in expand_inputs(spec, folder)] == [
        "reviews.csv:3",
        "reviews.csv:7",
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            "where: {langauge: en}",
            "error: audit.yaml:4:57 inputs[0].where.langauge: reviews.csv has no column "
            "'langauge'\n  did you mean 'language'?\n",
        ),
        (
            "where: {language: EN}",
            "error: audit.yaml:4:46 inputs[0].where: no row of reviews.csv has language: 'EN'\n"
            "  language has 'en', 'de', 'fr' (did you mean 'en'?)\n",
        ),
        (
            "where: {language: fr, stars: [0, 2]}",
            "error: audit.yaml:4:46 inputs[0].where: no row of reviews.csv has language: 'fr' and "
            "stars: '0' or '2'\n  language has 'en', 'de', 'fr'; stars has '1', '2', '0'\n",
        ),
        (
            "where: {language: }",
            "error: audit.yaml:4:57 inputs[0].where.language: expected text, a number, true or "
            "false, or a list of these, found nothing\n",
        ),
        (
            "where: {language: []}",
            "error: audit.yaml:4:57 inputs[0].where.language: expected text, a number, true or "
            "false, or a list of these, found an empty list\n",
        ),
        (
            "where: en",
            "error: audit.yaml:4:46 inputs[0].where: expected a mapping (column: value), "
            "found 'en'\n",
        ),
        (
            "sample: 5",
            "error: audit.yaml:4:47 inputs[0].sample: expected a mapping (key: value), found the "
            "number 5\n  known keys: n, seed\n",
        ),
        (
            "sample: {n: 5, sead: 1}",
            "error: audit.yaml:4:54 inputs[0].sample: unknown key 'sead'\n  did you mean 'seed'?\n",
        ),
        (
            "sample: {n: 0}",
            "error: audit.yaml:4:51 inputs[0].sample.n: expected a number of at least 1, found "
            "the number 0\n",
        ),
        (
            "limit: 3, sample: {n: 5}",
            "error: audit.yaml:4:5 inputs[0]: sample asks for 5 rows of the 3 that limit reads\n"
            "  limit is how many rows the sample is drawn from: leave it out\n",
        ),
    ],
)
def test_a_choice_that_cannot_be_made_is_explained(folder, command, settings, expected):
    assert refusal(folder, command, settings) == expected


def test_a_row_that_is_not_asked_for_may_hold_anything_but_one_that_may_be_drawn_not(
    folder, command
):
    (folder / "odd.jsonl").write_text(
        '{"review": "a", "language": "en"}\n{"review": ["b"], "language": "de"}\n'
    )
    write(folder, "where: {language: en}", "odd.jsonl")
    assert command("validate", "audit.yaml")[0] == 0
    write(folder, "sample: {n: 1}", "odd.jsonl")
    code, _, errors = command("validate", "audit.yaml")
    assert (code, errors) == (
        1,
        "error: odd.jsonl:2: expected text in column 'review', found a list\n",
    )


def test_a_check_finds_a_group_only_among_the_rows_that_are_read(folder, command):
    text = (
        "models: [{id: v1, path: org/name}]\nmethods: [attention]\n"
        "inputs: [{file: reviews.csv, text: review, group: language, where: {stars: 1}}]\n"
        "checks: [{prediction: {equals: x, group: GROUP}}]\n"
    )
    (folder / "audit.yaml").write_text(text.replace("GROUP", "en"))
    assert command("validate", "audit.yaml")[0] == 0
    (folder / "audit.yaml").write_text(text.replace("GROUP", "de"))
    assert command("validate", "audit.yaml")[2] == (
        "error: audit.yaml:4:42 checks[0].prediction.group: no input is in the group 'de'\n"
        "  groups: en, fr\n"
    )
