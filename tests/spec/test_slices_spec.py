"""The spec's ``slices:``, and the columns that a check compares by."""

from __future__ import annotations

import pytest

import reportgen
from reportgen.errors import SpecError
from reportgen.spec.entries import FileInput
from reportgen.spec.slices import SliceSettings, read_slices

SPEC = """\
models: [{id: m, path: org/model, task: sequence-classification}]
inputs: [{text: Good., expect: POSITIVE}]
methods: [integrated_gradients]
"""


def problem(tmp_path, more: str, spec: str = SPEC) -> str:
    path = tmp_path / "audit.yaml"
    path.write_text(spec + more)
    with pytest.raises(SpecError) as caught:
        reportgen.load_spec(path)
    return str(caught.value).removeprefix(f"{path}:").strip()


def loaded(tmp_path, more: str):
    path = tmp_path / "audit.yaml"
    path.write_text(SPEC + more)
    return reportgen.load_spec(path)


def test_words_and_lengths_are_read_and_kept_with_results(tmp_path):
    spec = loaded(tmp_path, "slices: {words: [not, never], lengths: [10, 25]}\n")
    assert spec.slices == SliceSettings(words=["not", "never"], lengths=[10, 25])
    assert read_slices(spec.model_dump(mode="json")) == spec.slices


def test_a_spec_without_them_is_stored_as_before(tmp_path):
    stored = loaded(tmp_path, "").model_dump(mode="json")
    assert "slices" not in stored
    assert read_slices(stored) == SliceSettings()


@pytest.mark.parametrize(
    ("slices", "message"),
    [
        (
            "{lengths: [25, 10]}",
            "4:19 slices.lengths: expected lengths that rise, such as [10, 25]",
        ),
        (
            "{lengths: [10, 10]}",
            "4:19 slices.lengths: expected lengths that rise, such as [10, 25]",
        ),
        ("{lengths: []}", "4:19 slices.lengths: expected at least one entry, found an empty list"),
        ("{lengths: [0]}", "4:20 slices.lengths[0]: expected a number of at least 1"),
        ("{words: [New York]}", "4:18 slices.words[0]: expected one word, without spaces"),
        ("{word: [not]}", "4:10 slices: unknown key 'word'\n  did you mean 'words'?"),
        ("[source]", "4:9 slices: expected a mapping"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, slices, message):
    found = problem(tmp_path, f"slices: {slices}\n")
    assert message in found


def test_a_check_by_a_column_that_no_input_has_is_refused(tmp_path):
    found = problem(tmp_path, "checks: [{slice_gap: {by: gender, max: 0.05}}]\n")
    assert found.endswith(
        "4:27 checks[0].slice_gap.by: no input has the column 'gender'\n"
        "  name columns of a file: under its slices:"
    )


@pytest.mark.parametrize("by", ["length", "label"])
def test_lengths_and_labels_need_no_column(tmp_path, by):
    spec = loaded(tmp_path, f"checks: [{{slice_gap: {{by: {by}, max: 0.05}}}}]\n")
    assert spec.checks[0].by == by


def test_a_mistyped_column_has_a_suggestion(tmp_path):
    found = problem(tmp_path, "checks: [{slice_gap: {by: lenght, max: 0.05}}]\n")
    assert found.endswith("no input has the column 'lenght'\n  did you mean 'length'?")


@pytest.mark.skipif("slices" not in FileInput.model_fields, reason="files name no columns yet")
def test_columns_that_a_file_names_are_known(tmp_path):
    (tmp_path / "rows.csv").write_text("text,label,gender\nGood.,POSITIVE,she\n")
    spec = SPEC.replace(
        "[{text: Good., expect: POSITIVE}]", "[{file: rows.csv, text: text, slices: [gender]}]"
    )
    check = "checks: [{slice_gap: {by: %s, max: 0.05}}]\n"
    found = problem(tmp_path, check % "gendre", spec)
    assert found.endswith("no input has the column 'gendre'\n  did you mean 'gender'?")
    (tmp_path / "audit.yaml").write_text(spec + check % "gender")
    assert reportgen.load_spec(tmp_path / "audit.yaml").checks[0].by == "gender"
