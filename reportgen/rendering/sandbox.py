"""Templates run here: they reach the values that they are given, and nothing behind those.

Templates of a user's own may be copied from anywhere. Jinja's sandbox keeps them from Python's
own machinery; what is refused here besides are the methods of the libraries whose objects are
among the values: some of them read and write files, or load pickles.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import is_dataclass
from numbers import Number
from typing import Any

import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

PLAIN = (str, bytes, Number, Mapping, Sequence, Set, type(None))

NUMERIC = {"T", "item", "max", "mean", "min", "ndim", "shape", "size", "sum", "tolist"}
"""What templates may ask arrays and their numbers for."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which only plain data and our own views have attributes."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        kind: Any = type(obj)
        return super().is_safe_attribute(obj, attr, value) and is_data(kind, attr)


@functools.lru_cache(maxsize=10_000)
def is_data(kind: type, attr: str) -> bool:
    """Tell whether templates may ask objects of this class for ``attr``."""
    if issubclass(kind, BaseModel):  # fields and properties, but none of pydantic's methods
        return attr in kind.model_fields or isinstance(getattr(kind, attr, None), property)
    if issubclass(kind, np.ndarray | np.generic):
        return attr in NUMERIC
    if issubclass(kind, PLAIN):
        return True
    return kind.__module__.startswith("jinja2.") or (
        is_dataclass(kind) and kind.__module__.startswith("reportgen.rendering.")
    )
