"""Slices of a model's inputs: which there are, and their numbers against others."""

from __future__ import annotations

import math
import time
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fake_observations import observations
from reportgen.results.dataset.exact_test import LogFactorials
from reportgen.results.dataset.slices import (
    FEWEST,
    cut,
    evaluate_slices,
    mean_by_moments,
    slices,
    student,
)
from reportgen.spec.slices import SliceSettings


def named(found) -> dict[tuple[str, str], np.ndarray]:
    return {(one.by, one.value): one.rows for one in found}


def half(n: int) -> list[str]:
    return ["a" if i % 2 else "b" for i in range(n)]


def test_each_value_of_each_column_is_a_slice():
    found = observations([1] * 30, columns={"source": half(30)}, lengths=[5] * 30)
    held = named(slices(found))
    assert list(held) == [("source", "b"), ("source", "a")]
    assert held["source", "a"].tolist() == list(range(1, 30, 2))


def test_values_with_too_few_inputs_or_too_few_others_are_counted_or_left_out():
    column = ["rare"] * 9 + ["often"] * 31 + ["once"]
    made = cut(observations([1] * 41, columns={"c": column}, lengths=[5] * 41))
    assert [(one.by, one.value, len(one.rows)) for one in made.held] == [("c", "often", 31)]
    assert made.small == {"c": 2}
    made = cut(observations([1] * 40, columns={"c": ["a"] * 31 + [None] * 9}, lengths=[5] * 40))
    assert (made.held, made.small) == ((), {})


def test_lengths_are_put_into_four_groups_of_about_the_same_size():
    found = observations([1] * 40, lengths=list(range(1, 41)))
    assert {k[1]: len(v) for k, v in named(slices(found)).items() if k[0] == "length"} == {
        "up to 10 words": 10,
        "11 to 20 words": 10,
        "21 to 30 words": 10,
        "31 words or more": 10,
    }


@pytest.mark.parametrize(
    ("lengths", "groups"),
    [
        ([3] * 40, []),
        ([1] * 20 + [2] * 20, ["up to 1 word", "2 words or more"]),
        ([1] * 10 + [2] * 20 + [3] * 10, ["up to 1 word", "2 words", "3 words or more"]),
        ([5] * 30 + list(range(6, 16)), ["up to 5 words", "6 words or more"]),
    ],
)
def test_there_are_fewer_groups_where_lengths_are_equal(lengths, groups):
    found = observations([1] * 40, lengths=lengths)
    assert [value for by, value in named(slices(found)) if by == "length"] == groups


def test_groups_of_lengths_end_where_the_spec_says():
    found = observations([1] * 60, lengths=[10] * 20 + [11] * 20 + [26] * 20)
    held = named(slices(found, SliceSettings(lengths=[10, 25])))
    assert [value for by, value in held if by == "length"] == [
        "up to 10 words",
        "11 to 25 words",
        "26 words or more",
    ]


def test_labels_are_those_expected_or_where_there_are_none_those_predicted():
    right = [1] * 20 + [0] * 10
    held = named(slices(observations(right, lengths=[5] * 30)))
    assert {key: len(rows) for key, rows in held.items()} == {
        ("label", "POSITIVE"): 20,
        ("label", "NEGATIVE"): 10,
    }
    said = ["yes"] * 15 + ["no"] * 15
    nothing = observations([math.nan] * 30, predicted=said, expected=[None] * 30, lengths=[5] * 30)
    assert set(named(slices(nothing))) == {("label", "yes"), ("label", "no")}


def test_a_column_that_is_called_label_or_length_stands_before_what_is_always_there():
    columns = {"label": half(40), "length": half(40)}
    held = named(slices(observations([1, 0] * 20, columns=columns, lengths=list(range(40)))))
    assert list(held) == [(by, value) for by in ("label", "length") for value in "ba"]


def test_words_that_are_asked_for_are_slices_whatever_their_case():
    texts = [["not", "good"]] * 12 + [["good"]] * 28
    made = cut(observations([1] * 40, texts=texts), SliceSettings(words=["Not", "absent"]))
    assert [(one.by, one.value) for one in made.held if one.by == "word"] == [("word", "Not")]
    assert made.small == {"word": 1}


def test_inputs_of_which_nothing_is_expected_are_in_no_slice_of_those_that_are_judged():
    column = ["a"] * 20 + ["b"] * 20
    right = [1.0] * 15 + [math.nan] * 5 + [0.0] * 12 + [math.nan] * 8
    found = observations(right, columns={"c": column}, lengths=[5] * 40)
    by_value = {one.slice.value: one for one in evaluate_slices(found) if one.slice.by == "c"}
    assert {value: one.count for value, one in by_value.items()} == {"a": 15, "b": 12}
    assert by_value["a"].accuracy.value == 1


