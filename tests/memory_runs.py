"""Runs that are held in memory, of any size and with any text, for tests that try many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reportgen.results.model import (
    Convergence,
    Failure,
    JobEntry,
    JobResult,
    Manifest,
    ModelInfo,
    Prediction,
    Score,
    Target,
    Token,
    Word,
)
from reportgen.results.store import Store
from reportgen.results.tables import Results


class MemoryStore(Store):
    """A store that keeps results instead of writing them."""

    def __init__(self) -> None:
        super().__init__("memory")
        self.results: dict[str, tuple[JobResult, dict[str, np.ndarray]]] = {}

    def read_with_mark(self, job: str) -> tuple[JobResult, str, bytes]:
        return self.results[job][0], "no checksum", b"no mark"

    def read_array(self, job: str, name: str) -> np.ndarray:
        return self.results[job][1][name]

    def array_names(self, job: str) -> list[str]:
        return sorted(self.results[job][1])


class MemoryResults(Results):
    """Results that come from no folder."""

    def __init__(self, manifest: Manifest, store: MemoryStore) -> None:
        self.manifest, self.store, self.manifest_sha256 = manifest, store, "of no file"


@dataclass(frozen=True)
class Said:
    """What a model said about one input; ``scores`` is one for each of the ``words``.

    An ``error`` stands for all else.
    """

    text: str
    label: str = "POSITIVE"
    probability: float | None = 0.9
    expect: str | None = None
    words: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    gap: float | None = 0.001
    error: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def memory_run(
    said: dict[str, list[Said]],
    *,
    title: str = "A made-up audit",
    checks: list[dict[str, Any]] | None = None,
    weights: str = "1",
) -> MemoryResults:
    """Return a run of what each model said about its inputs."""
    store, jobs = MemoryStore(), []
    for m, (model, inputs) in enumerate(said.items()):
        for position, one in enumerate(inputs):
            job = f"{m}-{position}"
            store.results[job] = result(model, position, job, one)
            status = "error" if one.error else "done"
            about = {"model": model, "input": position, "columns": dict(one.columns)}
            jobs.append(JobEntry(id=job, status=status, **about))
    manifest = Manifest(
        title=title,
        created="2026-01-02T03:04:05Z",
        command="reportgen build audit.yaml",
        reportgen="0.1.0",
        python="3.11.7",
        platform="Linux",
        libraries={"torch": "2.13.0"},
        spec_sha256="0" * 64,
        spec={"checks": checks or []},
        seed=0,
        models=tuple(model_info(model, weights) for model in said),
        jobs=tuple(jobs),
    )
    return MemoryResults(manifest, store)


def model_info(model: str, weights: str) -> ModelInfo:
    return ModelInfo(
        id=model,
        path="./model",
        task="sequence-classification",
        architecture="FakeForTests",
        weights_sha256=weights * 64,
        tokenizer_sha256="2" * 64,
        parameters=1234,
        layers=4,
        heads=6,
        hidden_size=24,
        max_length=128,
        dtype="float32",
        device="cpu",
    )


def result(
    model: str, position: int, job: str, one: Said
) -> tuple[JobResult, dict[str, np.ndarray]]:
    known = {
        "job": job,
        "model": model,
        "input": position,
        "task": "sequence-classification",
        "fields": {"text": one.text},
        "expect": one.expect,
    }
    if one.error:
        failure = Failure(kind="InputError", message=one.error)
        return JobResult(status="error", error=failure, **known), {}
    words = tuple(
        Word(text=text, segment="text", start=i, end=i + 1, first=i, last=i + 1)
        for i, text in enumerate(one.words)
    )
    gap = one.gap
    found = JobResult(
        status="done",
        prediction=Prediction(
            kind="single-label",
            label=one.label,
            labels=(one.label,),
            probability=one.probability,
            scores=(Score(label=one.label, logit=1.0, probability=one.probability),),
            expected=one.expect,
            correct=None if one.expect is None else one.expect == one.label,
        ),
        tokens=tuple(Token(text=w.text, id=1, segment="text", start=0, end=1) for w in words),
        words=words,
        targets=(Target(name=one.label, index=0),),
        settings={"integrated_gradients": {"steps": 16, "normalize": "none"}},
        convergence=()
        if gap is None
        else (
            Convergence(
                method="integrated_gradients",
                target=one.label,
                f_input=1.0,
                f_baseline=0.0,
                delta=gap,
                gap=gap,
                steps=16,
                tolerance=0.01,
                converged=gap <= 0.01,
            ),
        ),
        **known,
    )
    return found, {f"integrated_gradients/{one.label}": np.array(one.scores, np.float32)}
