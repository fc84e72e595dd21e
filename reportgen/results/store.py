"""Result files on disk: one safetensors file per job, named by its content id.

The header travels as JSON in the file's metadata, so that a result is one file, beside a checksum
of header and arrays. Files are written to a temporary name and renamed: a reader never sees half
a file, and a run that is interrupted leaves every finished result in place.

A folder may be a stranger's: what is read from it is validated here, once, and nothing that is
not there by its own name is opened.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.checked import Checked
from reportgen.results.files import Using, sweep_temporary, using
from reportgen.results.location import Folder, locate
from reportgen.results.model import JobResult, Manifest, ModelInfo
from reportgen.results.reading import (
    CHECKSUM,
    LARGEST_MANIFEST,
    PROVEN,
    Checksum,
    checksum,
    damaged,
    is_finite,
    largest,
    open_result,
    parse,
    require_header,
)
from reportgen.results.segmentation import separated
from reportgen.results.validation import misfit, unreadable_spec

HEADER = "reportgen"
"""What the file's metadata calls the header."""

METADATA = "__metadata__"
"""Where safetensors files have their metadata, in the JSON that they begin with."""

MANIFEST = "manifest.json"

JOB_ID = re.compile(r"[0-9a-f]{32}")

RESULT = re.compile(rf"({JOB_ID.pattern})\.safetensors")

LENGTH = 8
"""Bytes with which a safetensors file begins: the length of its header."""

KINDS = ("F32", "F64")
"""Numbers that arrays are made of."""

WIDE = 1e15
"""Larger numbers are widened when they are read, so that sums of their squares stay finite."""

UNKNOWN = "unknown"


