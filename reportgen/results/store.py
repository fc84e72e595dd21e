"""Result files on disk: one safetensors file per job, named by its content id.

The header travels as JSON in the file's metadata, so that a result is one file. Files are
written to a temporary name and renamed: a reader never sees half a file, and a run that is
interrupted leaves every finished result in place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.model import FORMAT, JobResult, Manifest

HEADER = "reportgen"
MANIFEST = "manifest.json"

RecordType = TypeVar("RecordType", bound=BaseModel)


class Store:
    """The folder ``OUT/results``: result files by job id, and the run's manifest."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, job: str) -> Path:
        return self.folder / f"{job}.safetensors"

    def has(self, job: str) -> bool:
        """Tell whether ``job`` has a readable, successful result (errors are run again)."""
        try:
            return self.read_header(job).status == "done"
        except ResultsError:
            return False

    def write(self, result: JobResult, arrays: Mapping[str, np.ndarray]) -> Path:
        """Write one result file atomically and return its path."""
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        data = save(contiguous, metadata={HEADER: result.model_dump_json()})
        path = self.path(result.job)
        write_atomic(path, data)
        return path

    def read_header(self, job: str) -> JobResult:
        path = self.path(job)
        try:
            with safe_open(path, framework="numpy") as file:
                header = (file.metadata() or {}).get(HEADER)
        except (OSError, SafetensorError) as error:
            raise ResultsError(f"no readable result: {error}", where=str(path)) from error
        if header is None:
            raise ResultsError("not a reportgen result: it has no header", where=str(path))
        return parse(JobResult, header, path)

    def read_array(self, job: str, name: str) -> np.ndarray:
        """Read one array; raises ``ResultsError`` naming the arrays there are."""
        path = self.path(job)
        with safe_open(path, framework="numpy") as file:
            names = sorted(file.keys())
            if name not in names:
                raise ResultsError(
                    f"no array {name!r} in this result",
                    where=str(path),
                    hint=f"it has: {', '.join(names) or 'none'}",
                )
            return file.get_tensor(name)

    def array_names(self, job: str) -> list[str]:
        with safe_open(self.path(job), framework="numpy") as file:
            return sorted(file.keys())

    def prune(self, kept: Collection[str]) -> int:
        """Remove the results of all jobs that are not among ``kept``; return how many."""
        files = [path for path in self.folder.glob("*.safetensors") if path.stem not in kept]
        for path in files:
            path.unlink()
        return len(files)

    def write_manifest(self, manifest: Manifest) -> None:
        text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False)
        write_atomic(self.folder / MANIFEST, (text + "\n").encode())

    def read_manifest(self) -> Manifest:
        path = self.folder / MANIFEST
        try:
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
            raise ResultsError("damaged: not UTF-8", where=str(path), hint=REBUILD) from error
        return parse(Manifest, text, path)


def parse(record: type[RecordType], text: str, path: Path) -> RecordType:
    """Read a stored record; refuse a newer format before looking at its fields."""
    try:
        data = json.loads(text)
        found = data.get("format")
    except (json.JSONDecodeError, AttributeError, RecursionError) as error:
        raise ResultsError(f"damaged: {error}", where=str(path), hint=REBUILD) from error
    if not isinstance(found, int) or found > FORMAT:
        raise ResultsError(
            f"format {found!r} is not known to this version, which reads up to {FORMAT}",
            where=str(path),
            hint="upgrade reportgen to read it",
        )
    try:
        return record.model_validate_json(text)
    except ValidationError as error:
        raise ResultsError(f"damaged: {error}", where=str(path), hint=REBUILD) from error


REBUILD = "delete it and build again"


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` beside ``path``, flush it to disk and rename it into place.

    A link stays, and leads to the new file; a device or a pipe is written to. Raises
    ``ReportgenError`` where a folder has the name, or a file that of a folder on the way.
    """
    path = path.resolve()
    if path.is_dir():
        raise ReportgenError("expected a file, found a folder", where=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ReportgenError(
            "expected a folder, found a file", where=str(error.filename), hint="name another"
        ) from error
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
