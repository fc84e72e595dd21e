"""How often intervals of 95 % hold the truth: data sets are made up whose truth is known.

    python tests/simulations/coverage.py [--runs 1000]

prints the table of docs/statistics.md: a row for each number and truth, a column for each number of
inputs. An interval that keeps what it says has 93 to 97 % there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from fake_observations import observations
from reportgen.results.dataset.calibration import expected_error, risk_area
from reportgen.results.dataset.intervals import (
    Estimate,
    difference_of_proportions,
    mean,
    paired_difference,
    proportion,
    ratio,
)
from reportgen.results.dataset.performance import macro_f1, of_counts, of_entities

SIZES = (50, 200, 1_000)

Draw = Callable[[np.random.Generator, int], Estimate]


@dataclass(frozen=True)
class Simulation:
    """A number, how a data set of ``n`` inputs is drawn and estimated, and the true value."""

    name: str
    truth: float
    draw: Draw
    sizes: tuple[int, ...] = SIZES

    def coverage(self, runs: int, size: int, seed: int = 0) -> float:
        drawn = np.random.default_rng(seed)
        found = (self.draw(drawn, size) for _ in range(runs))
        return sum(one.low <= self.truth <= one.high for one in found) / runs


def share(true: float) -> Simulation:
    return Simulation(
        f"accuracy {true:.0%} (Wilson)",
        true,
        lambda drawn, n: proportion(int(drawn.binomial(n, true)), n),
    )


def two_shares(here: float, there: float) -> Simulation:
    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        few = n // 5
        return difference_of_proportions(
            proportion(int(drawn.binomial(few, here)), few),
            proportion(int(drawn.binomial(n - few, there)), n - few),
        )

    name = f"slice of a fifth, {here:.0%} against {there:.0%} (Newcombe)"
    return Simulation(name, here - there, draw)


def values(
    name: str, true: float, of: Callable[[np.random.Generator, int], np.ndarray]
) -> Simulation:
    return Simulation(f"mean, {name}", true, lambda drawn, n: mean(of(drawn, n)))


def paired(only_a: float, only_b: float) -> Simulation:
    """Right before and after a change: most inputs stay what they are."""

    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        both = 0.8 - only_a
        cells = drawn.choice(4, p=(both, only_a, only_b, 1 - both - only_a - only_b), size=n)
        return paired_difference((cells < 2).astype(float), (cells % 2 == 0).astype(float))

    name = f"paired difference, {only_a:.0%} lost and {only_b:.0%} won (Newcombe)"
    return Simulation(name, only_a - only_b, draw)


def paired_values() -> Simulation:
    """A score before and after a change, which most inputs hardly feel and some a lot."""

    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        before = drawn.beta(8, 2, size=n)
        return paired_difference(before, before - drawn.gamma(0.5, 0.1, size=n))

    return Simulation("paired difference, skewed (Hall)", 0.05, draw)


RIGHT = 0.8
LABELS = np.array([0.6, 0.3, 0.1])
"""How often a label is right, and how often it is the expected one."""


def confused(drawn: np.random.Generator, n: int) -> np.ndarray:
    """Draw how often each label got each one: one that is wrong is any of the others."""
    other = (1 - RIGHT) / (LABELS.size - 1)
    chances = LABELS[:, None] * np.where(np.eye(LABELS.size) > 0, RIGHT, other)
    return drawn.multinomial(n, chances.ravel()).reshape(chances.shape)


def true_f1() -> np.ndarray:
    other = (1 - RIGHT) / (LABELS.size - 1)
    predicted = LABELS * RIGHT + (1 - LABELS) * other
    return 2 * LABELS * RIGHT / (LABELS + predicted)


def label_f1(label: int) -> Simulation:
    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        counts = confused(drawn, n)
        expected, predicted = counts.sum(axis=1)[label], counts.sum(axis=0)[label]
        return of_counts("", int(expected), int(predicted), int(counts[label, label])).f1

    name = f"F1 of a label of {LABELS[label]:.0%} (Wilson of Jaccard)"
    return Simulation(name, float(true_f1()[label]), draw)


def macro() -> Simulation:
    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        cells = np.argwhere(np.ones((3, 3)))
        pairs = np.repeat(cells, confused(drawn, n).ravel(), axis=0)
        return macro_f1(
            observations(
                (pairs[:, 0] == pairs[:, 1]).astype(float),
                expected=[str(label) for label in pairs[:, 0].tolist()],
                predicted=[str(label) for label in pairs[:, 1].tolist()],
            )
        )

    return Simulation("macro F1 of three labels (bootstrap, BCa)", float(true_f1().mean()), draw)


def entity_f1(found: float) -> Simulation:
    """Entities of a text go together: each text has a chance of its own that they are right."""
    spare = 0.1

    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        expected = drawn.poisson(1.5, size=n)
        right = drawn.binomial(expected, drawn.beta(6 * found, 6 * (1 - found), size=n))
        predicted = right + drawn.binomial(expected, spare)
        return of_entities("", np.stack((predicted, expected, right), axis=1)).f1

    true = 2 * found / (found + spare + 1)
    return Simulation(f"F1 of entities {true:.2f} (Hall)", true, draw)


def perplexity(spread: float) -> Simulation:
    """Texts of 1 to 40 tokens, each as hard as it is.

    An interval of the mean loss holds the truth when that of its exponential does.
    """

    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        tokens = drawn.integers(1, 41, size=n)
        hard = drawn.gamma(2.5 / spread, spread, size=n)
        return ratio(drawn.gamma(tokens, hard), tokens)

    return Simulation(f"perplexity, spread {spread:g} over texts (Hall)", 2.5, draw)


def brier() -> Simulation:
    def draw(drawn: np.random.Generator, n: int) -> Estimate:
        sure = drawn.beta(8, 2, size=n)
        return mean((sure - (drawn.random(n) < sure)) ** 2)

    return Simulation("Brier score (Hall)", 0.8 - (8 * 9) / (10 * 11), draw)


def confident(drawn: np.random.Generator, n: int, surer: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw confidences, the surest first, and who is right: less often by ``surer``."""
    sure = np.sort(0.5 + drawn.beta(2, 1, size=n) / 2)[::-1]
    return sure, (drawn.random(n) < sure - surer).astype(float)


