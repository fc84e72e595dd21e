"""The spec as typed models: what a user may write in ``audit.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reportgen.spec.methods import METHODS, Method, settings, share_path
from reportgen.spec.part import SIZE, Part, in_bytes
from reportgen.spec.report import ReportSpec

Task = Literal[
    "sequence-classification",
    "question-answering",
    "token-classification",
    "masked-lm",
    "causal-lm",
    "seq2seq-lm",
]

TASKS: tuple[str, ...] = get_args(Task)
"""Tasks the engine explains, named as transformers names them."""

UNSUPPORTED_TASKS = (
    "image-classification",
    "multiple-choice",
    "next-sentence-prediction",
)
"""Tasks of transformers that the engine does not explain yet: known, so that we can say so."""

PIPELINES = {
    "text-classification": "sequence-classification",
    "sentiment-analysis": "sequence-classification",
    "ner": "token-classification",
    "fill-mask": "masked-lm",
    "text-generation": "causal-lm",
    "text2text-generation": "seq2seq-lm",
    "summarization": "seq2seq-lm",
    "translation": "seq2seq-lm",
}
"""What transformers' pipelines call our tasks."""

TASK_FIELDS: dict[str, tuple[str, ...]] = {
    "sequence-classification": ("text",),
    "question-answering": ("question", "context"),
    "token-classification": ("text",),
    "masked-lm": ("text",),
    "causal-lm": ("prompt",),
    "seq2seq-lm": ("source",),
}
"""The input fields each task needs; the others are optional beside their partners."""

KINDS = (
    ("text", "text_pair"),
    ("question", "context"),
    ("prompt", "continuation"),
    ("source", "target_text"),
)
"""The kinds of input: fields of two kinds never stand together."""

INPUT_FIELDS = tuple(name for kind in KINDS for name in kind)

PARTNERS = {
    "text_pair": "text",
    "question": "context",
    "context": "question",
    "continuation": "prompt",
    "target_text": "source",
}
"""Input fields that mean nothing without another."""

NEW_TOKENS = {"causal-lm": 1, "seq2seq-lm": 20}
"""Tokens a language model generates, where the spec does not say how many."""


class ModelSpec(Part):
    """One model: a Hub id or a local folder."""

    id: str = Field(min_length=1, description="Short name used in results and pages")
    path: str = Field(
        min_length=1,
        description="Hub id (org/name), or local folder relative to the spec",
    )
    revision: str | None = Field(default=None, description="Pinned commit or tag for Hub ids")
    task: Task | None = Field(
        default=None, description="Inferred from the model's config when absent"
    )
    device: str = Field(default="auto", min_length=1, description="auto, cpu, cuda, cuda:1, mps")
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="Number format the model runs in"
    )
    max_length: int | None = Field(
        default=None, ge=8, description="Truncate longer inputs here; default: the model's maximum"
    )
    max_new_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens a language model generates where the input gives no continuation; "
        "default: 1 for causal-lm, 20 for seq2seq-lm",
    )
    memory: str | None = Field(
        default=None,
        pattern=SIZE,
        description="Memory that the model may take while it is explained, beyond its weights, "
        "e.g. 2GB; default: half of what is free",
    )
    trust_remote_code: bool = Field(
        default=False, description="Run code that the model's repository ships"
    )
    allow_pickle: bool = Field(
        default=False, description="Load pickle checkpoints, which can run code"
    )
    allow_random_head: bool = Field(
        default=False, description="Accept weights that the checkpoint does not hold"
    )

    @property
    def memory_bytes(self) -> int | None:
        """Return ``memory`` in bytes."""
        return None if self.memory is None else in_bytes(self.memory)

    def local_folder(self, base: Path) -> Path | None:
        """Return the folder that ``path`` means, existing or not; ``None`` for a Hub id."""
        folder = base / Path(self.path).expanduser()
        is_local = self.path.startswith((".", "/", "~")) or self.path.count("/") != 1
        return folder if is_local or folder.exists() else None


class _InputPart(Part):
    """Base of inputs: which of ``text``, ``question`` ... may stand together."""

    @model_validator(mode="after")
    def _fields_fit(self) -> _InputPart:
        given = [name for name in INPUT_FIELDS if getattr(self, name) is not None]
        lonely = [name for name in given if PARTNERS.get(name, name) not in given]
        if not given:
            raise _misfit("expected text, question and context, prompt, or source, found none")
        if lonely:
            needed = PARTNERS[lonely[0]]
            raise _misfit(f"{lonely[0]} needs {needed} beside it", f"add the key {needed!r}")
        mixed = [kind[0] for kind in KINDS if kind[0] in given]
        if len(mixed) > 1:
            raise _misfit(
                f"{mixed[0]} and {mixed[1]} are two different inputs", "start a new entry with '- '"
            )
        return self


def _misfit(problem: str, advice: str = "") -> PydanticCustomError:
    return PydanticCustomError("input_fields", "{problem}", {"problem": problem, "advice": advice})


