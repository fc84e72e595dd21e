"""The checks a spec can ask for: what is to hold of predictions and explanations.

One class per check, its fields the settings. They are judged from stored results, by
:mod:`reportgen.results.checks.evaluation`; this module knows no results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Field,
    SerializeAsAny,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reportgen.methods import LEADING
from reportgen.methods.faithfulness import Faithfulness
from reportgen.spec.part import SpecPart, one_of

EXPECT = "expect"
"""Stands for what an input is expected to be."""

WORD = r"^\S+$"


def _word(value: str) -> str:
    if not re.fullmatch(WORD, value):
        raise PydanticCustomError("word", "one word, without spaces")
    return value


Labels = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
Words = Annotated[
    list[
        Annotated[
            str,
            Field(min_length=1, json_schema_extra={"pattern": WORD}),
            AfterValidator(_word),
        ]
    ],
    Field(min_length=1),
]
Share = Annotated[float, Field(ge=0, le=1)]


class Check(SpecPart):
    """Base of all checks: which results it looks at, and what breaking it means.

    ``needs_one_of``: settings of which at least one is given. ``alone``: it is about one model
    on one input, so that it can stand beside an input.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    needs_one_of: ClassVar[tuple[str, ...]] = ()
    alone: ClassVar[bool] = True

    severity: Literal["fail", "warn"] = Field(
        default="fail", description="warn: breaking it is shown, but does not fail the run"
    )
    models: list[str] | None = Field(
        default=None, min_length=1, description="Only for these model ids"
    )
    group: str | None = Field(
        default=None, min_length=1, description="Only for the inputs of this group"
    )

    @model_validator(mode="after")
    def _says_what_to_hold(self) -> Check:
        names = self.needs_one_of
        if names and all(getattr(self, name) is None for name in names):
            wanted = " or ".join((", ".join(names[:-1]), names[-1]))
            raise _unfit(f"{self.name} needs {wanted}", "say what is to hold")
        return self

    @classmethod
    def needs_settings(cls) -> bool:
        """Tell whether the name alone says too little."""
        return bool(cls.needs_one_of) or any(f.is_required() for f in cls.model_fields.values())


