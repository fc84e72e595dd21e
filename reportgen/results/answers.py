"""Answers as texts: how SQuAD compares one with what was expected."""

from __future__ import annotations

import re
import string
from collections import Counter

PUNCTUATION = frozenset(string.punctuation)


def squad_form(answer: str) -> str:
    """Return an answer as SQuAD compares it: no case, punctuation, articles, extra space.

    Rajpurkar et al. 2016, arXiv:1606.05250, the official evaluation script.
    """
    plain = "".join(character for character in answer.lower() if character not in PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", plain).split())


def token_f1(answer: str, expected: str) -> float:
    """Return the F1 of the words that two answers share, in that form, in [0, 1]; as SQuAD v1.1."""
    said, wanted = squad_form(answer).split(), squad_form(expected).split()
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted)) if shared else 0.0
