"""Joining runs of one spec that were computed apart: other models, other inputs, or both.

Results are named by what decides them, so that joining is copying: what two runs have in common is
one file. The manifest is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.journal import sweep_journals
from reportgen.results.location import is_url
from reportgen.results.model import JobEntry, JobResult, Manifest, ModelInfo
from reportgen.results.reading import NewerFormatError
from reportgen.results.store import UNKNOWN, Store
from reportgen.results.stored_run import StoredRun

OF_A_MACHINE = ("path", "adapter", "device", "memory")
"""What a spec says of a model that may differ between machines: where it lies, and runs."""

WHOLE = (False, False)
"""The rank of a result that is done, with every method."""

MOST = 3
"""Differences between two specs that are named."""


@dataclass(frozen=True)
class Merged:
    """What became of the runs: the manifest of all, and what could not be taken over.

    ``copied`` counts the result files that were written, ``lost`` has the entries of which no run
    has a file that can be relied on, ``versions`` counts inputs that were computed by several
    versions of the code: the first run's result is kept.
    """

    manifest: Manifest
    copied: int
    lost: tuple[tuple[JobEntry, ResultsError], ...]
    versions: int


@dataclass(frozen=True)
class _Part:
    """One of the runs that are merged, and what its user calls it."""

    name: str
    run: StoredRun

    @property
    def manifest(self) -> Manifest:
        return self.run.manifest


@dataclass(frozen=True)
class _Kept:
    """The result of one model on one input that is kept, and the run that has it."""

    part: _Part
    entry: JobEntry
    result: JobResult


def merge(runs: Sequence[Path | str], out: Path | str, command: str = "") -> Merged:
    """Copy the results of ``runs`` into ``out``, and write the manifest of all of them.

    A result that is done comes before one that failed, the first run's before others'; of a file
    that is damaged another run's copy is taken. ``out`` may be one of ``runs``. Raises
    ``ReportgenError`` where they are not runs of one spec and the same models and inputs, or where
    ``out`` holds another run.
    """
    parts = [_Part(str(folder), StoredRun(folder)) for folder in runs]
    if not parts:
        raise ReportgenError("there are no runs to merge", hint="name the folders of runs")
    for other in parts[1:]:
        require_same_spec(parts[0], other)
    require_same_models(parts)
    store = results_of(out)
    require_free(store, out, parts)
    with store.in_use():
        return join(parts, store, command)


def join(parts: Sequence[_Part], store: Store, command: str) -> Merged:
    """Copy what is kept of each model and input, one result after the other."""
    found: dict[tuple[str, int], list[tuple[_Part, JobEntry]]] = {}
    for part in parts:
        for entry in part.manifest.jobs:
            found.setdefault((entry.model, entry.input), []).append((part, entry))
    order = {info.id: place for place, info in enumerate(parts[0].manifest.models)}
    entries: list[JobEntry] = []
    lost: list[tuple[JobEntry, ResultsError]] = []
    written: set[str] = set()
    copied = versions = 0
    for key in sorted(found, key=lambda key: (order.get(key[0], len(order)), key[1])):
        kept = choose(found[key])
        if isinstance(kept, ResultsError):
            lost.append((found[key][0][1], kept))
            continue
        versions += len({entry.id for _, entry in found[key]}) > 1
        entries.append(kept.entry.model_copy(update={"status": kept.result.status}))
        if kept.entry.id not in written:
            written.add(kept.entry.id)
            copied += copy(kept, store)
    manifest = joined(parts, entries, command)
    store.write_manifest(manifest)
    sweep_journals(store, manifest.spec_sha256)
    return Merged(manifest, copied, tuple(lost), versions)


def choose(found: Sequence[tuple[_Part, JobEntry]]) -> _Kept | ResultsError:
    """Return the best of several results of one model and input, or why none can be used.

    Raises ``ReportgenError`` where they are of other inputs.
    """
    best: _Kept | None = None
    problem: ResultsError | None = None
    read: set[str] = set()
    for part, entry in sorted(found, key=lambda one: one[1].status != "done"):
        if entry.id in read and best is not None and rank(best.result) == WHOLE:
            continue
        try:
            result = part.run.store.read_header(entry.id)
        except NewerFormatError:
            raise
        except ResultsError as error:
            problem = problem or error
            continue
        read.add(entry.id)
        candidate = _Kept(part, entry, result)
        if best is not None:
            require_same_input(best, candidate)
        if best is None or rank(result) < rank(best.result):
            best = candidate
    if best is None:
        assert problem is not None, "a result that was not read has a reason"
        return problem
    return best


def rank(result: JobResult) -> tuple[bool, bool]:
    """Order results: whole ones first, then those that some methods lack, then errors."""
    return result.status != "done", bool(result.failed)


def copy(kept: _Kept, store: Store) -> bool:
    """Copy a result's file as it is; tell whether it was not there yet."""
    source, job = kept.part.run.store, kept.entry.id
    try:
        there = store.read(job)[1] == source.read(job)[1]
    except ResultsError:
        there = False
    if not there:
        store.write_file(job, source.read_file(job))
    return not there


