"""What is known of each input of a model beside all others, as columns: one row for each input.

Everything that is said of a data set is made of these: no result is read a second time for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from reportgen.methods import leading
from reportgen.results.dataset.blamed_examples import Blame, BlamedExamples
from reportgen.results.dataset.measures import measures_of
from reportgen.results.dataset.output_scores import OutputScorer, OutputScores, means_by_word
from reportgen.results.dataset.perturbed import NO_VARIANTS, VariantColumns, Variants
from reportgen.results.dataset.slots import Filled, FilledRows, Templates, stored_templates
from reportgen.results.dataset.vectors import HeldVectors
from reportgen.results.entities import count_spans
from reportgen.results.lean import LastArrays, in_order
from reportgen.results.model import JobEntry, JobResult, Manifest
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

    def of_rows(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the words ``(m,)`` of some rows, one row after another, and the row of each."""
        lengths = np.diff(self.ends, prepend=0)[rows]
        starts = self.ends[rows] - lengths
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.ids[np.repeat(starts, lengths) + within], np.repeat(rows, lengths)

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
    measured of each input (:mod:`reportgen.results.dataset.measures`), NaN where it is not defined.
    ``entities`` has by kind how many a text has that are predicted, expected, and both ``(n, 3)``,
    0 where nothing is expected. ``filled`` are the fillings of templates, ``outputs`` the scores of
    the words towards each output that was explained. ``vectors`` (n, D) are the representations
    that the model's head reads, in float16, where all inputs have one; ``None`` where one has not.
    ``blamed`` are the training examples behind inputs that are wrong, where these were looked for.
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
    entities: Mapping[str, np.ndarray] = field(default_factory=dict)
    filled: Filled = field(default_factory=Filled)
    outputs: tuple[OutputScores, ...] = ()
    perturbations: VariantColumns = NO_VARIANTS
    vectors: np.ndarray | None = None
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

    def __init__(self, model: str, task: str, templates: Templates = MappingProxyType({})) -> None:
        self._filled = FilledRows(templates)
        self.model, self.task, self.kind = model, task, ""
        self._whole = {name: array("q") for name in ("place", "input", "entry", "length")}
        self._real = {name: array("d") for name in ("correct", "confidence", "shown")}
        self._predicted, self._expected = Coded(), Coded()
        self._columns: dict[str, Coded] = {}
        self._vocabulary: dict[str, int] = {}
        self._ids, self._scores, self._ends = array("I"), array("d"), array("q")
        self._method = ""
        self._measures: dict[str, array[float]] = {}
        self._entities: dict[str, array[int]] = {}
        self._outputs = OutputScorer()
        self._variants = Variants()
        self._vectors = HeldVectors()
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
        self._expected.add(expected_label(result))
        for column, value in entry.columns.items():
            held = self._columns.setdefault(column, Coded(rows))
            held.fill(rows)
            held.add(value)
        self._variants.see(rows, result.perturbations)
        self._see_measures(result, rows)
        self._see_words(entry, result, store)
        self._vectors.see(result, store)
        if result.influence is not None and found.correct is False:
            self._blame.see(rows, result.influence)

    def _see_measures(self, result: JobResult, rows: int) -> None:
        for name, value in measures_of(result).items():
            measured = self._measures.setdefault(name, array("d"))
            measured.extend([np.nan] * (rows - len(measured)))
            measured.append(value)
        for kind, counted in count_spans((result,)).items():
            counts = self._entities.setdefault(kind, array("i"))
            counts.extend([0] * (3 * rows - len(counts)))
            counts.extend((counted.predicted, counted.expected, counted.right))

    def _see_words(self, entry: JobEntry, result: JobResult, store: Store) -> None:
        self._outputs.see(len(self._ends), result, store)
        scores, self._method = place_scores(result, store, self._method)
        self._filled.see(len(self._ends), entry, result, scores)
        for word, score in word_scores(result, scores).items():
            self._ids.append(self._vocabulary.setdefault(word, len(self._vocabulary)))
            self._scores.append(score)
        self._ends.append(len(self._ids))

    def observations(self) -> Observations:
        """Return what has been gathered."""
        rows = len(self._ends)
        for column in self._columns.values():
            column.fill(rows)
        for measured in self._measures.values():
            measured.extend([np.nan] * (rows - len(measured)))
        for counts in self._entities.values():
            counts.extend([0] * (3 * rows - len(counts)))
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
            measures={name: np.array(measured) for name, measured in self._measures.items()},
            entities={
                kind: np.array(counts).reshape(rows, 3)
                for kind, counts in sorted(self._entities.items())
            },
            filled=self._filled.filled(),
            outputs=self._outputs.outputs(),
            perturbations=self._variants.perturbed(),
            vectors=self._vectors.matrix(),
            blamed=self._blame.examples(),
        )


