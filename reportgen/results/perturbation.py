"""What small changes of an input did to what is predicted, as it is stored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.results.record import Record

PerturbationKind = Literal["case", "punctuation", "typos", "padding", "word"]


class Perturbation(Record):
    """One variant of an input, and what the model predicts for it.

    ``word`` is the one that was removed everywhere, as ``reportgen.spec.text_words.named`` writes
    it, and ``None`` of other kinds. ``texts`` are the fields that were changed, as they were read;
    none of padding, and of words, which tell them. ``label`` and ``probability`` are those of the
    variant, ``correct`` by the rule of the input's own. ``changed``: what is predicted is another,
    ``None`` where nothing is chosen (numbers, and a text that was given); of a tagger the kind of
    entity of one of the words that are left. ``change`` is the probability of what was predicted
    for the input, after less before, ``None`` where there is none; of a tagger the mean over the
    words that are left, of a text that was given per token.

    ``reason`` says why there is no label: ``same``, the variant is the input itself, ``unread``,
    the model cannot read it, ``no room``, nothing longer fits beside it.
    """

    kind: PerturbationKind
    word: str | None = Field(default=None, exclude_if=lambda word: word is None)
    texts: dict[str, str] = Field(default={}, exclude_if=lambda texts: not texts)
    label: str | None = Field(default=None, exclude_if=lambda label: label is None)
    probability: float | None = Field(default=None, ge=0, le=1, exclude_if=lambda p: p is None)
    correct: bool | None = Field(default=None, exclude_if=lambda correct: correct is None)
    changed: bool | None = Field(default=None, exclude_if=lambda changed: changed is None)
    change: float | None = Field(default=None, ge=-1, le=1, exclude_if=lambda c: c is None)
    reason: Literal["same", "unread", "no room"] | None = Field(
        default=None, exclude_if=lambda reason: reason is None
    )
