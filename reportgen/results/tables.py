"""The results of a run as tables: the Python API over stored result files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import ResultsError
from reportgen.results.arrays import HEADS
from reportgen.results.model import Failure, JobEntry, JobResult, Manifest
from reportgen.results.reading import DAMAGED, NewerFormatError, checksum
from reportgen.results.scores import SIGNED, UNSIGNED, adds_up, by_word, normalization, normalize
from reportgen.results.store import Store
from reportgen.spec.entries import INPUT_FIELDS

if TYPE_CHECKING:
    import pandas as pd


class Results:
    """Stored results of one run; models are named by id, inputs by position in the spec.

    Raises ``ResultsError`` where the folder holds no results, or results of a newer format.
    """

    def __init__(self, folder: Path | str) -> None:
        folder = Path(folder)
        self.store = Store(folder / "results" if (folder / "results").is_dir() else folder)
        self.manifest: Manifest = self.store.read_manifest()
        self.manifest_sha256 = self.store.manifest_sha256()

    def __repr__(self) -> str:
        models = len(self.manifest.models)
        return f"Results({self.manifest.title!r}, {models} models, {len(self.manifest.jobs)} jobs)"

    @cached_property
    def entries(self) -> tuple[tuple[JobEntry, JobResult], ...]:
        """Every job of the run with the header of its result, in the manifest's order.

        A file is named by content and may have been written for another model id or another
        position of the same input: the manifest's line says which it is here. Where no file can
        be relied on, it is an error result that says so. Raises ``ResultsError`` for a result of
        a newer format.
        """
        return tuple((entry, found.result) for entry, found in self._found)

    @property
    def damaged(self) -> tuple[tuple[JobEntry, ResultsError], ...]:
        """The jobs whose stored result cannot be relied on, and why."""
        return tuple((entry, found.error) for entry, found in self._found if found.error)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole run: of its manifest, and of every result that it names."""
        results = {entry.id: found.checksum for entry, found in self._found}
        return checksum({"manifest": self.manifest_sha256, "results": results})

    @cached_property
    def _found(self) -> tuple[tuple[JobEntry, _Found], ...]:
        """Every job with its file, each of which is read and validated once."""
        files: dict[str, tuple[JobResult, str] | ResultsError] = {}
        tasks = {info.id: info.task for info in self.manifest.models}
        found = []
        for entry in self.manifest.jobs:
            if entry.id not in files:
                files[entry.id] = _read(self.store, entry)
            file, task = files[entry.id], tasks[entry.model]
            if not isinstance(file, ResultsError) and file[0].task != task:
                message = f"a result of {file[0].task}, but the model's task is {task}"
                file = ResultsError(f"damaged: {message}", hint=DAMAGED)
            if isinstance(file, ResultsError):
                found.append((entry, _Found(self._unreadable(entry, task, file), error=file)))
            else:
                result, total = file
                result = result.model_copy(update=_key(entry))
                found.append((entry, _Found(result, checksum=total)))
        return tuple(found)

    def _unreadable(self, entry: JobEntry, task: str, error: ResultsError) -> JobResult:
        """Return what stands for a result that cannot be relied on: its input, and the reason."""
        inputs = self.manifest.spec.get("inputs", [])
        given = inputs[entry.entry] if entry.entry in range(len(inputs)) else {}
        fields = {} if "file" in given else {name: given.get(name) for name in INPUT_FIELDS}
        where = Path(error.where).name  # a page does not tell in which folder it was rendered
        failure = Failure(kind="ResultsError", message=error.message, where=where, hint=error.hint)
        return JobResult(
            job=entry.id,
            **_key(entry),
            task=task,
            status="error",
            fields={name: text for name, text in fields.items() if isinstance(text, str)},
            error=failure,
        )

    def jobs(self) -> pd.DataFrame:
        """One row per job: model, input, status, error, seconds."""
        return _frame(
            ("model", "input", "status", "error", "seconds"),
            (
                {
                    "status": result.status,
                    "error": result.error.message if result.error else None,
                    "seconds": result.seconds,
                }
                | _key(entry)
                for entry, result in self.entries
            ),
        )

    def predictions(self) -> pd.DataFrame:
        """One row per finished job: model, input, label, probability, expected, correct."""
        return _frame(
            ("model", "input", "label", "probability", "expected", "correct"),
            (
                _key(entry)
                | result.prediction.model_dump(
                    include={"label", "probability", "expected", "correct"}
                )
                for entry, result in self.entries
                if result.prediction
            ),
        )

    def tokens(self) -> pd.DataFrame:
        """Score of every token, by method and target, normalised as the spec asks.

        Scores in logits are signed; sizes and shares (rollouts, relevance) are never negative.
        """
        return _frame(
            ("model", "input", "method", "target", "index", "token", "start", "end", "score"),
            (
                key
                | {"index": i, "token": token.text, "start": token.start, "end": token.end}
                | {"score": float(score)}
                for key, result, scores in self._token_scores()
                for i, (token, score) in enumerate(zip(result.tokens, scores, strict=True))
            ),
        )

    def words(self) -> pd.DataFrame:
        """Score of every whitespace word: the sum of its tokens' scores, as in ``tokens``."""
        return _frame(
            (
                "model",
                "input",
                "method",
                "target",
                "index",
                "word",
                "segment",
                "start",
                "end",
                "score",
            ),
            (
                key
                | {"index": i, "word": word.text, "segment": word.segment}
                | {"start": word.start, "end": word.end, "score": float(score)}
                for key, result, scores in self._token_scores()
                for i, (word, score) in enumerate(
                    zip(
                        result.words,
                        by_word(scores, result.words, adds_up=adds_up(key["method"])),
                        strict=True,
                    )
                )
            ),
        )

    def convergence(self) -> pd.DataFrame:
        """The completeness check of each path method, in logits.

        ``gap`` and ``layer_gaps`` (one for each layer, where conductance ran) are relative.
        """
        return _frame(
            (
                "model",
                "input",
                "method",
                "target",
                "f_input",
                "f_baseline",
                "delta",
                "gap",
                "steps",
                "converged",
                "layer_gaps",
            ),
            (
                _key(entry) | row.model_dump(exclude={"tolerance"})
                for entry, result in self.entries
                for row in result.convergence
            ),
        )

    def agreement(self) -> pd.DataFrame:
        """How far the methods agree at each layer, over the content tokens.

        ``head`` is set where single heads were compared, and ``None`` where a method's heads
        were taken together.
        """
        return _frame(
            (
                "model",
                "input",
                "target",
                "layer",
                "head",
                "method_a",
                "method_b",
                "measure",
                "k",
                "value",
            ),
            (
                _key(entry) | row
                for entry, result in self.entries
                for row in (
                    *(row.model_dump() | {"head": None} for row in result.agreement),
                    *self._agreement_of_heads(entry, result),
                )
            ),
        )

    def random_logit(self) -> pd.DataFrame:
        """How alike each method's scores are when another output is explained instead.

        ``layer`` is ``None`` for methods with one score per token.
        """
        return _frame(
            ("model", "input", "method", "target", "other", "layer", "value"),
            (
                _key(entry) | row.model_dump()
                for entry, result in self.entries
                for row in result.random_logit
            ),
        )

    def checks(self) -> pd.DataFrame:
        """One row per outcome of the spec's checks: check, status, expected, found, unit, ...

        ``expected`` and ``found`` are texts; numbers and lists are written as JSON.
        """
        from reportgen.results.checks.evaluation import (  # which reads results, as tables do
            Outcome,
            evaluate_checks,
        )

        columns = tuple(name for name in Outcome.model_fields if name not in ("content", "part"))
        rows = (one.model_dump(include=set(columns)) for one in evaluate_checks(self))
        return _frame(
            columns,
            (
                row
                | {side: _text(row[side]) for side in ("expected", "found")}
                | {name: str(row[name]) for name in ("relation", "unit")}
                for row in rows
            ),
        )

    def matrix(self, model: str, input: int, name: str) -> np.ndarray:
        """Return one stored array, e.g. ``matrix("v1", 0, "attention")`` of ``(L, H, n, n)``.

        Raises ``ResultsError`` where the run has no such job or the job no such array.
        """
        for entry, found in self._found:
            if (entry.model, entry.input) == (model, input):
                if found.error is not None:
                    raise found.error
                return self.store.read_array(entry.id, name)
        models = ", ".join(info.id for info in self.manifest.models)
        inputs = sorted({entry.input for entry in self.manifest.jobs})
        raise ResultsError(
            f"no result for model {model!r} on input {input}",
            where=str(self.store.folder),
            hint=f"models: {models}; inputs: {inputs[0]} to {inputs[-1]}" if inputs else "",
        )

    def _token_scores(self) -> Iterator[tuple[dict[str, Any], JobResult, np.ndarray]]:
        for entry, result in self.entries:
            stored = set(self._array_names(entry, result))
            for method in (*SIGNED, *UNSIGNED):
                how = normalization(result.settings, method)
                for target in result.targets:
                    name = f"{method}/{target.name}"
                    if name not in stored:
                        continue
                    scores = normalize(self.store.read_array(entry.id, name), how)
                    yield _key(entry) | {"method": method, "target": target.name}, result, scores

    def _agreement_of_heads(self, entry: JobEntry, result: JobResult) -> Iterator[dict[str, Any]]:
        for name in self._array_names(entry, result):
            if not name.startswith(f"{HEADS}/"):
                continue
            measure, first, second, *target = name.split("/", 4)[1:]
            for (layer, head), value in np.ndenumerate(self.store.read_array(entry.id, name)):
                yield {
                    "target": target[0] if target else None,
                    "layer": layer,
                    "head": head,
                    "method_a": first,
                    "method_b": second,
                    "measure": measure,
                    "k": None,
                    "value": None if np.isnan(value) else float(value),
                }

    def _array_names(self, entry: JobEntry, result: JobResult) -> list[str]:
        return self.store.array_names(entry.id) if result.status == "done" else []


@dataclass(frozen=True)
class _Found:
    """What the file of a job holds, or what stands for it where it cannot be relied on."""

    result: JobResult
    error: ResultsError | None = None
    checksum: str = ""


def _read(store: Store, entry: JobEntry) -> tuple[JobResult, str] | ResultsError:
    """Return a result and the checksum of its file, or why it cannot be relied on."""
    try:
        return store.read(entry.id)
    except NewerFormatError:
        raise
    except ResultsError as error:
        return error


def _key(entry: JobEntry) -> dict[str, Any]:
    return {"model": entry.model, "input": entry.input}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _frame(columns: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # slow to import, and only tables need it

    return pd.DataFrame(list(rows), columns=list(columns))
