"""Files and folders that a spec names: where they are, and whether they may be read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

from reportgen.errors import ReportgenError
from reportgen.spec.problem import quoted, shortened

KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""What can be at a path. Pipes and devices are never opened: they may have no end."""


MOST_FILES = 10_000
"""Files of a folder that are looked at for links."""


class MissingFileError(ReportgenError):
    """Nothing is where a spec says that something is."""


def expand(written: str | Path) -> Path:
    """Return a path with ``~`` for the home folder filled in."""
    try:
        return Path(written).expanduser()
    except RuntimeError as error:
        raise ReportgenError(
            f"there is no home folder {quoted(Path(written).parts[0])}",
            hint="write the whole path, or ./~name where the name itself starts with '~'",
        ) from error


def locate(written: str, base: Path) -> Path:
    """Return the path that is meant, existing or not.

    ``..`` is taken away as text, so that it leads where a reader sees it lead, and not where
    a link on the way would take it.
    """
    return Path(os.path.normpath(base / expand(written)))


def require(
    written: str, base: Path, noun: Literal["file", "folder"], *, allow_outside: bool
) -> Path:
    """Return the path of a file or folder that may be read.

    Raises ``MissingFileError`` where there is none, and ``ReportgenError`` where it is something
    else, or a link that leads out of ``base`` and ``allow_outside`` is not given.
    """
    path = locate(written, base)
    name = shortened(written)
    try:
        found = kind(path.stat())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingFileError(f"no such {noun}: {name}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ReportgenError(f"{name} cannot be read: {reason}") from error
    if found != f"a {noun}":
        raise ReportgenError(f"expected a {noun}, found {found}: {name}")
    if not allow_outside and leads_out(path, base):
        raise outside(name)
    return path


def kind(found: os.stat_result) -> str:
    """Say what is at a path, as read after the word "found"."""
    return KINDS.get(stat.S_IFMT(found.st_mode), "something else")


def is_inside(path: Path, base: Path) -> bool:
    """Tell whether a path is written as one inside ``base``; links do not count."""
    spoken = Path(os.path.abspath(path))
    return any(spoken.is_relative_to(home(base)) for home in (os.path.abspath, os.path.realpath))


def leads_out(path: Path, base: Path) -> bool:
    """Tell whether a path that is written inside ``base`` is outside, by a link.

    A path that is written outside (``../data.csv``) is the user's own word.
    """
    real = Path(os.path.realpath(path))
    return is_inside(path, base) and not real.is_relative_to(os.path.realpath(base))


def require_inside(folder: Path, base: Path) -> None:
    """Raise ``ReportgenError`` where a file of ``folder`` is a link that leads out of ``base``."""
    waiting, seen, files = [folder] if is_inside(folder, base) else [], set(), 0
    while waiting:
        inner = waiting.pop()
        real = os.path.realpath(inner)
        if real in seen:
            continue
        seen.add(real)
        for path in inner.iterdir():
            files += 1
            if files > MOST_FILES:
                raise ReportgenError(
                    f"the folder holds more than {MOST_FILES:,} files",
                    hint="name one that holds only what is meant",
                )
            if leads_out(path, base):
                raise outside(os.path.relpath(path, base))
            if path.is_dir():
                waiting.append(path)


def outside(name: str) -> ReportgenError:
    """Return the error of a link that leads out of the spec's folder."""
    return ReportgenError(
        f"{name} is a link that leads out of the spec's folder",
        hint="allow it with --allow-outside, or copy what it leads to",
    )