def test_the_numbers_of_a_slice_by_hand():
    """40 of 50 against 90 of 100: Newcombe's interval as by R's DescTools, Fisher's p as by R."""
    right = [1] * 40 + [0] * 10 + [1] * 90 + [0] * 10
    sure = [0.6] * 25 + [0.8] * 25 + [0.9] * 100
    columns = {"c": ["a"] * 50 + ["b"] * 100, "label": ["x"] * 150}
    found = observations(right, columns=columns, confidence=sure, lengths=[5] * 150)
    by_value = {one.slice.value: one for one in evaluate_slices(found)}
    one = by_value["a"]
    assert (one.count, one.accuracy.value, one.difference.value) == (50, 0.8, pytest.approx(-0.1))
    assert one.difference.low == pytest.approx(-0.238, abs=0.002)
    assert one.difference.high == pytest.approx(0.013, abs=0.002)
    assert one.effect == pytest.approx(2 * math.asin(0.8**0.5) - 2 * math.asin(0.9**0.5))
    expected = stats.fisher_exact([[40, 10], [90, 10]])[1]
    assert one.p == pytest.approx(expected)
    assert one.q == pytest.approx(expected)  # the two slices are one test
    assert not one.differs
    interval = stats.t.interval(0.95, 49, loc=0.7, scale=np.std(sure[:50], ddof=1) / 50**0.5)
    assert (one.confidence.low, one.confidence.high) == pytest.approx(interval, abs=1e-4)
    assert by_value["b"].difference.value == pytest.approx(0.1)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_exact_test_is_that_of_scipy(count, others, data):
    right, rest = data.draw(st.integers(0, count)), data.draw(st.integers(0, others))
    table = [[right, count - right], [rest, others - rest]]
    whole = count + others
    p = LogFactorials(whole).fisher(right, count, right + rest, whole)
    assert p == pytest.approx(stats.fisher_exact(table)[1], abs=1e-9)


def test_the_exact_test_holds_for_many_inputs():
    p = LogFactorials(100_000).fisher(4_200, 5_000, 85_000, 100_000)
    table = [[4_200, 800], [80_800, 14_200]]
    assert p == pytest.approx(stats.fisher_exact(table)[1], rel=1e-6)


def test_the_correction_is_that_of_scipy_over_all_slices():
    rng = np.random.default_rng(0)
    columns = {f"c{k}": [str(v) for v in rng.integers(0, 4, 300)] for k in range(5)}
    found = evaluate_slices(observations((rng.random(300) < 0.8).tolist(), columns=columns))
    expected = stats.false_discovery_control([one.p for one in found])
    assert [one.q for one in found] == pytest.approx(expected.tolist())


def test_slices_come_in_the_order_of_evidence_and_the_weak_are_told_from_the_strong():
    column = ["weak"] * 60 + ["strong"] * 60 + ["usual"] * 200
    right = [1, 0] * 30 + [1] * 60 + [1, 1, 1, 0] * 50
    found = evaluate_slices(
        observations(right, columns={"c": column, "label": ["x"] * 320}, lengths=[5] * 320)
    )
    assert [one.slice.value for one in found if one.differs] == ["strong", "weak"]
    assert [one.slice.value for one in found if one.weak] == ["weak"]
    assert [one.q for one in found] == sorted(one.q for one in found)


@pytest.mark.parametrize("freedom", [9, 20, 100])
def test_quantiles_of_student_are_those_of_scipy(freedom):
    assert student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=5e-4)


def test_a_mean_of_one_value_has_no_interval_and_of_none_there_is_no_mean():
    assert math.isnan(mean_by_moments(np.array([0.5])).low)
    assert mean_by_moments(np.array([math.nan])) is None


def test_where_nothing_is_expected_slices_have_a_confidence_only():
    found = observations([math.nan] * 40, columns={"c": half(40)}, lengths=[5] * 40)
    first, *_ = evaluate_slices(found)
    assert (first.accuracy, first.difference) == (None, None)
    assert math.isnan(first.q)
    assert not first.differs
    assert first.confidence.value == pytest.approx(0.9)


def test_top_words_are_those_of_the_largest_mean_score_in_the_slice():
    texts = [["good", "film"], ["bad", "film"], ["rare", "film"]]
    scores = [[2.0, 0.5], [1.0, -0.5], [9.0, math.nan]]
    order = [0, 1] * 10 + [1] * 9 + [2] + [0] * 10
    found = observations(
        [1] * 40,
        texts=[texts[k] for k in order],
        scores=[scores[k] for k in order],
        columns={"c": ["a"] * 30 + ["b"] * 10},
    )
    by_value = {one.slice.value: one for one in evaluate_slices(found) if one.slice.by == "c"}
    told = [(top.word, top.score, top.count) for top in by_value["a"].top_words]
    assert told == [("good", 2.0, 10), ("bad", 1.0, 19)]  # film is against, rare stands once
    assert [top.word for top in by_value["b"].top_words] == ["good", "film"]


