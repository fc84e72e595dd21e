"""What words do over all inputs, against numbers counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import fakes
from fake_observations import observations
from pairs import one, run
from reportgen.results.dataset.observations import observe
from reportgen.results.dataset.output_scores import OutputScores
from reportgen.results.dataset.word_statistics import (
    expected_means,
    sign_changes,
    word_statistics,
)


def made_up(texts, scores, **changes):
    """Observations whose words have these scores towards POSITIVE."""
    found = observations([1.0] * len(texts), texts=texts, scores=scores, **changes)
    flat = np.array([value for row in scores for value in row], dtype=float)
    output = OutputScores("POSITIVE", "integrated_gradients", "none", np.arange(len(texts)), flat)
    return replace(found, outputs=(output,))


def of(words, name):
    return words.moments.estimate(words.vocabulary.index(name))


def test_a_word_has_a_mean_over_its_inputs_with_an_interval():
    texts = [["good", "film"], ["good"], ["bad", "good"], ["film"]]
    (words,) = word_statistics(made_up(texts, [[1, 0.5], [2], [-4, 3], [-0.5]]))
    good = of(words, "good")
    assert (good.value, good.count, words.inputs) == (2.0, 3, 4)
    half = 4.30265 / math.sqrt(3)
    assert (good.low, good.high) == pytest.approx((2 - half, 2 + half))
    assert of(words, "film").value == 0
    assert math.isnan(of(words, "bad").low)
    assert words.positive.tolist() == [1.0, 0.5, 0.0]


def test_words_come_in_the_order_of_how_clear_they_are():
    texts = [["rare", "sure", "vague"], ["rare", "sure", "vague"]] + [["sure", "vague"]] * 8
    rows = [[9, 1.1, 3], [-3, 0.9, -3]] + [[1.1, 3], [0.9, -3]] * 4
    (words,) = word_statistics(made_up(texts, rows))
    assert of(words, "rare").value == 3  # the largest mean, which two inputs have by chance
    assert [words.vocabulary[i] for i in words.by_evidence()] == ["sure", "vague", "rare"]


def test_a_word_of_one_input_is_not_made_much_of():
    (words,) = word_statistics(made_up([["a", "b"], ["a"]], [[1, 5], [2]]))
    assert [words.vocabulary[i] for i in words.by_evidence()] == ["a"]


def test_examples_are_the_inputs_where_it_pushes_most():
    texts = [["not"]] * 5
    (words,) = word_statistics(made_up(texts, [[1], [3], [-2], [2], [0]]))
    assert words.examples(0, 1).tolist() == [1, 3, 0]
    assert words.examples(0, -1).tolist() == [2]


def test_a_word_whose_sign_changes_is_told_with_both_sides():
    # Of ten inputs "not" clearly pushes up in three and down in four; "the" is small everywhere.
    nots = [3, 4, 5, -3, -6, -4, -5, 0.1, -0.1, 0.1]
    texts = [["not", "the"]] * 10
    (words,) = word_statistics(
        made_up(texts, [[value, (-1) ** i * 0.2] for i, value in enumerate(nots)])
    )
    assert words.typical == pytest.approx((30.3 + 2) / 20)
    (found,) = sign_changes(words)
    assert (found.word, found.count) == ("not", 10)
    assert found.towards.tolist() == [2, 1, 0]
    assert found.against.tolist() == [4, 6, 5, 3]
    assert found.means == (4.0, -4.5)
    assert found.weaker == 12.0


@pytest.mark.parametrize(
    "nots",
    [
        [3, 4, 5, -3, -6, -4, -5, 3, 3],  # nine inputs
        [3] * 9 + [-3],  # a single one on the other side
        [3] * 8 + [-0.1, -0.1],  # which are hardly below 0
    ],
)
def test_little_is_no_change_of_sign(nots):
    (words,) = word_statistics(made_up([["not"]] * len(nots), [[value] for value in nots]))
    assert sign_changes(words) == ()


def test_where_nothing_pushes_no_sign_changes():
    (words,) = word_statistics(made_up([["not"]] * 10, [[0]] * 10))
    assert sign_changes(words) == ()


def test_means_are_told_by_what_is_expected():
    found = made_up([["not"]] * 4, [[1], [3], [-2], [-4]], expected=["A", "A", "B", "B"])
    (words,) = word_statistics(found)
    means = expected_means(found, words)
    assert {name: one.means.tolist() for name, one in means.items()} == {"A": [2.0], "B": [-3.0]}
    assert expected_means(made_up([["a"]], [[1]], expected=["A"]), words) == {}


def test_the_table_says_the_same(tmp_path):
    inputs = [
        one("Good film", (1, 2), 0),
        one("good, good", (3, 5), 1),
        one("bad film", (-1, 0), 2),
        one(
            "bad bad",
            (9, 9),
            3,
            convergence=(fakes.path_check("integrated_gradients", "POSITIVE", converged=False),),
        ),
    ]
    table = run(tmp_path, inputs).word_statistics().set_index("word")
    assert set(table.model) == {"fake"}
    assert set(table.method) == {"integrated_gradients"}
    assert set(table.target) == {"POSITIVE"}
    good = table.loc["good"]
    assert (good["mean"], good["count"], good["share_positive"]) == (2.5, 2, 1.0)
    half = 12.7062 * math.sqrt(4.5) / math.sqrt(2)  # of 1 and 4, the mean of its two places
    assert (good["low"], good["high"]) == pytest.approx((2.5 - half, 2.5 + half))
    assert table.loc["film"]["mean"] == 1.0
    assert table.loc["bad"]["count"] == 1  # the other one did not converge
    assert math.isnan(table.loc["bad"]["low"])


def test_outputs_that_are_explained_most_often_come_first(tmp_path):
    inputs = [one("good", (1,), number) for number in range(2)]
    header, arrays = one("fine", (2,), 2)
    negative = header.targets[0].model_copy(update={"name": "NEGATIVE"})
    header = header.model_copy(update={"targets": (negative,), "agreement": (), "convergence": ()})
    inputs.append(
        (header, {"integrated_gradients/NEGATIVE": arrays["integrated_gradients/POSITIVE"]})
    )
    found = observe(run(tmp_path, inputs)).inputs()["fake"]
    outputs = [(words.output.output, words.inputs) for words in word_statistics(found)]
    assert outputs == [("POSITIVE", 2), ("NEGATIVE", 1)]
