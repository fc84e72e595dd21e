"""Words add up: whatever the tokenizer and the text, each token of the text is in one word."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from reportgen.engine.tokens import read_tokens
from reportgen.results.model import Token, Word
from reportgen.results.scores import by_word
from reportgen.results.segmentation import assign, find_words
from reportgen.spec.text_words import core
from tiny_tokenizers import BERT, BERT_FORM, GEMMA, KINDS, ROBERTA, Kind, assemble

TOKENIZERS = {
    "WordPiece": Kind("wordpiece", BERT, *BERT_FORM),
    "byte-level BPE": KINDS["llama"],
    "byte-level BPE of an encoder": KINDS["bart"],
    "byte-level BPE without special tokens": KINDS["gpt2"],
    "SentencePiece": Kind("unigram", GEMMA, "<bos> $A", "<bos> $A $B", "left"),
    "SentencePiece of an encoder": KINDS["xlm-roberta"],
    "WordLevel": Kind("words", ROBERTA, "<s> $A </s>", "<s> $A </s> $B </s>"),
}

PARTS = (
    *("the", "movie", "great", "don't", "l'homme", "well-made", "not", "1871", "3.5", "1,000"),
    *("U.S.", "e.g.", "me@here.org", "https://a.org/b?c=d", "--", "-5", "5%", "#tag", "..."),
    *(".", ",", "!", "?", "(", ")", '"', "'", "“", "”", "¿", "。", "好", "电影", "שלום", "é", "🎉"),
    *(" ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u200b", "\u0301"),
)
SPECIAL = ("[SEP]", "<s>", "</s>", "<|endoftext|>", "[MASK]", "<mask>")


def texts(*parts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), min_size=1, max_size=14).map("".join)


TEXTS = texts(*PARTS, *SPECIAL)


@functools.cache
def tokenizer(name: str) -> PreTrainedTokenizerBase:
    return assemble(TOKENIZERS[name])


def read(name: str, text: str, second: str = "") -> tuple[list[Token], tuple[Word, ...]]:
    segments = {"text": text, "text_pair": second} if second else {"text": text}
    known = tokenizer(name)
    tokens = read_tokens(known, known(*segments.values(), verbose=False), segments)
    return tokens, find_words(tokens, segments)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None)
@given(text=TEXTS, second=st.one_of(st.just(""), TEXTS))
def test_every_token_that_is_not_special_is_in_exactly_one_word(name, text, second):
    tokens, words = read(name, text, second)
    content = [i for i, token in enumerate(tokens) if not token.special]
    assert [i for word in words for i in range(word.first, word.last)] == content
    scores = np.random.default_rng(0).standard_normal(len(tokens))
    assert by_word(scores, words).sum() == pytest.approx(scores[content].sum())
    numbers = [token.word for token in assign(tokens, words)]
    assert [number for number in numbers if number is not None] == sorted(
        numbers[i] for i in content
    )


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None)
@given(text=TEXTS, second=st.one_of(st.just(""), TEXTS))
def test_words_are_stretches_of_the_text_in_order(name, text, second):
    tokens, words = read(name, text, second)
    for segment, whole in (("text", text), ("text_pair", second)):
        here = [word for word in words if word.segment == segment]
        assert all(word.text == whole[word.start : word.end] for word in here)
        ends = [0, *(word.end for word in here)]
        assert all(word.start >= end for end, word in zip(ends, here, strict=False))
    for word in words:
        for token in tokens[word.first : word.last]:
            assert token.segment == word.segment
            assert token.text.isspace() or not token.text or word.start <= token.start < word.end


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None)
@given(text=TEXTS)
def test_punctuation_around_a_word_is_with_it_only_where_one_token_is_both(name, text):
    tokens, words = read(name, text)
    for word in words:
        if any(character.isspace() for character in word.text):
            continue
        start, end = core(word.text)
        if start == end:
            continue
        for place in {word.start + start, word.start + end} - {word.start, word.end}:
            members = tokens[word.first : word.last]
            assert any(token.start < place < token.end for token in members)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Berlin.", ["Berlin", "."]),
        ("(“Great!”)", ["(“", "Great", "!”)"]),
        ("don't l'homme well-made", ["don't", "l'homme", "well-made"]),
        ("3.5, 1,000 -5 5% $9.", ["3.5", ",", "1,000", "-5", "5%", "$9", "."]),
        ("me@here.org, https://a.org/b/", ["me@here.org", ",", "https://a.org/b/"]),
        ("the U.S., e.g.", ["the", "U.S.", ",", "e.g."]),
        ("#tag @me C# -- film--", ["#tag", "@me", "C#", "--", "film", "--"]),
        ("我喜欢北京。", ["我喜欢北京", "。"]),
        ("one ... two", ["one", "...", "two"]),
    ],
)
def test_words_and_the_punctuation_around_them(text, words):
    assert [word.text for word in read("byte-level BPE without special tokens", text)[1]] == words


def test_a_token_of_word_and_punctuation_stays_whole():
    assert [word.text for word in read("WordLevel", "great film.")[1]] == ["great", "film."]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("WordPiece", "great[MASK]movie", ["great", "movie"]),
        ("WordPiece", "[SEP]great![MASK]. [SEP]", ["great", "!", "."]),
        (
            "byte-level BPE",
            "<s>the movie: 5%!</s>\n<s>not ",
            ["the", "movie", ":", "5%", "!", "\n", "not", " "],
        ),
        ("byte-level BPE", "great </s>", ["great", " "]),
    ],
)
def test_a_special_token_that_is_written_out_is_in_no_word(name, text, words):
    assert [word.text for word in read(name, text)[1]] == words
