"""The spec's ``inputs:``: one written out, or many from a file."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MaxLen, MinLen
from pydantic import BeforeValidator, Discriminator, Field, Tag, field_serializer, model_validator
from pydantic_core import PydanticCustomError

from reportgen.spec.chat import Messages
from reportgen.spec.checks import Check, InputCheckEntry, as_written
from reportgen.spec.part import SpecPart
from reportgen.spec.problem import describe
from reportgen.spec.rationale import Rationale
from reportgen.spec.tasks import TASKS


def has_fields(task: str, fields: Collection[str]) -> bool:
    """Tell whether an input with ``fields`` has all that a task needs."""
    return any(set(needed) <= set(fields) for needed in TASKS[task].fields)


def needs(task: str) -> str:
    """Say which fields a task needs: ``question and context``, ``prompt or messages``."""
    return " or ".join(" and ".join(needed) for needed in TASKS[task].fields)


KINDS = (
    ("text", "text_pair"),
    ("question", "context"),
    ("prompt", "continuation"),
    ("messages",),
    ("source", "target_text"),
)
"""The kinds of input: fields of two kinds never stand together."""

INPUT_FIELDS = tuple(name for kind in KINDS for name in kind)

PARTNERS = {
    "text_pair": ("text",),
    "question": ("context",),
    "context": ("question",),
    "continuation": ("prompt", "messages"),
    "target_text": ("source",),
}
"""Input fields that mean nothing without another, or one of others."""


class _InputPart(SpecPart):
    """Base of inputs: which of ``text``, ``question`` ... may stand together."""

    @model_validator(mode="after")
    def _fields_fit(self) -> _InputPart:
        given = [name for name in INPUT_FIELDS if getattr(self, name) is not None]
        lonely = [n for n in given if n in PARTNERS and not set(PARTNERS[n]) & set(given)]
        if not given:
            raise _misfit(
                "expected text, question and context, prompt, messages, or source, found none"
            )
        if lonely:
            needed = PARTNERS[lonely[0]]
            raise _misfit(
                f"{lonely[0]} needs {' or '.join(needed)} beside it",
                f"add the key {' or '.join(map(repr, needed))}",
            )
        mixed = [kind[0] for kind in KINDS if kind[0] in given]
        if len(mixed) > 1:
            raise _misfit(
                f"{mixed[0]} and {mixed[1]} are two different inputs", "start a new entry with '- '"
            )
        return self

    @field_serializer("checks", check_fields=False)
    def _checks_as_written(self, checks: list[Check] | None) -> list[dict[str, Any]] | None:
        return None if checks is None else [as_written(check) for check in checks]


def _misfit(problem: str, advice: str = "") -> PydanticCustomError:
    return PydanticCustomError("input_fields", "{problem}", {"problem": problem, "advice": advice})


def _joined(expect: Any) -> Any:
    """Write a list of labels as one text; what is no such list is left to be refused."""
    if isinstance(expect, list) and expect and all(isinstance(part, str) for part in expect):
        return ", ".join(expect)
    return expect


Expected = Annotated[
    str, BeforeValidator(_joined, json_schema_input_type=str | Annotated[list[str], MinLen(1)])
]


def as_value_text(value: Any) -> str:
    """Return a value as text: a number, true or false as JSON writes them."""
    if not isinstance(value, str | bool | int | float):
        raise _misfit(f"expected text, a number, true or false, found {describe(value)}")
    return value if isinstance(value, str) else json.dumps(value)


Scalar = str | bool | int | float

Value = Annotated[str, BeforeValidator(as_value_text, json_schema_input_type=Scalar)]

MOST_COLUMNS, LONGEST_VALUE = 100, 200
"""Columns to slice by that an input may have, and characters of a value there."""

ColumnName = Annotated[str, MinLen(1)]


class _WrittenInput(_InputPart):
    """What is written in the spec itself: one input, or the template of several."""

    text: str | None = Field(
        default=None,
        description="What a classifier reads; for masked-lm with [MASK] where a word is asked for",
    )
    text_pair: str | None = Field(default=None, description="Second text, for text pairs")
    question: str | None = Field(default=None, description="Asked about the context")
    context: str | None = Field(default=None, description="Where the answer is looked for")
    prompt: str | None = Field(default=None, description="What a causal language model goes on")
    messages: Messages | None = Field(
        default=None,
        description="What a causal language model answers, through its tokenizer's chat template",
    )
    continuation: str | None = Field(
        default=None,
        description="What comes after the prompt, its first space included, or as answer to the "
        "messages; default: generated",
    )
    source: str | None = Field(
        default=None, description="What a sequence-to-sequence model reads, its prefix included"
    )
    target_text: str | None = Field(
        default=None, description="What it is to write; default: generated"
    )
    expect: Expected | None = Field(
        default=None,
        description="What is right: a label, an answer, a text; a list of labels where several "
        "can be right together; for token-classification one label for each word, separated by "
        "spaces",
    )
    models: list[str] | None = Field(
        default=None, min_length=1, description="Only for these model ids"
    )
    methods: list[str] | None = Field(
        default=None, min_length=1, description="Explained only by these of the spec's methods"
    )
    group: str | None = Field(
        default=None,
        min_length=1,
        description="Name that inputs share which are to be treated alike",
    )


class InlineInput(_WrittenInput):
    """One input, its text in the spec."""

    rationale: Rationale | None = Field(
        default=None,
        description="What people marked as the reason: words and phrases of the text, or spans "
        "[start, end) of its characters; for question answering of the context",
    )
    slices: dict[ColumnName, Annotated[Value, MaxLen(LONGEST_VALUE)]] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_COLUMNS,
        description="What is known of it beside its texts, to slice by: a value for each column",
    )
    checks: list[InputCheckEntry] | None = Field(
        default=None, min_length=1, description="What must hold of this input"
    )


class FillFile(SpecPart):
    """A file of the values of a slot."""

    file: str = Field(
        min_length=1, description="Text in UTF-8 with a value on each line; relative to the spec"
    )


def _filling_kind(values: Any) -> str:
    return "file" if isinstance(values, dict | FillFile) else "list"


if TYPE_CHECKING:
    Filling = list[str] | FillFile
else:
    Filling = Annotated[
        Annotated[list[Value], MinLen(1), Tag("list")] | Annotated[FillFile, Tag("file")],
        Discriminator(_filling_kind),
    ]


class TemplateInput(_WrittenInput):
    """Many inputs of one pattern: slots such as {job} in its texts, filled in all combinations."""

    fill: dict[ColumnName, Filling] = Field(
        min_length=1,
        max_length=MOST_COLUMNS,
        description="The values of each slot: a list, or a file with one on each line",
    )
    limit: int = Field(default=1_000, ge=1, description="How many combinations there may be")
    checks: list[InputCheckEntry] | None = Field(
        default=None, min_length=1, description="What must hold of each filling"
    )


class Sample(SpecPart):
    """Rows drawn at random."""

    n: int = Field(ge=1, description="How many rows; all where there are fewer")
    seed: int = Field(default=0, ge=0, description="The same rows for the same seed")


def _as_texts(values: Any) -> list[str]:
    """Return the values that a column may have as texts, however they are written."""
    listed = values if isinstance(values, list) else [values]
    wrong = [one for one in listed or [[]] if not isinstance(one, str | bool | int | float)]
    if wrong:
        found = describe(wrong[0])
        raise _misfit(f"expected text, a number, true or false, or a list of these, found {found}")
    return [one if isinstance(one, str) else json.dumps(one) for one in listed]


Values = Annotated[
    list[str],
    BeforeValidator(_as_texts, json_schema_input_type=Scalar | Annotated[list[Scalar], MinLen(1)]),
]


class FileInput(_InputPart):
    """Many inputs from a csv, jsonl or parquet file or a data set; the fields name its columns."""

    file: str = Field(
        min_length=1,
        description="csv, jsonl or parquet, or the folder of a data set (save_to_disk of the "
        "datasets library); relative to the spec",
    )
    text: str | None = Field(
        default=None, description="Column with what a classifier or masked-lm reads"
    )
    text_pair: str | None = Field(default=None, description="Column with the second text")
    question: str | None = Field(default=None, description="Column with the question")
    context: str | None = Field(default=None, description="Column with its context")
    prompt: str | None = Field(default=None, description="Column with the prompt")
    messages: str | None = Field(
        default=None, description="Column of a jsonl or parquet file with a list of messages"
    )
    continuation: str | None = Field(default=None, description="Column with its continuation")
    source: str | None = Field(default=None, description="Column with the source")
    target_text: str | None = Field(default=None, description="Column with the text to write")
    label: str | None = Field(default=None, description="Column with what is right, as in expect")
    where: dict[str, Values] | None = Field(
        default=None,
        min_length=1,
        description="Only rows with this value, or one of these, in a column; compared as text",
    )
    limit: int | None = Field(
        default=None, ge=1, description="Read only the first rows, of those that where leaves"
    )
    sample: Sample | None = Field(
        default=None, description="Rows drawn at random, of those that where and limit leave"
    )
    models: list[str] | None = Field(
        default=None, min_length=1, description="Only for these model ids"
    )
    methods: list[str] | None = Field(
        default=None, min_length=1, description="Explained only by these of the spec's methods"
    )
    group: str | None = Field(
        default=None,
        min_length=1,
        description="Column with the name of a group, as in group",
    )
    rationale: str | None = Field(
        default=None, description="Column with what people marked, as in rationale; in csv as JSON"
    )
    slices: list[ColumnName] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_COLUMNS,
        description="Columns to slice by: what is known of each input beside its texts",
    )
    checks: list[InputCheckEntry] | None = Field(
        default=None, min_length=1, description="What must hold of each row"
    )

    @model_validator(mode="after")
    def _sample_fits(self) -> FileInput:
        if self.sample and self.limit and self.sample.n > self.limit:
            asked = f"sample asks for {self.sample.n:,} rows of the {self.limit:,} that limit reads"
            raise _misfit(asked, "limit is how many rows the sample is drawn from: leave it out")
        return self


ENTRIES: dict[str, type[_InputPart]] = {
    "InlineInput": InlineInput,
    "FileInput": FileInput,
    "TemplateInput": TemplateInput,
}
"""The kinds of entries by what the schema calls them."""


def input_kind(entry: Any) -> str:
    """Tell which kind of input an entry is: ``file:`` and ``fill:`` make it many."""
    if not isinstance(entry, dict):
        return type(entry).__name__ if isinstance(entry, _InputPart) else "InlineInput"
    return "FileInput" if "file" in entry else "TemplateInput" if "fill" in entry else "InlineInput"


if TYPE_CHECKING:
    InputEntry = InlineInput | FileInput | TemplateInput
else:
    # Chosen by what the user wrote, so that an error speaks of one alternative, not of all.
    InputEntry = Annotated[
        Annotated[InlineInput, Tag("InlineInput")]
        | Annotated[FileInput, Tag("FileInput")]
        | Annotated[TemplateInput, Tag("TemplateInput")],
        Discriminator(input_kind),
    ]