def calibration_error(surer: float) -> Simulation:
    return Simulation(
        f"expected calibration error {surer:.2f} (bootstrap)",
        surer,
        lambda drawn, n: expected_error(*confident(drawn, n, surer))[0],
    )


def area() -> Simulation:
    """The truth is that of a million inputs."""
    _, right = confident(np.random.default_rng(1), 1_000_000, 0.1)
    wrong = np.cumsum(1 - right) / np.arange(1, right.size + 1)
    return Simulation(
        "area under risk over coverage (Hall)",
        float(wrong.mean()),
        lambda drawn, n: risk_area(*confident(drawn, n, 0.1)),
    )


def simulations() -> tuple[Simulation, ...]:
    return (
        *(share(true) for true in (0.5, 0.8, 0.95)),
        *(two_shares(here, there) for here, there in ((0.8, 0.8), (0.65, 0.8), (0.9, 0.95))),
        *(paired(*chances) for chances in ((0.05, 0.05), (0.1, 0.05), (0.2, 0.02))),
        paired_values(),
        values("normal", 0, lambda drawn, n: drawn.normal(size=n)),
        values("confidence, beta(8, 1)", 8 / 9, lambda drawn, n: drawn.beta(8, 1, size=n)),
        values("exponential", 1, lambda drawn, n: drawn.exponential(size=n)),
        values("lognormal", np.exp(0.5), lambda drawn, n: drawn.lognormal(size=n)),
        values(
            "four of five are 0",
            0.2,
            lambda drawn, n: (drawn.random(n) < 0.2) * drawn.exponential(size=n),
        ),
        *(label_f1(label) for label in range(LABELS.size)),
        macro(),
        *(entity_f1(found) for found in (0.7, 0.9)),
        *(perplexity(spread) for spread in (0.3, 1.0)),
        brier(),
        *(calibration_error(surer) for surer in (0.0, 0.05, 0.15)),
        area(),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    runs = parser.parse_args(arguments).runs
    print("| number | " + " | ".join(f"{size:,} inputs" for size in SIZES) + " |")
    print("| --- | " + " | ".join("---:" for _ in SIZES) + " |")
    for one in simulations():
        found = (one.coverage(runs, size) for size in SIZES)
        print(f"| {one.name} | " + " | ".join(f"{share:.1%}" for share in found) + " |", flush=True)


if __name__ == "__main__":
    main()
