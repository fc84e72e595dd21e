"""What the system refuses: a full disk, a folder that is not ours, an output nobody reads."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from reportgen.errors import ReportgenError

ROOM = "make room"
ELSEWHERE = "choose another place, or change who may write there"

WRITING = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "allow larger files (ulimit -f)",
    errno.EROFS: ELSEWHERE,
}
"""What helps against errors of writing."""

OTHER = {errno.EACCES: ELSEWHERE, errno.EPERM: ELSEWHERE}
"""What helps against those that may be of reading, too."""


def system_error(error: OSError, place: str = "", kept: Path | None = None) -> ReportgenError:
    """Say what the system refused, of which file, what is safe and what to do.

    ``place`` is named where the system names no file that it could not write; finished results
    are in ``kept``.
    """
    reason, fallback = error.strerror or str(error), "system"
    if error.errno in WRITING:
        reason, fallback = f"cannot be written: {reason}", place or "output"
    remedy = (WRITING | OTHER).get(error.errno or 0)
    advice = f"{remedy} and run the same command again" if remedy else ""
    if kept is not None and kept.is_dir():
        advice = advice or "run the same command to go on"
        advice = f"finished results are kept in {kept}: {advice}"
    return ReportgenError(reason, str(error.filename or fallback), advice)


@contextmanager
def keeping(results: Path) -> Iterator[None]:
    """Say that finished results are kept, where the system stops what makes them."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise system_error(error, str(results.parent), results) from error


@contextmanager
def all_printed() -> Iterator[None]:
    """Write out what was printed; what cannot be is an error of the command, not of Python's end.

    Raises ``ReportgenError`` where the output is full, ``BrokenPipeError`` where nobody reads it.
    """
    try:
        yield
    finally:
        put(b"")


def put(data: bytes) -> None:
    """Print bytes as they are: a terminal may lack signs, and a pipe gets no ``\\r\\n``."""
    if sys.stdout is None:
        if data:
            raise ReportgenError("is closed", "stdout", "write to a file: --out FILE")
        return
    try:
        sys.stdout.flush()
        if data:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except OSError as error:
        silence(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise system_error(error, "stdout") from error


def silence(stream: TextIO) -> None:
    """Let what is left to write go nowhere; or Python would try it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
