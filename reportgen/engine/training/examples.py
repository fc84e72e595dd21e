"""The training examples as a loaded model reads them, read once and kept beside the model."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from reportgen.engine.memory import in_passes
from reportgen.engine.models.loaded_model import LoadedModel, with_weights_of
from reportgen.engine.tasks.sequence_classification import SequenceClassification
from reportgen.engine.tokens import Encoding
from reportgen.engine.training.last_layer import (
    LastLayer,
    NotTraceableError,
    joined,
    read_last_layer,
)
from reportgen.engine.training.scores import (
    gradient_cosines,
    gradient_norms,
    gradient_products,
    read_cosines,
)
from reportgen.methods.influence import Influence
from reportgen.results.kinds import find_kind
from reportgen.results.training import SelfInfluence, TrainingData
from reportgen.spec.paths import locate
from reportgen.spec.shown import shown_path
from reportgen.spec.training import Example, examples

AT_ONCE = 64
"""Training examples that are read in one pass."""

MOST_SUSPICIOUS = 50
"""Examples with the largest influence on themselves that are kept."""

LONGEST = 300
"""Characters of a training example's text that are kept."""

NOT_LABELS = "The training examples’ loss is known for models that choose one label only."
OTHER_TASK = "It is known for sequence-classification only."


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The examples of a training file, and what the last layer reads of them at each checkpoint.

    ``shown`` is what the file is called, ``names`` are the model's labels, ``labels`` (n,) places
    among them.
    ``models`` are the model as it was at the checkpoints; without any, the model itself.
    """

    settings: Influence
    shown: str
    names: tuple[str, ...]
    examples: tuple[Example, ...]
    labels: np.ndarray
    models: tuple[LoadedModel, ...]
    layers: tuple[LastLayer, ...]
    own: LastLayer
    """What the model itself gives for the examples."""

    @property
    def rates(self) -> list[float]:
        return self.settings.learning_rates or [1.0] * len(self.models)

    def scores(self, encoding: Encoding, label: int) -> np.ndarray:
        """Return the influence (n,) of each example on an input with this label."""
        labels = np.array([label])
        total = np.zeros(len(self.examples), dtype=np.float32)
        for rate, model, train in zip(self.rates, self.models, self.layers, strict=True):
            test = read_last_layer(model, [encoding])
            if self.settings.method == "representation_similarity":
                found = read_cosines(train, test)
            elif self.settings.method == "gradient_similarity":
                found = gradient_cosines(train, self.labels, test, labels)
            else:
                found = rate * gradient_products(train, self.labels, test, labels)
            total += found[:, 0]
        return total

    @cached_property
    def on_itself(self) -> np.ndarray:
        """The influence (n,) of each example on itself, by products of gradients."""
        parts = zip(self.rates, self.layers, strict=True)
        return sum(
            (rate * gradient_norms(layer, self.labels) ** 2 for rate, layer in parts),
            start=np.zeros(len(self.examples), dtype=np.float32),
        )

    @cached_property
    def data(self) -> TrainingData:
        """What is kept of the set with the model."""
        said = self.own.logits.argmax(1)
        order = np.argsort(-self.on_itself, kind="stable")[:MOST_SUSPICIOUS]
        chances = self.own.probabilities
        return TrainingData(
            file=self.shown,
            sha256=self.settings.train_checksum or "",
            examples=len(self.examples),
            checkpoints=len(self.settings.checkpoints),
            otherwise=int((said != self.labels).sum()),
            mean=float(self.on_itself.mean()),
            suspicious=tuple(
                SelfInfluence(
                    row=self.examples[i].row,
                    text=told(self.examples[i]),
                    label=self.names[self.labels[i]],
                    predicted=self.names[said[i]],
                    probability=min(1.0, float(chances[i, self.labels[i]])),
                    score=float(self.on_itself[i]),
                )
                for i in order.tolist()
            ),
        )


_kept: weakref.WeakKeyDictionary[LoadedModel, TrainingSet] = weakref.WeakKeyDictionary()


def training_set(loaded: LoadedModel, settings: Influence) -> TrainingSet:
    """Return the training examples as a model reads them, which takes a pass over all at first.

    Raises ``NotTraceableError`` for a model that does not choose one of several labels.
    """
    if not isinstance(loaded.task, SequenceClassification):
        raise NotTraceableError(OTHER_TASK)
    if not find_kind(loaded.task.kind).exclusive:
        raise NotTraceableError(NOT_LABELS)
    found = _kept.get(loaded)
    if found is None or found.settings != settings:
        found = _kept[loaded] = _read(loaded, settings)
    return found


def described(loaded: LoadedModel) -> TrainingData | None:
    """Return what was found of the training examples of a model; ``None`` where none were read."""
    found = _kept.get(loaded)
    return None if found is None else found.data


def told(example: Example) -> str:
    """Return the text of an example, two with a line between them, cut where it is long."""
    text = " | ".join(example.fields.values())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _read(loaded: LoadedModel, settings: Influence) -> TrainingSet:
    base = loaded.planned.base
    rows = tuple(examples(settings, base))
    assert isinstance(loaded.task, SequenceClassification)
    names = loaded.task.labels
    labels = np.array([names.index(loaded.task.find_label(row.label)) for row in rows])
    folders = [locate(one, base) for one in settings.checkpoints]
    # The model itself may not be held here, or it would be kept for as long as this is.
    models = tuple(with_weights_of(loaded, folder) for folder in folders) or (replace(loaded),)
    own, *layers = _layers([loaded, *(models if folders else ())], rows)
    return TrainingSet(
        settings=settings,
        shown=shown_path(settings.train, base),
        names=names,
        examples=rows,
        labels=labels,
        models=models,
        layers=tuple(layers) or (own,),
        own=own,
    )


def _layers(models: Sequence[LoadedModel], rows: Sequence[Example]) -> list[LastLayer]:
    """Return what the last layer of each model reads of all examples, in their order.

    Those of like length are read together.
    """
    loaded = models[0]
    order = sorted(range(len(rows)), key=lambda place: len(told(rows[place])))

    def read(part: Sequence[int]) -> list[LastLayer]:
        encodings = [loaded.task.read(loaded, rows[place].fields) for place in part]
        return [read_last_layer(model, encodings) for model in models]

    parts = list(in_passes(order, AT_ONCE, read, "the training examples"))
    back = np.argsort(order)
    wholes = (joined(column) for column in zip(*parts, strict=True))
    return [replace(one, read=one.read[back], logits=one.logits[back]) for one in wholes]
