"""What one job found: the header of a result file, as plain typed data.

A result file holds this header and the arrays. The engine writes it, the renderer and the
tables read it; nothing here knows about torch or about HTML.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, field_validator

from reportgen.jobs import RESULT_FORMAT
from reportgen.results.kinds import PredictionKind, find_kind
from reportgen.results.perturbation import Perturbation
from reportgen.results.record import Record
from reportgen.results.removal import Removal
from reportgen.results.sanity_records import NumericalChange, RandomizedParameters, Sensitivity
from reportgen.results.training import TrainingData, TrainingInfluence
from reportgen.spec.chat import texts_of
from reportgen.spec.entries import MOST_COLUMNS
from reportgen.spec.models import Keep

FORMAT = RESULT_FORMAT
"""Version of the result files and of the manifest; a newer one is refused on load."""

LARGE_RUN = 1_000
"""Results of a run that are held in memory together, and shown as one page.

Those of a larger run are read again when they are needed, and shown on pages of their own unless a
single file is asked for.
"""


class Token(Record):
    """One token of the encoded input.

    ``start`` and ``end`` are character offsets into the text ``segment`` (a field of the input,
    or one the model wrote itself); all three are ``None`` for special tokens. ``word`` is the
    index into the result's ``words``. ``unknown`` marks the tokenizer's unknown token, whose
    ``text`` is the covered piece of the original text.
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
    """A word of the original text, or the punctuation around one: its tokens ``[first, last)``.

    Every token that is not special is in exactly one word; see ``results.segmentation``.
    """

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


class AnswerEnd(Record):
    """The token where an answer starts or ends, and where the expected one does, if it was read.

    Probabilities are those of that end alone: a softmax over the context's tokens.
    """

    name: Literal["start", "end"]
    index: int
    probability: float = Field(ge=0, le=1)
    expected: int | None = None
    expected_probability: float | None = Field(default=None, ge=0, le=1)


class Step(Record):
    """One decision of a model that makes several: about, or after, the token at ``position``.

    ``text`` is what stands there: the token that is classified, the masked place, or, for a
    generated token, that token. ``index`` is the class or vocabulary token that ``label``
    names; ``scores`` holds the best of them. ``expected_probability`` is that of ``expected``,
    where that is one token.
    """

    position: int
    text: str
    label: str
    index: int | None = None
    probability: float = Field(ge=0, le=1)
    scores: tuple[Score, ...] = ()
    expected: str | None = None
    expected_probability: float | None = Field(
        default=None, ge=0, le=1, exclude_if=lambda known: known is None
    )
    correct: bool | None = None


class Prediction(Record):
    """What the model says.

    ``kind``, one of :mod:`reportgen.results.kinds`, decides which fields are set:
    ``single-label`` (softmax) and ``multi-label`` (independent sigmoids; ``labels`` holds those
    at 0.5 or more) fill ``scores``; ``regression`` fills ``scores`` without probabilities;
    ``span`` fills ``spans``, best first;
    ``token-labels`` (one class per token) and ``tokens`` (tokens of the vocabulary: filled in,
    generated, or given and scored) fill ``steps``, in reading order.
    ``label`` is the prediction in words: the class, the number, or the answer's text.
    ``probability`` of a text is the product over its tokens, of entities that of the one the
    model is least sure of. ``correct`` is ``None`` when nothing was expected. ``specials`` are
    special tokens that a tagger labels as part of an entity.
    """

    kind: str
    label: str
    labels: tuple[str, ...] = ()
    probability: float | None = Field(default=None, ge=0, le=1)
    scores: tuple[Score, ...] = ()
    spans: tuple[Span, ...] = ()
    ends: tuple[AnswerEnd, ...] = ()
    steps: tuple[Step, ...] = ()
    specials: tuple[Step, ...] = Field(default=(), exclude_if=lambda specials: not specials)
    expected: str | None = None
    correct: bool | None = None

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        find_kind(kind)
        return kind

    @property
    def per_token(self) -> float | None:
        """The geometric mean of the probabilities of a text's tokens; ``None`` of all else.

        Unlike their product it does not fall with the length of the text.
        """
        if not find_kind(self.kind).multiplied or self.probability is None or not self.steps:
            return None
        found = [step.probability for step in self.steps]
        return math.exp(math.fsum(map(math.log, found)) / len(found)) if all(found) else 0.0

    @property
    def confidence(self) -> float | None:
        """How sure the model is, in [0, 1]: the probability, of a text that per token."""
        return self.probability if self.per_token is None else self.per_token


