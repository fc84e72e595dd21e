"""Jobs, one model on one input each, and the ids that say what decides their results."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen import __version__
from reportgen.methods import FirstInputs, PathSettings, Settings, known
from reportgen.spec.checkpoint import IN_MEMORY
from reportgen.spec.inputs import Input
from reportgen.spec.methods import settings
from reportgen.spec.models import Keep, ModelSpec
from reportgen.spec.shown import hide_folders, shown_model, shown_path

RESULT_FORMAT = 6
"""Version of the result files, part of every job id; ``results.model.FORMAT`` is the same."""

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
"""Libraries whose version can change a result."""


PATH = frozenset(PathSettings.model_fields)
"""Settings that two methods have to agree in before they may share a sweep of the path."""


@dataclass(frozen=True)
class PlannedModel:
    """A model with its files found on disk (Hub ids are resolved to their snapshot)."""

    spec: ModelSpec
    folder: Path
    revision: str | None
    task: str
    weights_sha256: str
    tokenizer_sha256: str
    where: str
    """``audit.yaml:3:5 models[0]``."""

    base: Path = Path()
    """The folder that the spec's paths are relative to."""

    adapter: Path | None = None
    """The folder of an adapter; ``weights_sha256`` is of its files too."""

    @property
    def shown_path(self) -> str:
        """The Hub id, or the local folder as results and pages name it, and the adapter."""
        if self.folder.name.startswith(IN_MEMORY):
            known = self.folder.name.removeprefix(IN_MEMORY)
            return f"memory (weights {known}): there is no path to load it from again"
        adapter = self.spec.adapter
        with_adapter = f" with {shown_path(adapter, self.base)}" if adapter else ""
        return shown_model(self.spec.path, self.base) + with_adapter

    def hide_folders(self, message: str) -> str:
        """Return a message about the model without the folders of this machine."""
        named = {self.base: ".", self.folder: shown_model(self.spec.path, self.base)}
        if self.adapter is not None and self.spec.adapter is not None:
            named[self.adapter] = shown_path(self.spec.adapter, self.base)
        return hide_folders(message, named)


@dataclass(frozen=True)
class Job:
    """One model on one input. ``id`` is the SHA-256 (first 32 hex digits) of all that decides it.

    ``cost`` is an estimate in floating-point operations; ``earlier`` the id of a result that may
    have some of it already, of which the job's own id knows nothing.
    """

    id: str
    model: PlannedModel
    input: Input
    methods: tuple[Settings, ...]
    seed: int
    cost: float
    earlier: str | None = None
    keep: Keep = "all"


class JobIds:
    """The content ids of the jobs of one model; what they share is written once."""

    def __init__(self, model: PlannedModel, seed: int, keep: Keep = "all") -> None:
        shared = _shared(model, seed, keep)
        self._shared = {name: plain_json(part) for name, part in shared.items()}

    def job(self, item: Input, methods: str) -> str:
        """Return the id of a job whose ``method_settings`` are ``methods``, as ``plain_json``."""
        return _digest(self._parts(item) | {"methods": methods})

    def subject(self, item: Input) -> str:
        """Return the id of what a job explains, whatever its methods."""
        return _digest(self._parts(item))

    def _parts(self, item: Input) -> dict[str, str]:
        own = {"fields": plain_json(item.fields), "expect": plain_json(item.expect)}
        return self._shared | own


def job_id(
    model: PlannedModel,
    item: Input,
    methods: Sequence[Settings],
    seed: int,
    keep: Keep = "all",
) -> str:
    """Return the content id of a job: equal ids promise equal results.

    It is made of the model's bytes and how they are read, the input's own fields, each
    method's settings, the seed, what is kept (unless that is all), and the versions of the code.
    Left out, because they change no number: titles, model ids, folders, and the order of anything.
    The device and its memory are left out although they can change the last digits: a result made
    on a GPU must be found again by a laptop that resumes the run, and the manifest records where it
    was made.
    """
    return JobIds(model, seed, keep).job(item, plain_json(method_settings(methods)))


def subject_id(model: PlannedModel, item: Input, seed: int, keep: Keep = "all") -> str:
    """Return the content id of what a job explains: of all that its own id is made of but methods.

    Of two results with one subject, each has what the other's methods found.
    """
    return JobIds(model, seed, keep).subject(item)


def method_settings(methods: Sequence[Settings]) -> dict[str, dict[str, Any]]:
    """Return the settings of methods that can change a number, by the methods' names."""
    return {method.name: _deciding(method) for method in methods}


def finding_ids(methods: Sequence[Settings]) -> dict[str, str]:
    """Return by method a short hash of all that decides what it finds of a subject.

    That is its own settings; of one that is integrated along a path also which layers its sweep
    reads for others, since the points on the path are chosen so that all of them add up; and of
    one that measures the others all that decides those.
    """
    deciding = method_settings(methods)
    swept = {method.name: _path(method) for method in methods if isinstance(method, PathSettings)}
    found = {}
    for method in methods:
        if known(method.name).implementation:
            about: dict[str, Any] = {"settings": deciding[method.name]}
            if path := swept.get(method.name):
                sharing = [name for name, other in swept.items() if other == path]
                about["layers"] = sorted({axes for name in sharing for axes in _layers(name)})
            found[method.name] = sha256(about)[:12]
    measured = dict(found)
    for name in deciding.keys() - found.keys():
        found[name] = sha256({"settings": deciding[name], "of": measured})[:12]
    return {method.name: found[method.name] for method in methods}


def _path(method: PathSettings) -> dict[str, Any]:
    return {name: value for name, value in settings(method).items() if name in PATH}


def _layers(method: str) -> list[str]:
    return [array.axes for array in known(method).arrays if "L" in array.axes]


def _shared(model: PlannedModel, seed: int, keep: Keep) -> dict[str, Any]:
    """Return the parts of an id that all inputs of a model have."""
    spec = model.spec
    kept = {} if keep == "all" else {"keep": keep}
    return kept | {
        "format": RESULT_FORMAT,
        "reportgen": __version__,
        "libraries": {name: library_version(name) or "not installed" for name in LIBRARIES},
        "model": {
            "weights": model.weights_sha256,
            "tokenizer": model.tokenizer_sha256,
            "task": model.task,
            "dtype": spec.dtype,
            "max_length": spec.max_length,
            "max_new_tokens": spec.max_new_tokens,
            "allow_random_head": spec.allow_random_head,
            "trust_remote_code": spec.trust_remote_code,
        },
        "seed": seed,
    }


def _digest(parts: Mapping[str, str]) -> str:
    """Return the short hash of an object whose values are written already."""
    inner = ",".join(f'"{name}":{parts[name]}' for name in sorted(parts))
    return hashlib.sha256(f"{{{inner}}}".encode()).hexdigest()[:32]


def _deciding(method: Settings) -> dict[str, Any]:
    """Return the settings that can change a number: not on how many inputs it is measured.

    What files are called changes none either: what they hold is in settings of its own.
    """
    found = settings(method)
    for name in method.paths:
        found.pop(name)
    if isinstance(method, FirstInputs):
        found.pop("inputs")
    return found


@functools.cache
def library_version(library: str) -> str | None:
    """Return the installed version of a library, ``None`` without one.

    It is looked up once: that reads files, and every job of a plan asks.
    """
    from importlib import metadata  # only plans need it, and results import this module

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def sha256(data: Any) -> str:
    """Return the SHA-256 of plain data, however its mappings are ordered."""
    return hashlib.sha256(plain_json(data).encode()).hexdigest()


plain_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""Write plain data as the one JSON that ids are made of."""
