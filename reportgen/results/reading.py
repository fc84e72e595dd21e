"""Reading what may be a stranger's or damaged: checked for kind and size before it is opened."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open

from reportgen.errors import ResultsError
from reportgen.results.arrays import HEADS
from reportgen.results.model import FORMAT
from reportgen.results.validation import LARGEST_NUMBER, first_problem, not_plain

CHECKSUM = "sha256"
"""What manifests, and the metadata of result files, call their checksum."""

PROVEN = 4
"""The format since which everything stored has a checksum."""

LARGEST_MANIFEST, LARGEST_HEADER = 160_000_000, 24_000_000
"""Bytes of a manifest and of a result's header: 200,000 jobs, and 100,000 tokens, take half."""

DAMAGED = "build again: only what is damaged or missing is computed"

RecordType = TypeVar("RecordType", bound=BaseModel)


class NewerFormatError(ResultsError):
    """Something that a later version wrote, which this one would read wrongly."""


class Checksum:
    """The SHA-256 of a result: of its header, then of each array in the order of their names."""

    def __init__(self, header: str) -> None:
        self._total = hashlib.sha256()
        self._add(header.encode())

    def add(self, name: str, array: np.ndarray) -> None:
        self._add(json.dumps([name, array.dtype.str, array.shape]).encode())
        self._add(array.reshape(-1).view(np.uint8).data if array.size else b"")

    def _add(self, data: bytes | memoryview) -> None:
        self._total.update(len(data).to_bytes(8, "big"))
        self._total.update(data)

    def hexdigest(self) -> str:
        return self._total.hexdigest()


def checksum(data: Any) -> str:
    """Return the SHA-256 of plain data, however it is laid out as JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def parse(
    record: type[RecordType], text: str, path: Path | str, *, sealed: bool = False
) -> RecordType:
    """Read a stored record; refuse a newer format before looking at its fields.

    ``sealed``: it holds a checksum of all the rest.
    """
    try:
        data = json.loads(text)
        found = data.get("format")
    except (ValueError, AttributeError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if problem := not_plain(data):
        raise damaged(path, problem)
    if not isinstance(found, int) or found > FORMAT:
        raise NewerFormatError(
            f"format {found!r} is not known to this version, which reads up to {FORMAT}",
            where=str(path),
            hint="upgrade reportgen to read it",
        )
    stored = data.pop(CHECKSUM, None) if sealed else None
    if stored is not None and stored != checksum(data):
        raise damaged(path, "it was changed after it was written: its checksum does not match")
    if sealed and stored is None and found >= PROVEN:
        raise damaged(path, "it has no checksum")
    try:
        return record.model_validate(data)
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from error


def damaged(path: Path | str, reason: str) -> ResultsError:
    return ResultsError(f"damaged: {reason}", where=str(path), hint=DAMAGED)


def require_file(path: Path) -> None:
    """Raise ``ResultsError`` unless ``path`` is a plain file itself.

    A link may lead to what its author could not read, a pipe or a device has no end.
    """
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else "something else"
        raise ResultsError(
            f"expected a file, found {kind}", where=str(path), hint="copy the file itself here"
        )


def require_header(size: int, path: Path | str) -> None:
    """Raise ``ResultsError`` where a result's header is too large to be read."""
    if size > LARGEST_HEADER:
        raise damaged(path, f"a header of {size:,} bytes, of at most {LARGEST_HEADER:,}")


@contextmanager
def open_result(path: Path, where: str) -> Iterator[Any]:
    """Open a safetensors file; what it cannot give raises ``ResultsError``."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise damaged(where, str(error)) from error


def is_finite(name: str, array: np.ndarray) -> bool:
    """Tell whether all numbers are finite, but for heads whose agreement is undefined."""
    if name.startswith(f"{HEADS}/"):
        array = np.nan_to_num(array, posinf=np.inf, neginf=-np.inf)
    return array.size == 0 or largest(array) <= LARGEST_NUMBER


def largest(array: np.ndarray) -> float:
    """Return the largest size of any number, NaN where one is none; of nothing 0."""
    return max(abs(float(array.min())), abs(float(array.max()))) if array.size else 0.0
