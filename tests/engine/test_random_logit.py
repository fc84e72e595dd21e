"""The random-logit test tells methods that know the target from those that do not."""

import numpy as np
import pytest

from reportgen.engine.measures.random_logit import random_logit
from reportgen.results.model import Target

CONTENT = np.array([1, 2, 3, 4])


def arrays(name, seed):
    random = np.random.default_rng(seed)
    return {
        f"integrated_gradients/{name}": random.normal(size=6),
        f"layer_conductance/{name}": random.normal(size=(2, 6)),
        f"layer_conductance_features/{name}": random.normal(size=(2, 6, 3)),
        f"attention_attribution/{name}": random.normal(size=(2, 3, 6, 6)),
        f"attention_attribution_norm/{name}": random.random((2, 6, 6)),
        f"attention_relevance/{name}": random.random(6),
    }


def blind(position):
    """Return what methods that know no target found, the rollouts read at ``position``."""
    random = np.random.default_rng(7)
    matrices = random.random((3, 6, 6))
    found = {
        "attention": random.random((2, 3, 6, 6)),
        "vector_norms/sum_alpha_f": random.random((2, 6, 6)),
    }
    names = ("globenc_rollout", "alti_rollout", "attention_rollout_matrix")
    for name, matrix in zip(names, matrices, strict=True):
        found[name] = matrix
        found[f"{name.removesuffix('_rollout').removesuffix('_matrix')}/joy"] = matrix[position]
    return found


def read_at(name, position):
    places = None if position is None else (position,)
    return Target(name=name, index=name == "joy", position=position, read_at=places)


def compared(position=None, other_position=None):
    joy, anger = read_at("joy", position), read_at("anger", other_position)
    own = arrays("joy", 1) | blind(position or 0)
    rows = random_logit(own, arrays("anger", 2), joy, anger, CONTENT)
    assert {(row.target, row.other) for row in rows} == {("joy", "anger")}
    return {(row.method, row.layer): row.value for row in rows}


def ranks(scores):
    return np.argsort(np.argsort(scores[CONTENT]))


def correlation(a, b):
    return pytest.approx(np.corrcoef(ranks(a), ranks(b))[0, 1])


def test_every_method_is_compared_layer_by_layer():
    layered = ("layer_conductance", "attention_attribution", "attention", "vector_norms")
    once = ("integrated_gradients", "attention_relevance")
    rollouts = ("globenc", "alti", "attention_rollout")
    assert set(compared()) == {(method, layer) for method in layered for layer in (0, 1)} | {
        (method, None) for method in once + rollouts
    }


def test_scores_are_compared_with_their_sign():
    values, joy, anger = compared(), arrays("joy", 1), arrays("anger", 2)
    assert values["integrated_gradients", None] == correlation(
        joy["integrated_gradients/joy"], anger["integrated_gradients/anger"]
    )
    assert values["layer_conductance", 1] == correlation(
        joy["layer_conductance/joy"][1], anger["layer_conductance/anger"][1]
    )
    assert values["attention_attribution", 0] == correlation(
        joy["attention_attribution/joy"][0].sum(axis=(0, 1)),
        anger["attention_attribution/anger"][0].sum(axis=(0, 1)),
    )


def test_opposite_explanations_are_told():
    joy, anger = Target(name="joy", index=1), Target(name="anger", index=0)
    scores = np.array([0, 3.0, -1, 2, 5, 0])
    own, other = {"integrated_gradients/joy": scores}, {"integrated_gradients/anger": -scores}
    (row,) = random_logit(own, other, joy, anger, CONTENT)
    assert row.value == pytest.approx(-1)


def test_methods_that_know_no_target_do_not_change():
    values = compared()
    for method in ("attention", "vector_norms"):
        assert values[method, 0] == values[method, 1] == pytest.approx(1)
    for method in ("globenc", "alti", "attention_rollout"):
        assert values[method, None] == pytest.approx(1)


def test_a_rollout_changes_with_the_token_that_is_read():
    values, found = compared(position=2, other_position=4), blind(2)
    matrix = found["attention_rollout_matrix"]
    assert values["attention_rollout", None] == correlation(matrix[2], matrix[4])
    assert values["attention_rollout", None] != pytest.approx(1)


def test_the_row_of_every_layer_changes_with_the_token_that_is_read():
    values, found = compared(position=2, other_position=4), blind(2)
    attention = found["attention"].mean(axis=1)
    assert values["attention", 1] == correlation(attention[1, 2], attention[1, 4])
    norms = found["vector_norms/sum_alpha_f"]
    assert values["vector_norms", 0] == correlation(norms[0, 2], norms[0, 4])


def test_constant_scores_have_no_value():
    joy, anger = Target(name="joy", index=1), Target(name="anger", index=0)
    own = {"integrated_gradients/joy": np.zeros(6)}
    (row,) = random_logit(own, {"integrated_gradients/anger": np.arange(6.0)}, joy, anger, CONTENT)
    assert row.value is None


def test_what_was_not_computed_for_the_other_target_is_left_out():
    joy, anger = Target(name="joy", index=1), Target(name="anger", index=0)
    assert random_logit(arrays("joy", 1), {}, joy, anger, CONTENT) == []
