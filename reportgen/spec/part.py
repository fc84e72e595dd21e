"""What all parts of the spec share: strictness, entries that name a part, and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag

BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
"""What the units of sizes stand for."""

SIZE = rf"^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*) ?({'|'.join(BYTES)})$"
"""The pattern of a size: a positive number and its unit."""


class SpecPart(BaseModel):
    """Base of all spec parts: unknown keys are errors, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def entry_name(entry: Any) -> str | None:
    """Return what ``NAME``, ``{NAME: {...}}`` or a part made of them is called, known or not."""
    if isinstance(entry, BaseModel):
        return getattr(entry, "name", None)
    if isinstance(entry, dict) and len(entry) == 1:
        (entry,) = entry
    return entry if isinstance(entry, str) else None


def entry_settings(entry: Any) -> Any:
    """Return the settings beside a name; a name alone has none."""
    if isinstance(entry, str):
        return {}
    if isinstance(entry, dict):
        (values,) = entry.values()
        return {} if values is None else values
    return entry


def one_of(parts: Mapping[str, type[BaseModel]]) -> Any:
    """Return the type of an entry that names one of ``parts``, alone or with its settings.

    The name decides, so that an error speaks of one alternative and not of all.
    """
    members = tuple(
        Annotated[part, BeforeValidator(entry_settings), Tag(name)] for name, part in parts.items()
    )
    return Annotated[Union[members], Discriminator(entry_name)]  # noqa: UP007  (made of a registry)


def in_bytes(size: str) -> int:
    """Return a ``SIZE`` as a number of bytes."""
    unit = size.lstrip("0123456789.")
    return round(float(size.removesuffix(unit)) * BYTES[unit.strip()])
