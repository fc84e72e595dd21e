"""Agreement between methods, by hand-computed answers."""

from dataclasses import replace

import numpy as np
import pytest

from reportgen.engine.measures import agreement as measure
from reportgen.engine.measures.agreement import agreement, head_agreement
from reportgen.methods import get
from reportgen.results.model import Target
from reportgen.results.ranks import defined, measures, spearman

TARGET = Target(name="joy", index=1)


def kendall(a, b):
    return defined(measures(np.stack([a, b]), 1)["kendall"][0, 1])


def top_k_overlap(a, b, k):
    return defined(measures(np.stack([a, b]), k)["top_k_overlap"][0, 1])


def tau_b(a, b):
    """Return Kendall's tau-b by its definition, pair by pair."""
    pairs = [(i, j) for i in range(len(a)) for j in range(i)]
    first = [np.sign(a[i] - a[j]) for i, j in pairs]
    second = [np.sign(b[i] - b[j]) for i, j in pairs]
    concordant = sum(x * y > 0 for x, y in zip(first, second, strict=True))
    discordant = sum(x * y < 0 for x, y in zip(first, second, strict=True))
    told_apart = sum(map(bool, first)) * sum(map(bool, second))
    return (concordant - discordant) / told_apart**0.5


def test_spearman_by_hand():
    assert spearman(np.array([1, 2, 3, 4]), np.array([10, 20, 30, 40])) == pytest.approx(1)
    assert spearman(np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])) == pytest.approx(-1)
    # ranks 1 2 3 and 1 3 2: 1 - 6 * (0 + 1 + 1) / (3 * 8)
    assert spearman(np.array([1, 2, 3]), np.array([1, 3, 2])) == pytest.approx(0.5)


def test_spearman_gives_ties_their_mean_rank():
    # ranks 1.5 1.5 3 and 1 2 3: covariance 1.5, variances 1.5 and 2
    tied = spearman(np.array([5, 5, 9]), np.array([1, 2, 3]))
    assert tied == pytest.approx(1.5 / (1.5 * 2) ** 0.5)


def test_kendall_by_hand():
    # of the pairs (1,2) (1,3) (2,3) two are in the same order
    assert kendall(np.array([1, 2, 3]), np.array([1, 3, 2])) == pytest.approx(1 / 3)
    # a tells two pairs apart, b all three, both that a tells in the same order: 2 / sqrt(2 * 3)
    assert kendall(np.array([5, 5, 9]), np.array([1, 2, 3])) == pytest.approx(2 / 6**0.5)


def test_kendall_equals_its_definition():
    random = np.random.default_rng(3)
    for size in (3, 10, 41):
        a, b = random.integers(0, 8, (2, size)).astype("float32")
        assert kendall(a, b) == pytest.approx(tau_b(a, b), abs=1e-12)


def test_spearman_is_the_correlation_of_ranks():
    a, b = np.random.default_rng(4).integers(0, 30, (2, 300)).astype("float32")
    ranks = [[sum(s < x) + (sum(s == x) + 1) / 2 for x in s] for s in (a, b)]
    assert spearman(a, b) == pytest.approx(np.corrcoef(ranks)[0, 1], abs=1e-12)


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
    assert kendall(np.array(a), np.array(b)) is None
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


def row_or_mean(maps, read_at):
    return maps.mean(axis=-2) if read_at is None else maps[..., list(read_at), :].mean(axis=-2)


@pytest.mark.parametrize("read_at", [(0,), (2,), (1, 3), None])
def test_compares_the_row_that_the_output_is_read_from_or_the_mean_over_all(read_at):
    found = arrays()
    target = TARGET.model_copy(update={"read_at": read_at})
    rows = agreement(found, [target], np.array([1, 2, 3]))
    received = row_or_mean(found["attention"][0].mean(axis=0), read_at)[1:4]
    moved = row_or_mean(found["vector_norms/sum_alpha_f"][0], read_at)[1:4]
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


def test_outputs_read_from_different_tokens_have_rows_of_their_own():
    found = arrays()
    found["integrated_gradients/anger"] = found["integrated_gradients/joy"]
    targets = [
        Target(name=name, index=i, position=place, read_at=(place,))
        for i, (name, place) in enumerate([("joy", 1), ("anger", 3)])
    ]
    rows = agreement(found, targets, np.array([1, 2, 3]))
    both = [r for r in rows if (r.method_a, r.method_b) == ("attention", "vector_norms")]
    values = {row.target: row.value for row in both if row.measure == "spearman"}
    attention, norms = found["attention"][0].mean(axis=0), found["vector_norms/sum_alpha_f"][0]
    assert values == {
        name: pytest.approx(spearman(attention[place, 1:4], norms[place, 1:4]))
        for name, place in (("joy", 1), ("anger", 3))
    }
    heads = head_agreement(found, targets, np.array([1, 2, 3]))
    stored = heads["agreement_heads/spearman/integrated_gradients/attention/anger"]
    one = spearman(np.array([3.0, 2, 1]), found["attention"][0, 1, 3, 1:4])
    assert stored[0, 1] == pytest.approx(one)