def brute_top(found, rows) -> list[tuple[str, float]]:
    held: dict[str, list[float]] = {}
    starts = [0, *found.words.ends[:-1].tolist()]
    for row in rows.tolist():
        for place in range(starts[row], found.words.ends[row]):
            if not math.isnan(found.words.scores[place]):
                word = found.words.vocabulary[found.words.ids[place]]
                held.setdefault(word, []).append(found.words.scores[place])
    least = max(3, len(rows) // 50)
    means = [(w, sum(v) / len(v)) for w, v in held.items() if len(v) >= least]
    return sorted((m for m in means if m[1] > 0), key=lambda m: -m[1])[:5]


def test_slices_and_top_words_are_those_of_a_search_row_by_row():
    rng = np.random.default_rng(5)
    texts = [
        [f"w{k}" for k in rng.choice(30, rng.integers(0, 8), replace=False)] for _ in range(200)
    ]
    scores = [
        [math.nan if rng.random() < 0.2 else float(rng.normal()) for _ in text] for text in texts
    ]
    column = [None if v == 4 else f"v{v}" for v in rng.integers(0, 5, 200)]
    right = (rng.random(200) < 0.7).astype(float).tolist()
    found = observations(right, texts=texts, scores=scores, columns={"c": column})
    asked = SliceSettings(words=["w1", "w2"])
    for one in evaluate_slices(found, asked):
        by, value = one.slice.by, one.slice.value
        if by == "c":
            rows = [i for i in range(200) if column[i] == value]
        elif by == "word":
            rows = [i for i in range(200) if value in texts[i]]
        else:
            continue
        assert one.slice.rows.tolist() == rows
        assert one.accuracy.value == pytest.approx(np.mean([right[i] for i in rows]))
        told = [(top.word, top.score) for top in one.top_words]
        expected = brute_top(found, one.slice.rows)
        assert [word for word, _ in told] == [word for word, _ in expected]
        assert [s for _, s in told] == pytest.approx([s for _, s in expected])


def test_equal_accuracies_are_rarely_called_different():
    """Of 400 simulated runs without any difference at least 95 % say that there is none."""
    rng = np.random.default_rng(11)
    clean = 0
    for _ in range(400):
        columns = {f"c{k}": [str(v) for v in rng.integers(0, 5, 200)] for k in range(3)}
        right = (rng.random(200) < 0.8).astype(float)
        found = observations(
            right.tolist(), columns=columns | {"label": ["x"] * 200}, lengths=[5] * 200
        )
        clean += not any(one.differs for one in evaluate_slices(found))
    assert clean >= 0.95 * 400


def test_a_weak_slice_is_nearly_always_found():
    """Of 100 runs in which a tenth of the inputs is 30 points worse at least 90 say so."""
    rng = np.random.default_rng(12)
    said = 0
    for _ in range(100):
        column = rng.integers(0, 10, 600)
        right = rng.random(600) < np.where(column == 3, 0.55, 0.85)
        columns = {"c": column.astype(str).tolist(), "label": ["x"] * 600}
        found = observations(right.tolist(), columns=columns, lengths=[5] * 600)
        first = evaluate_slices(found)[0]
        said += first.weak and first.slice.value == "3"
    assert said >= 90


def test_a_thousand_slices_of_ten_thousand_inputs_take_seconds():
    rng = np.random.default_rng(0)
    columns = {f"c{k}": rng.integers(0, 50, 10_000).astype(str).tolist() for k in range(20)}
    texts = [[f"w{k}" for k in set((rng.pareto(1, 20) * 20).astype(int))] for _ in range(10_000)]
    scores = [rng.normal(size=len(text)).tolist() for text in texts]
    found = observations(
        (rng.random(10_000) < 0.85).tolist(), texts=texts, scores=scores, columns=columns
    )
    start = time.process_time()
    results = evaluate_slices(found)
    assert len(results) >= 1000
    assert time.process_time() - start < 20  # about 1 second alone
    counts = Counter(one.slice.by for one in results)
    assert all(counts[name] == 50 for name in columns)


def test_no_slice_is_smaller_than_is_said():
    values = list(product("ab", range(FEWEST)))
    found = observations([1] * len(values), columns={"c": [v for v, _ in values]})
    assert all(len(one.rows) >= FEWEST for one in slices(found))
