"""What the pages in a folder were made of, so that what has not changed is not made again.

A build writes it down beside the pages, in a file that nothing but the next build reads. Where
it is missing, damaged or tells of something else, pages are made as if there had been none.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from reportgen import __version__
from reportgen.errors import ReportgenError
from reportgen.jobs import LIBRARIES, PlannedModel, library_version
from reportgen.methods import GROUP, all_methods
from reportgen.plan import Plan
from reportgen.resources import PACKAGE, folder
from reportgen.results.files import write_atomic
from reportgen.results.journal import BEGINS
from reportgen.results.store import MANIFEST, Store
from reportgen.site.folder import OURS
from reportgen.site.written import Written
from reportgen.spec.logo import find_logo

MADE = ".reportgen-made.json"

DRAWN_WITH = ("altair", "jinja2", "markupsafe", "numpy", "pyyaml", "vl-convert-python")
"""Libraries whose version can change a page."""


@dataclass(frozen=True)
class AskedRun:
    """What a plan asks for: a hash of all that its manifest tells of it, and its jobs' ids."""

    key: str
    jobs: Sequence[str]


def asked_run(plan: Plan) -> AskedRun:
    """Go once over the jobs of a plan. Raises ``ReportgenError`` where its logo cannot be used."""
    total = hashlib.sha256()
    logo = find_logo(plan.spec)
    about: list[object] = [
        (__version__, sys.version, platform.platform()),
        [(name, library_version(name)) for name in (*LIBRARIES, "safetensors")],
        (plan.spec_sha256, str(plan.spec.base), plan.spec.check_places),
        logo and hashlib.sha256(logo.data).hexdigest(),
        [
            (one.spec.id, one.shown_path, one.revision, one.task, *hashes(one))
            for one in plan.models
        ],
    ]
    total.update(repr(about).encode())
    jobs = []
    for job in plan.jobs:
        item = job.input
        place = (job.id, job.model.spec.id, item.index, item.entry)
        told = (*place, item.group, item.rationale, item.columns)
        total.update(repr(told).encode())
        jobs.append(job.id)
    return AskedRun(total.hexdigest(), jobs)


def hashes(model: PlannedModel) -> tuple[str, str]:
    return model.weights_sha256, model.tokenizer_sha256


