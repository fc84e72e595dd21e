"""Coloured text: every character of the input in its place, whatever the tokenizer does."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.rendering.strips import make_strip
from reportgen.results.model import Token, Word


def strip_of(header, scores, **changes):
    options = {"scale": 2.0, "hue": "signed", "title": "t", "explanation": "e", "unit": "logits"}
    return make_strip(header, scores, **options | changes)


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
    assert [piece.shade for piece in segment.tokens] == ["p4", "n4"]
    assert [piece.shade for piece in segment.words] == [""]


def test_titles_and_legend_carry_numbers():
    header, _ = fakes.classified("Hello world")
    strip = strip_of(header, np.array([0, 1.5, -2.0, 0]))
    (segment,) = strip.segments
    assert [piece.title for piece in segment.words] == [
        "Hello: +1.50 logits",
        "world: −2.00 logits",
    ]
    assert (strip.legend.low, strip.legend.high, strip.legend.unit) == ("−2.00", "+2.00", "logits")
    assert [piece.text for piece in strip.specials] == ["[CLS]", "[SEP]"]


def test_both_fields_of_a_question_are_named():
    header, arrays = fakes.answered("Who came?", "Ada came home.")
    strip = strip_of(header, arrays["integrated_gradients/start"])
    assert [segment.title for segment in strip.segments] == ["Question", "Context"]
