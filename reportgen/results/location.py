"""Where results lie: in a folder of this machine, or in an object store, by an fsspec URL.

An object store has whole objects only: one is there as it was written, or not at all. It has no
locks, and nothing can be added to what it holds.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from reportgen.errors import ReportgenError
from reportgen.results.files import write_atomic
from reportgen.results.reading import damaged, require_file

PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs"}
"""The package that fsspec needs for a protocol."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

AGAIN = "and run the same command again: all that was finished before is kept"


def is_url(place: Path | str) -> bool:
    """Tell whether ``place`` is a URL (``s3://bucket/run``), not the path of a folder."""
    return isinstance(place, str) and URL.match(place) is not None


def locate(place: Path | str) -> Location:
    """Return the folder or the part of an object store that ``place`` names."""
    if not is_url(place):
        return Folder(Path(place))
    if str(place).startswith("file://"):
        return Folder(Path(unquote(urlsplit(str(place)).path)))
    return Bucket(str(place))


class Location(ABC):
    """A flat set of files by name. What cannot be reached raises ``ReportgenError``."""

    name: str
    """What messages call it."""

    @abstractmethod
    def where(self, file: str) -> str:
        """Return what messages call ``file``."""

    @abstractmethod
    def read(self, file: str, most: int) -> bytes:
        """Read a file; raises ``OSError``, or ``ResultsError`` of a link or over ``most`` bytes."""

    @abstractmethod
    def read_part(self, file: str, start: int, end: int) -> bytes:
        """Read the bytes ``[start, end)`` of a file, fewer where it ends before."""

    @abstractmethod
    def copy(self, file: str, *, fresh: bool) -> Path:
        """Return a local file with what ``file`` holds, or held before, unless it is ``fresh``."""

    @abstractmethod
    def write(self, file: str, data: bytes) -> Path | str:
        """Write a file whole or not at all, and return where."""

    @abstractmethod
    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""

    @abstractmethod
    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the bytes of all files whose names begin with ``prefix``, by name."""


class Folder(Location):
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def where(self, file: str) -> str:
        return str(self.folder / file)

    def read(self, file: str, most: int) -> bytes:
        path = self.folder / file
        require_file(path)
        if (size := path.stat().st_size) > most:
            raise damaged(path, f"{size:,} bytes, of at most {most:,}")
        return path.read_bytes()

    def read_part(self, file: str, start: int, end: int) -> bytes:
        path = self.folder / file
        require_file(path)
        with path.open("rb") as opened:
            opened.seek(start)
            return opened.read(end - start)

    def copy(self, file: str, *, fresh: bool) -> Path:
        return self.folder / file

    def write(self, file: str, data: bytes) -> Path:
        write_atomic(self.folder / file, data)
        return self.folder / file

    def remove(self, file: str) -> None:
        (self.folder / file).unlink(missing_ok=True)

    def sizes(self, prefix: str = "") -> dict[str, int]:
        found = {}
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.name.startswith(prefix):
                    with contextlib.suppress(OSError):
                        found[path.name] = path.lstat().st_size
        return found


class Bucket(Location):
    """The objects of an object store whose names begin with what a URL says."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.name = re.sub(r"//[^/@]*@", "//", self.url)  # who may enter is nobody else's matter
        self._copied: tuple[str, tempfile.TemporaryDirectory[str]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "name": self.name, "_copied": None}

    def where(self, file: str) -> str:
        return f"{self.name}/{file}" if file else self.name

    @cached_property
    def _system(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        import fsspec  # only who names a URL needs it

        protocol = self.url.partition("://")[0]
        try:
            return fsspec.core.url_to_fs(self.url, use_listings_cache=False)
        except ImportError as error:
            package = PACKAGES.get(protocol, f"the package of fsspec for {protocol}")
            message = f"{protocol}:// cannot be read without {package}"
            raise ReportgenError(message, self.name, f"pip install {package}") from error
        except ValueError as error:
            hint = "name a folder, or a URL such as s3://bucket/run or gs://bucket/run"
            raise ReportgenError(f"{protocol}:// is not known", self.name, hint) from error
        except Exception as error:
            raise unreachable(self.name, error) from error

    def read(self, file: str, most: int) -> bytes:
        data = self.read_part(file, 0, most + 1)
        if len(data) > most:
            raise damaged(self.where(file), f"more than {most:,} bytes")
        return data

    def read_part(self, file: str, start: int, end: int) -> bytes:
        system, root = self._system
        with self._reaching(file):
            return system.cat_file(f"{root}/{file}", start=start, end=end)

    def copy(self, file: str, *, fresh: bool) -> Path:
        if self._copied is None or fresh or self._copied[0] != file:
            system, root = self._system
            with self._reaching(file):
                data = system.cat_file(f"{root}/{file}")
            folder = tempfile.TemporaryDirectory(prefix="reportgen-")
            (Path(folder.name) / "object").write_bytes(data)
            self._copied = file, folder
        return Path(self._copied[1].name) / "object"

    def write(self, file: str, data: bytes) -> str:
        system, root = self._system
        try:
            with self._reaching(file):
                system.pipe_file(f"{root}/{file}", data)
        except FileNotFoundError as error:
            raise unreachable(self.where(file), error) from error
        return self.where(file)

    def remove(self, file: str) -> None:
        system, root = self._system
        with contextlib.suppress(FileNotFoundError), self._reaching(file):
            system.rm_file(f"{root}/{file}")

    def sizes(self, prefix: str = "") -> dict[str, int]:
        system, root = self._system
        found: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError), self._reaching(""):
            found = system.find(root, prefix=prefix, detail=True)
        names = {path[len(root) + 1 :]: about for path, about in found.items()}
        return {
            name: int(about.get("size") or 0)
            for name, about in names.items()
            if name.startswith(prefix) and "/" not in name
        }

    @contextlib.contextmanager
    def _reaching(self, file: str) -> Iterator[None]:
        """Say what cannot be reached; that an object is not there is left to the caller."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # every store has its own
            raise unreachable(self.where(file), error) from error


def unreachable(where: str, error: Exception) -> ReportgenError:
    """Say what of an object store cannot be reached, and what to do."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, PermissionError):
        message, remedy = "is not allowed", "set the credentials of somebody who may"
    elif isinstance(error, FileNotFoundError):
        message, remedy = "is not there", "make the bucket, or name another"
    else:
        message, remedy = "cannot be reached", "look at its address and the network"
    return ReportgenError(f"{message}: {reason}", where, f"{remedy}, {AGAIN}")
