"""What is known of each input of a model beside all others, as columns: one row for each input.

Everything that is said of a data set is made of these: no result is read a second time for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reportgen.methods import leading
from reportgen.results.dataset.blamed_examples import Blame, BlamedExamples
from reportgen.results.lean import LastArrays, in_order
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.scores import SIGNED, adds_up, by_word
from reportgen.results.store import Store
from reportgen.results.stored_run import StoredRun
from reportgen.results.words import named, targets_explained


@dataclass(frozen=True)
class Codes:
    """A column of texts: of row ``i`` it is ``values[codes[i]]``; nothing where that is -1."""

    values: tuple[str, ...]
    codes: np.ndarray

    def where(self, value: str) -> np.ndarray:
        """Return the rows ``(n,)`` that have this value, as booleans."""
        return self.codes == self.values.index(value)

    def texts(self) -> list[str | None]:
        """Return the value of each row."""
        return [None if code < 0 else self.values[code] for code in self.codes.tolist()]


@dataclass(frozen=True)
class WordsRead:
    """The words of each row, each once: of row ``i`` they are at ``ends[i - 1]`` to ``ends[i]``.

    ``vocabulary`` are words as :func:`reportgen.results.words.named` writes them, ``ids`` places
    in it. ``scores`` are what a word adds to what is predicted: the mean of its signed scores, over
    the places where it stands and over the outputs explained where the predicted one is not among
    them, as the method ``method`` stored them (logits); NaN where no explanation is to be had or it
    did not converge.
    """

    vocabulary: tuple[str, ...]
    ids: np.ndarray
    ends: np.ndarray
    scores: np.ndarray
    method: str

    @property
    def rows(self) -> np.ndarray:
        """The row of each word ``(m,)``."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))

    def counts(self) -> np.ndarray:
        """Return in how many rows each word of the vocabulary stands ``(v,)``."""
        return np.bincount(self.ids, minlength=len(self.vocabulary))

    def having(self, word: str) -> np.ndarray:
        """Return the rows ``(n,)`` that a word stands in, as booleans."""
        found = np.zeros(len(self.ends), dtype=bool)
        if word in self.vocabulary:
            found[self.rows[self.ids == self.vocabulary.index(word)]] = True
        return found


@dataclass(frozen=True)
class Observations:
    """All inputs that one model has predicted, a row for each, in the order of the run.

    ``places`` are those of their results among all of the run, as ``in_order`` goes over them;
    ``inputs`` and ``entries`` positions in the spec, from 0. ``correct`` is 1, 0, or NaN where
    nothing is expected, ``confidence`` lies in [0, 1] (of a text it is per token), NaN where
    there is none. ``lengths`` are words read, ``faithfulness`` the normalised comprehensiveness of
    the method that is shown first (NaN where it was not measured). ``columns`` are what
    the spec's ``slices`` names, and the slots of templates. ``measures`` has by name what else is
    measured of each input, NaN where it is not defined; ``blamed`` the training examples behind
    those that are wrong, where these were looked for.
    """

    model: str
    task: str
    kind: str
    places: np.ndarray
    inputs: np.ndarray
    entries: np.ndarray
    correct: np.ndarray
    confidence: np.ndarray
    lengths: np.ndarray
    faithfulness: np.ndarray
    predicted: Codes
    expected: Codes
    columns: Mapping[str, Codes]
    words: WordsRead
    measures: Mapping[str, np.ndarray] = field(default_factory=dict)
    blamed: BlamedExamples | None = None

    def __len__(self) -> int:
        return len(self.places)


class Coded:
    """A column of texts that grows; values come in the order in which they were seen."""

    def __init__(self, rows: int = 0) -> None:
        self._places: dict[str, int] = {}
        self._codes = array("i", [-1]) * rows

    def add(self, value: str | None) -> None:
        code = -1 if value is None else self._places.setdefault(value, len(self._places))
        self._codes.append(code)

    def fill(self, rows: int) -> None:
        """Add rows without a value until there are ``rows``."""
        self._codes.extend([-1] * (rows - len(self._codes)))

    def codes(self) -> Codes:
        return Codes(tuple(self._places), np.array(self._codes, dtype=np.int32))


