"""Accuracy before and after, slice by slice."""

from __future__ import annotations

import numpy as np
import pytest

from memory_runs import Said, memory_run
from reportgen.results.compare.runs import compare
from reportgen.results.compare.slices import mcnemar
from reportgen.results.dataset.intervals import paired_difference


def run(right: list[bool], sites: list[str]):
    said = [
        Said(
            f"text {i}",
            label="POSITIVE" if one else "NEGATIVE",
            expect="POSITIVE",
            columns={"site": site},
        )
        for i, (one, site) in enumerate(zip(right, sites, strict=True))
    ]
    return memory_run({"m": said})


SITES = ["a"] * 40 + ["b"] * 40
BEFORE = [i % 10 != 0 for i in range(80)]  # 36 of 40 in either
AFTER = [one and not (20 <= i < 36) for i, one in enumerate(BEFORE)]


def test_the_slice_that_became_worse_is_found_and_the_other_is_not():
    (model,) = compare(run(BEFORE, SITES), run(AFTER, SITES)).models
    whole, *parts = model.slices
    lost = sum(BEFORE) - sum(AFTER)
    assert (whole.by, whole.value, whole.count) == ("", "", 80)
    assert whole.difference.value == pytest.approx(-lost / 80)
    found = {(one.by, one.value): one for one in parts}
    worse, same = found["site", "a"], found["site", "b"]
    assert (worse.before.value, worse.after.value) == (36 / 40, (36 - lost) / 40)
    assert worse.changed
    assert worse.p == pytest.approx(mcnemar(0, lost))
    assert (same.difference.value, same.p, same.changed) == (0, 1, False)
    assert parts[0] is worse


def test_the_interval_is_that_of_pairs():
    (model,) = compare(run(BEFORE, SITES), run(AFTER, SITES)).models
    expected = paired_difference(np.array(AFTER, dtype=float), np.array(BEFORE, dtype=float))
    assert model.slices[0].difference == expected


def test_nothing_is_compared_of_few_inputs():
    (model,) = compare(run(BEFORE[:9], SITES[:9]), run(AFTER[:9], SITES[:9])).models
    assert model.slices == ()


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1), (1, 1, 1), (0, 5, 2 / 32), (1, 9, 2 * 11 / 1024), (6, 0, 2 / 64)],
)
def test_mcnemar_is_the_exact_binomial_test(better, worse, p):
    assert mcnemar(better, worse) == pytest.approx(p)