class InlineInput(_InputPart):
    """One input, its text in the spec."""

    text: str | None = Field(
        default=None,
        description="What a classifier reads; for masked-lm with [MASK] where a word is asked for",
    )
    text_pair: str | None = Field(default=None, description="Second text, for text pairs")
    question: str | None = Field(default=None, description="Asked about the context")
    context: str | None = Field(default=None, description="Where the answer is looked for")
    prompt: str | None = Field(default=None, description="What a causal language model goes on")
    continuation: str | None = Field(
        default=None,
        description="What comes after the prompt, its first space included; default: generated",
    )
    source: str | None = Field(
        default=None, description="What a sequence-to-sequence model reads, its prefix included"
    )
    target_text: str | None = Field(
        default=None, description="What it is to write; default: generated"
    )
    expect: str | None = Field(
        default=None,
        description="What is right: a label, an answer, a text; for token-classification one "
        "label for each word, separated by spaces",
    )
    models: list[str] | None = Field(
        default=None, min_length=1, description="Only for these model ids"
    )
    methods: list[str] | None = Field(
        default=None, min_length=1, description="Explained only by these of the spec's methods"
    )


class FileInput(_InputPart):
    """Many inputs from a csv, jsonl or parquet file; the fields name its columns."""

    file: str = Field(min_length=1, description="csv, jsonl or parquet; relative to the spec")
    text: str | None = Field(
        default=None, description="Column with what a classifier or masked-lm reads"
    )
    text_pair: str | None = Field(default=None, description="Column with the second text")
    question: str | None = Field(default=None, description="Column with the question")
    context: str | None = Field(default=None, description="Column with its context")
    prompt: str | None = Field(default=None, description="Column with the prompt")
    continuation: str | None = Field(default=None, description="Column with its continuation")
    source: str | None = Field(default=None, description="Column with the source")
    target_text: str | None = Field(default=None, description="Column with the text to write")
    label: str | None = Field(default=None, description="Column with what is right, as in expect")
    limit: int | None = Field(default=None, ge=1, description="Read only the first rows")
    models: list[str] | None = Field(
        default=None, min_length=1, description="Only for these model ids"
    )
    methods: list[str] | None = Field(
        default=None, min_length=1, description="Explained only by these of the spec's methods"
    )


def input_kind(entry: Any) -> str:
    """Tell which kind of input an entry of ``inputs:`` is: a ``file:`` makes it many."""
    is_file = "file" in entry if isinstance(entry, dict) else isinstance(entry, FileInput)
    return "FileInput" if is_file else "InlineInput"


def method_name(entry: Any) -> str | None:
    """Return the method that ``attention`` or ``{attention: {...}}`` names, known or not."""
    if isinstance(entry, Method):
        return entry.name
    if isinstance(entry, dict) and len(entry) == 1:
        (entry,) = entry
    return entry if isinstance(entry, str) else None


def _method_settings(entry: Any) -> Any:
    if isinstance(entry, str):
        return {}
    if isinstance(entry, dict):
        (values,) = entry.values()
        return {} if values is None else values
    return entry


if TYPE_CHECKING:
    InputEntry = InlineInput | FileInput
    MethodEntry = Method
else:
    # Chosen by what the user wrote, so that an error speaks of one alternative, not of all.
    InputEntry = Annotated[
        Annotated[InlineInput, Tag("InlineInput")] | Annotated[FileInput, Tag("FileInput")],
        Discriminator(input_kind),
    ]
    MethodEntry = Annotated[
        Union[  # noqa: UP007  (the registry decides the members)
            tuple(
                Annotated[method, BeforeValidator(_method_settings), Tag(name)]
                for name, method in METHODS.items()
            )
        ],
        Discriminator(method_name),
    ]


class Spec(Part):
    """A whole audit: models x inputs x methods."""

    title: str = Field(default="Model audit", min_length=1, description="Heading of the report")
    models: list[ModelSpec] = Field(min_length=1, description="What is audited")
    inputs: list[InputEntry] = Field(min_length=1, description="What the models read")
    methods: list[MethodEntry] = Field(min_length=1, description="How predictions are explained")
    report: ReportSpec = Field(default=ReportSpec(), description="How the report is written")
    seed: int = Field(default=0, ge=0, description="Seed of everything random")

    _places: dict[str, str] = PrivateAttr(default_factory=dict)
    _base: Path = PrivateAttr(default=Path())

    @field_validator("methods", mode="after")
    @classmethod
    def _path_shared(cls, methods: list[Method]) -> list[Method]:
        return share_path(methods)

    @field_serializer("methods")
    def _methods_as_written(self, methods: list[Method]) -> list[dict[str, Any]]:
        return [{method.name: settings(method)} for method in methods]

    @property
    def base(self) -> Path:
        """The folder that model folders and data files are relative to."""
        return self._base

    def where(self, section: str, index: int) -> str:
        """Return ``audit.yaml:3:5 models[0]``, without the position where there is no file."""
        place = f"{section}[{index}]"
        return self._places.get(place, place)

    def __eq__(self, other: object) -> bool:
        """Compare what is asked for; where it was written makes no difference."""
        return isinstance(other, Spec) and self.model_dump() == other.model_dump()
