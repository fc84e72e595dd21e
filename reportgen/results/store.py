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
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from reportgen.errors import ResultsError
from reportgen.results.files import write_atomic
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
    require_file,
    require_size,
)
from reportgen.results.segmentation import separated
from reportgen.results.validation import misfit, unreadable_spec

HEADER = "reportgen"
"""What the file's metadata calls the header."""

MANIFEST = "manifest.json"

JOB_ID = re.compile(r"[0-9a-f]{32}")

KINDS = ("F32", "F64")
"""Numbers that arrays are made of."""

WIDE = 1e15
"""Larger numbers are widened when they are read, so that sums of their squares stay finite."""

UNKNOWN = "unknown"


class Store:
    """The folder ``OUT/results``: result files by job id, and the run's manifest."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, job: str) -> Path:
        """Return the file of a job; raises ``ResultsError`` for what is no job's id."""
        if not JOB_ID.fullmatch(job):
            raise ResultsError(f"expected a job's id of 32 hex digits, found {job[:80]!r}")
        return self.folder / f"{job}.safetensors"

    def has(self, job: str) -> bool:
        """Tell whether ``job`` has a whole, successful result (others are run again)."""
        try:
            result, _ = self.read(job)
        except ResultsError:
            return False
        return result.status == "done" and not result.failed

    def write(self, result: JobResult, arrays: Mapping[str, np.ndarray]) -> Path:
        """Write one result file atomically and return its path."""
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        header = result.model_dump_json(by_alias=True)
        total = Checksum(header)
        for name in sorted(contiguous):
            total.add(name, contiguous[name])
        data = save(contiguous, metadata={HEADER: header, CHECKSUM: total.hexdigest()})
        path = self.path(result.job)
        write_atomic(path, data)
        return path

    def read_file(self, job: str) -> bytes:
        """Return a result's file as it is, which another store may be given as a copy."""
        return self.path(job).read_bytes()

    def write_file(self, job: str, data: bytes) -> None:
        """Write the copy of a result's file atomically."""
        write_atomic(self.path(job), data)

    def read(self, job: str) -> tuple[JobResult, str]:
        """Read the header of a result whose every part was validated, and its checksum.

        Raises ``NewerFormatError``, and ``ResultsError`` for what is missing, damaged, or does
        not fit together. Of its arrays no more than one is held at a time.
        """
        path = self.path(job)
        require_size(path)
        with open_result(path) as file:
            metadata = file.metadata() or {}
            if HEADER not in metadata:
                raise damaged(path, "it has no header, so it is no result of reportgen")
            total = Checksum(metadata[HEADER])
            shapes = {}
            for name in sorted(file.keys()):
                if (kind := file.get_slice(name).get_dtype()) not in KINDS:
                    raise damaged(path, f"the array {name!r} is of {kind}, not {KINDS[0]}")
                array = file.get_tensor(name)
                total.add(name, array)
                shapes[name] = array.shape
                if not is_finite(name, array):
                    raise damaged(path, f"the array {name!r} has numbers that are not finite")
        stored = metadata.get(CHECKSUM)
        if stored is not None and stored != total.hexdigest():
            raise damaged(path, "it was changed after it was written: its checksum does not match")
        result = parse(JobResult, metadata[HEADER], path)
        if stored is None and result.format >= PROVEN:
            raise damaged(path, "it has no checksum")
        problem = misfit(result, shapes)
        if result.job != job:
            problem = f"it is the result of another job: {result.job[:80]}"
        if problem:
            raise damaged(path, problem)
        return separated(result), total.hexdigest()

    def read_header(self, job: str) -> JobResult:
        """Read the header of a result, validated with all the rest of it."""
        return self.read(job)[0]

    def read_array(self, job: str, name: str) -> np.ndarray:
        """Read one array of a result that was read before; as float64 where numbers are huge.

        Raises ``ResultsError`` naming the arrays there are.
        """
        path = self.path(job)
        with open_result(path) as file:
            names = sorted(file.keys())
            if name not in names:
                raise ResultsError(
                    f"no array {name!r} in this result",
                    where=str(path),
                    hint=f"it has: {', '.join(names) or 'none'}",
                )
            array = file.get_tensor(name)
        return array.astype(np.float64) if largest(array) > WIDE else array

    def array_names(self, job: str) -> list[str]:
        with open_result(self.path(job)) as file:
            return sorted(file.keys())

    def prune(self, kept: Collection[str]) -> int:
        """Remove the results of all jobs that are not among ``kept``; return how many."""
        files = [
            path
            for path in self.folder.glob("*.safetensors")
            if JOB_ID.fullmatch(path.stem) and path.stem not in kept
        ]
        for path in files:
            path.unlink(missing_ok=True)  # another build may be removing the same
        return len(files)

    def write_manifest(self, manifest: Manifest) -> None:
        data = manifest.model_dump(mode="json")
        text = json.dumps(data | {CHECKSUM: checksum(data)}, indent=2, ensure_ascii=False)
        write_atomic(self.folder / MANIFEST, (text + "\n").encode())

    def manifest_sha256(self) -> str:
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()

    def read_manifest(self) -> Manifest:
        """Read the manifest, validated.

        A job of a model that it does not describe gets one of which nothing is known. Raises
        ``ResultsError`` where it is missing, damaged, or does not fit together.
        """
        path = self.folder / MANIFEST
        try:
            require_file(path)
            if (size := path.stat().st_size) > LARGEST_MANIFEST:
                raise damaged(path, f"{size:,} bytes, of at most {LARGEST_MANIFEST:,}")
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            absent = isinstance(error, FileNotFoundError | NotADirectoryError)
            reason = "there is no manifest.json" if absent else f"{error.strerror}"
            raise ResultsError(
                f"no results here: {reason}",
                where=str(path),
                hint="build them first: reportgen build SPEC --out DIR",
            ) from error
        except UnicodeDecodeError as error:
            raise damaged(path, "not UTF-8") from error
        manifest = parse(Manifest, text, path, sealed=True)
        if problem := manifest_misfit(manifest):
            raise damaged(path, problem)
        if problem := unreadable_spec(manifest.spec):
            raise ResultsError(
                f"the spec of these results is one that this version cannot read: {problem}",
                where=str(path),
                hint="upgrade reportgen to read it",
            )
        known = {info.id for info in manifest.models}
        unknown = dict.fromkeys(entry.model for entry in manifest.jobs if entry.model not in known)
        if not unknown:
            return manifest
        models = (*manifest.models, *(undescribed(name) for name in unknown))
        return manifest.model_copy(update={"models": models})


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