class Store:
    """The folder ``OUT/results``, or one by URL: result files by job id, and the run's manifest.

    Whatever of an object store cannot be reached raises ``ReportgenError``.
    """

    def __init__(self, place: Path | str) -> None:
        self.at = locate(place)
        self._checked: Checked | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.at.name

    @property
    def is_local(self) -> bool:
        return isinstance(self.at, Folder)

    @property
    def folder(self) -> Path:
        """The folder; raises ``ReportgenError`` where the results lie in an object store."""
        if not isinstance(self.at, Folder):
            hint = "copy the results to a folder first"
            raise ReportgenError("expected a folder, found a URL", self.name, hint)
        return self.at.folder

    @contextmanager
    def in_use(self) -> Iterator[Using]:
        """Mark it as in use by a build, and remove what killed ones were writing.

        Of an object store nobody can tell whether others use it.
        """
        if not self.is_local:
            yield Using(None)
            return
        with using(self.folder) as marked:
            sweep_temporary(self.folder)
            yield marked

    def note_files(self) -> None:
        """Note from now on which files are whole, so that ``has`` need not read them again."""
        Checked(self.at).begin()
        self._checked = None

    def path(self, job: str) -> Path:
        """Return the file of a job; raises ``ResultsError`` for what is no job's id."""
        return self.folder / file_of(job)

    def has(self, job: str) -> bool:
        """Tell whether ``job`` has a whole, successful result (others are run again)."""
        if self._checked is None:
            self._checked = Checked(self.at)
        if self._checked.knows(job):
            return True
        try:
            result, total = self.read(job)
        except ResultsError:
            return False
        if succeeded := is_success(result):
            self._checked.add(job, total)
        return succeeded

    def write(self, result: JobResult, arrays: Mapping[str, np.ndarray]) -> Path | str:
        """Write one result file atomically and return its path, or its URL."""
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        header = result.model_dump_json(by_alias=True)
        total = Checksum(header)
        for name in sorted(contiguous):
            total.add(name, contiguous[name])
        data = save(contiguous, metadata={HEADER: header, CHECKSUM: total.hexdigest()})
        where = self.at.write(file_of(result.job), data)
        if is_success(result):
            (self._checked or Checked(self.at)).add(result.job, total.hexdigest())
        return where

    def read_file(self, job: str) -> bytes:
        """Return a result's file as it is, which another store may be given as a copy."""
        return self.at.copy(file_of(job), fresh=True).read_bytes()

    def write_file(self, job: str, data: bytes) -> None:
        """Write the copy of a result's file atomically."""
        self.at.write(file_of(job), data)

    def read(self, job: str) -> tuple[JobResult, str]:
        """Read the header of a result whose every part was validated, and its checksum.

        Raises ``NewerFormatError``, and ``ResultsError`` for what is missing, damaged, or does
        not fit together. Of its arrays no more than one is held at a time.
        """
        return self.read_with_mark(job)[:2]

    def read_with_mark(self, job: str) -> tuple[JobResult, str, bytes]:
        """Read and validate a result as ``read`` does; return a mark to ``read_again`` it by."""
        where = self.at.where(file_of(job))
        with self._opened(job, fresh=True) as file:
            metadata = file.metadata() or {}
            if HEADER not in metadata:
                raise damaged(where, "it has no header, so it is no result of reportgen")
            total = Checksum(metadata[HEADER])
            shapes = {}
            for name in sorted(file.keys()):
                if (kind := file.get_slice(name).get_dtype()) not in KINDS:
                    raise damaged(where, f"the array {name!r} is of {kind}, not {KINDS[0]}")
                array = file.get_tensor(name)
                total.add(name, array)
                shapes[name] = array.shape
                if not is_finite(name, array):
                    raise damaged(where, f"the array {name!r} has numbers that are not finite")
        stored = metadata.get(CHECKSUM)
        if stored is not None and stored != total.hexdigest():
            raise damaged(where, "it was changed after it was written: its checksum does not match")
        result = parse(JobResult, metadata[HEADER], where)
        if stored is None and result.format >= PROVEN:
            raise damaged(where, "it has no checksum")
        problem = misfit(result, shapes)
        if result.job != job:
            problem = f"it is the result of another job: {result.job[:80]}"
        if problem:
            raise damaged(where, problem)
        return separated(result), total.hexdigest(), mark_of(metadata[HEADER])

    def read_again(self, job: str, mark: bytes) -> JobResult | None:
        """Read the header of a result that was validated before, for a small part of the time.

        ``None`` where it is no longer the header that had the ``mark``.
        """
        try:
            text = self._header(job)
            return separated(JobResult.model_validate_json(text)) if mark_of(text) == mark else None
        except (OSError, ResultsError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def read_header(self, job: str) -> JobResult:
        """Read the header of a result, validated with all the rest of it."""
        return self.read(job)[0]

    def glance(self, job: str) -> JobResult:
        """Read the header of a result alone; whether the file is whole stays open."""
        where = self.at.where(file_of(job))
        try:
            text = self._header(job)
        except FileNotFoundError as error:
            hint = "build again: only what is missing is computed"
            raise ResultsError("the result is missing", where, hint) from error
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise damaged(where, str(error)) from error
        return parse(JobResult, text, where)

    def _header(self, job: str) -> str:
        """Return the header of a result as it is written in its file."""
        file = file_of(job)
        size = int.from_bytes(self.at.read_part(file, 0, LENGTH), "little")
        require_header(size, self.at.where(file))
        return json.loads(self.at.read_part(file, LENGTH, LENGTH + size))[METADATA][HEADER]

    def read_array(self, job: str, name: str) -> np.ndarray:
        """Read one array of a result that was read before; as float64 where numbers are huge.

        Raises ``ResultsError`` naming the arrays there are.
        """
        with self._opened(job) as file:
            names = sorted(file.keys())
            if name not in names:
                raise ResultsError(
                    f"no array {name!r} in this result",
                    where=self.at.where(file_of(job)),
                    hint=f"it has: {', '.join(names) or 'none'}",
                )
            array = file.get_tensor(name)
        return array.astype(np.float64) if largest(array) > WIDE else array

    def array_names(self, job: str) -> list[str]:
        with self._opened(job) as file:
            return sorted(file.keys())

    @contextmanager
    def _opened(self, job: str, *, fresh: bool = False) -> Iterator[Any]:
        """Open a result's file; unless ``fresh``, one of an object store may be an earlier copy."""
        file = file_of(job)
        where = self.at.where(file)
        try:
            if fresh:
                size = int.from_bytes(self.at.read_part(file, 0, LENGTH), "little")
                require_header(size, where)
            path = self.at.copy(file, fresh=fresh)
        except FileNotFoundError as error:
            hint = "build again: only what is missing is computed"
            raise ResultsError("the result is missing", where=where, hint=hint) from error
        except OSError as error:
            raise damaged(where, error.strerror or str(error)) from error
        with open_result(path, where) as opened:
            yield opened

    def prune(self, kept: Collection[str]) -> int:
        """Remove the results of all jobs that are not among ``kept``; return how many."""
        files = [
            file
            for file in self.at.sizes()
            if (match := RESULT.fullmatch(file)) and match[1] not in kept
        ]
        for file in files:
            self.at.remove(file)  # another build may be removing the same
        return len(files)

    def write_manifest(self, manifest: Manifest) -> None:
        data = manifest.model_dump(mode="json")
        text = json.dumps(data | {CHECKSUM: checksum(data)}, indent=2, ensure_ascii=False)
        self.at.write(MANIFEST, (text + "\n").encode())

    def manifest_sha256(self) -> str:
        """Return the SHA-256 of the manifest as it is stored; nothing where there is none."""
        try:
            return hashlib.sha256(self.at.read(MANIFEST, LARGEST_MANIFEST)).hexdigest()
        except (OSError, ResultsError):
            return ""

    def read_manifest(self) -> Manifest:
        """Read the manifest, validated.

        A job of a model that it does not describe gets one of which nothing is known. Raises
        ``ResultsError`` where it is missing, damaged, or does not fit together.
        """
        return self.read_sealed()[0]

    def read_sealed(self) -> tuple[Manifest, str]:
        """Read the manifest as ``read_manifest`` does, and the SHA-256 of its bytes."""
        where = self.at.where(MANIFEST)
        try:
            data = self.at.read(MANIFEST, LARGEST_MANIFEST)
            text = data.decode()
        except OSError as error:
            absent = isinstance(error, FileNotFoundError | NotADirectoryError)
            reason = "there is no manifest.json" if absent else f"{error.strerror}"
            raise ResultsError(
                f"no results here: {reason}",
                where=where,
                hint="build them first: reportgen build SPEC --out DIR",
            ) from error
        except UnicodeDecodeError as error:
            raise damaged(where, "not UTF-8") from error
        manifest = parse(Manifest, text, where, sealed=True)
        if problem := manifest_misfit(manifest):
            raise damaged(where, problem)
        require_spec(manifest, where)
        known = {info.id for info in manifest.models}
        unknown = dict.fromkeys(entry.model for entry in manifest.jobs if entry.model not in known)
        if unknown:
            models = (*manifest.models, *(undescribed(name) for name in unknown))
            manifest = manifest.model_copy(update={"models": models})
        return manifest, hashlib.sha256(data).hexdigest()


def file_of(job: str) -> str:
    """Return the name of a job's file; raises ``ResultsError`` for what is no job's id."""
    if not JOB_ID.fullmatch(job):
        raise ResultsError(f"expected a job's id of 32 hex digits, found {job[:80]!r}")
    return f"{job}.safetensors"


def is_success(result: JobResult) -> bool:
    """Tell whether a result need not be computed again: it is one, by every method."""
    return result.status == "done" and not result.failed


def mark_of(header: str) -> bytes:
    """Return what tells whether a header is still the one that was validated."""
    return hashlib.blake2b(header.encode(), digest_size=16).digest()


def require_spec(manifest: Manifest, where: str) -> None:
    """Raise ``ResultsError`` where pages and checks cannot be made from a manifest's spec."""
    if problem := unreadable_spec(manifest.spec):
        raise ResultsError(
            f"the spec of these results is one that this version cannot read: {problem}",
            where=where,
            hint="upgrade reportgen to read it",
        )


def manifest_misfit(manifest: Manifest) -> str:
    """Say what of a manifest does not fit together; nothing where all does."""
    for noun, names in (
        ("model", [info.id for info in manifest.models]),
        ("result", [(entry.model, entry.input) for entry in manifest.jobs]),
    ):
        if len(names) > len(set(names)):
            twice = next(name for name, times in Counter(names).items() if times > 1)
            return f"the {noun} {twice!r} is there twice"
    if any(entry.input < 0 or (entry.entry or 0) < 0 for entry in manifest.jobs):
        return "an input's position is negative"
    if any(info.parameters < 0 or info.layers < 0 for info in manifest.models):
        return "a model's size is negative"
    return ""


def undescribed(model: str) -> ModelInfo:
    """Return what a page can say of a model that a manifest names and does not describe."""
    numbers = ("parameters", "layers", "heads", "hidden_size", "max_length")
    texts = ("path", "task", "architecture", "weights_sha256", "tokenizer_sha256")
    known: dict[str, Any] = dict.fromkeys(numbers, 0) | dict.fromkeys(texts, UNKNOWN)
    return ModelInfo(id=model, dtype=UNKNOWN, device=UNKNOWN, **known)
