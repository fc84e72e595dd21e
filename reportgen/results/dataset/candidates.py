"""Groups of inputs that a scan looks at, chosen without looking at what is right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.observations import Codes, Observations

LEAST, SHARE = 20, 0.01
"""A group has at least so many inputs, and at least this share of them; so has the rest."""

MOST_WORDS = 2_000
"""Words that are looked at, the most frequent first."""

CUTS, WIDEST = 20, 0.5
"""Lengths are cut at so many quantiles; a range of them holds no more than this share."""

CROSSED, MOST_PAIRS = 0.05, 2_000
"""Pairs hold at least this share of the inputs; so many are looked at, the largest first."""

Condition = tuple[str, str]
"""By what a group is made, and its value there: ``("word", "not")``, ``("source", "tweets")``."""

LENGTH, LABEL, WORD = "length", "label", "word"


@dataclass(frozen=True)
class Candidates:
    """Groups of rows: those of group ``i`` are ``members[ends[i - 1]:ends[i]]``, ascending.

    A group has one condition, or two that hold together (a pair).
    """

    conditions: tuple[tuple[Condition, ...], ...]
    members: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.conditions)

    @property
    def sizes(self) -> np.ndarray:
        return np.diff(self.ends, prepend=0)

    @property
    def groups(self) -> np.ndarray:
        """The group of each member."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def rows(self, group: int) -> np.ndarray:
        """Return the rows of a group."""
        return self.members[self.ends[group] - self.sizes[group] : self.ends[group]]


def gathered(groups: list[tuple[tuple[Condition, ...], np.ndarray]]) -> Candidates:
    """Put groups together, each given by its conditions and rows."""
    sizes = [len(rows) for _, rows in groups]
    members = [rows.astype(np.int32) for _, rows in groups]
    return Candidates(
        tuple(conditions for conditions, _ in groups),
        np.concatenate(members) if members else np.zeros(0, dtype=np.int32),
        np.cumsum(sizes, dtype=np.int64),
    )


def candidates(found: Observations, among: np.ndarray, labels: Codes) -> Candidates:
    """Return words, values of columns, ranges of lengths, and pairs of the frequent ones.

    ``among`` are the rows that are looked at; rows of the groups count within these. ``labels``
    are crossed with the others, and are no groups of their own. Nothing of a prediction decides
    what is looked at, so that what is found can be tested against permuted outcomes.
    """
    n = len(among)
    least = max(LEAST, int(np.ceil(SHARE * n)))
    words = [(((WORD, word),), rows) for word, rows in word_groups(found, among, least)]
    columns = [
        (((column, value),), rows)
        for column, held in found.columns.items()
        for value, rows in code_groups(held, among, least)
    ]
    lengths = list(length_groups(found.lengths[among], least))
    own = [(((LABEL, value),), rows) for value, rows in code_groups(labels, among, least)]
    quarters = list(length_groups(found.lengths[among], least, cuts=4, widest=0.3))
    crossed = pairs([*words, *columns, *quarters, *own], n, max(least, int(CROSSED * n)))
    return gathered([*words, *columns, *lengths, *crossed])


def word_groups(
    found: Observations, among: np.ndarray, least: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the rows of each word that enough inputs have and enough have not."""
    place = np.full(len(found), -1, dtype=np.int32)
    place[among] = np.arange(len(among))
    rows, ids = place[found.words.rows], found.words.ids
    rows, ids = rows[rows >= 0], ids[rows >= 0]
    counts = np.bincount(ids, minlength=len(found.words.vocabulary))
    asked = np.flatnonzero((counts >= least) & (counts <= len(among) - least))
    asked = asked[np.argsort(-counts[asked], kind="stable")][:MOST_WORDS]
    order = np.argsort(ids, kind="stable")
    ends = np.cumsum(counts)
    for word in asked.tolist():
        yield found.words.vocabulary[word], rows[order[ends[word] - counts[word] : ends[word]]]


def code_groups(held: Codes, among: np.ndarray, least: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the rows of each value that enough inputs have and enough have not."""
    codes = held.codes[among]
    counts = np.bincount(codes[codes >= 0], minlength=len(held.values))
    for code in np.flatnonzero((counts >= least) & (counts <= len(among) - least)).tolist():
        yield held.values[code], np.flatnonzero(codes == code)


def length_groups(
    lengths: np.ndarray, least: int, cuts: int = CUTS, widest: float = WIDEST
) -> Iterator[tuple[tuple[Condition, ...], np.ndarray]]:
    """Yield the rows of ranges of lengths, between any two of the quantiles."""
    if not len(lengths):
        return
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, cuts + 1), method="higher"))
    edges[-1] += 1
    if len(edges) > 2 and edges[-1] - edges[-2] == 1:  # the longest are of one length
        edges = edges[:-1] if np.count_nonzero(lengths >= edges[-2]) < least else edges
    order = np.argsort(lengths, kind="stable")
    starts = np.searchsorted(lengths[order], edges)
    for low in range(len(edges) - 1):
        for high in range(low + 1, len(edges)):
            size = starts[high] - starts[low]
            if least <= size <= widest * len(lengths):
                rows = np.sort(order[starts[low] : starts[high]])
                yield ((LENGTH, length_range(lengths, rows)),), rows


def length_range(lengths: np.ndarray, rows: np.ndarray) -> str:
    """Write a range of lengths: ``5 or fewer``, ``12 to 17``, ``30 or more``, ``4``."""
    low, high = int(lengths[rows].min()), int(lengths[rows].max())
    if low == high:
        return f"{low}"
    if low == lengths.min():
        return f"{high} or fewer"
    if high == lengths.max():
        return f"{low} or more"
    return f"{low} to {high}"


def pairs(
    singles: list[tuple[tuple[Condition, ...], np.ndarray]], n: int, least: int
) -> list[tuple[tuple[Condition, ...], np.ndarray]]:
    """Return the pairs that enough inputs have, the largest first."""
    large = [(of, rows) for of, rows in singles if least <= len(rows) <= n - least]
    large.sort(key=lambda group: -len(group[1]))
    held = np.zeros((len(large), n), dtype=np.float32)
    for place, (_, rows) in enumerate(large):
        held[place, rows] = 1
    sizes = held @ held.T
    firsts, seconds = np.nonzero(np.triu(sizes >= least, 1))
    both = sizes[firsts, seconds]
    # A pair that is nearly one of its two is no other group.
    smaller = np.minimum(np.diag(sizes)[firsts], np.diag(sizes)[seconds])
    kept = np.flatnonzero(both <= 0.8 * smaller)
    kept = kept[np.argsort(-both[kept], kind="stable")]
    found = []
    for one in kept.tolist():
        first, second = large[firsts[one]], large[seconds[one]]
        if first[0][0][0] == second[0][0][0] and first[0][0][0] != WORD:
            continue
        if len(found) == MOST_PAIRS:
            break
        rows = np.flatnonzero(held[firsts[one]] * held[seconds[one]])
        found.append(((*first[0], *second[0]), rows))
    return found