def test_every_layer_target_and_measure_has_a_row():
    found = {name: np.concatenate([a, a]) if a.ndim > 1 else a for name, a in arrays().items()}
    found["integrated_gradients/anger"] = found["integrated_gradients/joy"]
    targets = [TARGET, Target(name="anger", index=0)]
    rows = agreement(found, targets, np.array([1, 2, 3]))
    assert len(rows) == (2 * 2 + 1) * 2 * 3  # pairs, layers, measures
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


def all_arrays():
    """Return two layers, two heads, two targets and five tokens, of every method."""
    random = np.random.default_rng(0)
    found = {
        "attention": random.dirichlet(np.ones(5), size=(2, 2, 5)),
        "vector_norms/alpha_f": random.random((2, 2, 5, 5)),
        "vector_norms/sum_alpha_f": random.random((2, 5, 5)),
    }
    for name in ("joy", "anger"):
        found |= {
            f"integrated_gradients/{name}": random.normal(size=5),
            f"layer_conductance/{name}": random.normal(size=(2, 5)),
            f"layer_conductance_features/{name}": random.normal(size=(2, 5, 3)),
            f"attention_attribution/{name}": random.normal(size=(2, 2, 5, 5)),
        }
    return found


TARGETS = [TARGET, Target(name="anger", index=0)]
CONTENT = np.array([1, 2, 3])


def test_methods_that_depend_on_the_target_are_compared_for_the_same_one():
    found = all_arrays()
    rows = agreement(found, TARGETS, CONTENT)
    own = ["integrated_gradients", "layer_conductance", "attention_attribution"]
    blind = ["attention", "vector_norms"]
    with_target = {(a, b) for i, a in enumerate(own) for b in own[i + 1 :] + blind}
    for name in ("joy", "anger"):
        pairs = {(r.method_a, r.method_b) for r in rows if r.target == name}
        assert pairs == with_target
    assert {(r.method_a, r.method_b) for r in rows if r.target is None} == {tuple(blind)}
    values = {
        (r.target, r.layer, r.method_a, r.method_b): r.value for r in rows if r.measure == "kendall"
    }
    conductance = abs(found["layer_conductance/anger"][1])[CONTENT]
    attributed = abs(found["attention_attribution/anger"][1]).mean(axis=(0, 1))[CONTENT]
    pair = "layer_conductance", "attention_attribution"
    assert values["anger", 1, *pair] == pytest.approx(tau_b(conductance, attributed))


def test_no_method_has_to_be_there():
    assert agreement({}, TARGETS, CONTENT) == ()
    found = all_arrays()
    del found["integrated_gradients/joy"], found["integrated_gradients/anger"]
    rows = agreement(found, TARGETS, CONTENT)
    assert {row.target for row in rows} == {"joy", "anger", None}
    assert agreement(found, [], CONTENT)[0].target is None


def test_heads_are_compared_one_by_one():
    found = all_arrays()
    heads = head_agreement(found, TARGETS, CONTENT)
    assert "agreement_heads/kendall/attention/vector_norms" in heads
    assert not any("layer_conductance" in name for name in heads)
    assert len(heads) == 3 * (1 + 2 * 5)
    attention = found["attention"].mean(axis=2)[..., CONTENT]
    moved = found["vector_norms/alpha_f"].mean(axis=2)[..., CONTENT]
    attributed = abs(found["attention_attribution/joy"]).mean(axis=2)[..., CONTENT]
    gradients = abs(found["integrated_gradients/joy"])[CONTENT]
    for layer in range(2):
        for head in range(2):
            at = layer, head
            expected = {
                "attention/vector_norms": (attention[at], moved[at]),
                "integrated_gradients/attention/joy": (gradients, attention[at]),
                "attention_attribution/vector_norms/joy": (attributed[at], moved[at]),
            }
            for name, pair in expected.items():
                value = heads[f"agreement_heads/spearman/{name}"][at]
                assert value == pytest.approx(spearman(*pair), abs=1e-6)


def test_undefined_heads_are_not_numbers():
    found = all_arrays()
    found["attention"][1, 0] = 0.2  # looks everywhere alike
    heads = head_agreement(found, [], CONTENT)
    assert heads["agreement_heads/spearman/attention/vector_norms"].dtype == np.float32
    undefined = np.isnan(heads["agreement_heads/kendall/attention/vector_norms"])
    assert undefined.tolist() == [[False, False], [True, False]]


def test_methods_without_layers_are_compared_once(monkeypatch):
    told = replace(get("alti"), agreement=True)
    monkeypatch.setattr(measure, "preferred", lambda: (get("integrated_gradients"), told))
    scores = np.array([0.5, -2.0, 1.0, 0.1])
    arrays = {"integrated_gradients/joy": scores, "alti/joy": np.abs(scores)}
    rows = agreement(arrays, [TARGET], np.arange(4))
    assert [(row.measure, row.layer, row.value) for row in rows] == [
        ("spearman", 0, pytest.approx(1)),
        ("kendall", 0, pytest.approx(1)),
        ("top_k_overlap", 0, None),
    ]
    assert head_agreement(arrays, [TARGET], np.arange(4)) == {}
