"""How often the scan finds a weak slice that was planted, and one where there is none.

    python tests/simulations/scan.py [--runs 100] [--inputs 1000 2000] [--planted word pair none]

Data sets are made up: texts of words whose frequencies follow Zipf's law, 20 columns of 2 to 8
values that are unequally frequent, two labels. A model is right on 85 % of the inputs, and on 70 %
of those of the planted slice, which is about a tenth of the data: the inputs with a word, with a
value of a column, of a range of lengths, or with two of these together. Found means that one of the
findings is that slice (Jaccard index of at least .8); false means a finding where nothing is planted.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from fake_observations import codes
from reportgen.results.dataset.findings import Finding
from reportgen.results.dataset.observations import Observations, WordsRead
from reportgen.results.dataset.weak_slices import weak_slices

PLANTED = ("word", "column", "length", "pair")
RIGHT, LOWER, SHARE = 0.85, 0.15, 0.10
VOCABULARY, LENGTH, COLUMNS = 20_000, 18, 20


@dataclass(frozen=True)
class Data:
    """Inputs without outcomes, and a slice of them that may be planted."""

    found: Observations
    planted: np.ndarray


def made(kind: str, n: int, drawn: np.random.Generator) -> Data:
    """Make a data set in which a slice of this kind can be planted."""
    lengths = np.clip(np.round(drawn.lognormal(np.log(LENGTH), 0.5, n)), 3, 80).astype(int)
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    words = drawn.choice(VOCABULARY, size=int(lengths.sum()), p=frequency / frequency.sum())
    pairs = np.unique(np.repeat(np.arange(n), lengths) * VOCABULARY + words)
    rows, ids = pairs // VOCABULARY, pairs % VOCABULARY
    columns = {}
    for place in range(COLUMNS):
        values = int(drawn.integers(2, 9))
        columns[f"column{place}"] = drawn.choice(values, size=n, p=drawn.dirichlet([4] * values))
    has = np.zeros((n, 400), dtype=bool)
    frequent = ids < 400
    has[rows[frequent], ids[frequent]] = True
    planted = np.zeros(n, dtype=bool)
    if kind == "word":
        planted = has[:, np.argmin(np.abs(has.mean(axis=0) - SHARE))]
    elif kind == "column":
        groups = [values == value for values in columns.values() for value in range(8)]
        planted = min(groups, key=lambda group: abs(group.mean() - SHARE))
    elif kind == "length":
        start = int(np.quantile(lengths, drawn.uniform(0, 1 - SHARE)))
        ranges = [(lengths >= start) & (lengths <= end) for end in range(start, lengths.max() + 1)]
        planted = min(ranges, key=lambda group: abs(group.mean() - SHARE))
    elif kind == "pair":
        parts = [values == value for values in columns.values() for value in range(8)]
        parts = [part for part in parts if 0.2 <= part.mean() <= 0.5]
        others = [has[:, word] for word in range(400) if 0.2 <= has[:, word].mean() <= 0.5]
        groups = [a & b for a in parts for b in others]
        near = sorted(groups, key=lambda group: abs(group.mean() - SHARE))[:20]
        planted = near[int(drawn.integers(len(near)))]
    found = Observations(
        model="model",
        task="sequence-classification",
        kind="single-label",
        places=np.arange(n),
        inputs=np.arange(n),
        entries=np.zeros(n, dtype=np.int64),
        correct=np.ones(n),
        confidence=drawn.uniform(0.5, 1, n),
        lengths=lengths,
        faithfulness=np.full(n, np.nan),
        predicted=codes(["A"] * n),
        expected=codes([("A", "B")[code] for code in drawn.integers(0, 2, n).tolist()]),
        columns={
            name: codes([f"v{code}" for code in held.tolist()]) for name, held in columns.items()
        },
        words=WordsRead(
            tuple(f"w{word}" for word in range(VOCABULARY)),
            ids,
            np.searchsorted(rows, np.arange(n), side="right"),
            np.full(len(ids), np.nan),
            "",
        ),
    )
    return Data(found, planted)


def judged(data: Data, drawn: np.random.Generator) -> Observations:
    """Draw what is right: less often in the planted slice."""
    chance = np.where(data.planted, RIGHT - LOWER, RIGHT)
    data.found.correct[:] = drawn.uniform(size=len(chance)) < chance
    return data.found


def hits(findings: tuple[Finding, ...], planted: np.ndarray) -> bool:
    """Whether one of the findings is the planted slice."""
    own = set(np.flatnonzero(planted).tolist())
    return any(
        len(own & set(one.places.tolist())) >= 0.8 * len(own | set(one.places.tolist()))
        for one in findings
    )


def simulate(kind: str, n: int, runs: int, seed: int = 0) -> tuple[int, float, float]:
    """Return how often the slice was found (any, where none is), findings and seconds a run."""
    found, several, seconds = 0, 0, 0.0
    for run in range(runs):
        drawn = np.random.default_rng([seed, n, run])
        data = made(kind, n, drawn)
        observed = judged(data, drawn)
        start = time.perf_counter()
        findings, _ = weak_slices(observed, run)
        seconds += time.perf_counter() - start
        several += len(findings)
        found += bool(findings) if kind == "none" else hits(findings, data.planted)
    return found, several / runs, seconds / runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--inputs", type=int, nargs="+", default=[1_000, 2_000, 5_000, 10_000])
    parser.add_argument("--planted", nargs="+", default=[*PLANTED, "none"])
    asked = parser.parse_args()
    print("| planted | inputs | found | findings per run | seconds per run |")
    print("|---|---|---|---|---|")
    for kind in asked.planted:
        for n in asked.inputs:
            found, several, seconds = simulate(kind, n, asked.runs)
            what = "false" if kind == "none" else "found"
            print(
                f"| {kind} | {n:,} | {what} in {found} of {asked.runs} | {several:.2f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