def run_key(asked: AskedRun, store: Store) -> str:
    """Hash what a plan asks for with the state of its files; empty where one is missing.

    Of an object store it is empty, too: what is there is not known without asking for each.

    Files are not read: one of the same size and time is taken to be the same. Whoever is still
    writing a journal has something to add.
    """
    found: dict[str, tuple[int, int]] = {}
    if not store.is_local:
        return ""
    with suppress(OSError), os.scandir(store.folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                state = entry.stat(follow_symlinks=False)
                found[entry.name] = state.st_size, state.st_mtime_ns
    names = [MANIFEST, *(f"{job}.safetensors" for job in asked.jobs)]
    if any(name not in found for name in names):
        return ""
    total = hashlib.sha256(asked.key.encode())
    for name in [*names, *sorted(name for name in found if name.startswith(BEGINS))]:
        total.update(repr((name, found[name])).encode())
    return total.hexdigest()


def look(templates: Path | None) -> str:
    """Hash all that turns results into pages: the code, its libraries, and every template."""
    total = hashlib.sha256()
    for name in DRAWN_WITH:
        total.update(f"{name} {library_version(name)}\n".encode())
    own = [] if templates is None else [templates]
    for path in (*modules(), *(one for root in (folder("templates"), *own) for one in below(root))):
        total.update(repr(str(path)).encode())
        with suppress(OSError):  # what cannot be read is an error of the page that needs it
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def modules() -> Iterator[Path]:
    """Yield the files of this package, and those that describe other packages' methods."""
    yield from sorted(PACKAGE.rglob("*.py"))
    all_methods()
    for point in entry_points(group=GROUP):
        file = getattr(sys.modules.get(point.module), "__file__", None)
        if file is not None:
            yield Path(file)


def below(root: Path) -> list[Path]:
    """Return the files below a folder; links are followed, as they are for templates."""
    found, seen = [], set()
    for place, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        found += [Path(place, name) for name in names if not name.endswith((".pyc", "~"))]
    return sorted(found)


@dataclass(frozen=True)
class MadePage:
    """What was written for an input: the key of all it shows, and the names of its maps' files.

    ``live`` tells of charts that the chart library draws.
    """

    key: str
    live: bool
    maps: tuple[str, ...]


@dataclass(frozen=True)
class MadeFile:
    """A file as it was written; ``state`` is its size and the time of its last change, in ns."""

    digest: str
    state: tuple[int, int]


class Made:
    """What is known of the pages in ``out``, and what is told of them for the next time.

    ``look`` is that of the pages to be made; without one, nothing that is known is of use.
    """

    def __init__(self, out: Path, look: str = "") -> None:
        self.out = out
        self.look = look
        self.run, self._look = "", ""
        self._written: dict[str, Any] = {}
        self._known_files: dict[str, MadeFile] = {}
        self._known_pages: dict[str, MadePage] = {}
        self._files: dict[str, MadeFile] = {}
        self._pages: dict[str, MadePage] = {}
        if look:
            self._read()

    def _read(self) -> None:
        try:
            data = json.loads((self.out / MADE).read_bytes())
            files = {
                name: MadeFile(str(digest), (int(size), int(time)))
                for name, (digest, size, time) in data["files"].items()
            }
            pages = {
                name: MadePage(str(key), bool(live), tuple(map(str, maps)))
                for name, (key, live, maps) in data["pages"].items()
            }
            written, run, looked = dict(data["written"]), str(data["run"]), str(data["look"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return
        self._known_files, self._known_pages, self._written = files, pages, written
        self.run, self._look = run, looked

    def unchanged(self) -> Written | None:
        """Return what was written, where it looks as it would now and all of it is still there."""
        if not self.look or self._look != self.look or not self._known_files:
            return None
        if not all(self._is_there(name) for name in self._known_files):
            return None
        with suppress(TypeError, ValueError, KeyError):
            return self._as_written()
        return None

    def _as_written(self) -> Written:
        told = dict(self._written)
        path = self.out / str(told.pop("page"))
        for name in ("parts", "left_out"):
            told[name] = tuple((str(one), int(number)) for one, number in told[name])
        told["verdicts"] = tuple(map(str, told["verdicts"]))
        return Written(path=path, **told)

    def page(self, name: str, key: str) -> MadePage | None:
        """Return what there is of an input, where it was made of the same and is still there."""
        found = self._known_pages.get(name)
        if not self.look or found is None or found.key != key:
            return None
        names = (name, *found.maps)
        if not all(OURS.fullmatch(one) and self._is_there(one) for one in names):
            return None
        self._files |= {one: self._known_files[one] for one in names}
        self._pages[name] = found
        return found

    def file(self, name: str) -> MadeFile:
        """Return a file of a page that was found, or that was added."""
        return self._files[name]

    def add_file(self, name: str, data: bytes) -> None:
        """Take down a file that was just written."""
        time = (self.out / name).lstat().st_mtime_ns if self.look else 0
        self._files[name] = MadeFile(hashlib.sha256(data).hexdigest(), (len(data), time))

    def add_page(self, name: str, page: MadePage) -> None:
        self._pages[name] = page

    def _is_there(self, name: str) -> bool:
        """Tell whether a file is what was written; it is read where its time is another."""
        known, path = self._known_files.get(name), self.out / name
        if known is None:
            return False
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode) or found.st_size != known.state[0]:
                return False
            if found.st_mtime_ns == known.state[1]:
                return True
            return hashlib.sha256(path.read_bytes()).hexdigest() == known.digest
        except OSError:
            return False

    def write(self, written: Written, run: str) -> None:
        """Write down what was made, for the next time; ``run`` is what :func:`run_key` gives."""
        told = {name: value for name, value in asdict(written).items() if name not in IN_THE_RUN}
        data = {
            "run": run,
            "look": self.look,
            "written": told | {"page": written.path.name},
            "files": {name: (one.digest, *one.state) for name, one in self._files.items()},
            "pages": {name: (one.key, one.live, one.maps) for name, one in self._pages.items()},
        }
        with suppress(ReportgenError):  # it saves time, no more: the pages are there
            write_atomic(self.out / MADE, json.dumps(data).encode(), durable=False)


IN_THE_RUN = ("path", "troubled")
"""What is told of pages that is not kept: a place, and what a run has that is always made again."""
