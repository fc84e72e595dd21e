"""Agreement between methods, by hand-computed answers."""

import numpy as np
import pytest

from reportgen.engine.measures.agreement import agreement, spearman, top_k_overlap
from reportgen.results.model import Target

TARGET = Target(name="joy", index=1)


def test_spearman_by_hand():
    assert spearman(np.array([1, 2, 3, 4]), np.array([10, 20, 30, 40])) == pytest.approx(1)
    assert spearman(np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])) == pytest.approx(-1)
    # ranks 1 2 3 and 1 3 2: 1 - 6 * (0 + 1 + 1) / (3 * 8)
    assert spearman(np.array([1, 2, 3]), np.array([1, 3, 2])) == pytest.approx(0.5)


def test_spearman_gives_ties_their_mean_rank():
    # ranks 1.5 1.5 3 and 1 2 3: covariance 1.5, variances 1.5 and 2
    tied = spearman(np.array([5, 5, 9]), np.array([1, 2, 3]))
    assert tied == pytest.approx(1.5 / (1.5 * 2) ** 0.5)


def test_top_k_overlap_by_hand():
    a, b = np.array([9, 8, 1, 2, 3]), np.array([1, 9, 8, 2, 3])
    assert top_k_overlap(a, b, 2) == 0.5
    assert top_k_overlap(a, a, 2) == 1
    assert top_k_overlap(a, -a, 2) == 0


def test_ties_in_the_top_k_go_to_the_earlier_token():
    a, b = np.array([5, 5, 5, 1]), np.array([9, 8, 2, 1])
    assert top_k_overlap(a, b, 2) == 1


@pytest.mark.parametrize(
    ("a", "b"), [([1, 2], [2, 1]), ([3, 3, 3], [1, 2, 3]), ([1, 2, 3], [0, 0, 0]), ([], [])]
)
def test_undefined_values_are_none(a, b):
    assert spearman(np.array(a), np.array(b)) is None
    assert top_k_overlap(np.array(a), np.array(b), 2) is None


def test_top_k_of_every_token_says_nothing():
    a = np.array([1, 2, 3])
    assert top_k_overlap(a, -a, 3) is None
    assert spearman(a, -a) == pytest.approx(-1)


def arrays():
    """Return one layer, two heads, five tokens of which 1, 2 and 3 are content."""
    random = np.random.default_rng(0)
    attention = random.dirichlet(np.ones(5), size=(1, 2, 5))
    norms = random.random((1, 5, 5))
    return {
        "integrated_gradients/joy": np.array([0, -3.0, 2.0, 1.0, 0]),
        "attention": attention,
        "vector_norms/sum_alpha_f": norms,
    }


def test_compares_what_each_content_token_receives():
    found = arrays()
    rows = agreement(found, [TARGET], np.array([1, 2, 3]))
    received = found["attention"][0].mean(axis=(0, 1))[1:4]
    moved = found["vector_norms/sum_alpha_f"][0].mean(axis=0)[1:4]
    by_pair = {(r.method_a, r.method_b): r for r in rows if r.measure == "spearman"}
    gradients = by_pair["integrated_gradients", "attention"]
    assert (gradients.target, gradients.layer) == ("joy", 0)
    assert gradients.value == pytest.approx(spearman(np.array([3, 2, 1]), received))
    assert by_pair["integrated_gradients", "vector_norms"].value == pytest.approx(
        spearman(np.array([3, 2, 1]), moved)
    )
    both = by_pair["attention", "vector_norms"]
    assert both.target is None
    assert both.value == pytest.approx(spearman(received, moved))


def test_every_layer_target_and_measure_has_a_row():
    found = {name: np.concatenate([a, a]) if a.ndim > 1 else a for name, a in arrays().items()}
    found["integrated_gradients/anger"] = found["integrated_gradients/joy"]
    targets = [TARGET, Target(name="anger", index=0)]
    rows = agreement(found, targets, np.array([1, 2, 3]))
    assert len(rows) == (2 * 2 + 1) * 2 * 2  # pairs, layers, measures
    assert {row.k for row in rows if row.measure == "top_k_overlap"} == {3}


@pytest.mark.parametrize("missing", ["attention", "vector_norms/sum_alpha_f"])
def test_methods_that_did_not_run_are_not_compared(missing):
    found = arrays()
    del found[missing]
    rows = agreement(found, [TARGET], np.array([1, 2, 3]))
    assert {row.method_a for row in rows} == {"integrated_gradients"}
    assert missing.partition("/")[0] not in {row.method_b for row in rows}


def test_one_method_alone_has_no_agreement():
    only = {"integrated_gradients/joy": np.arange(5.0)}
    assert agreement(only, [TARGET], np.array([1, 2, 3])) == ()
