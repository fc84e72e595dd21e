"""What all parts of the spec share: strictness, and sizes written with a unit."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
"""What the units of sizes stand for."""

SIZE = rf"^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*) ?({'|'.join(BYTES)})$"
"""The pattern of a size: a positive number and its unit."""


class Part(BaseModel):
    """Base of all spec parts: unknown keys are errors, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def in_bytes(size: str) -> int:
    """Return a ``SIZE`` as a number of bytes."""
    number, unit = re.fullmatch(r"([0-9.]+) ?([A-Za-z]+)", size).groups()
    return round(float(number) * BYTES[unit])
