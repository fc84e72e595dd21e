"""Verdicts of sanity tests: where a number passes, warns, fails, or can tell nothing."""

from __future__ import annotations

import math

import pytest

import fakes
from reportgen.results.sanity import (
    Sanity,
    chance_level,
    changed,
    has_sanity_tests,
    other_output,
    random_weights,
    sanity,
    shaken,
    together,
)


@pytest.mark.parametrize(
    ("value", "tokens", "verdict"),
    [
        (0.05, 60, "passed"),
        (-0.29, 60, "passed"),
        (0.5, 60, "warning"),
        (-0.5, 60, "warning"),
        (0.71, 60, "failed"),
        (-0.9, 60, "failed"),
        (0.45, 19, "passed"),  # unrelated scores of so few tokens come to that by chance
        (0.5, 19, "warning"),
        (0.9, 9, "failed"),
        (0.9, 8, "cannot tell"),
        (0.0, 8, "cannot tell"),
        (None, 60, "cannot tell"),
        (0.1, 2, "cannot tell"),
    ],
)
def test_random_weights_are_judged_by_what_chance_gives(value, tokens, verdict):
    assert random_weights(value, chance_level([tokens])) == verdict


def test_chance_shrinks_with_tokens_and_with_inputs():
    assert chance_level([26]) == pytest.approx(1.96 / 5)
    assert chance_level([26, 26, 26, 26]) == pytest.approx(1.96 / 10)
    assert chance_level([5, 17]) == pytest.approx(1.96 * math.sqrt(1 / 4 + 1 / 16) / 2)
    assert chance_level([]) is None


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(1.0, "failed"), (0.96, "failed"), (0.8, "warning"), (0.5, "passed"), (-1.0, "passed")],
)
def test_a_method_that_says_the_same_of_another_output_fails(value, verdict):
    assert other_output(value) == verdict


@pytest.mark.parametrize(
    ("test", "value", "verdict"),
    [
        ("padding", 1e-6, "passed"),
        ("padding", 1e-3, "warning"),
        ("padding", 0.2, "failed"),
        ("dtype", 0.99, "passed"),
        ("dtype", 0.8, "warning"),
        ("dtype", 0.1, "failed"),
        ("dtype", None, "cannot tell"),
    ],
)
def test_changes_of_numbers_are_judged_by_their_size(test, value, verdict):
    assert changed(test, value) == verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.0, "passed"),
        (0.29, "passed"),
        (0.3, "warning"),
        (0.99, "warning"),
        (1.0, "failed"),
        (40.0, "failed"),
        (None, "cannot tell"),
    ],
)
def test_scores_that_change_by_as_much_as_they_are_fail(value, verdict):
    assert shaken(value) == verdict


def weights(value, tokens):
    chance = chance_level([tokens])
    verdict = random_weights(value, chance)
    return Sanity("parameter_randomization", "alti", "yes", value, verdict, tokens, chance)


def test_short_inputs_tell_something_together():
    inputs = [[weights(0.1, 8)], [weights(-0.1, 8)], [weights(0.05, 8)], [weights(0.0, 8)]]
    assert {one.verdict for found in inputs for one in found} == {"cannot tell"}
    judged = together(inputs)
    assert (judged.verdict, judged.tokens) == ("passed", 32)
    assert judged.value == pytest.approx(0.0125)
    assert together([[weights(0.95, 8)]] * 4).verdict == "failed"


def test_outputs_of_one_input_count_once():
    judged = together([[weights(0.2, 17), weights(0.6, 17)]])
    assert (judged.value, judged.tokens) == (pytest.approx(0.4), 17)
    assert judged.chance == chance_level([17])


def test_of_gaps_and_changes_the_worst_counts():
    gaps = [
        [Sanity("completeness", "alti", "a", 0.001, "passed")],
        [Sanity("completeness", "alti", "a", 0.3, "failed")],
    ]
    assert (together(gaps).value, together(gaps).verdict) == (0.3, "failed")
    alike = [
        [Sanity("dtype", None, "a", 0.99, "passed"), Sanity("dtype", None, "b", 0.8, "warning")]
    ]
    assert (together(alike).value, together(alike).verdict) == (0.8, "warning")
    nothing = [[Sanity("completeness", "alti", None, None, "not applicable")]]
    assert together(nothing).verdict == "not applicable"
    assert together([[], []]) is None


def test_a_jump_on_the_path_is_a_warning():
    header, _ = fakes.classified("Hello out there")
    (row, *_) = header.convergence
    jump = row.model_copy(update={"converged": False, "gap": row.tolerance / 2})
    missed = row.model_copy(update={"converged": False, "gap": 2 * row.tolerance})
    for changed_row, verdict in ((row, "passed"), (jump, "warning"), (missed, "failed")):
        result = header.model_copy(update={"convergence": (changed_row,)})
        assert [one.verdict for one in sanity(result) if one.value is not None] == [verdict]


def test_only_the_costly_tests_make_an_input_a_tested_one():
    header, arrays = fakes.classified("Hello out there")
    assert not has_sanity_tests(header)
    assert has_sanity_tests(fakes.with_everything((header, arrays))[0])
