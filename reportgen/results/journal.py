"""What a build has done so far, beside its results, for whoever reads them meanwhile.

A journal begins with the manifest of the run without its jobs; a line follows for each job that
has ended and for each model that was loaded. When the run has ended its manifest says all of
that, and the journal is removed. A build that is killed leaves it.

In a folder it is one file that grows. An object store has parts of it, written every few seconds.
Each line has its checksum: one that is torn or damaged is as if it was never written.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from reportgen.errors import ResultsError
from reportgen.results.files import make_folder, open_locked, remove_if_free, unwritable
from reportgen.results.location import is_url
from reportgen.results.model import FORMAT, JobEntry, Manifest, ModelInfo
from reportgen.results.reading import CHECKSUM, LARGEST_MANIFEST, checksum
from reportgen.results.store import MANIFEST, UNKNOWN, Store, manifest_misfit, require_spec
from reportgen.results.validation import not_plain

FILE = re.compile(r"(journal-[0-9a-f]{16})(-[0-9]{6})?\.jsonl")

BEGINS = "journal-"

EVERY = 3.0
"""Seconds between two parts in an object store, a hundredth of the time since the first if longer.

So that a run of days has hundreds of parts, not hundreds of thousands.
"""

BUFFERED = 256
"""Lines that wait to be written together, of jobs whose results are from before."""


class Journal:
    """The journal that this process writes, begun by its first line."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.began = False
        self.name = f"{BEGINS}{secrets.token_hex(8)}"
        self._file: IO[bytes] | None = None
        self._lines: list[bytes] = []
        self._parts = 0
        self._first = self._last = 0.0

    def begin(self, manifest: Manifest) -> None:
        """Write what the run is about; raises ``ReportgenError`` where it cannot be written."""
        self.began = True
        if self.store.is_local:
            make_folder(self.store.folder)
            self._file = open_locked(self._new_path)
        data = manifest.model_dump(mode="json", exclude={"jobs"})
        self._add({"manifest": data, "after": self.store.manifest_sha256()})
        self.flush()

    def _new_path(self) -> Path:
        self.name = f"{BEGINS}{secrets.token_hex(8)}"
        return self.store.folder / f"{self.name}.jsonl"

    def add_job(self, entry: JobEntry) -> None:
        self._add({"job": entry.model_dump(mode="json")})

    def add_model(self, info: ModelInfo) -> None:
        self._add({"model": info.model_dump(mode="json")})

    def _add(self, data: dict[str, Any]) -> None:
        self._lines.append(json.dumps(data | {CHECKSUM: checksum(data)}).encode() + b"\n")
        if len(self._lines) >= BUFFERED:
            self.flush()

    def flush(self, *, last: bool = False) -> None:
        """Let others see what was added; in an object store now and then, unless it is the last."""
        if not self._lines:
            return
        data = b"".join(self._lines)
        if self._file is not None:
            try:
                self._file.write(data)
                self._file.flush()
            except OSError as error:
                raise unwritable(Path(self._file.name), error) from error
        else:
            now = time.monotonic()
            if self._parts and not last and now < self._last + self._interval(now):
                return
            self._parts += 1
            self.store.at.write(f"{self.name}-{self._parts:06}.jsonl", data)
            self._first = self._first or now
            self._last = now
        self._lines.clear()

    def _interval(self, now: float) -> float:
        return max(EVERY, (now - self._first) / 100)

    def close(self) -> None:
        """Let others see all of it, and that nobody writes it any more."""
        try:
            self.flush(last=True)
        finally:
            if self._file is not None:
                self._file.close()
                self._file = None

    def remove(self) -> None:
        """Remove it, once the manifest says all that it does."""
        if self._file is not None:
            self._file.close()
            self._file = None
        files = [f"{self.name}-{part:06}.jsonl" for part in range(1, self._parts + 1)]
        for file in files or [f"{self.name}.jsonl"]:
            self.store.at.remove(file)


def find_store(place: Path | str) -> Store:
    """Return the store of a run, named by itself or by the folder that a build wrote to."""
    if not is_url(place):
        folder = Path(place)
        return Store(folder / "results" if (folder / "results").is_dir() else folder)
    store, inner = Store(place), Store(f"{str(place).rstrip('/')}/results")
    return inner if not has_run(store) and has_run(inner) else store


def has_run(store: Store) -> bool:
    return MANIFEST in store.at.sizes(MANIFEST) or bool(store.at.sizes(BEGINS))


def sweep_journals(store: Store, spec_sha256: str) -> None:
    """Remove what killed builds left, now that the manifest of a whole run is there.

    In a folder these are the journals that no process holds. An object store does not tell who
    lives: there, those of the same spec, which have nothing to add to the manifest.
    """
    if store.is_local:
        for file in store.at.sizes(BEGINS):
            if FILE.fullmatch(file) and not (store.folder / file).is_symlink():
                remove_if_free(store.folder / file)
        return
    for journal in read_journals(store):
        if journal.manifest.spec_sha256 == spec_sha256:
            for file in journal.files:
                store.at.remove(file)


@dataclass(frozen=True)
class StoredJournal:
    """A journal as it was found; ``after`` is the SHA-256 of the manifest that it followed."""

    manifest: Manifest
    after: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class RunManifest:
    """The manifest of a run, ended or not, with its SHA-256.

    ``sealed`` is what manifest.json holds, ``None`` where there is none that can be read.
    """

    manifest: Manifest
    sha256: str
    sealed: Manifest | None


