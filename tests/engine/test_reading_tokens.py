"""Tokens and words are anchored in the characters the user wrote, whatever they are."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import BertTokenizer, PreTrainedTokenizerFast

from reportgen.engine.path.baseline import candidates
from reportgen.engine.tokens import encode, substitute
from reportgen.errors import InputError
from reportgen.methods import TextBaseline
from tiny_models import ANSWER, ARCHITECTURES, read

HOSTILE = {
    "emoji": "great 🎉🎉 movie",
    "joined emoji": "the 👩‍👩‍👧 enjoyed it",
    "flags and skin tones": "🇩🇪 👍🏽 all",
    "right to left": "שלום the movie היה great",
    "chinese": "这部电影很好 great",
    "script": "<script>alert(1)</script> & \"quotes\" '</mark>'",
    "accents": "Ünïcödé  crème\tbrûlée\n\nİstanbul",
    "combining": "a\u0301 z\u0351\u036b\u0343 A\u0334\u0335 G\u0328 all",
    "invisible": "the\u200bmovie \ufeff was\u00a0great \u202eright",
    "special tokens written out": "the [SEP] movie [MASK] was </s> great [UNK]",
}


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_token_covers_what_it_says(loaded, architecture, text):
    encoding = read(loaded(architecture), text)
    content = [encoding.tokens[i] for i in encoding.content]
    assert all(token.text == text[token.start : token.end] != "" for token in content)
    assert [t.start for t in content] == sorted(t.start for t in content)
    assert [t.id for t in encoding.tokens] == encoding.ids.tolist()


@pytest.mark.parametrize("architecture", ["bert", "roberta"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_words_hold_the_tokens_that_start_in_them(loaded, architecture, text):
    encoding = read(loaded(architecture), text)
    for number, word in enumerate(encoding.words):
        assert word.text == text[word.start : word.end]
        assert word.text.isspace() or not any(character.isspace() for character in word.text)
        members = encoding.tokens[word.first : word.last]
        assert members
        for token in members:
            assert token.word == number
            assert token.text.isspace() or word.start <= token.start < word.end
    in_words = sum(word.last - word.first for word in encoding.words)
    assert in_words == sum(token.word is not None for token in encoding.tokens)
    assert in_words == len(encoding.content)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_byte_level_tokens_cover_every_character(loaded, text):
    encoding = read(loaded("roberta"), text)
    covered = {
        c for token in encoding.tokens if token.segment for c in range(token.start, token.end)
    }
    missing = "".join(text[i] if i not in covered else " " for i in range(len(text)))
    special = {token.text for token in encoding.tokens if token.special}
    assert set(missing.split()) <= special


def test_special_tokens_stand_outside_the_text(loaded):
    encoding = read(loaded(), "not bad", "at all")
    special = [token for token in encoding.tokens if token.special]
    assert [token.text for token in special] == ["[CLS]", "[SEP]", "[SEP]"]
    assert all(token.segment is token.start is token.end is token.word is None for token in special)
    assert encoding.content.tolist() == [1, 2, 4, 5]
    assert encoding.types.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert [token.segment for token in encoding.tokens][4] == "text_pair"
    assert encoding.positions("text_pair") == range(4, 6)
    assert [(word.text, word.segment) for word in encoding.words[2:]] == [
        ("at", "text_pair"),
        ("all", "text_pair"),
    ]


def test_an_unknown_token_shows_the_original_characters(loaded):
    token = read(loaded(), "great 🎉 movie").tokens[2]
    assert (token.text, token.unknown, token.special) == ("🎉", True, False)


def test_pieces_belong_to_the_word_of_their_first_character(loaded):
    encoding = read(loaded(), "  greatly, all")
    assert [token.text for token in encoding.tokens[1:-1]] == ["great", "l", "y", ",", "all"]
    assert [token.word for token in encoding.tokens] == [None, 0, 0, 0, 1, 2, None]
    assert [(word.text, word.start) for word in encoding.words] == [
        ("greatly", 2),
        (",", 9),
        ("all", 11),
    ]


def test_byte_level_offsets_leave_out_the_leading_space(loaded):
    encoding = read(loaded("roberta"), "the movie")
    assert [token.text for token in encoding.tokens] == ["<s>", "the", "movie", "</s>"]
    assert encoding.tokens[2].start == 4


def test_a_token_of_space_belongs_to_the_word_behind_it(loaded):
    encoding = read(loaded("roberta"), "the   movie")
    blank = [token for token in encoding.tokens if token.text.isspace()]
    assert blank
    assert [token.word for token in blank] == [1] * len(blank)
    assert [word.text for word in encoding.words] == ["the", "movie"]


def test_a_line_break_and_space_at_the_end_are_words_of_their_own(loaded):
    encoding = read(loaded("gpt2"), "not bad\n\nat all ")
    assert [word.text for word in encoding.words] == ["not", "bad", "\n\n", "at", "all", " "]


def test_long_text_is_truncated_and_says_so(loaded):
    encoding = read(loaded(), "great " * 100)
    assert len(encoding) == 64
    assert encoding.truncation.model_dump() == {"total": 102, "kept": 64, "segment": "text"}
    assert encoding.tokens[-1].special
    assert len(encoding.words) == 62


def test_a_pair_loses_tokens_from_its_longer_text(loaded):
    encoding = read(loaded(), "not bad at all", "great " * 100)
    assert encoding.truncation.segment == "text_pair"
    assert len(encoding.positions("text")) == 4


def test_two_long_texts_both_lose_tokens(loaded):
    assert read(loaded(), "all " * 90, "great " * 90).truncation.segment == "text and text_pair"


def test_a_question_is_never_cut(loaded):
    encoding = read(loaded(task=ANSWER), "what is it ? " * 10, "great " * 100)
    assert len(encoding.positions("question")) == 40
    assert encoding.truncation.segment == "context"


def test_a_question_that_leaves_no_room(loaded):
    with pytest.raises(InputError, match="leaves no room for the context") as caught:
        read(loaded(task=ANSWER), "what " * 61, "great")
    assert caught.value.hint == "shorten the question"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("",), "the text is empty"),
        ((" \n\t",), "the text is empty"),
        (("great", " "), "the text_pair is empty"),
        (("\u200b",), "nothing to read in the text"),
        (("🎉 ж",), "every token is unknown"),
    ],
)
def test_text_that_cannot_be_read(loaded, fields, message):
    with pytest.raises(InputError, match=message) as caught:
        read(loaded(), *fields)
    assert caught.value.hint


@pytest.mark.parametrize("fields", [("", "great"), ("what ?", "  ")])
def test_question_and_context_are_both_needed(loaded, fields):
    with pytest.raises(InputError, match="is empty"):
        read(loaded(task=ANSWER), *fields)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_baselines_keep_special_tokens(loaded, architecture):
    model = loaded(architecture)
    encoding = read(model, "the movie was great")
    special = np.setdiff1d(np.arange(len(encoding)), encoding.content)
    usable = [
        name for name in ("pad", "mask") if getattr(model.tokenizer, f"{name}_token_id") is not None
    ]
    assert usable or candidates(model)[0] == "mean"
    for baseline in (*usable, TextBaseline(text="all " * 20)):
        ids = substitute(model.tokenizer, encoding, baseline)
        assert torch.equal(ids[special], encoding.ids[special])
        assert not torch.equal(ids, encoding.ids)
        assert len(ids) == len(encoding)


def test_a_text_baseline_stands_in_order_and_is_padded(loaded):
    model = loaded()
    pad = model.tokenizer.pad_token_id
    encoding = read(model, "the movie was great")
    ids = substitute(model.tokenizer, encoding, TextBaseline(text="not bad"))
    words = model.tokenizer.convert_tokens_to_ids(["not", "bad"])
    assert ids[encoding.content].tolist() == [*words, pad, pad]
    longer = substitute(model.tokenizer, encoding, TextBaseline(text="not bad " * 9))
    assert longer[encoding.content].tolist() == words * 2


def test_auto_tries_first_what_the_tokenizer_has_for_nothing(loaded):
    assert candidates(loaded()) == ("mask", "pad", "mean", "full_stop", "zero")
    assert candidates(loaded("t5")) == ("pad", "mean", "full_stop", "zero")
    assert candidates(loaded("gpt2")) == ("mean", "full_stop", "zero")
    padding_ends_texts = copy.deepcopy(loaded().tokenizer)
    padding_ends_texts.eos_token = padding_ends_texts.pad_token
    model = replace(loaded(), tokenizer=padding_ends_texts)
    assert candidates(model) == ("mask", "mean", "full_stop", "zero")


def test_a_full_stop_stands_for_every_token_where_the_tokenizer_knows_it(loaded):
    model = loaded()
    encoding = read(model, "the movie was great")
    ids = substitute(model.tokenizer, encoding, "full_stop")
    assert model.tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", *4 * ["."], "[SEP]"]


def test_without_a_token_for_a_full_stop_it_is_no_baseline(loaded):
    model = loaded()
    encoding = read(model, "the movie was great")
    letters = Tokenizer(WordLevel({"[UNK]": 0, "[PAD]": 1}, unk_token="[UNK]"))
    unknown = PreTrainedTokenizerFast(
        tokenizer_object=letters, unk_token="[UNK]", pad_token="[PAD]"
    )
    assert candidates(replace(model, tokenizer=unknown)) == ("pad", "mean", "zero")
    with pytest.raises(InputError, match="the tokenizer has no full stop token") as caught:
        substitute(unknown, encoding, "full_stop")
    assert caught.value.hint == "set baseline to mean or pad"


def test_a_long_enough_text_baseline_needs_no_padding(loaded):
    tokenizer = loaded("gpt2").tokenizer
    encoding = encode(tokenizer, {"text": "the movie was"}, 16)
    ids = substitute(tokenizer, encoding, TextBaseline(text="not bad at all"))
    assert tokenizer.decode(ids) == "not bad at"


def test_a_text_baseline_is_repeated_where_there_is_no_padding(loaded):
    tokenizer = loaded("gpt2").tokenizer
    encoding = encode(tokenizer, {"text": "the movie was great"}, 16)
    ids = substitute(tokenizer, encoding, TextBaseline(text="a b"))
    repeated = tokenizer("a b", add_special_tokens=False)["input_ids"] * len(encoding)
    assert ids.tolist() == repeated[: len(encoding)]


def test_special_tokens_written_out_are_special(loaded):
    encoding = read(loaded(), "the [SEP] movie [MASK] was [UNK] great 🎉")
    written = [token for token in encoding.tokens[1:-1] if token.special]
    assert [token.text for token in written] == ["[SEP]", "[MASK]", "[UNK]"]
    assert all(token.segment is token.start is token.word is None for token in written)
    assert (encoding.tokens[-2].text, encoding.tokens[-2].unknown) == ("🎉", True)
    assert [encoding.tokens[i].text for i in encoding.content] == [
        *("the", "movie", "was", "great"),
        "🎉",
    ]
    pad = loaded().tokenizer.pad_token_id
    ids = substitute(loaded().tokenizer, encoding, "pad")
    assert [i for i in range(len(ids)) if ids[i] != pad] == [0, 2, 4, 6, 9]


def test_special_tokens_of_other_models_are_text(loaded):
    encoding = read(loaded(), "the </s> <mask>")
    assert [t.text for t in encoding.tokens if t.special] == ["[CLS]", "[SEP]"]


@pytest.mark.parametrize(
    ("architecture", "token", "spelled"),
    [
        ("bert", "movie", "movie"),
        ("bert", "##s", "##s"),
        ("gpt2", "Ġmovie", " movie"),
        ("gpt2", "Ġ", "Ġ"),
        ("gpt2", "×", "×"),  # the first byte of a Hebrew letter
        ("gpt2", "Ċ", "Ċ"),
        ("t5", "▁movie", " movie"),
        ("t5", "▁", "▁"),
        ("t5", "</s>", "</s>"),
    ],
)
def test_any_token_of_the_vocabulary_can_be_spelled(loaded, architecture, token, spelled):
    tokenizer = loaded(architecture).tokenizer
    identity = tokenizer.convert_tokens_to_ids(token)
    assert tokenizer.convert_ids_to_tokens(identity) == token
    encoding = encode(tokenizer, {"text": "the movie"}, 16)
    assert encoding.spell(identity) == spelled


def test_a_baseline_the_tokenizer_has_no_token_for():
    vocabulary = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "great": 4}
    tokenizer = BertTokenizer(vocab=vocabulary, pad_token=None)
    encoding = encode(tokenizer, {"text": "great"}, 16)
    with pytest.raises(InputError, match="no pad token") as caught:
        substitute(tokenizer, encoding, "pad")
    assert caught.value.hint == "set baseline to mean or mask"
