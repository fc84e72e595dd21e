"""Data files become inputs, each knowing where it came from."""

from __future__ import annotations

import json

import pyarrow
import pyarrow.parquet
import pytest

from reportgen.errors import SpecError
from reportgen.spec.columnar import BATCH
from reportgen.spec.data_file import MAX_PROBLEMS, READERS, read_file
from reportgen.spec.entries import FileInput
from reportgen.spec.inputs import Input, expand_inputs
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec
from reportgen.spec.rows import LONGEST_LINE

REVIEWS = FileInput(file="reviews.csv", text="review", label="stars")


def rows(entry: FileInput, folder) -> list[tuple[str, dict[str, str]]]:
    found, problems = read_file(entry, folder)
    assert problems == []
    return [(row.place, row.cells) for row in found]


def problems(entry: FileInput, folder) -> list[str]:
    return [
        " ".join(filter(None, (problem.place or ".".join(problem.path) + ":", problem.message)))
        for problem in read_file(entry, folder)[1]
    ]


def test_inline_and_file_inputs_are_numbered_together(tmp_path):
    (tmp_path / "qa.csv").write_text("q,c,a\nWho?,Them.,Them\nWhy?,,\n")
    (tmp_path / "audit.yaml").write_text(
        "models: [{id: v1, path: org/name}, {id: v2, path: org/name}]\n"
        "inputs:\n"
        "  - text: Great.\n"
        "    text_pair: Good.\n"
        "    expect: SAME\n"
        "  - file: qa.csv\n"
        "    question: q\n"
        "    context: c\n"
        "    label: a\n"
        "    models: [v2]\n"
        "  - text: ''\n"
        "methods: [attention]\n"
    )
    assert expand_inputs(load_spec(tmp_path / "audit.yaml"), tmp_path) == (
        Input(
            0, {"text": "Great.", "text_pair": "Good."}, "SAME", None, "audit.yaml:3:5 inputs[0]"
        ),
        Input(1, {"question": "Who?", "context": "Them."}, "Them", ("v2",), "qa.csv:2", entry=1),
        Input(2, {"question": "Why?", "context": ""}, None, ("v2",), "qa.csv:3", entry=1),
        Input(3, {"text": ""}, None, None, "audit.yaml:11:5 inputs[2]", entry=2),
    )


def test_prompts_and_sources_come_from_files_too(tmp_path):
    (tmp_path / "p.csv").write_text("p,c,a\nOnce upon, a time,\nOnce,,twice\n")
    prompts = FileInput(file="p.csv", prompt="p", continuation="c", label="a")
    assert [cells for _, cells in rows(prompts, tmp_path)] == [
        {"prompt": "Once upon", "continuation": " a time", "label": ""},
        {"prompt": "Once", "continuation": "", "label": "twice"},
    ]
    (tmp_path / "s.jsonl").write_text('{"en": "Hello", "de": "Hallo"}\n')
    assert rows(FileInput(file="s.jsonl", source="en", target_text="de"), tmp_path) == [
        ("s.jsonl:1", {"source": "Hello", "target_text": "Hallo"})
    ]


def test_csv_rows_know_the_line_they_start_on(tmp_path):
    (tmp_path / "reviews.csv").write_text(
        '\ufeffid,review,stars\n1,"Two\nlines, one cell",5\n\n2,"A ""quote""",\n3,NA,null\n',
        encoding="utf-8",
    )
    assert rows(REVIEWS, tmp_path) == [
        ("reviews.csv:2", {"text": "Two\nlines, one cell", "label": "5"}),
        ("reviews.csv:5", {"text": 'A "quote"', "label": ""}),
        ("reviews.csv:6", {"text": "NA", "label": "null"}),
    ]


def test_jsonl_cells_are_text_and_missing_ones_are_empty(tmp_path):
    lines = ['{"review": "Good é", "stars": 5}', "", '{"review": null, "stars": 0.5}', "{}"]
    (tmp_path / "reviews.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert rows(REVIEWS.model_copy(update={"file": "reviews.jsonl"}), tmp_path) == [
        ("reviews.jsonl:1", {"text": "Good é", "label": "5"}),
        ("reviews.jsonl:3", {"text": "", "label": "0.5"}),
        ("reviews.jsonl:4", {"text": "", "label": ""}),
    ]


def test_parquet_rows_are_counted(tmp_path):
    table = pyarrow.table({"review": ["Good.", None], "stars": [5, None], "other": [b"x", b"y"]})
    pyarrow.parquet.write_table(table, tmp_path / "reviews.parquet")
    assert rows(REVIEWS.model_copy(update={"file": "reviews.parquet"}), tmp_path) == [
        ("reviews.parquet row 1", {"text": "Good.", "label": "5"}),
        ("reviews.parquet row 2", {"text": "", "label": ""}),
    ]