class Target(Record):
    """A frozen scalar output that is explained: one logit, or the difference of two.

    ``name`` is unique in a result: the class label, ``start`` / ``end`` for question answering,
    or, where each token has logits of its own, what is said at which place. ``index`` is the
    class or the vocabulary token, for question answering the token index. ``position`` is the
    token (of the decoder, if there is one) whose output vector the logit is read from, and
    ``None`` where the head reads the whole sequence. ``read_at`` are the tokens of the stack that
    reads the input, in order, from whose vectors after the last layer the logit is computed: one,
    or several that the head pools; since format 6, and ``None`` where a decoder stands between.
    ``rather_than`` is the index, at the same place, of the other output of a contrast, whose logit
    is taken off that of ``index``; the name then says so: ``POSITIVE rather than NEGATIVE``.
    """

    name: str
    index: int
    position: int | None = None
    read_at: tuple[int, ...] | None = None
    rather_than: int | None = Field(default=None, exclude_if=lambda other: other is None)


class Convergence(Record):
    """The completeness check of a path method for one target, in logits.

    ``delta`` = sum(attributions) - (``f_input`` - ``f_baseline``);
    ``gap`` = abs(``delta``) / abs(``f_input`` - ``f_baseline``), relative. ``layer_gaps`` is the
    same for each layer's hidden states, where conductance was asked for: every layer carries
    the whole change. ``steps`` is the number of evaluations of the model. ``converged``: the gap
    is within the ``tolerance``, and no stretch of the path missed more than its share of it.
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
    layer_gaps: tuple[float, ...] = ()

    @property
    def unresolved(self) -> bool:
        """Whether the sum is within the tolerance, but not every stretch of the path.

        There the output jumps, and errors may cancel out in the sum.
        """
        return not self.converged and self.gap <= self.tolerance


class TriedBaseline(Record):
    """A baseline that ``baseline: auto`` tried for a method, and how that ended.

    ``gap``: the largest of its sweep, of all outputs and layers; ``None`` where numbers on the path
    were not finite. ``steps`` is the number of evaluations. ``jump``: the gap is within the
    tolerance, but not that of every stretch of the path.
    """

    baseline: str
    gap: float | None
    steps: int
    converged: bool
    jump: bool = False


class KeptToken(Record):
    """The first token of a causal model's input, which did not move on the path.

    ``text`` is the token's, ``changes`` by target the logit with it minus that without it: what
    leaving it out, and nothing else, changes.
    """

    text: str
    changes: dict[str, float]


class Agreement(Record):
    """How far two token scores agree at one layer, over the content tokens.

    ``target`` is ``None`` where neither side depends on it. ``layer`` counts from 0.
    ``measure`` is ``spearman`` or ``kendall`` (in [-1, 1]) or ``top_k_overlap`` (in [0, 1],
    ``k`` given);
    ``value`` is ``None`` where it is undefined (constant scores, fewer than three tokens).
    """

    target: str | None
    layer: int
    method_a: str
    method_b: str
    measure: Literal["spearman", "kendall", "top_k_overlap"]
    k: int | None = None
    value: float | None


class RandomLogitCorrelation(Record):
    """How alike a method's token scores are for a target and for another one, drawn at random.

    ``value`` is Spearman's rank correlation over the content tokens: 1 for a method that does
    not depend on what is explained. ``layer`` is ``None`` for methods with one score per token.
    """

    method: str
    target: str
    other: str
    layer: int | None = None
    value: float | None


class Truncation(Record):
    """An input longer than the model's maximum: ``kept`` of ``total`` tokens were read."""

    total: int
    kept: int
    segment: str


