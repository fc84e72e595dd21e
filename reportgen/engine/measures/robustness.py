"""What small changes of an input do to what a model predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from reportgen.engine.measures.numerical_stability import lengthened
from reportgen.engine.measures.variants import Changeable, Variant
from reportgen.engine.memory import in_passes
from reportgen.engine.methods import NotApplicable, PredictionContext
from reportgen.engine.removal.outputs import rows_of, rows_per_pass
from reportgen.engine.tasks.comparing import Predicted, compare, expected_of
from reportgen.engine.tasks.masked_lm import MASKS
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.methods import leading
from reportgen.methods.robustness import Robustness
from reportgen.results.model import Target
from reportgen.results.perturbation import Perturbation
from reportgen.results.scores import adds_up, by_word
from reportgen.spec.text_words import named

GENERATED = "The text was written by the model itself: of a changed input it would write another."
CHAT = "The messages of a chat are not changed."


def robustness(
    context: PredictionContext,
    settings: Robustness,
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
) -> tuple[Perturbation, ...]:
    """Predict the variants of an input that ``settings`` ask for, and compare.

    ``arrays`` and ``targets`` are of the other methods, by which words are chosen. Raises
    ``NotApplicable`` where the model wrote the text that is explained, and for a chat.
    """
    if context.encoding.generated:
        raise NotApplicable(GENERATED)
    names = context.loaded.task.changeable(context.encoding)
    if not names:
        raise NotApplicable(CHAT)
    return Changes(context, names).perturbations(settings, arrays, targets)


class Changes:
    """An input whose fields ``names`` are changed."""

    def __init__(self, context: PredictionContext, names: Sequence[str]) -> None:
        self.context, self.loaded = context, context.loaded
        encoding = context.encoding
        tokens = (*MASKS, *map(str, encoding.tokenizer.all_special_tokens))
        self.texts = {name: encoding.segments[name] for name in names}
        self.changeable = Changeable.without(self.texts, tokens)
        self.fields = dict(encoding.segments)
        if encoding.decoder is not None:
            self.fields |= encoding.decoder.segments
        self.before = Predicted(context.output, encoding, context.prediction)

    def perturbations(
        self,
        settings: Robustness,
        arrays: Mapping[str, np.ndarray],
        targets: Sequence[Target],
    ) -> tuple[Perturbation, ...]:
        words = self.words(settings.words, arrays, targets)
        variants = list(self.changeable.variants(settings, words, self.context.seed))
        found: list[Perturbation | None] = [None] * len(variants)
        read: list[tuple[int, Encoding]] = []
        for place, variant in enumerate(variants):
            if all(edited.text == self.texts[name] for name, edited in variant.texts.items()):
                found[place] = Perturbation(kind=variant.kind, word=variant.word, reason="same")
            elif (encoding := self.read(variant)) is None:
                texts = told(variant)
                found[place] = Perturbation(
                    kind=variant.kind, word=variant.word, texts=texts, reason="unread"
                )
            else:
                read.append((place, encoding))
        read.sort(key=lambda one: len(one[1]))

        def run(chunk: Sequence[tuple[int, Encoding]]) -> None:
            output = self.loaded.forward([encoding for _, encoding in chunk])
            for row, (place, encoding) in enumerate(chunk):
                found[place] = self.compared(variants[place], rows_of(output, [row]), encoding)

        longest = len(read[-1][1]) if read else 0
        with torch.no_grad(), self.loaded.attention("sdpa"):
            most = rows_per_pass(self.loaded, max(1, longest))
            for _ in in_passes(read, most, run, f"{longest} tokens"):
                pass
        padded = [self.padded()] if settings.padding else []
        predicted = [one for one in found if one is not None]
        first = sum(one.kind != "word" for one in predicted)
        return (*predicted[:first], *padded, *predicted[first:])

    def read(self, variant: Variant) -> Encoding | None:
        """Read a variant as an input of its own would be; ``None`` where it cannot be."""
        texts = {name: edited.text for name, edited in variant.texts.items()}
        try:
            return self.loaded.task.read(self.loaded, self.fields | texts)
        except InputError:
            return None

    def compared(self, variant: Variant, output: Any, encoding: Encoding) -> Perturbation:
        origins = {name: edited.origins for name, edited in variant.texts.items()}
        expect = expected_of(
            self.context.prediction.kind,
            self.context.expect,
            self.context.encoding.segments,
            {name: edited.text for name, edited in variant.texts.items()},
            origins,
        )
        prediction = self.loaded.task.predict(output, encoding, expect)
        after = Predicted(output, encoding, prediction, origins)
        return self.perturbation(variant, after)

    def perturbation(self, variant: Variant, after: Predicted) -> Perturbation:
        task, name = self.loaded.task, self.loaded.planned.task
        changed, change = compare(task, name, self.before, after)
        return Perturbation(
            kind=variant.kind,
            word=variant.word,
            texts=told(variant),
            label=after.prediction.label,
            probability=after.prediction.confidence,
            correct=after.prediction.correct,
            changed=changed,
            change=None if change is None else min(max(change, -1.0), 1.0),
        )

    def padded(self) -> Perturbation:
        """Read the input beside a longer one: what is predicted must not change."""
        encoding = self.context.encoding
        longer = lengthened(encoding, encoding.content, self.loaded.max_length)
        if longer is None:
            return Perturbation(kind="padding", reason="no room")
        with torch.no_grad():
            output = rows_of(self.loaded.forward([encoding, longer]), [0])
        return self.compared(Variant("padding", {}), output, encoding)

    def words(
        self, most: int, arrays: Mapping[str, np.ndarray], targets: Sequence[Target]
    ) -> dict[str, dict[str, list[range]]]:
        """Return where the distinct words stand: at most so many, in reading order."""
        kept = self.changeable.kept
        sizes = attributed(self.context.encoding, arrays, targets)
        found: dict[str, dict[str, list[range]]] = {}
        weights: dict[str, float] = {}
        for word, size in zip(self.context.encoding.words, sizes, strict=True):
            name, at = named(word.text), range(word.start, word.end)
            if word.segment not in self.texts or not any(c.isalnum() for c in name):
                continue
            if not kept[word.segment].isdisjoint(at):
                continue
            found.setdefault(name, {}).setdefault(word.segment, []).append(at)
            weights[name] = weights.get(name, 0.0) + size
        chosen = set(sorted(found, key=lambda name: -weights[name])[:most])
        return {name: spans for name, spans in found.items() if name in chosen}


def attributed(
    encoding: Encoding, arrays: Mapping[str, np.ndarray], targets: Sequence[Target]
) -> np.ndarray:
    """Return the size of each word's score by the method that leads, 0 where none explains."""
    by_method: dict[str, list[np.ndarray]] = {}
    for array in arrays:
        method, _, target = array.partition("/")
        if any(target == one.name for one in targets) and arrays[array].ndim == 1:
            by_method.setdefault(method, []).append(arrays[array])
    chosen = leading(by_method)
    if not chosen:
        return np.zeros(len(encoding.words))
    rows = [by_word(a, encoding.words, adds_up=adds_up(chosen)) for a in by_method[chosen]]
    found: np.ndarray = np.abs(rows).mean(axis=0)
    return found


def told(variant: Variant) -> dict[str, str]:
    """Return the changed texts; those without a word tell themselves."""
    if variant.word is not None:
        return {}
    return {name: edited.text for name, edited in variant.texts.items()}
