"""What people marked in an input: where it lies, and what a user reads where it does not."""

from __future__ import annotations

import itertools
import json
import unicodedata

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import SpecError
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec
from reportgen.spec.rationale import RationaleSpan
from reportgen.spec.rationale_spans import find_rationale, merged, occurrences

HEAD = "models: [{id: m, path: org/name}]\nmethods: [integrated_gradients, attention]\ninputs:\n"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(inputs: str) -> Spec:
    with open("audit.yaml", "w", encoding="utf-8") as file:
        file.write(HEAD + inputs)
    return load_spec("audit.yaml")


def found(inputs: str) -> list[dict]:
    spec = load(inputs)
    return [item.rationale for item in expand_inputs(spec, spec.base)]


def problem(inputs: str) -> str:
    with pytest.raises(SpecError) as caught:
        load(inputs)
    (one,) = caught.value.problems
    return str(one)


@pytest.mark.parametrize(
    ("phrase", "text", "places"),
    [
        ("funny", "Funny, funny. Not funnyish, un-funny!", ["Funny", "funny", "funny"]),
        ("NOT  bad", "It is not\nbad, not bad.", ["not\nbad", "not bad"]),
        ("ha ha", "ha ha ha", ["ha ha", "ha ha"]),
        ("caf\u00e9", "A cafe\u0301 is no cafe.", ["cafe\u0301"]),
        ("cafe", "A cafe\u0301 is no cafe.", ["cafe"]),
        ("strasse", "Die Straße", ["Straße"]),
        ("s", "Die Straße", []),
        ("😍", "Nice😍😍 film", ["😍", "😍"]),
        ("it", "it_s a hit: it", ["it"]),
        ("...", "Well...", ["..."]),
        (" ", "a b", []),
    ],
)
def test_words_are_found_whole_in_any_letter_case(phrase, text, places):
    assert [text[start:end] for start, end in occurrences(phrase, text)] == places


WORDS = st.text(
    st.sampled_from("abEßéñ\u0301\u0308漢😍👍🏽\u200d_9"), min_size=1, max_size=6
).filter(lambda word: not unicodedata.category(word[0]).startswith("M"))


@given(st.lists(WORDS, min_size=1, max_size=8), st.data())
def test_any_stretch_of_words_is_found_where_it_stands(words, data):
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    text, phrase = " ".join(words), " ".join(words[first:last])
    start = len(" ".join(words[:first])) + bool(first)
    for form in (phrase, phrase.upper(), unicodedata.normalize("NFD", phrase)):
        assert (start, start + len(phrase)) in list(occurrences(form, text))
    for left, right in occurrences(phrase, text):
        assert text[left:right].split() != []
        assert right == len(text) or not unicodedata.category(text[right]).startswith("M")


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))
)


@given(SPANS)
def test_merged_spans_cover_the_same_characters_once(spans):
    one = merged(spans)
    covered = [at for start, end in one for at in range(start, end)]
    assert covered == sorted({at for start, end in spans for at in range(start, end)})
    assert all(before[1] < after[0] for before, after in itertools.pairwise(one))