class Failure(Record):
    """Why a job or a method has no result: what a ``ReportgenError`` holds, and its class."""

    kind: str
    message: str
    where: str = ""
    hint: str = ""


class AskedMethod(Record):
    """What of a result one method gave, so that a result with other methods can take it over.

    ``id`` is a hash of all that decides it (``reportgen.jobs.finding_ids``); ``targets`` are the
    places, among the result's, of the outputs that it explained, in its order; ``warnings`` and
    ``self_tests`` are its own; ``keeps_first``: its path left the first token as it is.
    """

    id: str
    targets: tuple[NonNegativeInt, ...] = Field(default=(), exclude_if=lambda found: not found)
    warnings: tuple[str, ...] = Field(default=(), exclude_if=lambda found: not found)
    self_tests: dict[str, float] = Field(default={}, exclude_if=lambda found: not found)
    keeps_first: bool = Field(default=False, exclude_if=lambda keeps: not keeps)


class JobResult(Record):
    """The header of one result file: everything but the arrays.

    ``fields`` are the input's own fields (``text``, ``question``, ...), ``generated`` the texts
    the model wrote itself, by segment. ``tokens`` and ``words`` are those the scores are about;
    ``decoder_tokens`` what the decoder of a sequence-to-sequence model read. ``settings`` maps
    each method to the settings it ran with, ``skipped`` each method that does not apply here to
    the reason, in one sentence, ``failed`` each that could not be computed while others were.
    ``warnings`` are sentences about what no other field tells; a cut is in ``truncation``, a gap
    in ``convergence``. ``tried`` maps each method whose baseline was ``auto`` to what was tried, in
    order, ``settings`` having what it became; ``kept`` is the first token where the path left it
    as it is. ``removals`` are the removal games that were played, by output and operator;
    ``randomized``, ``changes`` and ``sensitivity`` are of the sanity tests, ``perturbations`` what
    small changes of the input did to the prediction. ``self_tests`` holds
    ``randomized``, ``changes`` and ``sensitivity`` are of the sanity tests; ``influence`` names the
    training examples behind the prediction. ``self_tests`` holds
    numeric self-tests of the engine by name, e.g. ``attention_row_sum`` (max abs deviation from 1)
    and ``path_logits`` (max abs logit difference between the end of the path and the prediction);
    a stored result calls them ``checks``. ``asked`` says of each method that did not fail what of
    all that it gave. ``keep``: of ``scores`` it has no arrays that are maps.
    """

    format: int = FORMAT
    job: str
    model: str
    input: int
    task: str
    status: Literal["done", "error"]
    fields: dict[str, str]
    generated: dict[str, str] = Field(default={})
    expect: str | None = None
    error: Failure | None = None
    warnings: tuple[str, ...] = ()
    truncation: Truncation | None = None
    tokens: tuple[Token, ...] = ()
    words: tuple[Word, ...] = ()
    decoder_tokens: tuple[Token, ...] = ()
    prediction: Prediction | None = None
    targets: tuple[Target, ...] = ()
    settings: dict[str, dict[str, Any]] = Field(default={})
    asked: dict[str, AskedMethod] = Field(default={}, exclude_if=lambda asked: not asked)
    skipped: dict[str, str] = Field(default={})
    failed: dict[str, Failure] = Field(default={}, exclude_if=lambda failed: not failed)
    convergence: tuple[Convergence, ...] = ()
    tried: dict[str, tuple[TriedBaseline, ...]] = Field(
        default={}, exclude_if=lambda tried: not tried
    )
    kept: KeptToken | None = Field(default=None, exclude_if=lambda kept: kept is None)
    agreement: tuple[Agreement, ...] = ()
    random_logit: tuple[RandomLogitCorrelation, ...] = ()
    removals: tuple[Removal, ...] = Field(default=(), exclude_if=lambda removals: not removals)
    randomized: tuple[RandomizedParameters, ...] = Field(
        default=(), exclude_if=lambda randomized: not randomized
    )
    changes: tuple[NumericalChange, ...] = Field(default=(), exclude_if=lambda changes: not changes)
    sensitivity: tuple[Sensitivity, ...] = Field(default=(), exclude_if=lambda found: not found)
    perturbations: tuple[Perturbation, ...] = Field(default=(), exclude_if=lambda found: not found)
    influence: TrainingInfluence | None = Field(default=None, exclude_if=lambda found: not found)
    self_tests: dict[str, float] = Field(
        default={}, validation_alias="checks", serialization_alias="checks"
    )
    seconds: float = 0.0
    keep: Keep = Field(default="all", exclude_if=lambda keep: keep == "all")

    @property
    def texts(self) -> dict[str, str]:
        """The texts of the tokens by segment: the input's own, and those the model wrote."""
        return texts_of(self.fields) | self.generated

    @property
    def prediction_kind(self) -> PredictionKind | None:
        """The kind of its prediction; ``None`` where nothing is predicted."""
        return None if self.prediction is None else find_kind(self.prediction.kind, self.task)

    @property
    def given(self) -> bool:
        """Whether the text whose tokens are predicted was given, not written by the model."""
        kind = self.prediction_kind
        return kind is not None and kind.written and not self.generated

    @property
    def computed(self) -> frozenset[str]:
        """The methods that gave a result: neither skipped nor failed."""
        return frozenset(self.settings.keys() - self.skipped.keys() - self.failed.keys())


