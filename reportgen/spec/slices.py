"""The spec's ``slices:`` part: what inputs are told apart by beside what is always looked at."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from reportgen.spec.checks import Words
from reportgen.spec.part import SpecPart

ALWAYS = ("length", "label")
"""What inputs are told apart by without a column of that name."""


def _rising(lengths: list[int]) -> list[int]:
    if any(one >= other for one, other in pairwise(lengths)):
        raise PydanticCustomError("rising", "lengths that rise, such as [10, 25]")
    return lengths


class SliceSettings(SpecPart):
    """What inputs are told apart by beside their columns and labels."""

    words: Words | None = Field(
        default=None, description="Words: the inputs that have each against those without it"
    )
    lengths: (
        Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1), AfterValidator(_rising)]
        | None
    ) = Field(
        default=None,
        description="Where groups by length end, in words; default: four of about the same size",
    )


def columns_named(part: Any) -> set[str]:
    """Return the columns that an entry of ``inputs:`` gives its inputs.

    A file names them, an input has them with their values, and slots of a template are columns.
    """
    return {*(getattr(part, "slices", None) or ()), *(getattr(part, "fill", None) or ())}


def read_slices(stored: Mapping[str, Any]) -> SliceSettings:
    """Return the settings in a stored spec, the default ones where it has none."""
    return SliceSettings.model_validate(stored.get("slices") or {})
