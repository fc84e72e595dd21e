"""Answers in a context: decoded from probabilities, found by characters, compared."""

from __future__ import annotations

import re

import numpy as np

from reportgen.engine.tokens import Encoding, characters
from reportgen.errors import InputError
from reportgen.results.model import Span

LONGEST_ANSWER = 30
"""Most tokens of an answer."""

MOST_SPANS = 5
"""Answers kept, best first."""


def best_spans(starts: np.ndarray, ends: np.ndarray) -> list[tuple[int, int, float]]:
    """Return the most probable spans ``(start, end, P(start) * P(end))``, best first.

    ``starts`` and ``ends`` (m,) are probabilities over the context's tokens. A span has its
    start at or before its end and is at most ``LONGEST_ANSWER`` tokens long. Of equal spans
    the one that starts first comes first.
    """
    joint = np.outer(starts, ends)
    allowed = np.triu(np.ones_like(joint)) * np.tril(np.ones_like(joint), LONGEST_ANSWER - 1) > 0
    first, last = np.nonzero(allowed)
    probabilities = joint[first, last]
    order = np.argsort(-probabilities, kind="stable")[:MOST_SPANS]
    return [(int(first[i]), int(last[i]), float(probabilities[i])) for i in order]


def read_span(encoding: Encoding, start: int, end: int, probability: float) -> Span:
    """Read the answer between two tokens from the original context."""
    first, last = characters(encoding.tokens[start])[0], characters(encoding.tokens[end])[1]
    return Span(
        text=encoding.segments["context"][first:last],
        start=start,
        end=end,
        char_start=first,
        char_end=last,
        probability=probability,
    )


def locate_answer(encoding: Encoding, answer: str) -> tuple[int, int]:
    """Find the tokens of the first occurrence of ``answer`` in the context, by characters.

    An occurrence in the same case is preferred. Raises ``InputError`` where there is none
    among the tokens the model read.
    """
    context, wanted = encoding.segments["context"], re.escape(answer.strip())
    match = re.search(wanted, context) or re.search(wanted, context, re.IGNORECASE)
    if match is None:
        raise InputError(
            "the expected answer is not in the context",
            hint="copy it from the context, or set target: predicted",
        )
    read, tokens = encoding.positions("context"), encoding.tokens
    places = {i: characters(tokens[i]) for i in read if not tokens[i].special}
    covered = [
        i for i, (start, end) in places.items() if end > match.start() and start < match.end()
    ]
    first, last = characters(tokens[read[0]])[0], characters(tokens[read[-1]])[1]
    cut = match.start() < first or match.end() > last
    if cut or not covered:
        raise InputError(
            "the expected answer lies in the part of the context that was cut off",
            hint="shorten the context, or raise max_length if the model reads more",
        )
    return covered[0], covered[-1]
