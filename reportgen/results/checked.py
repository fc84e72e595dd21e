"""Which result files a build need not read again: those that it wrote or validated before.

A build notes the size and the time of each file that it has written or validated whole. While a
file has both, nothing has written to it, and a build takes it as it was. Nobody else trusts the
notes: who reads results validates them.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from functools import cached_property

from reportgen.results.location import Folder, Location

NOTES = ".checked.jsonl"
"""A line per file: the job, the bytes, the time in nanoseconds, and the checksum."""

LARGEST = 200_000_000
"""Bytes of notes that are read: a million files."""

PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Checked:
    """The notes of a folder, kept since a build began them; an object store has none."""

    def __init__(self, at: Location) -> None:
        self._folder = at.folder if isinstance(at, Folder) else None

    def begin(self) -> None:
        """Let notes be kept from now on; those that nobody would read are dropped."""
        if self._folder is None:
            return
        path = self._folder / NOTES
        with contextlib.suppress(OSError):
            if path.lstat().st_size > LARGEST or path.is_symlink():
                path.unlink()
        with contextlib.suppress(OSError):  # a build can do without
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | PLAIN, 0o666))

    def add(self, job: str, checksum: str) -> None:
        """Note a file that was written or validated just now, if notes are kept."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            size, time = self._state(job)
            line = json.dumps([job, size, time, checksum], separators=(",", ":"))
            notes = os.open(self._folder / NOTES, os.O_WRONLY | os.O_APPEND | PLAIN)
            try:
                # In one piece, which other processes do not write into; torn ones begin a line.
                os.write(notes, f"\n{line}\n".encode())
            finally:
                os.close(notes)
            if "_known" in vars(self):  # or all notes would be read for each file that is written
                self._known[job] = size, time

    def knows(self, job: str) -> bool:
        """Tell whether the file of a job is as it was when it was noted."""
        known = self._known.get(job)
        if known is None:
            return False
        try:
            return self._state(job) == known
        except OSError:
            return False

    def _state(self, job: str) -> tuple[int, int]:
        assert self._folder is not None
        found = (self._folder / f"{job}.safetensors").lstat()
        if not stat.S_ISREG(found.st_mode):
            raise OSError("not a file")
        return found.st_size, found.st_mtime_ns

    @cached_property
    def _known(self) -> dict[str, tuple[int, int]]:
        """The last note of each file; lines that are torn or damaged are none."""
        found: dict[str, tuple[int, int]] = {}
        if self._folder is None:
            return found
        with contextlib.suppress(OSError), open(self._descriptor(), "rb") as notes:
            for line in notes:
                with contextlib.suppress(ValueError, TypeError, RecursionError):
                    job, size, time, _ = json.loads(line)
                    if isinstance(job, str) and isinstance(size, int) and isinstance(time, int):
                        found[job] = size, time
        return found

    def _descriptor(self) -> int:
        assert self._folder is not None
        descriptor = os.open(self._folder / NOTES, os.O_RDONLY | PLAIN)
        about = os.fstat(descriptor)
        if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST:
            return descriptor
        os.close(descriptor)
        raise OSError("no notes")