def _unfit(problem: str, advice: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{problem}", {"problem": problem, "advice": advice})


def _different(names: list[str]) -> list[str]:
    if len(names) == 2 and names[0] == names[1]:
        raise _unfit(f"{names[0]!r} is compared with itself", "name two different ones")
    return names


Two = Annotated[
    list[str],
    Field(min_length=2, max_length=2, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_different),
]


class PredictionCheck(Check):
    """Settings of a check of the predicted label or answer."""

    name = "prediction"
    title = "Prediction"
    summary = "What the model says: a label or answer, one of several, or what the base run said"
    needs_one_of = ("equals", "one_of", "unchanged")

    equals: str | None = Field(
        default=None,
        min_length=1,
        description="The label or answer; expect stands for what each input expects",
    )
    one_of: Labels | None = Field(default=None, description="Any of these labels or answers")
    unchanged: Literal[True] | None = Field(
        default=None, description="As in the base run that this one is compared with"
    )


class ProbabilityCheck(Check):
    """Settings of a check of how sure a model is."""

    name = "probability"
    title = "Probability"
    summary = "How sure the model is of what it says, or of a label"
    needs_one_of = ("min", "max")

    of: str = Field(
        default="predicted",
        min_length=1,
        description="predicted, expect (what the input expects), or a label",
    )
    min: Share | None = Field(default=None, description="At least this probability")
    max: Share | None = Field(default=None, description="At most this probability")


class ConvergenceCheck(Check):
    """Settings of a check of how far explanations add up."""

    name = "convergence"
    title = "Convergence"
    summary = "How much of the output's change an explanation misses (relative completeness gap)"

    max: float = Field(gt=0, description="Largest relative gap")


class AttributionShareCheck(Check):
    """Settings of a check of how much given words weigh."""

    name = "attribution_share"
    title = "Attribution share"
    summary = "How much of an explanation rests on given words"
    needs_one_of = ("min", "max")

    words: Words = Field(
        description="The words; letter case and punctuation around them are set aside"
    )
    min: Share | None = Field(default=None, description="At least this share of all sizes")
    max: Share | None = Field(default=None, description="At most this share of all sizes")
    method: str = Field(default=LEADING.name, description="Whose scores are meant")


class TopWordsCheck(Check):
    """Settings of a check of the words that matter most."""

    name = "top_words"
    title = "Top words"
    summary = "Which words are among those that matter most"
    needs_one_of = ("contain", "exclude")

    k: int = Field(default=5, ge=1, description="How many words count as the top")
    contain: Words | None = Field(default=None, description="Words that must be among them")
    exclude: Words | None = Field(default=None, description="Words that must not be among them")
    method: str = Field(default=LEADING.name, description="Whose scores are meant")


class RankCorrelationCheck(Check):
    """Settings of a check of how far two methods agree."""

    name = "rank_correlation"
    title = "Rank correlation"
    summary = "How far two methods put the words in the same order (Spearman, mean over layers)"

    between: Two = Field(description="The two methods")
    min: Annotated[float, Field(ge=-1, le=1)] = Field(description="At least this correlation")


class RationaleCheck(Check):
    """Settings of a check of how far an explanation points at what people marked."""

    name = "rationale"
    title = "Rationale"
    summary = "How far an explanation points at the words that people marked as the reason"
    needs_one_of = ("min_auprc", "min_f1", "min_iou")

    min_auprc: Share | None = Field(
        default=None, description="At least this average precision of the ranking of words"
    )
    min_f1: Share | None = Field(
        default=None, description="At least this F1 of the top words, as many as are marked"
    )
    min_iou: Share | None = Field(
        default=None, description="At least this intersection over union of the same words"
    )
    method: str = Field(default=LEADING.name, description="Whose scores are meant")


class FaithfulnessCheck(Check):
    """Settings of a check of how much of what removing words does an explanation shows."""

    name = Faithfulness.name
    title = "Faithfulness"
    summary = "How much of what removing words could show an explanation shows"
    needs_one_of = ("above_random", "min")

    method: str = Field(default=LEADING.name, description="Whose scores are meant")
    above_random: Share | None = Field(
        default=None, description="At least this much more than orders drawn at random show"
    )
    min: Share | None = Field(
        default=None, description="At least this share: 0 is the worst order of words, 1 the best"
    )


class FlipsWithoutCheck(Check):
    """Settings of a check that a prediction rests on given words."""

    name = "flips_without"
    title = "Flips without"
    summary = "Whether the prediction turns when given words are removed"

    words: Words = Field(description="The words, which are removed together, wherever they stand")


class StableWithoutCheck(Check):
    """Settings of a check that a prediction does not rest on given words."""

    name = "stable_without"
    title = "Stable without"
    summary = "Whether the prediction stays as it is when given words are removed"

    words: Words = Field(description="The words, which are removed together, wherever they stand")


class InvarianceCheck(Check):
    """Settings of a check that inputs of a group are treated alike."""

    name = "invariance"
    title = "Invariance"
    summary = "Whether inputs that share a group get the same prediction, for the same reasons"
    alone = False

    max_probability_change: Share | None = Field(
        default=None, description="Largest difference in the predicted label's probability"
    )
    max_share_moved: Share | None = Field(
        default=None,
        description="Largest part of the attribution that rests on other places of the text",
    )
    method: str = Field(default=LEADING.name, description="Whose scores are meant")


class ModelAgreementCheck(Check):
    """Settings of a check of how often two models say the same."""

    name = "model_agreement"
    title = "Model agreement"
    summary = "How often two models say the same about the same input"
    alone = False

    models: Two = Field(description="The two models' ids")
    min: Share = Field(description="At least this share of the inputs both read")


class SliceGapCheck(Check):
    """Settings of a check that a model is about as good for all values of a column."""

    name = "slice_gap"
    title = "Slice gap"
    summary = "How far the accuracy for the best and the worst value of a column lie apart"
    alone = False

    by: str = Field(min_length=1, description="A column of the inputs, length or label")
    max: Share = Field(description="Largest difference in accuracy")
    least: int = Field(
        default=20, ge=1, description="Values with fewer inputs than this are left out"
    )


CHECKS: dict[str, type[Check]] = {
    check.name: check
    for check in (
        PredictionCheck,
        ProbabilityCheck,
        ConvergenceCheck,
        AttributionShareCheck,
        TopWordsCheck,
        RankCorrelationCheck,
        RationaleCheck,
        FaithfulnessCheck,
        FlipsWithoutCheck,
        StableWithoutCheck,
        InvarianceCheck,
        ModelAgreementCheck,
        SliceGapCheck,
    )
}

INPUT_CHECKS = {name: check for name, check in CHECKS.items() if check.alone}
"""The checks that can stand beside an input."""


def methods_used(check: Check) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the methods a check reads, each with its place in the check's settings.

    A measure of methods, which no setting names, has an empty place.
    """
    if isinstance(check, FaithfulnessCheck | FlipsWithoutCheck | StableWithoutCheck):
        yield (), Faithfulness.name
    if isinstance(check, RankCorrelationCheck):
        yield from ((("between", index), name) for index, name in enumerate(check.between))
    if isinstance(
        check, AttributionShareCheck | TopWordsCheck | FaithfulnessCheck | RationaleCheck
    ) or (isinstance(check, InvarianceCheck) and check.max_share_moved is not None):
        yield ("method",), check.method


def words_removed(check: Check) -> tuple[str, ...]:
    """Return the words that a check wants removed."""
    if isinstance(check, FlipsWithoutCheck | StableWithoutCheck):
        return tuple(check.words)
    return ()


def as_written(check: Check) -> dict[str, Any]:
    """Return a check as a spec writes it, with what was left out left out."""
    return {check.name: check.model_dump(mode="json", exclude_none=True)}


if TYPE_CHECKING:
    CheckEntry = Check
    InputCheckEntry = Check
else:
    CheckEntry = SerializeAsAny[one_of(CHECKS)]
    InputCheckEntry = SerializeAsAny[one_of(INPUT_CHECKS)]

_STORED = TypeAdapter(list[CheckEntry])


def read_checks(stored: list[dict[str, Any]] | None) -> list[Check]:
    """Return the checks of a stored spec."""
    return _STORED.validate_python(stored or [])
