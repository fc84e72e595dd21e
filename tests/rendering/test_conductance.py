"""One token's conductance over features: boxes after Tukey, common bins, honest entropies."""

from __future__ import annotations

import numpy as np
import pytest
from test_score_rows import unpacked

import fakes
from reportgen.rendering.input import conductance, conductance_stats
from reportgen.rendering.input.conductance import conductance_charts
from reportgen.results.model import Target


@pytest.fixture
def answer():
    pair = fakes.answered("Who came home?", "Ada came home late today.")
    return fakes.with_everything(pair, width=200)


def test_quartiles_and_whiskers_are_those_of_numpy():
    values = np.random.default_rng(0).standard_normal(500) ** 3
    found = conductance_stats.box(values)
    q1, median, q3 = np.percentile(values, (25, 50, 75))
    assert (found.q1, found.median, found.q3) == pytest.approx((q1, median, q3))
    reach = 1.5 * (q3 - q1)
    assert found.low == values[values >= q1 - reach].min()
    assert found.high == values[values <= q3 + reach].max()
    outside = values[(values < q1 - reach) | (values > q3 + reach)]
    np.testing.assert_array_equal(found.outliers, np.sort(outside))
    axis = (found.low - reach, found.high + reach)
    drawn = conductance_stats.extreme(found, axis)
    inside = outside[(outside >= axis[0]) & (outside <= axis[1])]
    assert len(drawn) == conductance_stats.OUTLIERS < len(inside) < len(outside)
    left_out = np.setdiff1d(inside, drawn)
    assert np.abs(drawn - median).min() >= np.abs(left_out - median).max()


def test_boxes_can_be_seen_beside_far_outliers(answer):
    header, arrays = answer
    end = header.targets[1]
    stored = arrays["layer_conductance_features/end"]
    stored[2, end.index, 7] = 50 * np.abs(stored).max()
    stats = conductance_stats.make_stats(header, end, arrays)
    low, high = stats.axis
    assert max(box.q3 - box.q1 for box in stats.boxes) > 0.1 * (high - low)
    datasets = conductance_charts(header, arrays).boxes.spec["datasets"]
    ends = [row for row in datasets["beyond-1"] if row["layer"] == 3 and row["up"]]
    assert [row["value"] for row in ends] == [pytest.approx(float(stored.max()), rel=1e-3)]
    assert [row["at"] for row in ends] == [pytest.approx(high, rel=1e-3)]
    assert all(low <= row["value"] <= high for row in datasets["outliers-1"])
    drawn = [row["low"] for row in datasets["boxes-1"]] + [
        row["high"] for row in datasets["boxes-1"]
    ]
    assert low < min(drawn)
    assert high > max(drawn)


def test_the_script_has_the_boxes_of_every_token(answer):
    header, arrays = answer
    spread = conductance_charts(header, arrays).spread
    assert spread["tokens"] == [token.text for token in header.tokens]
    for packed, target in zip(spread["boxes"], ("start", "end"), strict=True):
        stored = arrays[f"layer_conductance_features/{target}"].astype(np.float64)
        found = unpacked(packed).reshape(len(header.tokens), 4, 8)
        for token, layer in np.ndindex(found.shape[:2]):
            values = stored[layer, token]
            low, q1, median, q3, high, outliers, least, most = found[token, layer]
            assert (q1, median, q3) == pytest.approx(np.percentile(values, (25, 50, 75)), rel=6e-3)
            assert (least, most) == pytest.approx((values.min(), values.max()), rel=6e-3)
            box = conductance_stats.box(values)
            assert (low, high) == pytest.approx((box.low, box.high), rel=6e-3)
            assert outliers == len(box.outliers)


def test_too_many_tokens_have_no_boxes_of_their_own(answer, monkeypatch):
    header, arrays = answer
    monkeypatch.setattr(conductance, "SPREAD", 4 * len(header.tokens) * 8 * 2 - 1)
    assert conductance_charts(header, arrays).spread is None


def test_layers_share_their_bins(answer):
    header, arrays = answer
    (start, _) = header.targets
    found = conductance_stats.make_stats(header, start, arrays)
    stored = arrays["layer_conductance_features/start"][:, start.index]
    assert found.edges.shape == (200 // 16 + 1,)
    np.testing.assert_allclose(np.diff(found.edges), np.diff(found.edges)[0])
    for shares, values in zip(found.shares, stored, strict=True):
        inner, _ = np.histogram(values, found.edges)
        np.testing.assert_allclose(shares[1:-1], inner[1:-1] / 200, atol=1.01 / 200)
        assert shares[0] >= (values < found.edges[0]).mean()
        assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        found.totals, arrays["layer_conductance/start"][:, start.index], rtol=1e-4
    )


def test_entropy_is_in_bits():
    assert conductance_stats.entropy(np.full(8, 1 / 8)) == pytest.approx(3)
    assert conductance_stats.entropy(np.array([0, 1.0, 0])) == 0
    assert str(conductance_stats.entropy(np.array([1.0]))) == "0.0"


@pytest.mark.parametrize("constant", [0.0, 3.0, -1e-30])
def test_values_that_are_all_the_same_make_no_empty_bins(constant):
    values = np.full((2, 64), constant)
    edges = conductance_stats.common_edges(values)
    assert (np.diff(edges) > 0).all()
    shares = conductance_stats.histogram(values[0], edges)
    assert shares.sum() == 1
    assert conductance_stats.entropy(shares) == 0
    box = conductance_stats.box(values[0])
    assert box.low == box.high == constant
    assert box.outliers.size == 0


def test_an_answer_shows_its_own_ends(answer):
    header, arrays = answer
    for target in header.targets:
        stored = arrays[f"layer_conductance_features/{target.name}"]
        assert conductance_stats.chosen(header, target, stored) == target.index


def test_elsewhere_the_strongest_content_token_is_shown():
    header, arrays = fakes.with_everything(fakes.classified("Not a bad film."))
    stored = arrays["layer_conductance_features/POSITIVE"].copy()
    stored[:, 3] = [[1.0], [-1.0], [1.0], [-1.0]]  # cancels over layers: sizes count
    stored[:, 0] = 100  # [CLS] is no word
    assert conductance_stats.chosen(header, header.targets[0], stored) == 3
    pointed_at_special = Target(name="start", index=0)
    assert conductance_stats.chosen(header, pointed_at_special, stored) == 3


def test_the_charts_carry_summaries_and_not_all_features(answer):
    header, arrays = answer
    view = conductance_charts(header, arrays)
    points = [len(rows) for rows in view.boxes.spec["datasets"].values()]
    assert max(points) <= 4 * conductance_stats.OUTLIERS
    assert len(view.boxes.table.rows) == 2 * 4
    assert view.totals.table.columns == (
        "layer",
        "output",
        "token",
        "total, logits",
        "entropy, bits",
    )
    assert "where the answer starts or ends" in view.about


def test_without_features_there_is_nothing_to_show():
    header, arrays = fakes.classified("Hello")
    assert conductance_charts(header, arrays) is None


def test_the_token_is_the_one_whose_conductance_is_largest_not_its_features():
    header, _ = fakes.classified("good film")  # [CLS] good film [SEP]
    stored = np.zeros((2, 4, 2), np.float32)
    stored[:, 1] = (5, -5)  # which cancel out
    stored[:, 2] = (1, 1)
    assert conductance_stats.chosen(header, header.targets[0], stored) == 2
