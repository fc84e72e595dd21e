"""The attention views: which pictures there are, on which scales, with which axes."""

from __future__ import annotations

import numpy as np

import fakes
from reportgen.rendering.input.attention_quantities import ATTRIBUTED
from reportgen.rendering.input.explorer import explorers, pieces
from reportgen.rendering.wording.numbers import number
from reportgen.results.model import Token


def names(axis):
    """The tokens' own names of an axis of the script's data."""
    return tuple(piece[-1] if len(piece) == 4 else piece[1] for piece in axis)


def texts(tokens):
    return tuple(token.text for token in tokens)


def test_attribution_is_a_picture_for_each_output():
    header, arrays = fakes.with_everything(fakes.answered("Who came?", "Ada came home."))
    (view,) = explorers(header, arrays)
    keys = [picture.key for picture in view.pictures]
    assert keys == ["attention", "attribution-1", "attribution-2", "norm"] == view.data["order"]
    most = float(np.abs(arrays["attention_attribution/start"]).max())
    quantity = view.data["quantities"]["attribution-1"]
    assert quantity["signed"]
    assert quantity["head_scale"] == most
    assert view.pictures[1].ranges.startswith(f"heads −{number(most)} to +{number(most)}, all")
    assert names(view.data["rows"]) == texts(header.tokens)
    assert view.data["columns"] is None
    assert view.data["own"] == "rows"
    assert view.data["start"] == (header.prediction.spans[0].start,) * 2


def test_many_outputs_are_cut_and_told():
    header, arrays = fakes.continued("The lighthouse stands", " on a rock in the sea")
    (view,) = explorers(header, arrays)
    assert sum(key.startswith("attribution") for key in view.data["order"]) == ATTRIBUTED
    assert len(header.targets) > ATTRIBUTED
    assert f"the first {ATTRIBUTED} of {len(header.targets)} outputs" in view.note


def test_a_decoder_has_views_with_axes_of_their_own():
    header, arrays = fakes.translated("Das Haus ist alt.", "The house is old.")
    own, cross, decoder = (view.data for view in explorers(header, arrays))
    source, output = texts(header.tokens), texts(header.decoder_tokens)
    assert (names(own["rows"]), own["columns"], own["own"]) == (source, None, "rows")
    assert (names(cross["rows"]), names(cross["columns"])) == (output, source)
    assert cross["own"] == "columns"
    assert (names(decoder["rows"]), decoder["columns"], decoder["own"]) == (output, None, "")
    keys = [view["order"][0] for view in (own, cross, decoder)]
    assert keys == ["attention", "cross-attention", "decoder-attention"]


def test_the_strongest_cells_of_all_heads_are_in_a_table():
    header, arrays = fakes.classified("A warm film.")
    (view,) = explorers(header, arrays)
    attention = arrays["attention"]
    layer, head, row, column = np.unravel_index(attention.argmax(), attention.shape)
    assert view.pictures[0].strongest.rows[0] == (
        str(layer + 1),
        str(head + 1),
        f"{header.tokens[row].text} ({row + 1})",
        f"{header.tokens[column].text} ({column + 1})",
        number(float(attention.max())),
    )


def test_the_text_is_cut_so_that_it_can_be_read():
    header, arrays = fakes.classified("Hello, wonderful  world")
    (view,) = explorers(header, arrays)
    joined = "".join(gap + text for gap, text, *_ in view.data["rows"])
    assert joined == "[CLS] Hello, wonderful  world [SEP]"
    special = [flag for _, _, flag, *_ in view.data["rows"]]
    assert special == [int(token.special) for token in header.tokens]


def test_tokens_that_share_their_characters_are_dots():
    tokens = tuple(Token(text=f"b{i}", id=i, segment="text", start=0, end=1) for i in range(2))
    assert pieces(tokens, {"text": "é"}) == [("", "é", 0, "b0"), ("", "·", 0, "b1")]


def test_without_maps_there_is_no_view():
    header, _ = fakes.classified("Hello")
    assert explorers(header, {}) == ()