def test_limit_reads_no_further(tmp_path):
    (tmp_path / "reviews.jsonl").write_text('{"review": "a", "stars": 1}\nnot json\n')
    entry = FileInput(file="reviews.jsonl", text="review", limit=1)
    assert rows(entry, tmp_path) == [("reviews.jsonl:1", {"text": "a"})]


def test_files_may_lie_in_other_folders(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "reviews.CSV").write_text("review\nGood.\n")
    entry = FileInput(file="data/reviews.CSV", text="review")
    assert rows(entry, tmp_path) == [("data/reviews.CSV:2", {"text": "Good."})]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.csv",
            b"review,stars\nGood, really,5\nBad\nFine,3\n",
            [
                "a.csv:2 expected 2 cells as in the header, found 3",
                "a.csv:3 expected 2 cells as in the header, found 1",
            ],
        ),
        ("a.csv", b'review,stars\n"Good" one,5\n', ["a.csv:2 not valid CSV"]),
        ("a.csv", b"review,review\na,b\n", ["a.csv:1 the column 'review' is there twice"]),
        ("a.csv", b"review,stars\n\xff,5\n", ["a.csv:2 not UTF-8 text"]),
        ("a.csv", b"", ["file: a.csv has no rows"]),
        ("a.csv", b"review,stars\n", ["file: a.csv has no rows"]),
        (
            "a.csv",
            b"review;stars\nGood;5\n",
            [
                "text: a.csv has no column 'review'",
                "label: a.csv has no column 'stars'",
            ],
        ),
        (
            "a.jsonl",
            b"{\n",
            [
                "a.jsonl:1:2 not valid JSON: Expecting property name enclosed in double quotes",
            ],
        ),
        ("a.jsonl", b'["Good."]\n', ["a.jsonl:1 expected an object ({...}) on each line"]),
        ("a.jsonl", b"[" * 99999, ["a.jsonl:1 not valid JSON: it is nested too deeply"]),
        (
            "a.jsonl",
            b'{"review": {}, "stars": 1}\n',
            [
                "a.jsonl:1 expected text in column 'review', found a mapping",
            ],
        ),
        ("a.jsonl", b"\n\n", ["file: a.jsonl has no rows"]),
        (
            "a.jsonl",
            b'{"stars": 1, "review": NaN}\n{"stars": 1, "review": -Infinity}\n'
            b'{"stars": 1, "review": 1e999}\n{"stars": %s}\n' % (b"9" * 5000),
            [
                "a.jsonl:1 not valid JSON: NaN is no number; write null where there is none",
                "a.jsonl:2 not valid JSON: -Infinity is no number",
                "a.jsonl:3 expected text in column 'review', found the number inf",
                "a.jsonl:4 not valid JSON: Exceeds the limit",
            ],
        ),
        (
            "a.jsonl",
            b'{"stars": ["5"], "review": "\\ud83d\\udc4d"}\n{"stars": 1, "review": "\\ud83d"}\n',
            [
                "a.jsonl:1 expected text in column 'stars', found a list",
                "a.jsonl:2 column 'review' holds half a character (a lone surrogate)",
            ],
        ),
        (
            "a.jsonl",
            b'{"review": "' + b"x" * LONGEST_LINE + b'"}\n',
            ["a.jsonl:1 the line has more than 10,000,000 characters"],
        ),
        (
            "a.csv",
            b"review,stars\nGood,5\nBa\0d,1\n",
            ["a.csv:3 not text: it holds a NUL character"],
        ),
        ("a.csv", "review,stars\n".encode("utf-16"), ["a.csv:1 not UTF-8 text"]),
        ("a.csv", b"review,stars\n\xed\xa0\xbd,5\n", ["a.csv:2 not UTF-8 text"]),
        (
            "a.csv",
            b"review,stars\nGood,5\n" + b"x" * 200_000 + b",5\n",
            ["a.csv:3 not valid CSV: field larger than field limit (131072)"],
        ),
        (
            "a.csv",
            b",".join(b"c%d" % i for i in range(100_000)) + b",c0\n",
            ["a.csv:1 the column 'c0' is there twice"],
        ),
        ("a.parquet", b"PAR1 not really", ["a.parquet"]),
        ("a.xlsx", b"", ["file: expected a .csv, .jsonl, .parquet file, found 'a.xlsx'"]),
    ],
)
def test_bad_data_is_reported_with_its_line(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    entry = REVIEWS.model_copy(update={"file": name})
    found = problems(entry, tmp_path)
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


PARQUET = FileInput(file="a.parquet", text="t")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"t": [1.5, float("nan"), None, float("inf")]},
            [
                "a.parquet row 2 expected text in column 't', found the number nan",
                "a.parquet row 4 expected text in column 't', found the number inf",
            ],
        ),
        ({"t": [b"x"]}, ["a.parquet row 1 expected text in column 't', found a bytes"]),
        ({"t": [["x"]]}, ["a.parquet row 1 expected text in column 't', found a list"]),
        (
            {"t": pyarrow.array([2**30], pyarrow.int32()).cast(pyarrow.date32())},
            ["a.parquet row 1 not a readable parquet file: days=1073741824; must have magnitude"],
        ),
    ],
)
def test_bad_cells_of_parquet_are_reported_with_their_row(tmp_path, table, expected):
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "a.parquet")
    found = problems(PARQUET, tmp_path)
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


