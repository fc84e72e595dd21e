"""The outputs of a model by set of removed units: each set is given to the model once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.memory import budget, in_passes, rows_that_fit
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.removal.operators import moved, remove
from reportgen.engine.removal.rounds import ask
from reportgen.engine.removal.units import Units
from reportgen.engine.tokens import Encoding, characters
from reportgen.methods import Granularity, Operator
from reportgen.results.kinds import find_kind
from reportgen.results.model import Prediction, Span, Target
from reportgen.results.removal import GAP, RemovalOutcome

CHUNK_BYTES = 1 << 25
"""Memory that one pass on a CPU takes at most: more is not faster there, and inputs that units were
deleted from are padded to the longest of a pass."""

LOGIT, CHANCE, MARGIN, BEST, BEST_CHANCE = range(5)
"""What is kept of each target: its logit, probability, lead over the best other choice, and the
best choice of all with its probability."""

UNRIVALLED = 1e9
"""The lead of a choice without any other."""


@dataclass(frozen=True, eq=False)
class RemovedOutputs:
    """What a model gives of one input, for its ``targets`` (T), with sets of its units removed.

    Sets are booleans (batch, n) where ``True`` is removed. What is returned of a target is
    (batch,); ``probabilities`` are the logits themselves where there are none (regression).
    ``margins``: the logit less that of the best other choice, of a label of several the logit
    itself; below 0 the prediction is another.
    """

    loaded: LoadedModel
    encoding: Encoding
    prediction: Prediction
    targets: tuple[Target, ...]
    operator: Operator
    granularity: Granularity
    units: Units

    def logits(self, sets: np.ndarray, target: int) -> np.ndarray:
        """Return the logits of a target, by its number."""
        return self.found(sets)[:, target, LOGIT]

    def probabilities(self, sets: np.ndarray, target: int) -> np.ndarray:
        return self.found(sets)[:, target, CHANCE]

    def margins(self, sets: np.ndarray, target: int) -> np.ndarray:
        return self.found(sets)[:, target, MARGIN]

    @property
    def n(self) -> int:
        """The number of units."""
        return len(self.units)

    @property
    def evaluations(self) -> int:
        """How many sets were given to the model."""
        return len(self._known)

    def found(self, sets: np.ndarray) -> np.ndarray:
        """Return all that is kept of ``sets``, (batch, T, 5); what is new goes to the model."""
        keys = [row.tobytes() for row in np.packbits(sets, axis=1)]
        new: dict[bytes, int] = {}
        for row, key in enumerate(keys):
            if key not in self._known:
                new.setdefault(key, row)
        if new:
            rows = self._evaluate(sets[list(new.values())])
            self._known.update(zip(new, rows, strict=True))
        return np.array([self._known[key] for key in keys])

    def outcome(self, removed: np.ndarray, numbers: Sequence[int]) -> RemovalOutcome:
        """Return what the model predicts without a set of units (n,), in words.

        Of the targets ``numbers``: of several, which make up one answer, the label is that of the
        least sure, and the output the product of theirs.
        """
        sets = np.stack([np.zeros(self.n, bool), removed])
        whole, without = self.found(sets)[:, list(numbers)]
        weakest = int(np.argmin(without[:, MARGIN]))
        another = whole[:, BEST] != without[:, BEST]
        turned = another | ((whole[:, MARGIN] < 0) != (without[:, MARGIN] < 0))
        target = self.targets[numbers[weakest]]
        label, probability = self._said(removed, target, without[weakest])
        several = len(numbers) > 1 and self.prediction.steps
        return RemovalOutcome(
            removed=tuple(np.flatnonzero(removed).tolist()),
            turned=bool(turned.any()),
            label=label,
            probability=None if probability is None else min(max(float(probability), 0.0), 1.0),
            output=float(np.prod(without[:, CHANCE])),
            at=target.name if several else None,
        )

    @cached_property
    def _known(self) -> dict[bytes, np.ndarray]:
        return {}

    @cached_property
    def _points(self) -> bool:
        return find_kind(self.prediction.kind).points

    def _said(
        self, removed: np.ndarray, target: Target, found: np.ndarray
    ) -> tuple[str, float | None]:
        """Return the label of what is predicted without units, and its probability."""
        task, best = self.loaded.task, int(found[BEST])
        if target.rather_than is not None:
            return task.called(best, self.encoding), found[BEST_CHANCE]
        if self.prediction.steps or find_kind(self.prediction.kind).exclusive:
            label = task.labels[best] if task.labels else self.encoding.spell(best)
            return label, found[BEST_CHANCE]  # as the prediction calls it
        encoding = self._without(self._tokens(removed[None]))[0]
        with torch.no_grad():
            output = self.loaded.forward([encoding])
        predicted = task.predict(output, encoding, None)
        if predicted.spans and predicted.label != self.prediction.label:
            return self._as_read(predicted.spans[0], removed), predicted.probability
        return predicted.label, predicted.probability

    def _as_read(self, span: Span, removed: np.ndarray) -> str:
        """Return the text of an answer with a gap for each unit in it that was removed."""
        text, at, parts = self.encoding.segments["context"], span.char_start, []
        for unit in np.flatnonzero(removed):
            first, last = self.units[unit]
            start = max(at, characters(self.encoding.tokens[first])[0])
            end = min(span.char_end, characters(self.encoding.tokens[last - 1])[1])
            if start < end:
                parts += [text[at:start], GAP]
                at = end
        return "".join((*parts, text[at : span.char_end]))

    def _without(self, tokens: np.ndarray) -> list[Encoding]:
        """Return what the model reads without ``tokens`` (batch, tokens)."""
        return [remove(self.loaded, self.encoding, gone, self.operator) for gone in tokens]

    def _tokens(self, sets: np.ndarray) -> np.ndarray:
        """Return which tokens (batch, tokens) are removed with ``sets`` of units."""
        gone = np.zeros((len(sets), len(self.encoding)), bool)
        for unit, (first, last) in enumerate(self.units):
            gone[:, first:last] |= sets[:, unit, None]
        return gone

    def _evaluate(self, sets: np.ndarray) -> np.ndarray:
        """Give new sets to the model, in a round with those of other inputs: (batch, T, 5)."""
        tokens = self._tokens(sets)
        asked = Asked(self, self._without(tokens), tokens)
        found = ask(asked)
        return evaluate([asked])[0] if found is None else found

    def read(self, output: Any, gone: np.ndarray, encodings: Sequence[Encoding]) -> np.ndarray:
        """Return what is kept of outputs without the tokens ``gone``, (batch, n): (batch, T, 5)."""
        task = self.loaded.task
        rows = np.empty((len(encodings), len(self.targets), 5))
        for number, target in enumerate(self.targets):
            placed = self._placed(target, gone)
            logits = task.alternatives(output, placed, encodings)
            rows[:, number] = judged(logits, placed, task.distribution)
        return rows

    def _placed(self, target: Target, gone: np.ndarray) -> list[Target]:
        if self.operator != "delete" or self.encoding.decoder is not None:
            return [target] * len(gone)
        return [moved(target, ~row, self._points) for row in gone]


@dataclass(frozen=True, eq=False)
class Asked:
    """What one input's game asks of the model: its ``encodings`` without the tokens ``gone``."""

    outputs: RemovedOutputs
    encodings: Sequence[Encoding]
    gone: np.ndarray


