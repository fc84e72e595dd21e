"""The attention views: which pictures there are, on which scales, with which axes."""

from __future__ import annotations

import numpy as np

import fakes
from reportgen.rendering.explorer import ATTRIBUTED, explorers
from reportgen.rendering.numbers import number


def test_attribution_is_a_picture_for_each_output():
    header, arrays = fakes.with_everything(fakes.answered("Who came?", "Ada came home."))
    (view,) = explorers(header, arrays)
    assert [picture.key for picture in view.pictures] == [
        "attention",
        "norm",
        "attribution-1",
        "attribution-2",
    ]
    start = view.pictures[2]
    most = np.abs(arrays["attention_attribution/start"]).max()
    assert start.atlas.signed
    assert start.atlas.head_scale == most
    assert start.ranges.startswith(f"heads −{number(most)} to +{number(most)}, all heads 0 to")
    assert view.rows == view.columns
    assert view.start == (header.prediction.spans[0].start,) * 2


def test_many_outputs_are_cut_and_told():
    header, arrays = fakes.continued("The lighthouse stands", " on a rock in the sea")
    (view,) = explorers(header, arrays)
    keys = [picture.key for picture in view.pictures if picture.atlas.signed]
    assert len(keys) == ATTRIBUTED < len(header.targets)
    assert f"the first {ATTRIBUTED} of {len(header.targets)} outputs" in view.note


def test_a_decoder_has_views_with_axes_of_their_own():
    header, arrays = fakes.translated("Das Haus ist alt.", "The house is old.")
    own, cross, decoder = explorers(header, arrays)
    source = tuple(token.text for token in header.tokens)
    output = tuple(token.text for token in header.decoder_tokens)
    assert (own.rows, own.columns) == (source, source)
    assert (cross.rows, cross.columns) == (output, source)
    assert (decoder.rows, decoder.columns) == (output, output)
    picture = cross.pictures[0].atlas
    assert (picture.rows, picture.columns) == arrays["cross_attention"].shape[-2:]


def test_without_maps_there_is_no_view():
    header, _ = fakes.classified("Hello")
    assert explorers(header, {}) == ()
