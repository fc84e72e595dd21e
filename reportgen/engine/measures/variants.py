"""Small changes of a text, each with where its characters come from."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reportgen.methods.robustness import TYPO_EVERY, Robustness
from reportgen.results.perturbation import PerturbationKind
from reportgen.spec.text_words import SIGNS, is_punctuation

LETTERS = re.compile(r"[^\W\d_]{2,}")
"""What can be mistyped."""

LONG = 4
"""Letters of a word from which on a typo is likely; shorter ones have one where none is longer."""


ATTEMPTS = 10
"""Draws of typos until one is another than those before."""


@dataclass(frozen=True)
class Edited:
    """A changed text, and of each of its characters where it stood in the text before."""

    text: str
    origins: Sequence[int]


@dataclass(frozen=True)
class Variant:
    """The fields of an input that are changed, all in the same way."""

    kind: PerturbationKind
    texts: Mapping[str, Edited]
    word: str | None = None


@dataclass(frozen=True)
class Changeable:
    """Texts by field, where special tokens written out in them (``kept``) stay as they are."""

    texts: Mapping[str, str]
    kept: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def without(cls, texts: Mapping[str, str], tokens: Sequence[str]) -> Changeable:
        """Return texts in which ``tokens`` are not touched."""
        pattern = re.compile("|".join(map(re.escape, tokens)) or r"(?!)")
        kept = {
            name: frozenset(i for found in pattern.finditer(text) for i in range(*found.span()))
            for name, text in texts.items()
        }
        return cls(texts, kept)

    def variants(
        self, settings: Robustness, words: Mapping[str, Spans], seed: int
    ) -> Iterator[Variant]:
        """Yield what is asked for; ``words`` has by name where each stands."""
        if settings.cases:
            for change in (str.lower, str.upper):
                yield Variant("case", {name: self._cased(name, change) for name in self.texts})
        if settings.punctuation:
            texts = {name: self._without(name, self._marks(name)) for name in self.texts}
            yield Variant("punctuation", texts)
        seen: set[tuple[str, ...]] = set()
        for draw in range(settings.typos):
            yield Variant("typos", self._mistyped_anew(f"{seed} {draw}", seen))
        for word, spans in words.items():
            gone = {name: {i for at in spans.get(name, ()) for i in at} for name in self.texts}
            texts = {name: self._without(name, gone[name]) for name in self.texts}
            yield Variant("word", texts, word)

    def _cased(self, name: str, change: type[str] | object) -> Edited:
        kept = self.kept.get(name, frozenset())
        parts = [c if i in kept else change(c) for i, c in enumerate(self.texts[name])]  # type: ignore[operator]
        return Edited("".join(parts), [i for i, part in enumerate(parts) for _ in part])

    def _marks(self, name: str) -> set[int]:
        """Return the places of punctuation that does not stand between two letters or digits."""
        text, kept = f" {self.texts[name]} ", self.kept.get(name, frozenset())
        found = set()
        for i in range(1, len(text) - 1):
            before, after = text[i - 1], text[i + 1]
            alone = before.isspace() and after.isspace() and text[i] in SIGNS
            within = before.isalnum() and after.isalnum()
            if i - 1 not in kept and (alone or (is_punctuation(text, i) and not within)):
                found.add(i - 1)
        return found

    def _without(self, name: str, gone: set[int]) -> Edited:
        """Take characters out, and the space before them where none is needed any more."""
        text = self.texts[name]
        gone = gone - self.kept.get(name, frozenset())
        left: list[int] = []
        removed = False
        for i, character in enumerate(text):
            if i in gone:
                removed = True
                continue
            joined = character.isspace() or is_punctuation(text, i)
            if removed and joined:
                while left and text[left[-1]].isspace():
                    left.pop()
            if not (removed and character.isspace() and not left):
                left.append(i)
                removed = False
        while removed and left and text[left[-1]].isspace():
            left.pop()
        return Edited("".join(text[i] for i in left), left)

    def _mistyped_anew(self, seed: str, seen: set[tuple[str, ...]]) -> dict[str, Edited]:
        """Draw typos that are not ``seen`` yet; a short text may have no others."""
        drawn: dict[str, Edited] = {}
        for attempt in range(ATTEMPTS):
            drawn = self._mistyped(f"{seed} {attempt}")
            texts = tuple(edited.text for edited in drawn.values())
            if texts not in seen:
                seen.add(texts)
                break
        return drawn

    def _mistyped(self, seed: str) -> dict[str, Edited]:
        """Swap two neighbouring letters in a few words, drawn of all fields together."""
        draw = random.Random(f"{seed} {' '.join(self.texts.values())}")
        found = [
            (name, match.start(), pairs)
            for name, text in self.texts.items()
            for match in LETTERS.finditer(text)
            if (pairs := swappable(match.group()))
            and self.kept.get(name, frozenset()).isdisjoint(range(*match.span()))
        ]
        likely = [one for one in found if len(one[2]) >= LONG - 1] or found
        words = sum(len(text.split()) for text in self.texts.values())
        most = max(1, round(words / TYPO_EVERY))
        orders = {name: list(range(len(text))) for name, text in self.texts.items()}
        for name, start, pairs in draw.sample(likely, min(most, len(likely))):
            i = start + draw.choice(pairs)
            order = orders[name]
            order[i], order[i + 1] = order[i + 1], order[i]
        return {
            name: Edited("".join(self.texts[name][i] for i in order), order)
            for name, order in orders.items()
        }


Spans = Mapping[str, Sequence[range]]
"""Where a word stands: characters by field."""


def swappable(word: str) -> list[int]:
    """Return the places of a word at which two neighbouring letters differ."""
    return [i for i in range(len(word) - 1) if word[i].casefold() != word[i + 1].casefold()]