def test_a_column_of_parquet_is_there_once(tmp_path):
    table = pyarrow.table([["a"], ["b"]], names=["t", "t"])
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert problems(PARQUET, tmp_path) == ["a.parquet the column 't' is there twice"]


def test_damaged_parquet_is_a_problem_never_a_traceback(tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"t": ["a", "b"]}), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    for position in range(0, len(data), 7):
        (tmp_path / "a.parquet").write_bytes(data[:position] + b"\xee" + data[position + 1 :])
        read_file(PARQUET, tmp_path)
        (tmp_path / "a.parquet").write_bytes(data[:position])
        assert len(problems(PARQUET, tmp_path)) == 1


def test_a_small_file_that_unpacks_to_a_huge_one_is_read_within_limits(tmp_path):
    """A text of a million characters in each of 5,000 rows, which the file holds once."""
    once = pyarrow.array(["x" * 1_000_000])
    texts = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 5000, pyarrow.int32()), once)
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"t": texts}), path, store_schema=False)
    assert path.stat().st_size < 1_000_000
    assert problems(PARQUET, tmp_path) == [
        "a.parquet row 201 the parquet file unpacks to more than 200,000,000 characters"
    ]
    assert len(rows(PARQUET.model_copy(update={"limit": BATCH + 1}), tmp_path)) == BATCH + 1


def test_a_limit_is_any_number_and_each_file_has_its_own(tmp_path):
    (tmp_path / "a.csv").write_text("t\n" + "a\n" * 3)
    data = {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"file": "a.csv", "text": "t", "limit": 2}] * 2,
        "methods": ["attention"],
    }
    assert len(expand_inputs(load_spec(data, base=tmp_path), tmp_path)) == 4
    data["inputs"] = [{"file": "a.csv", "text": "t", "limit": 10**30}]
    assert len(expand_inputs(load_spec(data, base=tmp_path), tmp_path)) == 3


def test_columns_split_by_the_wrong_sign_are_recognised(tmp_path):
    (tmp_path / "reviews.csv").write_text("review;stars\nGood;5\n")
    assert read_file(REVIEWS, tmp_path)[1][0].hint == "separate columns with commas"


def test_many_bad_rows_are_summed_up(tmp_path):
    (tmp_path / "reviews.jsonl").write_text("{\n" * (MAX_PROBLEMS + 7))
    found = problems(REVIEWS.model_copy(update={"file": "reviews.jsonl"}), tmp_path)
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == "file: 7 more rows of reviews.jsonl cannot be read"


def test_a_damaged_file_of_a_spec_that_was_not_loaded_is_an_error_not_a_short_list(tmp_path):
    data = {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"file": "reviews.jsonl", "text": "review"}],
        "methods": ["attention"],
    }
    spec = Spec.model_validate(data)
    (tmp_path / "reviews.jsonl").write_text('{"review": "a"}\n{"review"\n')
    with pytest.raises(SpecError) as caught:
        expand_inputs(spec, tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["reviews.jsonl:2:10"]
    (tmp_path / "reviews.jsonl").unlink()
    with pytest.raises(SpecError) as caught:
        expand_inputs(spec, tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["inputs[0]"]


@pytest.mark.parametrize(
    "text", ["a", "a,b", 'say "x"', "two\nlines", " spaces ", "é 😀 \u2028", "'"]
)
def test_any_text_survives_each_kind_of_file(tmp_path, text):
    quoted = '"' + text.replace('"', '""') + '"'
    (tmp_path / "a.csv").write_text(f"t\n{quoted}\n", encoding="utf-8", newline="")
    (tmp_path / "a.jsonl").write_text(json.dumps({"t": text}, ensure_ascii=False), "utf-8")
    pyarrow.parquet.write_table(pyarrow.table({"t": [text]}), tmp_path / "a.parquet")
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        ((_, cells),) = rows(FileInput(file=name, text="t"), tmp_path)
        assert cells == {"text": text}


def test_a_data_file_is_read_once(tmp_path, monkeypatch):
    data = {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"file": "reviews.csv", "text": "review"}],
        "methods": ["attention"],
    }
    (tmp_path / "reviews.csv").write_text("review\nGood.\nBad.\n", encoding="utf-8")
    read = []
    reader = READERS[".csv"]
    monkeypatch.setitem(READERS, ".csv", lambda *args: read.append(args) or reader(*args))
    spec = load_spec(data, base=tmp_path)
    for _ in range(2):  # validate and plan alike
        assert [item.fields["text"] for item in expand_inputs(spec, spec.base)] == ["Good.", "Bad."]
    assert len(read) == 1