class Observer:
    """Gathers the observations of one model from one result after another."""

    def __init__(self, model: str, task: str) -> None:
        self.model, self.task, self.kind = model, task, ""
        self._whole = {name: array("q") for name in ("place", "input", "entry", "length")}
        self._real = {name: array("d") for name in ("correct", "confidence", "shown")}
        self._predicted, self._expected = Coded(), Coded()
        self._columns: dict[str, Coded] = {}
        self._vocabulary: dict[str, int] = {}
        self._ids, self._scores, self._ends = array("I"), array("d"), array("q")
        self._method = ""
        self._blame = Blame()

    def see(self, place: int, entry: JobEntry, result: JobResult, store: Store) -> None:
        """Add the ``place``-th result of a run; one without a prediction is no observation.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        found, kind = result.prediction, result.prediction_kind
        if found is None or kind is None or result.status == "error":
            return
        self.kind = kind.name
        rows = len(self._ends)
        for name, whole in (
            ("place", place),
            ("input", entry.input),
            ("entry", -1 if entry.entry is None else entry.entry),
            ("length", len(result.words)),
        ):
            self._whole[name].append(whole)
        correct = None if found.correct is None else float(found.correct)
        for name, real in (
            ("correct", correct),
            ("confidence", found.confidence),
            ("shown", leading_faithfulness(result)),
        ):
            self._real[name].append(np.nan if real is None else real)
        self._predicted.add(found.label)
        self._expected.add(found.label if found.correct else found.expected or result.expect)
        for column, value in entry.columns.items():
            held = self._columns.setdefault(column, Coded(rows))
            held.fill(rows)
            held.add(value)
        self._see_words(result, store)
        if result.influence is not None and found.correct is False:
            self._blame.see(rows, result.influence)

    def _see_words(self, result: JobResult, store: Store) -> None:
        scores, self._method = word_scores(result, store, self._method)
        for word, score in scores.items():
            self._ids.append(self._vocabulary.setdefault(word, len(self._vocabulary)))
            self._scores.append(score)
        self._ends.append(len(self._ids))

    def observations(self) -> Observations:
        """Return what has been gathered."""
        rows = len(self._ends)
        for column in self._columns.values():
            column.fill(rows)
        return Observations(
            model=self.model,
            task=self.task,
            kind=self.kind,
            places=np.array(self._whole["place"]),
            inputs=np.array(self._whole["input"]),
            entries=np.array(self._whole["entry"]),
            correct=np.array(self._real["correct"]),
            confidence=np.array(self._real["confidence"]),
            lengths=np.array(self._whole["length"]),
            faithfulness=np.array(self._real["shown"]),
            predicted=self._predicted.codes(),
            expected=self._expected.codes(),
            columns={name: column.codes() for name, column in self._columns.items()},
            words=WordsRead(
                tuple(self._vocabulary),
                np.array(self._ids, dtype=np.int64),
                np.array(self._ends),
                np.array(self._scores),
                self._method,
            ),
            blamed=self._blame.examples(),
        )


def observe(run: StoredRun) -> dict[str, Observations]:
    """Return the observations of each model of a run that has predicted something.

    Its results are read once. Raises ``ResultsError`` where one cannot be read.
    """
    store = LastArrays(run.store)
    observers: dict[str, Observer] = {}
    for place, (entry, result) in enumerate(in_order(run)):
        observer = observers.setdefault(entry.model, Observer(entry.model, result.task))
        observer.see(place, entry, result, store)
    return finished(observers.values())


def finished(observers: Iterable[Observer]) -> dict[str, Observations]:
    found = (observer.observations() for observer in observers)
    return {one.model: one for one in found if len(one)}


def leading_faithfulness(result: JobResult) -> float | None:
    """Return the normalised comprehensiveness of the method of a result that is shown first."""
    for removal in result.removals[:1]:
        by_method = {one.method: one.normalized_comprehensiveness for one in removal.measures}
        return by_method.get(leading(by_method.keys() & result.computed))
    return None


def word_scores(result: JobResult, store: Store, method: str) -> tuple[dict[str, float], str]:
    """Return the score of each word of a result towards what is predicted, and by what method.

    That is ``method``, or, where none is chosen yet, the first with signed scores.
    """
    words = [named(word.text) for word in result.words]
    nothing = dict.fromkeys(words, np.nan)
    chosen = method or leading([name for name in result.computed if name in SIGNED])
    if chosen not in result.computed or not words:
        return nothing, method
    if any(not row.converged for row in result.convergence):
        return nothing, chosen
    targets = targets_explained(store, result, chosen)
    label = result.prediction.label if result.prediction else ""
    targets = tuple(name for name in targets if name == label) or targets
    if not targets:
        return nothing, chosen
    rows = [
        by_word(
            store.read_array(result.job, f"{chosen}/{name}"),
            result.words,
            adds_up=adds_up(chosen),
        )
        for name in targets
    ]
    found: dict[str, list[float]] = {}
    for word, score in zip(words, np.mean(rows, axis=0).tolist(), strict=True):
        found.setdefault(word, []).append(score)
    return {
        word: values[0] if len(values) == 1 else float(np.mean(values))
        for word, values in found.items()
    }, chosen