class Observers:
    """Gathers the observations of all models of a run: of its inputs, and of fillings apart.

    The fillings of a template are no sample of what a model is to read: they are alike, and as many
    as the spec's author made. What is said over all inputs is said without them.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._templates = stored_templates(manifest)
        self._of_inputs: dict[str, Observer] = {}
        self._of_fillings: dict[str, Observer] = {}

    def see(self, place: int, entry: JobEntry, result: JobResult, store: Store) -> bool:
        """Add the ``place``-th result of a run; return whether it is of no filling.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        filling = entry.entry in self._templates
        observers = self._of_fillings if filling else self._of_inputs
        if entry.model not in observers:
            observers[entry.model] = Observer(entry.model, result.task, self._templates)
        observers[entry.model].see(place, entry, result, store)
        return not filling

    def inputs(self) -> dict[str, Observations]:
        """Return what was observed of each model that has predicted something."""
        return finished(self._of_inputs.values())

    def fillings(self) -> dict[str, Observations]:
        """Return the same of fillings of templates."""
        return finished(self._of_fillings.values())


def observe(run: StoredRun) -> Observers:
    """Gather the observations of all results of a run, which are read once.

    Raises ``ResultsError`` where one cannot be read.
    """
    store = LastArrays(run.store)
    observers = Observers(run.manifest)
    for place, (entry, result) in enumerate(in_order(run)):
        observers.see(place, entry, result, store)
    return observers


def finished(observers: Iterable[Observer]) -> dict[str, Observations]:
    found = (observer.observations() for observer in observers)
    return {one.model: one for one in found if len(one)}


def expected_label(result: JobResult) -> str | None:
    """Return what is expected of an input, as it is predicted where that is right."""
    found = result.prediction
    if found is None or found.correct:
        return None if found is None else found.label
    return found.expected or result.expect


def leading_faithfulness(result: JobResult) -> float | None:
    """Return the normalised comprehensiveness of the method of a result that is shown first."""
    for removal in result.removals[:1]:
        by_method = {one.method: one.normalized_comprehensiveness for one in removal.measures}
        return by_method.get(leading(by_method.keys() & result.computed))
    return None


def place_scores(result: JobResult, store: Store, method: str) -> tuple[np.ndarray | None, str]:
    """Return the score of each word in its place ``(w,)``, towards what is predicted, and by what.

    That is ``method``, or, where none is chosen yet, the first with signed scores. There are no
    scores where it did not converge.
    """
    chosen = method or leading([name for name in result.computed if name in SIGNED])
    if chosen not in result.computed or not result.words:
        return None, method
    if any(not row.converged for row in result.convergence):
        return None, chosen
    targets = targets_explained(store, result, chosen)
    label = result.prediction.label if result.prediction else ""
    targets = tuple(name for name in targets if name == label) or targets
    if not targets:
        return None, chosen
    rows = [
        by_word(
            store.read_array(result.job, f"{chosen}/{name}"),
            result.words,
            adds_up=adds_up(chosen),
        )
        for name in targets
    ]
    return np.mean(rows, axis=0), chosen


def word_scores(result: JobResult, scores: np.ndarray | None) -> dict[str, float]:
    """Return the mean score of each word over the places where it stands; NaN without any."""
    words = [named(word.text) for word in result.words]
    if scores is None:
        return dict.fromkeys(words, np.nan)
    return means_by_word(words, scores.tolist())