def read_run(store: Store) -> RunManifest:
    """Read what a run is: from its manifest, or while it has none or an older one from journals.

    A journal tells of the run where it follows the manifest that is there: one that follows
    another is of a build that began before the last one ended. What other journals and that
    manifest say of the same spec and models counts too; the newest line about a job is kept.
    Raises ``ResultsError`` where nothing tells of a run, and ``NewerFormatError``.
    """
    journals = read_journals(store)  # first: a build writes its manifest, then removes its journal
    sealed, problem = None, None
    try:
        sealed, sha256 = store.read_sealed()
    except ResultsError as error:
        problem, sha256 = error, store.manifest_sha256() if journals else ""
    current = [one for one in journals if one.after == sha256 or not sha256]
    if current:
        head = current[-1].manifest
    elif sealed is not None:
        head = sealed
    else:
        assert problem is not None
        raise problem
    if sealed is not None and not current and (sealed.planned is None or not journals):
        return RunManifest(sealed, sha256, sealed)
    older = [one.manifest for one in journals if one.manifest is not head]
    if sealed is not None and sealed is not head:
        older.insert(0, sealed)
    manifest = joined(head, older)
    digest = hashlib.sha256(manifest.model_dump_json().encode()).hexdigest()
    return RunManifest(manifest, digest, sealed)


def joined(head: Manifest, older: Iterable[Manifest]) -> Manifest:
    """Return ``head`` with what older manifests say of other jobs of the same run."""
    known = {info.id: info for info in head.models}
    entries: dict[tuple[str, int], JobEntry] = {}
    for manifest in [one for one in older if one.spec_sha256 == head.spec_sha256] + [head]:
        alike = {info.id for info in manifest.models if is_same_model(info, known.get(info.id))}
        for info in manifest.models:
            if info.id in alike and known[info.id].architecture == UNKNOWN:
                known[info.id] = info
        entries |= {(one.model, one.input): one for one in manifest.jobs if one.model in alike}
    order = {model: place for place, model in enumerate(known)}
    jobs = sorted(entries.values(), key=lambda entry: (order[entry.model], entry.input))
    return head.model_copy(update={"models": tuple(known.values()), "jobs": tuple(jobs)})


def is_same_model(one: ModelInfo, other: ModelInfo | None) -> bool:
    """Tell whether two records are of a model with the same bytes, read in the same way."""
    decisive = ("task", "weights_sha256", "tokenizer_sha256", "dtype")
    return other is not None and all(getattr(one, n) == getattr(other, n) for n in decisive)


def read_journals(store: Store) -> list[StoredJournal]:
    """Read all journals that can be read, the oldest first.

    Those that are together larger than any manifest are not read to their end.
    """
    files: dict[str, list[str]] = {}
    left = LARGEST_MANIFEST
    for file, size in sorted(store.at.sizes(BEGINS).items()):
        match = FILE.fullmatch(file)
        if match and size <= left:
            left -= size
            files.setdefault(match[1], []).append(file)
    found = [read_journal(store, parts) for parts in files.values()]
    return sorted(
        (one for one in found if one is not None),
        key=lambda one: (one.manifest.created, one.files),
    )


def read_journal(store: Store, files: list[str]) -> StoredJournal | None:
    """Read one journal; ``None`` where nothing tells which run it is of."""
    found = records(store, files)
    try:
        head = next(found)
        about = head["manifest"]
        if not isinstance(about.get("format"), int) or about["format"] > FORMAT:
            return None
        manifest = Manifest.model_validate(about | {"jobs": ()})
        require_spec(manifest, store.name)
    except (StopIteration, LookupError, TypeError, AttributeError, ValidationError, ResultsError):
        return None
    after = head.get("after")
    if manifest.planned is None or manifest_misfit(manifest) or not isinstance(after, str):
        return None
    models = {info.id: info for info in manifest.models}
    entries: dict[tuple[str, int], JobEntry] = {}
    for record in found:
        try:
            if "job" in record:
                entry = JobEntry.model_validate(record["job"])
                if entry.model in models and entry.input >= 0 and (entry.entry or 0) >= 0:
                    entries[entry.model, entry.input] = entry
            elif "model" in record:
                info = ModelInfo.model_validate(record["model"])
                if is_same_model(info, models.get(info.id)):
                    models[info.id] = info
        except ValidationError:
            continue
    manifest = manifest.model_copy(
        update={"models": tuple(models.values()), "jobs": tuple(entries.values())}
    )
    return None if manifest_misfit(manifest) else StoredJournal(manifest, after, tuple(files))


def records(store: Store, files: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Return what the lines of a journal hold that are whole."""
    for file in files:
        try:
            data = store.at.read(file, LARGEST_MANIFEST)
        except (OSError, ResultsError):  # it was just removed, or is no file
            continue
        for line in io.BytesIO(data):
            try:
                found = json.loads(line.decode())
                whole = isinstance(found, dict) and found.pop(CHECKSUM, None) == checksum(found)
            except (ValueError, RecursionError):
                continue
            if whole and not not_plain(found):
                yield found