def joined(parts: Sequence[_Part], entries: Sequence[JobEntry], command: str) -> Manifest:
    """Return the manifest of the first run with the results of all."""
    first = parts[0].manifest
    planned = max(
        len(part.manifest.jobs) if part.manifest.planned is None else part.manifest.planned
        for part in parts
    )
    return first.model_copy(
        update={
            "created": max(part.manifest.created for part in parts),
            "command": command or first.command,
            "models": tuple(model_info(info, parts) for info in all_models(parts)),
            "jobs": tuple(entries),
            "logo": next((p.manifest.logo for p in parts if p.manifest.logo), None),
            "planned": None if len(entries) >= planned else planned,
        }
    )


def all_models(parts: Sequence[_Part]) -> list[ModelInfo]:
    found: dict[str, ModelInfo] = {}
    for part in parts:
        for info in part.manifest.models:
            found.setdefault(info.id, info)
    return list(found.values())


def model_info(info: ModelInfo, parts: Sequence[_Part]) -> ModelInfo:
    """Return what the run that computed most of a model's results knows of it, with its path."""
    of = {
        part.name: sum(e.model == info.id and e.status == "done" for e in part.manifest.jobs)
        for part in parts
    }
    best = max(parts, key=lambda part: of[part.name])
    known = (other for other in best.manifest.models if other.id == info.id)
    return next(known, info).model_copy(update={"path": info.path})


def results_of(place: Path | str) -> Store:
    """Return the store of a run that is to be written to ``place``."""
    return Store(place if is_url(place) else Path(place) / "results")


def is_same_place(one: Store, other: Store) -> bool:
    if one.is_local and other.is_local:
        return one.folder.resolve() == other.folder.resolve()
    return one.name == other.name


def require_free(store: Store, out: Path | str, parts: Sequence[_Part]) -> None:
    """Raise ``ReportgenError`` where ``out`` holds a run that is none of those that are merged."""
    if any(is_same_place(store, part.run.store) for part in parts):
        return
    try:
        StoredRun(out)
    except NewerFormatError:
        pass
    except ResultsError:
        return
    raise ReportgenError(
        "there is a run here that is not among those that are merged",
        where=str(out),
        hint="name it among them, too, or merge into another folder",
    )


def require_same_spec(first: _Part, other: _Part) -> None:
    """Raise ``ReportgenError``, saying what differs, where two runs are of other specs."""
    if first.manifest.spec_sha256 == other.manifest.spec_sha256:
        return
    pairs = list(differences(of_any_machine(first.manifest), of_any_machine(other.manifest)))
    if not pairs:
        return
    told = [difference(*pair) for pair in pairs[:MOST]]
    more = f"; and {len(pairs) - MOST:,} more" if len(pairs) > MOST else ""
    raise ReportgenError(
        f"this is a run of another spec than {first.name}: {'; '.join(told)}{more}",
        where=other.name,
        hint="only runs of one spec can be merged: build the same file on every machine",
    )


def difference(path: str, ours: Any, theirs: Any) -> str:
    """Say in a few words how a value of a spec differs; ``None`` is one that is left out."""
    found = ["left out" if value is None else short(value) for value in (theirs, ours)]
    return f"{path} is {found[0]}, not {found[1]}"


def of_any_machine(manifest: Manifest) -> dict[str, Any]:
    """Return a run's spec without what may differ between machines."""
    models = [
        {key: value for key, value in model.items() if key not in OF_A_MACHINE}
        for model in manifest.spec.get("models", [])
    ]
    return manifest.spec | {"models": models}


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the innermost values in which two specs differ, with their paths."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in dict.fromkeys((*ours, *theirs)):
            place = f"{path}.{key}" if path else str(key)
            yield from differences(ours.get(key), theirs.get(key), place)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif ours != theirs:
        yield path, ours, theirs


def short(value: Any) -> str:
    """Write a value of a spec in a few words."""
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def require_same_models(parts: Sequence[_Part]) -> None:
    """Raise ``ReportgenError`` where a model has other weights in one of the runs."""
    known: dict[str, tuple[_Part, ModelInfo]] = {}
    for part in parts:
        for info in part.manifest.models:
            if info.weights_sha256 == UNKNOWN:
                continue
            first, before = known.setdefault(info.id, (part, info))
            for name, what in (("weights_sha256", "weights"), ("tokenizer_sha256", "tokenizer")):
                if getattr(before, name) != getattr(info, name):
                    raise ReportgenError(
                        f"the model {info.id} has another {what} here than in {first.name}"
                        if what == "tokenizer"
                        else f"the model {info.id} has other weights here than in {first.name}",
                        where=part.name,
                        hint="copy the same files of the model to every machine, and build again",
                    )


def require_same_input(kept: _Kept, other: _Kept) -> None:
    """Raise ``ReportgenError`` where two results of one place are of other inputs."""
    if kept.result.fields == other.result.fields:
        return
    raise ReportgenError(
        f"input {other.entry.input + 1} is another one here than in {kept.part.name}",
        where=other.part.name,
        hint="the data files of the two runs differ: build again from the same ones",
    )
