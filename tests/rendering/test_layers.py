"""Charts from layer to layer: means over the right tokens."""

from __future__ import annotations

import pytest

import fakes
from document import told
from reportgen.rendering.input.layers import mixing_ratio
from reportgen.rendering.wording.numbers import percent


def test_mixing_is_averaged_over_the_words():
    header, arrays = fakes.with_everything(fakes.classified("Not a bad film."))
    view = mixing_ratio(header, arrays)
    assert view.table.columns == (
        "layer",
        "attention alone",
        "with residual",
        "with residual and LayerNorm",
    )
    residual = arrays["mixing_ratio/residual"][:, 1:-1].mean(axis=1)  # without [CLS] and [SEP]
    assert [row[2] for row in view.table.rows] == [percent(float(value)) for value in residual]
    drawn = [float(lines["with residual"][:-2]) for lines in told(view.svg).values()]
    assert drawn == pytest.approx(100 * residual, abs=0.051)


def test_models_with_another_norm_have_fewer_lines():
    header, arrays = fakes.with_everything(fakes.classified("Not a bad film."))
    del arrays["mixing_ratio/normalized"]
    assert "with residual and LayerNorm" not in mixing_ratio(header, arrays).table.columns
    assert mixing_ratio(header, {}) is None
