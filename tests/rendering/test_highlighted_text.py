"""Coloured text: every character of the input in its place, whatever the tokenizer does."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.methods import LEADING, Array
from reportgen.rendering.input.highlighted_text import highlighted_text, highlighted_texts
from reportgen.rendering.input.score_rows import ScoreRow, group, method_groups
from reportgen.results.model import Token, Word


def strip_of(header, scores, hue="signed"):
    rows = [ScoreRow("integrated_gradients/t", "t", "The score of t")]
    return highlighted_text(header, group_of(header, rows, scores[None], hue), 0)


def group_of(header, rows, table, hue="signed"):
    array = Array("t", "n", sign="signed" if hue == "signed" else "size", hue=hue)
    return group(header, LEADING, array, rows, table, unit="logits")


def text_of(pieces) -> str:
    return "".join(piece.gap + piece.text for piece in pieces)


@pytest.mark.parametrize(
    "text", [fakes.HOSTILE, "one", "  two   spaces\n\nand lines  ", "שלום עולם", "👩‍👩‍👧 🍿🍿"]
)
def test_words_and_tokens_give_back_the_text(text):
    header, arrays = fakes.classified(text)
    (segment,) = strip_of(header, arrays["integrated_gradients/POSITIVE"]).segments
    assert text_of(segment.words) == text.rstrip()
    assert text_of(segment.tokens) == text.rstrip()
    assert segment.rest == ""


def test_text_that_was_not_read_follows_unmarked():
    header, arrays = fakes.classified("read this not that")
    cut = header.model_copy(
        update={
            "tokens": (*header.tokens[:3], fakes.special("[SEP]")),
            "words": header.words[:2],
        }
    )
    (segment,) = strip_of(cut, arrays["integrated_gradients/POSITIVE"][:4]).segments
    assert text_of(segment.tokens) == "read this"
    assert segment.rest == "not that"


def test_tokens_that_share_a_character_show_it_once():
    pair = {"segment": "text", "start": 0, "end": 1, "word": 0}
    tokens = tuple(Token(text="é", id=i, **pair) for i in (1, 2))
    header, _ = fakes.classified("é")
    word = Word(text="é", segment="text", start=0, end=1, first=0, last=2)
    header = header.model_copy(update={"tokens": tokens, "words": (word,)})
    (segment,) = strip_of(header, np.array([1.0, -1.0])).segments
    assert [piece.text for piece in segment.tokens] == ["é", "·"]
    assert [piece.shade for piece in segment.tokens] == ["p9", "n9"]
    assert [piece.shade for piece in segment.words] == [""]


def test_the_legend_carries_numbers_and_both_ends():
    header, _ = fakes.classified("Hello world")
    strip = strip_of(header, np.array([0, 1.5, -2.0, 0]))
    legend = strip.legend
    assert (legend.low, legend.high, legend.unit) == ("−2.00", "+2.00", "logits")
    assert (legend.shades[0], legend.shades[-1]) == ("n9", "p9")
    assert [piece.text for piece in strip.specials] == ["[CLS]", "[SEP]"]
    received = strip_of(header, np.array([0, 1.5, 2.0, 0]), hue="attention").legend
    assert (received.low, received.high, received.shades[-1]) == ("0", "2.00", "a9")


def test_a_scale_ends_at_the_largest_word_or_token_of_any_output():
    header, _ = fakes.classified("Somersaulting")
    scores = np.array([[0, 1.0, 1.0, 1.0, 0.0], [2.0, 0, 0, 0, 0]])
    rows = [ScoreRow(f"integrated_gradients/{name}", name, name) for name in "ab"]
    both = group_of(header, rows, scores)
    assert both.scale(0) == both.scale(1) == 3.0
    (segment,) = highlighted_text(header, both, 0).segments
    assert [piece.shade for piece in segment.words] == ["p9"]
    assert [piece.shade for piece in segment.tokens] == ["p3", "p3", "p3"]
    assert highlighted_text(header, both, 1).legend.high == "+3.00"


def test_both_fields_of_a_question_are_named():
    header, arrays = fakes.answered("Who came?", "Ada came home.")
    strip = strip_of(header, arrays["integrated_gradients/start"])
    assert [segment.title for segment in strip.segments] == ["Question", "Context"]


def test_texts_are_those_of_the_outputs_and_of_the_rows_they_are_read_from():
    header, arrays = fakes.with_everything(fakes.answered("Who came?", "Ada came home."))
    strips = highlighted_texts(header, list(method_groups(header, arrays)))
    assert [strip.title for strip in strips[2:]] == [
        "Attention, row of “came”",
        "Vector norm, row of “came”",
    ]
    assert [strip.hue for strip in strips] == ["signed", "signed", "attention", "norm"]
    only = list(method_groups(header, {"alti/end": arrays["alti/end"]}))
    assert [strip.title for strip in highlighted_texts(header, only)] == ["ALTI"]