def evaluate(asked: Sequence[Asked]) -> list[np.ndarray]:
    """Answer what games of one model ask, those of like length together: (batch, T, 5) of each."""
    loaded = asked[0].outputs.loaded
    places = [(number, row) for number, one in enumerate(asked) for row in range(len(one.gone))]
    places.sort(key=lambda place: len(asked[place[0]].encodings[place[1]]))
    longest = max(len(encoding) for one in asked for encoding in one.encodings)
    found = [np.empty((len(one.gone), len(one.outputs.targets), 5)) for one in asked]

    def run(chunk: Sequence[tuple[int, int]]) -> None:
        output = loaded.forward([asked[number].encodings[row] for number, row in chunk])
        for number in dict.fromkeys(number for number, _ in chunk):
            mine = [place for place, (other, _) in enumerate(chunk) if other == number]
            rows = [chunk[place][1] for place in mine]
            one = asked[number]
            encodings = [one.encodings[row] for row in rows]
            part = rows_of(output, mine) if len(mine) < len(chunk) else output
            found[number][rows] = one.outputs.read(part, one.gone[rows], encodings)

    with torch.no_grad(), loaded.attention("sdpa"):
        for _ in in_passes(places, rows_per_pass(loaded, longest), run, f"{longest} tokens"):
            pass
    return found


