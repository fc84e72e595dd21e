"""What the page's script needs to know about tokens: a JSON block per input."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from reportgen.rendering.input.score_rows import Group
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.sentences import apart
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult

LOWEST = -20
"""The smallest power of ten of a packed number; three digits below it are zero."""


def token_data(
    result: JobResult, methods: Sequence[Group], layers: Sequence[Group]
) -> dict[str, Any]:
    """Describe the tokens, the words and all rows of an input.

    ``tokens``    the texts of the tokens, (n)
    ``special``   the indices of special tokens
    ``segments``  for each token the number of its text in the order of the page, -1 if special
    ``words``     ``[text, first, last]`` each: the word's tokens are ``first`` to ``last - 1``
    ``groups``    the groups of the compared methods, then those of the layers; each has
                  ``title``, ``about``, ``hue``, ``unit``, ``rows`` (``[key, label, title]`` each;
                  rows of layers have a label only), ``values`` (rows x n, packed), and for
                  methods ``sums`` (rows x words, packed): layers' words are added up by the
                  script; ``unreliable`` says of rows, by number, why not to rely on them, and
                  ``own`` which word a tagger's row is about, and its share of the scores;
                  ``off`` are the tokens off the scale, ``row_off`` those of each row where each
                  has a scale of its own; ``beside`` is set of what is in no table of the largest
    """
    names = list(dict.fromkeys(token.segment for token in result.tokens if token.segment))
    return {
        "tokens": [visible(token.text) for token in result.tokens],
        "special": [i for i, token in enumerate(result.tokens) if token.special],
        "segments": [names.index(t.segment) if t.segment else -1 for t in result.tokens],
        "words": [[visible(word.text), word.first, word.last] for word in result.words],
        "groups": [
            *(
                described(group)
                | {"sums": pack(group.words)}
                | ({"beside": True} if group.beside else {})
                | doubts(group)
                | own_words(result, group)
                for group in methods
            ),
            *(described(group) | doubts(group) for group in layers),
        ],
    }


def described(group: Group) -> dict[str, Any]:
    scale: dict[str, Any] = {}
    if group.own:
        scale = {"row_off": [group.off(i) for i in range(len(group.rows))]}
    elif group.off(0):
        scale = {"off": group.off(0)}
    return scale | {
        "title": group.title,
        "about": group.about,
        "hue": group.hue,
        "unit": group.unit,
        "rows": [[r.key, r.label, r.title] if r.key else [r.label] for r in group.rows],
        "values": pack(group.table),
    }


def doubts(group: Group) -> dict[str, dict[int, str]]:
    told = {i: text for i, text in enumerate(group.doubts) if text}
    return {"unreliable": told} if told else {}


def own_words(result: JobResult, group: Group) -> dict[str, dict[int, tuple[int, str]]]:
    found = {}
    for i, row in enumerate(group.rows):
        word = own_word(result, row.name)
        if word is not None:
            found[i] = (word, apart(group.words[i], word)[0])
    return {"own": found} if found else {}


def pack(values: np.ndarray) -> str:
    """Write numbers with three significant digits in two bytes each, as base64.

    A number is ``m * 10**e`` with ``-999 <= m <= 999``; its 16-bit code, little-endian, is
    ``32 * m + (e - LOWEST)``. JSON would need three times as much.
    """
    flat = np.nan_to_num(np.asarray(values, dtype=np.float64)).ravel()
    size = np.abs(flat)
    exponent = np.floor(np.log10(size, where=size > 0, out=np.zeros_like(size))) - 2
    mantissa = np.rint(size / 10.0**exponent)
    exponent = np.where(mantissa == 1000, exponent + 1, exponent)
    mantissa = np.where(mantissa == 1000, 100, mantissa)
    mantissa = np.where(exponent < LOWEST, 0, mantissa) * np.sign(flat)
    place = np.clip(exponent - LOWEST, 0, 31)
    return base64.b64encode((32 * mantissa + place).astype("<i2").tobytes()).decode()