@given(st.text(min_size=1, max_size=20), st.data())
def test_a_span_is_of_characters_whatever_they_are(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    spans, problems = find_rationale([[start, end]], {"text": text})
    if text[start:end].isspace():
        assert (spans, [p.path for p in problems]) == ({}, [(0,)])
    else:
        assert (spans, problems) == ({"text": ((start, end),)}, [])


def test_words_phrases_and_spans_stand_beside_each_other():
    assert found(
        "  - text: A dull and lifeless, dull story.\n"
        "    rationale: [dull, and lifeless, [26, 32]]\n"
    ) == [{"text": ((2, 6), (7, 19), (21, 25), (26, 32))}]


def test_overlapping_spans_are_one():
    assert found("  - {text: A dull story., rationale: [dull story, [0, 4], dull]}\n") == [
        {"text": ((0, 12),)}
    ]


def test_a_question_answerer_s_rationale_is_in_the_context():
    assert found(
        "  - question: Who is Ada?\n    context: Ada is a poet.\n    rationale: [ada, [9, 13]]\n"
    ) == [{"context": ((0, 3), (9, 13))}]


def test_words_are_looked_for_in_both_texts_of_a_pair_and_spans_name_theirs():
    assert found(
        "  - text: It is good.\n    text_pair: It was good.\n"
        "    rationale: [good, [0, 2], {segment: text_pair, start: 0, end: 6}]\n"
    ) == [{"text": ((0, 2), (6, 10)), "text_pair": ((0, 6), (7, 11))}]


def test_the_spans_of_a_chat_are_of_its_last_message():
    chat = [{"role": r, "content": c} for r, c in (("user", "Hi."), ("assistant", "Yes?"))]
    messages = json.dumps([*chat, {"role": "user", "content": "Hi, who?"}])
    assert found(f"  - messages: {messages}\n    rationale: [hi, [4, 7]]\n") == [
        {"user": ((0, 2),), "user 2": ((0, 2), (4, 7))}
    ]


@pytest.mark.parametrize(
    ("rationale", "message"),
    [
        (
            "[lifelss]",
            "audit.yaml:5:17 inputs[0].rationale[0]: 'lifelss' is not in the text of the input\n"
            "  did you mean 'lifeless'?",
        ),
        (
            "[dull, dull andd lifeless]",
            "audit.yaml:5:23 inputs[0].rationale[1]: 'dull andd lifeless' is not in the text of "
            "the input\n  did you mean 'dull and lifeless'?",
        ),
        (
            "[zebra]",
            "audit.yaml:5:17 inputs[0].rationale[0]: 'zebra' is not in the text of the input\n"
            "  words are found whole, in any letter case; a part of one is given as [start, end]",
        ),
        (
            "[[0, 57]]",
            "audit.yaml:5:17 inputs[0].rationale[0]: the span is 0..57 but the text has 26 "
            "characters\n"
            "  characters are counted from 0, and the end is the first one after the span",
        ),
        (
            "[[5, 5]]",
            "audit.yaml:5:17 inputs[0].rationale[0]: expected a span of characters, found 5..5\n"
            "  characters are counted from 0, and the end is the first one after the span",
        ),
        (
            "[[1, 2]]",
            "audit.yaml:5:17 inputs[0].rationale[0]: 1..2 of the text is no word but space\n"
            "  characters are counted from 0, and the end is the first one after the span",
        ),
        (
            "[{segment: context, start: 0, end: 1}]",
            "audit.yaml:5:17 inputs[0].rationale[0]: the input has no text 'context'\n"
            "  did you mean 'text'?",
        ),
        (
            "[{segment: text, start: 0, ende: 1}]",
            "audit.yaml:5:17 inputs[0].rationale[0]: the key 'end' is missing",
        ),
        (
            "[[3]]",
            "audit.yaml:5:17 inputs[0].rationale[0]: expected at least 2 entries, found a list\n"
            "  words and phrases of the text, or spans of its characters: [start, end]",
        ),
        (
            "[[-1, 3]]",
            "audit.yaml:5:18 inputs[0].rationale[0][0]: expected a number of at least 0, found "
            "the number -1",
        ),
        (
            "[7]",
            "audit.yaml:5:17 inputs[0].rationale[0]: expected text, found the number 7\n"
            '  put it in quotes: "7"',
        ),
        (
            "dull",
            "audit.yaml:5:16 inputs[0].rationale: expected a list, found 'dull'\n"
            "  start each entry on a line of its own with '- '",
        ),
        (
            "[]",
            "audit.yaml:5:16 inputs[0].rationale: expected at least one entry, found an empty "
            "list\n  words and phrases of the text, or spans of its characters: [start, end]",
        ),
    ],
)
def test_what_is_wrong_has_its_place(rationale, message):
    inputs = f"  - text: A dull and lifeless story.\n    rationale: {rationale}\n"
    with pytest.raises(SpecError) as caught:
        load(inputs)
    assert message in [str(one) for one in caught.value.problems]


def test_a_spec_made_in_python_says_it_too():
    spec = Spec.model_validate(
        {
            "models": [{"id": "m", "path": "org/name"}],
            "inputs": [{"text": "A film.", "rationale": ["dull"]}],
            "methods": ["attention"],
        }
    )
    with pytest.raises(SpecError, match=r"^inputs\[0\]\.rationale\[0\]: 'dull' is not in the text"):
        expand_inputs(spec, spec.base)


ROWS = [
    ("A dull story.", ["dull"], {"text": ((2, 6),)}),
    ("A fine film.", None, {}),
    ("Great 😍 fun.", [[6, 7], [8, 11]], {"text": ((6, 7), (8, 11))}),
]


def test_a_csv_has_its_rationales_as_json():
    with open("rows.csv", "w", encoding="utf-8") as file:
        file.write('review,why\nA dull story.,"[""dull""]"\nA fine film.,\n')
        file.write('Great 😍 fun.,"[[6, 7], [8, 11]]"\n')
    entry = "  - {file: rows.csv, text: review, rationale: why}\n"
    assert found(entry) == [spans for _, _, spans in ROWS]


def test_jsonl_and_parquet_have_lists():
    with open("rows.jsonl", "w", encoding="utf-8") as file:
        for text, why, _ in ROWS:
            file.write(json.dumps({"review": text, "why": why}) + "\n")
    entry = "  - {file: rows.jsonl, text: review, rationale: why}\n"
    assert found(entry) == [spans for _, _, spans in ROWS]
    columns = {"review": [ROWS[0][0], ROWS[2][0]], "why": [[[2, 6]], ROWS[2][1]]}
    pyarrow.parquet.write_table(pyarrow.table(columns), "rows.parquet")
    assert found(entry.replace("jsonl", "parquet")) == [ROWS[0][2], ROWS[2][2]]


CELLS = {
    "dull": "expected a rationale, found 'dull'\n"
    '  a list as JSON: ["gripping", "a delight"], or spans: [[0, 8]]',
    "[]": "expected at least one entry, found an empty list\n"
    '  a list as JSON: ["gripping", "a delight"], or spans: [[0, 8]]',
    '["dull", 3]': 'entry 2: expected text, found the number 3\n  put it in quotes: "3"',
    '["dul"]': "'dul' is not in the text of the input\n  did you mean 'dull'?",
    "[[0, 14]]": "the span is 0..14 but the text has 13 characters\n"
    "  characters are counted from 0, and the end is the first one after the span",
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_wrong_cell_is_told_with_its_line(cell):
    quoted = cell.replace('"', '""')
    with open("rows.csv", "w", encoding="utf-8") as file:
        file.write(f'review,why\nA fine film.,\nA dull story.,"{quoted}"\n')
    entry = "  - {file: rows.csv, text: review, rationale: why}\n"
    assert problem(entry) == f"rows.csv:3: column 'why': {CELLS[cell]}"


def test_a_column_that_is_missing_is_told():
    with open("rows.csv", "w", encoding="utf-8") as file:
        file.write("review,reason\nA fine film.,\n")
    assert problem("  - {file: rows.csv, text: review, rationale: reasn}\n") == (
        "audit.yaml:4:47 inputs[0].rationale: rows.csv has no column 'reasn'\n"
        "  did you mean 'reason'?"
    )


CHECK = "checks:\n  - rationale: {min_f1: 0.4}\n"


def test_a_check_of_rationales_needs_one():
    assert problem("  - {text: A dull story.}\n" + CHECK) == (
        "audit.yaml:6:16 checks[0].rationale: no input has a rationale\n"
        "  say what people marked as the reason: rationale: [words of the text]"
    )
    load("  - {text: A dull story., rationale: [dull]}\n" + CHECK)


def test_a_check_beside_an_input_needs_that_of_the_input():
    assert problem(
        "  - {text: A dull story., rationale: [dull]}\n"
        "  - text: A film.\n    checks:\n      - rationale: {min_auprc: 0.4}\n"
    ) == (
        "audit.yaml:7:20 inputs[1].checks[0].rationale: this input has no rationale\n"
        "  say what people marked as the reason: rationale: [words of the text]"
    )


def test_a_check_of_rationales_says_what_is_to_hold():
    assert problem(
        "  - {text: A dull story., rationale: [dull]}\n"
        "checks:\n  - rationale: {method: attention}\n"
    ) == (
        "audit.yaml:6:16 checks[0].rationale: rationale needs min_auprc, min_f1 or min_iou\n"
        "  say what is to hold"
    )


def test_so_many_places_ask_for_spans():
    text, phrases = "a " * 1_000, ["a " * n + "a" for n in range(1, 120)]
    spans, problems = find_rationale(phrases, {"text": text})
    assert spans == {}
    assert [str(one.message) for one in problems] == [
        "words of a rationale may stand at 100,000 places and more"
    ]


def test_a_phrase_has_an_end():
    inputs = f"  - {{text: A film., rationale: [{'a' * 1001}]}}\n"
    assert problem(inputs).startswith(
        "audit.yaml:4:33 inputs[0].rationale[0]: expected at most 1,000 characters, found 'aaa"
    )


def test_spans_are_named_as_they_are_in_python():
    entry = RationaleSpan(segment="question", start=0, end=3)
    spans, problems = find_rationale([entry], {"question": "Who is it?", "context": "Ada."})
    assert (spans, problems) == ({"question": ((0, 3),)}, [])