def answer_round(asked: Sequence[Asked]) -> list[np.ndarray | Exception]:
    """Answer a round; where that fails, each alone, so that one input costs no other its own."""
    try:
        return list(evaluate(asked))
    except Exception:  # which of them is to blame is found out
        return [attempt(one) for one in asked]


def attempt(asked: Asked) -> np.ndarray | Exception:
    try:
        return evaluate([asked])[0]
    except Exception as error:
        return error


def rows_of(output: Any, rows: Sequence[int]) -> SimpleNamespace:
    """Return some rows of a model's output: of all tensors that have one for each input."""
    kept = {name: value[rows] for name, value in output.items() if isinstance(value, Tensor)}
    return SimpleNamespace(**kept)


def judged(logits: Tensor, placed: Sequence[Target], distribution: str) -> np.ndarray:
    """Return what is kept of a target, (batch, 5), from the logits it was chosen among.

    Of a contrast the "logit" is the difference, its probability that of the first of the two alone.
    """
    logits = logits.double()
    chosen = torch.tensor([target.index for target in placed], device=logits.device)[:, None]
    logit = logits.gather(1, chosen)[:, 0]
    rivals = [target.rather_than for target in placed if target.rather_than is not None]
    if rivals:
        other = torch.tensor(rivals, device=logits.device)[:, None]
        lead = logit - logits.gather(1, other)[:, 0]
        best = torch.where(lead >= 0, chosen[:, 0], other[:, 0])
        kept = [lead, lead.sigmoid(), lead, best, lead.abs().sigmoid()]
    elif distribution == "none":
        nothing = torch.zeros_like(logit)
        kept = [logit, logit, nothing, nothing, nothing]
    elif distribution == "sigmoid":
        chance = logit.sigmoid()
        kept = [logit, chance, logit, chosen[:, 0], chance]
    else:
        chances = logits.softmax(1)
        others = logits.scatter(1, chosen, -torch.inf).max(1).values
        lead = (logit - others).clamp(max=UNRIVALLED)
        best = logits.argmax(1)
        kept = [logit, chances.gather(1, chosen)[:, 0], lead, best, chances.max(1).values]
    return torch.stack(kept, 1).cpu().numpy()


def rows_per_pass(loaded: LoadedModel, length: int) -> int:
    """Return how many inputs of ``length`` tokens one pass without gradients takes.

    Estimated as the widest layer's states, twice, and the logits of all choices at all places.
    """
    info, config = loaded.info, loaded.model.config.get_text_config()
    widest = max(4 * info.hidden_size, getattr(config, "intermediate_size", None) or 0)
    attention = info.heads * length * (1 if loaded.has_sdpa else length)
    choices = len(loaded.tokenizer) if loaded.task.labels == () else len(loaded.task.labels)
    row = 4 * (length * (4 * info.hidden_size + 2 * widest + 2 * choices) + 2 * attention)
    return rows_that_fit(loaded, row, budget(loaded), CHUNK_BYTES)
