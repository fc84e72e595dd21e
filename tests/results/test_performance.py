"""How often a model is right, against scikit-learn and counts by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from fake_observations import observations
from reportgen.results.answers import token_f1
from reportgen.results.dataset.calibration import BINS, make_bins, risk_by_coverage
from reportgen.results.dataset.intervals import proportion
from reportgen.results.dataset.measures import LOG_LOSS, TOKEN_F1, TOKENS
from reportgen.results.dataset.performance import MANY, performance


def labelled(n: int, labels: int, seed: int = 0):
    """Labels of which some are never expected, and one is never predicted."""
    drawn = np.random.default_rng(seed)
    expected = drawn.integers(labels - 1, size=n)
    other = drawn.integers(1, labels, size=n)
    predicted = np.where((drawn.random(n) < 0.7) & (expected > 0), expected, other)
    names = [f"label {i}" for i in range(labels)]
    found = observations(
        (expected == predicted).astype(float),
        expected=[names[i] for i in expected.tolist()],
        predicted=[names[i] for i in predicted.tolist()],
        confidence=drawn.beta(6, 2, size=n),
    )
    return found, expected, predicted


@pytest.mark.parametrize(("n", "labels"), [(40, 3), (400, 7)])
def test_labels_are_judged_as_scikit_learn_does(n, labels):
    found, expected, predicted = labelled(n, labels)
    told = performance(found)
    wanted = precision_recall_fscore_support(expected, predicted, zero_division=0)
    for name, values in zip(("precision", "recall", "f1"), wanted[:3], strict=True):
        assert [getattr(one, name).value for one in told.labels] == pytest.approx(values.tolist())
    assert [one.expected for one in told.labels] == wanted[3].tolist()
    macro = f1_score(expected, predicted, average="macro", zero_division=0)
    assert told.macro.value == pytest.approx(macro)
    assert told.macro.low < macro < told.macro.high
    assert told.accuracy == proportion(int((expected == predicted).sum()), n)
    counts = confusion_matrix(expected, predicted)
    cells = {(one.expected, one.predicted): one.places for one in told.confusion.cells}
    for (row, column), times in np.ndenumerate(counts):
        places = cells.get((f"label {row}", f"label {column}"), np.array([]))
        assert places.size == times
        held = np.flatnonzero((expected == row) & (predicted == column))
        assert sorted(places.tolist()) == held.tolist()
        assert (np.diff(found.confidence[places.astype(int)]) <= 0).all()  # the surest first


def test_a_label_that_is_never_predicted_has_no_precision_and_no_interval_of_it():
    told = performance(observations([0.0] * 12, predicted=["A"] * 12, expected=["B"] * 12))
    first, second = told.labels
    assert (second.precision.value, second.precision.count) == (0, 0)
    assert math.isnan(second.precision.low)
    assert (first.precision.value, first.precision.count) == (0, 12)
    assert second.f1.value == 0
    assert second.f1.high > 0


def test_f1_has_the_interval_of_the_share_that_is_right_of_all_that_have_the_label():
    told = performance(observations([1.0] * 30 + [0.0] * 10))
    positive = next(one for one in told.labels if one.label == "POSITIVE")
    share = proportion(30, 40)
    assert positive.f1.value == pytest.approx(2 * 30 / (40 + 30))
    assert positive.f1.low == pytest.approx(2 * share.low / (1 + share.low))
    assert positive.f1.high == pytest.approx(2 * share.high / (1 + share.high))


def test_few_inputs_say_nothing():
    assert performance(observations([1.0] * (MANY - 1))) is None
    assert performance(observations([1.0] * MANY)).judged == MANY


def test_without_what_is_expected_only_confidence_is_counted():
    nothing = observations([math.nan] * 20, expected=[None] * 20, confidence=[0.55] * 20)
    told = performance(nothing)
    assert (told.accuracy, told.labels, told.confusion) == (None, (), None)
    assert told.calibration.gap is None
    (held,) = [one for one in told.calibration.bins if one.count]
    assert (held.low, held.high, held.count, held.unjudged) == (0.5, 0.6, 20, 20)


@pytest.mark.parametrize(
    ("said", "wanted", "score"),
    [
        ("the Eiffel Tower", "Eiffel tower", 1.0),
        ("the tower", "the Eiffel Tower in Paris", 2 / 5),  # tower; of 1 + 4 words
        ("in in Paris", "in Paris in June", 6 / 7),  # in twice, and Paris
        ("Rome", "Paris", 0.0),
        ("the", "a", 0.0),  # nothing is left of either
    ],
)
def test_words_of_answers_are_compared_as_squad_does(said, wanted, score):
    assert token_f1(said, wanted) == pytest.approx(score)


def test_answers_have_the_mean_f1_of_their_words():
    values = np.array([1.0, 0.5, 0.0, 1.0] * 5 + [math.nan])
    asked = replace(
        observations([1.0, 0.0, 0.0, 1.0] * 5 + [math.nan]),
        kind="span",
        measures={TOKEN_F1: values},
    )
    told = performance(asked)
    assert (told.token_f1.value, told.token_f1.count) == (0.625, 20)
    assert told.token_f1.low < 0.625 < told.token_f1.high
    assert told.labels == ()


def test_perplexity_is_pooled_over_the_tokens_of_all_inputs():
    losses, tokens = np.array([2.0, 9.0, 1.0] * 8), np.array([1.0, 6.0, 2.0] * 8)
    read = replace(
        observations([math.nan] * 24, expected=[None] * 24, confidence=[math.nan] * 24),
        kind="written-text",
        measures={LOG_LOSS: losses, TOKENS: tokens},
    )
    told = performance(read)
    assert told.perplexity.value == pytest.approx(math.exp(12 / 9))
    assert told.perplexity.low < told.perplexity.value < told.perplexity.high
    assert (told.tokens, told.perplexity.count) == (72, 24)


def test_entities_are_judged_by_kind_and_all_together():
    places = np.array([[2, 1, 1], [0, 2, 0], [1, 1, 1]] * 6)  # predicted, expected, right
    people = np.array([[1, 1, 1]] * 18)
    tagged = replace(
        observations([0.0] * 18), kind="token-labels", entities={"LOC": places, "PER": people}
    )
    told = performance(tagged)
    location, person = told.entities
    assert location.precision.value == pytest.approx(12 / 18)
    assert location.recall.value == pytest.approx(12 / 24)
    assert location.f1.value == pytest.approx(2 * 12 / (18 + 24))
    assert person.f1.value == 1
    assert person.f1.low == proportion(18, 18).low  # that of 18 texts, all without a mistake
    assert told.all_entities.f1.value == pytest.approx(2 * 30 / (36 + 42))


def test_bins_of_confidence_have_their_upper_edge():
    sure = np.array([0.0, 0.1, 0.1001, 0.95, 1.0])
    found = make_bins(sure, np.array([1.0, 0.0, 1.0, math.nan, 1.0]))
    assert len(found) == BINS
    assert [(one.count, one.right, one.wrong, one.unjudged) for one in found if one.count] == [
        (2, 1, 1, 0),
        (1, 1, 0, 0),
        (2, 1, 0, 1),
    ]


def test_the_calibration_error_is_the_mean_gap_of_the_bins():
    sure = [0.75] * 20 + [0.95] * 10
    right = [1.0] * 10 + [0.0] * 10 + [1.0] * 10
    told = performance(observations(right, confidence=sure)).calibration
    assert told.error.value == pytest.approx((20 * 0.25 + 10 * 0.05) / 30)
    assert told.brier.value == pytest.approx((10 * 0.0625 + 10 * 0.5625 + 10 * 0.0025) / 30)
    assert told.gap.value == pytest.approx((20 * 0.25 - 10 * 0.05) / 30)
    assert told.error.low < told.error.value < told.error.high


def test_a_calibrated_model_has_an_error_that_chance_explains():
    drawn = np.random.default_rng(4)
    sure = drawn.uniform(0.5, 1, size=300)
    calm = performance(observations((drawn.random(300) < sure) * 1.0, confidence=sure)).calibration
    assert 0 < calm.error.value <= calm.by_chance
    assert calm.error.low == 0
    bold = performance(observations([1.0, 0.0] * 150, confidence=sure)).calibration
    assert bold.error.value > bold.by_chance
    assert bold.gap.certain


def test_risk_does_not_depend_on_the_order_of_inputs_of_equal_confidence():
    sure = np.array([0.9, 0.9, 0.9, 0.9, 0.6])
    one = risk_by_coverage(sure, np.array([1.0, 1.0, 0.0, 0.0, 1.0]))
    other = risk_by_coverage(sure, np.array([0.0, 0.0, 1.0, 1.0, 1.0]))
    assert one[0].tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert one[1].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5, 0.4])
    assert other[1].tolist() == pytest.approx(one[1].tolist())


def test_the_surest_are_all_that_are_as_sure():
    sure = [0.9] * 12 + [0.6] * 8
    told = performance(observations([1.0] * 12 + [0.0] * 8, confidence=sure)).calibration
    half, most, _ = told.covered
    assert (half.coverage, half.accuracy.value, half.threshold) == (0.6, 1.0, 0.9)
    assert (most.coverage, most.accuracy.value) == (1.0, 0.6)
    assert told.risk[-1] == pytest.approx(0.4)


def test_equal_inputs_have_equal_intervals():
    found, _, _ = labelled(200, 5)
    one, other = performance(found), performance(found)
    assert (one.macro, one.calibration.error) == (other.macro, other.calibration.error)


def test_the_area_under_risk_has_every_coverage():
    """Of 360 inputs there are 360 coverages, however their shares are rounded."""
    drawn = np.random.default_rng(5)
    sure = np.sort(drawn.random(360))[::-1]
    right = (drawn.random(360) < sure).astype(float)
    coverage, risk = risk_by_coverage(sure, right, 360)
    assert coverage.size == 360
    assert risk == pytest.approx(np.cumsum(1 - right) / np.arange(1, 361))
