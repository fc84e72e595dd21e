"""What a report is made of on disk, and whether any of it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.methods import get
from reportgen.spec.models import ModelSpec
from reportgen.spec.paths import locate
from reportgen.spec.source import read_source

Stamps = dict[Path, tuple[int, int] | None]
"""When each file was written and how large it is; ``None`` where there is none."""


@dataclass(frozen=True)
class Sources:
    """Files and folders of a spec: what results come from, and what only the pages are made with.

    ``models`` and ``looks`` hold folders too. Nothing need exist: what is missing may come.
    """

    data: tuple[Path, ...]
    models: tuple[Path, ...] = ()
    looks: tuple[Path, ...] = ()


@dataclass
class Watch:
    """Looks at the files of ``spec`` and at nothing in ``out``, which is written and not read."""

    spec: Path
    out: Path
    sources: Sources = field(init=False)
    results: Stamps = field(init=False, default_factory=dict)
    looks: Stamps = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.sources = Sources((self.spec,))
        self.look()

    def look(self) -> tuple[bool, bool]:
        """Return whether results may be other than when looked last, and whether pages may."""
        self.sources = read_sources(self.spec) or self.sources
        out = self.out.resolve()
        results = stamps(files((*self.sources.data, *self.sources.models), deep=False))
        looks = stamps(
            path for path in files(self.sources.looks, deep=True) if not within(path, out)
        )
        changed = results != self.results, looks != self.looks
        self.results, self.looks = results, looks
        return changed


def read_sources(spec: Path) -> Sources | None:
    """Find what a spec names, in a spec with mistakes too; ``None`` where it is not YAML.

    The text is read and not the checked spec: a file whose absence is the mistake is watched.
    """
    try:
        return sources(read_source(spec)[0].data, spec)
    except ReportgenError:  # also the home folder of nobody, "~name/"
        return None


def sources(data: Any, spec: Path) -> Sources:
    base = spec.parent

    def named(part: Any, key: str) -> Iterator[str]:
        name = part.get(key) if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            yield name

    def entries(section: str) -> list[Any]:
        found = data.get(section) if isinstance(data, dict) else None
        return found if isinstance(found, list) else []

    folders = (
        ModelSpec.model_construct(path=name).local_folder(base)
        for entry in entries("models")
        for name in named(entry, "path")
    )
    report = data.get("report") if isinstance(data, dict) else None
    read = [name for entry in entries("inputs") for name in named(entry, "file")]
    read += [
        name
        for entry in entries("methods")
        if isinstance(entry, dict)
        for method, settings in entry.items()
        if isinstance(method, str) and (known := get(method))
        for key in known.settings.paths
        for name in named(settings, key)
    ]
    return Sources(
        data=(spec, *(locate(name, base) for name in read)),
        models=tuple(folder for folder in folders if folder is not None),
        looks=tuple(
            locate(name, base) for key in ("templates", "logo") for name in named(report, key)
        ),
    )


def files(paths: Iterable[Path], *, deep: bool) -> Iterator[Path]:
    """Yield ``paths`` and the files in those that are folders, without hidden ones."""
    for path in paths:
        yield path
        with suppress(OSError):  # a name that no file can have
            found = path.rglob("*") if deep else path.glob("*")
            yield from (file for file in found if not file.name.startswith(".") and file.is_file())


def stamps(paths: Iterable[Path]) -> Stamps:
    return {path: stamp(path) for path in paths}


def stamp(path: Path) -> tuple[int, int] | None:
    """Return when a file was written and its size; of a folder only that it is there."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # the latter: names that no file can have
        return None
    return (0, 0) if path.is_dir() else (found.st_mtime_ns, found.st_size)


def within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder)
