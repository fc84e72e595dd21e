"""Head summaries, against their definitions written as loops."""

from __future__ import annotations

import math

import numpy as np

import fakes
from reportgen.rendering.input.attention_quantities import views
from reportgen.rendering.input.heads import distance, entropy, places, summaries


def test_summaries_are_what_they_are_defined_as():
    header, arrays = fakes.answered("Who came?", "Ada came home late.")
    (view,) = views(header, arrays)
    found = {summary.key: summary for summary in summaries(view)}
    assert list(found) == ["entropy", "distance", "special"]
    attention = arrays["attention"].astype(float)
    n = attention.shape[-1]
    for layer, head in np.ndindex(attention.shape[:2]):
        bits = away = special = 0.0
        for query in range(n):
            for key in range(n):
                weight = attention[layer, head, query, key]
                bits -= weight * math.log2(weight) / n
                away += weight * abs(query - key) / n
                special += 100 * weight * header.tokens[key].special / n
        here = [float(summary.values[layer, head]) for summary in found.values()]
        np.testing.assert_allclose(here, [bits, away, special], rtol=1e-6)


def test_extremes():
    one = np.eye(4)[None, None]
    assert entropy(one) == 0
    assert distance(one) == 0
    even = np.full((1, 1, 8, 8), 1 / 8)
    assert entropy(even) == 3


def test_thirds_hold_a_third_of_the_heads_each():
    values = np.random.default_rng(0).permutation(12).reshape(3, 4).astype(float)
    assert (places(values) == values // 4).all()
    assert (places(np.ones((2, 3))) == 0).all()


def test_two_texts_have_no_distance():
    header, arrays = fakes.translated("Das Haus ist alt.", "The house is old.")
    _, cross, decoder = views(header, arrays)
    assert "distance" not in {summary.key for summary in summaries(cross)}
    assert "distance" in {summary.key for summary in summaries(decoder)}


def test_the_table_has_every_head_and_its_colours_end_at_the_largest():
    header, arrays = fakes.classified("A warm film.")
    (view,) = views(header, arrays)
    heat = summaries(view)[0].heat
    assert len(heat.rows) == 4
    assert len(heat.columns) == 6
    shades = {shade for _, cells in heat.rows for shade, _ in cells}
    assert "a9" in shades
