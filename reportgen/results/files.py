"""Writing files so that no reader sees half of one, whoever else writes or is killed meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from reportgen.errors import ReportgenError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed: that is the lock
    fcntl = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
"""Names of files that are being written: the file's own, and 64 random bits."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What systems say where a file does not fit."""


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write ``data`` beside ``path`` and rename it into place, flushed to disk if ``durable``.

    A link stays, and leads to the new file; a device or a pipe is written to. Raises
    ``ReportgenError`` where a folder has the name, or a file that of a folder on the way, and
    where the file cannot be written; the old one is then still there.
    """
    with atomic(path, durable=durable) as file:
        file.write(data)


@contextlib.contextmanager
def atomic(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` at the end, as ``write_atomic`` does.

    Where that is not reached, nothing has changed.
    """
    path = path.resolve()
    if path.is_dir():
        raise ReportgenError("expected a file, found a folder", where=str(path))
    make_folder(path.parent)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        with _temporary(path) as (file, temporary):
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if fcntl is None:
                file.close()
            os.replace(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder, and those on the way; raise ``ReportgenError`` where a file is in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ReportgenError(
            "expected a folder, found a file", where=str(error.filename), hint="name another"
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: OSError) -> ReportgenError:
    """Say which file cannot be written, and that nothing is lost by it."""
    remedy = "make room" if error.errno in FULL else "make the folder writable, or name another"
    return ReportgenError(
        f"cannot be written: {error.strerror or error}",
        where=str(path),
        hint=f"all that was finished before is kept: {remedy}, and run the same command again",
    )


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a new file beside ``path`` that is locked for as long as this process writes it.

    The lock, which ends with the process however that ends, is what tells a file that is being
    written from one that was left behind. It is taken after the file is made: where it was swept
    in between, another is made.
    """
    file = open_locked(lambda: path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp"))
    temporary = Path(file.name)
    try:
        with file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def open_locked(new_path: Callable[[], Path]) -> IO[bytes]:
    """Make a file that is locked for as long as this process has it open, and others can tell.

    ``new_path`` returns another path each time: where the file was swept before it was locked, one
    more is made.
    """
    while True:
        path = new_path()
        file = open(path, "xb")  # noqa: SIM115  (who asked for it closes it)
        if _is_mine(file, path):
            return file
        file.close()


def _is_mine(file: IO[bytes], path: Path) -> bool:
    """Lock a file that was just made; tell whether it is still there."""
    if not _lock(file.fileno()):
        return False
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> bool:
    """Lock an open file or folder; ``False`` where another process holds it.

    Where the system has no locks nobody holds any, and ``sweep_temporary`` removes nothing.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def sweep_temporary(folder: Path) -> int:
    """Remove the files in ``folder`` that killed writers left; return how many.

    A file that a live process holds is left, and so are all where the system knows no locks.
    """
    removed = 0
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            if TEMPORARY.fullmatch(path.name) and not path.is_symlink():
                removed += remove_if_free(path)
    return removed


def remove_if_free(path: Path) -> bool:
    """Remove a file that ``open_locked`` made, unless a live process may hold it; tell whether."""
    with contextlib.suppress(OSError):
        if fcntl is None:
            path.unlink()  # raises where it is open
            return True
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            return True
        finally:
            os.close(descriptor)
    return False


class Using:
    """A folder that this process has marked as in use, with others or alone."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Tell whether no other process uses the folder, and keep others from starting to."""
        if self._descriptor is None:
            yield True
            return
        try:
            yield _lock(self._descriptor)
        finally:
            _share(self._descriptor)


@contextlib.contextmanager
def using(folder: Path) -> Iterator[Using]:
    """Mark ``folder`` as in use by this process, as any number of processes may at a time."""
    make_folder(folder)
    if fcntl is None:
        yield Using(None)
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _share(descriptor)
        yield Using(descriptor)
    finally:
        os.close(descriptor)


def _share(descriptor: int) -> None:
    """Take the lock that all users of a folder hold; wait for one that is alone in it."""
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_SH)