class ModelInfo(Record):
    """Provenance of one model of the run; ``training`` is what was found of its training file."""

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
    training: TrainingData | None = Field(default=None, exclude_if=lambda found: found is None)


class JobEntry(Record):
    """One line of the manifest: which file holds the result of model x input.

    ``entry`` is the position of the input's entry in the spec's ``inputs``, ``group`` the name it
    shares with the inputs that are to be treated alike; both since format 3. ``rationale`` is what
    people marked in its texts as the reason: characters ``[start, end)`` by segment. It decides
    nothing that is computed, so that it is told here and not in the result. ``subject`` is the id
    of what is explained (``reportgen.jobs.subject_id``), which results by other methods share.
    ``columns`` says by name what is known of the input beside its texts: columns of its data file
    that the spec's ``slices`` names, or how the slots of its template are filled.
    """

    id: str
    model: str
    input: int
    status: Literal["done", "error"]
    entry: int | None = None
    group: str | None = None
    rationale: dict[str, tuple[tuple[NonNegativeInt, NonNegativeInt], ...]] = Field(
        default={}, exclude_if=lambda rationale: not rationale
    )
    subject: str | None = Field(default=None, exclude_if=lambda subject: subject is None)
    columns: dict[str, str] = Field(
        default={}, max_length=MOST_COLUMNS, exclude_if=lambda columns: not columns
    )


class Picture(Record):
    """A picture, stored as it is: ``data`` is base64."""

    type: Literal["png", "jpeg", "webp", "svg"]
    data: str


class Manifest(Record):
    """One run: what was asked, with what it was computed, and where each result lies.

    ``created`` is the UTC time of the run in ISO 8601; ``spec`` is the normalised spec;
    ``places`` tells where its checks are written (``checks[0]``: ``audit.yaml:9:5 checks[0]``).
    ``logo`` is the picture that the spec's ``report.logo`` named when the run was made. ``planned``
    is how many jobs a run is to have that has not ended yet, ``None`` of one that has.
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
    places: dict[str, str] = Field(default={})
    seed: int
    models: tuple[ModelInfo, ...]
    jobs: tuple[JobEntry, ...]
    logo: Picture | None = None
    planned: int | None = Field(default=None, exclude_if=lambda planned: planned is None)
