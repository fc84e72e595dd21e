"""What one job found: the header of a result file, as plain typed data.

A result file holds this header and the arrays. The engine writes it, the renderer and the
tables read it; nothing here knows about torch or about HTML.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reportgen.plan import RESULT_FORMAT

FORMAT = RESULT_FORMAT
"""Version of the result files and of the manifest; a newer one is refused on load."""


class Record(BaseModel):
    """Base of all stored records: immutable, no unknown fields, NaN and infinity refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Token(Record):
    """One token of the encoded input.

    ``start`` and ``end`` are character offsets into the input's field ``segment``
    (``text``, ``text_pair``, ``question`` or ``context``); all three are ``None`` for special
    tokens. ``word`` is the index into the result's ``words``. ``unknown`` marks the
    tokenizer's unknown token, whose ``text`` is the covered piece of the original text.
    """

    text: str
    id: int
    segment: str | None = None
    start: int | None = None
    end: int | None = None
    word: int | None = None
    special: bool = False
    unknown: bool = False


class Word(Record):
    """A whitespace-separated word of the original text and its tokens ``[first, last)``."""

    text: str
    segment: str
    start: int
    end: int
    first: int
    last: int


class Score(Record):
    """One class: its logit, and its probability where the head defines one."""

    label: str
    logit: float
    probability: float | None = Field(default=None, ge=0, le=1)


class Span(Record):
    """An answer: tokens ``start..end`` (inclusive), characters ``[char_start, char_end)``.

    ``probability`` is P(start) * P(end), each a softmax over the context's tokens.
    """

    text: str
    start: int
    end: int
    char_start: int
    char_end: int
    probability: float = Field(ge=0, le=1)


class Prediction(Record):
    """What the model says.

    ``kind`` decides which fields are set: ``single-label`` (softmax) and ``multi-label``
    (independent sigmoids; ``labels`` holds those at 0.5 or more) fill ``scores``;
    ``regression`` fills ``scores`` without probabilities; ``span`` fills ``spans``, best first.
    ``label`` is the prediction in words: the class, the number, or the answer's text.
    ``correct`` is ``None`` when nothing was expected.
    """

    kind: Literal["single-label", "multi-label", "regression", "span"]
    label: str
    labels: tuple[str, ...] = ()
    probability: float | None = Field(default=None, ge=0, le=1)
    scores: tuple[Score, ...] = ()
    spans: tuple[Span, ...] = ()
    expected: str | None = None
    correct: bool | None = None


class Target(Record):
    """A frozen scalar output that is explained: the logit ``index`` of output ``name``.

    ``name`` is the class label, or ``start`` / ``end`` for question answering, where ``index``
    is a token index.
    """

    name: str
    index: int


class Convergence(Record):
    """The completeness check of a path method for one target, in logits.

    ``delta`` = sum(attributions) - (``f_input`` - ``f_baseline``);
    ``gap`` = abs(``delta``) / abs(``f_input`` - ``f_baseline``), relative.
    """

    method: str
    target: str
    f_input: float
    f_baseline: float
    delta: float
    gap: float
    steps: int
    tolerance: float
    converged: bool


class Agreement(Record):
    """How far two token scores agree at one layer, over the content tokens.

    ``target`` is ``None`` where neither side depends on it. ``layer`` counts from 0.
    ``measure`` is ``spearman`` (in [-1, 1]) or ``top_k_overlap`` (in [0, 1], ``k`` given);
    ``value`` is ``None`` where it is undefined (constant scores, fewer than three tokens).
    """

    target: str | None
    layer: int
    method_a: str
    method_b: str
    measure: Literal["spearman", "top_k_overlap"]
    k: int | None = None
    value: float | None


class Truncation(Record):
    """An input longer than the model's maximum: ``kept`` of ``total`` tokens were read."""

    total: int
    kept: int
    segment: str


class Failure(Record):
    """Why a job has no result: the fields of a ``ReportgenError`` and its class name."""

    kind: str
    message: str
    where: str = ""
    hint: str = ""


class JobResult(Record):
    """The header of one result file: everything but the arrays.

    ``fields`` are the input's own fields (``text``, ``question``, ...). ``settings`` maps each
    method to the settings it ran with. ``warnings`` are sentences about what no other field
    tells; a cut is in ``truncation``, a gap in ``convergence``. ``checks`` holds numeric
    self-checks of the engine by name, e.g. ``attention_row_sum`` (max abs deviation from 1) and
    ``embeds_logits`` (max abs logit difference between running from ids and from embeddings).
    """

    format: int = FORMAT
    job: str
    model: str
    input: int
    task: str
    status: Literal["done", "error"]
    fields: dict[str, str]
    expect: str | None = None
    error: Failure | None = None
    warnings: tuple[str, ...] = ()
    truncation: Truncation | None = None
    tokens: tuple[Token, ...] = ()
    words: tuple[Word, ...] = ()
    prediction: Prediction | None = None
    targets: tuple[Target, ...] = ()
    settings: dict[str, dict[str, Any]] = {}
    convergence: tuple[Convergence, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    checks: dict[str, float] = {}
    seconds: float = 0.0


class ModelInfo(Record):
    """Provenance of one model of the run."""

    id: str
    path: str
    revision: str | None = None
    task: str
    architecture: str
    weights_sha256: str
    tokenizer_sha256: str
    parameters: int
    layers: int
    heads: int
    hidden_size: int
    max_length: int
    labels: tuple[str, ...] = ()
    dtype: str
    device: str


class JobEntry(Record):
    """One line of the manifest: which file holds the result of model x input."""

    id: str
    model: str
    input: int
    status: Literal["done", "error"]


class Manifest(Record):
    """One run: what was asked, with what it was computed, and where each result lies.

    ``created`` is the UTC time of the run in ISO 8601; ``spec`` is the normalised spec.
    """

    format: int = FORMAT
    title: str
    created: str
    command: str
    reportgen: str
    python: str
    platform: str
    libraries: dict[str, str]
    spec_sha256: str
    spec: dict[str, Any]
    seed: int
    models: tuple[ModelInfo, ...]
    jobs: tuple[JobEntry, ...]
