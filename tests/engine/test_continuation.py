"""Prompts and continuations are one text to the model, and two to the reader."""

import pytest

from reportgen.engine.continuation import encode_prompt, go_on, read_written
from reportgen.errors import InputError

BYTES, PIECES = "gpt2", "gemma2"


def encode(model, prompt, continuation=None, most=64):
    segments = {"prompt": prompt}
    if continuation is not None:
        segments["continuation"] = continuation
    return encode_prompt(model.tokenizer, segments, most)


@pytest.fixture(params=[BYTES, "llama", "qwen2", PIECES])
def model(loaded, request):
    return loaded(request.param, task="causal-lm")


@pytest.mark.parametrize(
    ("prompt", "continuation"),
    [
        ("the movie was", " great , i"),
        ("the movie was", " great\n\nall "),
        ("the movie was\n", "great"),
        ("the mov", "ie was"),
        ("not bad", "!"),
        ("电", "影"),
        ("great 🎉", " 👩‍👩‍👧 all"),
    ],
)
def test_tokens_cover_the_text_they_come_from(model, prompt, continuation):
    encoding = encode(model, prompt, continuation)
    for token in encoding.tokens:
        if token.segment is not None:
            assert token.text == encoding.segments[token.segment][token.start : token.end] != ""
    segments = [token.segment for token in encoding.tokens if token.segment]
    assert segments == sorted(segments, reverse=True)  # prompt before continuation
    assert set(segments) == {"prompt", "continuation"}
    for word in encoding.words:
        assert word.text == encoding.segments[word.segment][word.start : word.end]
    assert [token.id for token in encoding.tokens] == encoding.ids.tolist()
    assert encoding.types is None


def test_the_two_are_read_as_one_text(model):
    encoding = encode(model, "the movie was", " great , i")
    assert encoding.ids.tolist() == model.tokenizer("the movie was great , i")["input_ids"]
    first = encoding.positions("continuation").start
    assert encoding.tokens[first].text == "great"
    assert encoding.tokens[first].start == 1


def test_a_seam_within_a_token_is_kept(loaded):
    model = loaded(BYTES, task="causal-lm")
    assert len(model.tokenizer("the movie")["input_ids"]) == 2
    encoding = encode(model, "the mov", "ie")
    first, second = (model.tokenizer(text)["input_ids"] for text in ("the mov", "ie"))
    assert encoding.ids.tolist() == first + second
    assert encoding.tokens[len(first)].start == 0


def test_a_continuation_without_a_space_begins_no_word(loaded):
    model = loaded(PIECES, task="causal-lm")
    encoding = encode(model, "the", "great")
    pieces = model.tokenizer.convert_ids_to_tokens(encoding.ids.tolist())
    glued = model.tokenizer.convert_ids_to_tokens(model.tokenizer("thegreat")["input_ids"])
    assert pieces == glued


def test_special_tokens_before_are_kept_and_those_behind_left_out(loaded):
    bert = loaded("bert", task="masked-lm")  # any tokenizer that adds some on both sides
    encoding = encode(bert, "the movie", " was")
    assert [token.text for token in encoding.tokens] == ["[CLS]", "the", "movie", "was"]


def test_a_special_token_written_at_the_end_of_a_prompt_stays(loaded):
    encoding = encode(loaded(BYTES, task="causal-lm"), "all<|endoftext|>", "the")
    assert [token.text for token in encoding.tokens] == ["all", "<|endoftext|>", "the"]
    assert encoding.tokens[1].special


def test_a_long_prompt_loses_its_beginning(model):
    encoding = encode(model, "great " * 80 + "movie", " was", most=20)
    whole = encode(model, "great " * 80 + "movie", " was", most=999)
    assert len(encoding) == 20
    assert encoding.truncation.model_dump() == {
        "total": len(whole),
        "kept": 20,
        "segment": "prompt",
    }
    lead = int(whole.tokens[0].special)
    assert encoding.ids.tolist() == [
        *whole.ids[:lead].tolist(),
        *whole.ids[len(whole) - 20 + lead :].tolist(),
    ]
    assert encoding.tokens[-1].text == "was"


def test_a_continuation_that_leaves_no_room(model):
    with pytest.raises(InputError, match="leaves no room for the prompt") as caught:
        encode(model, "the movie", " was" * 30, most=20)
    assert "max_new_tokens" in caught.value.hint


@pytest.mark.parametrize(
    ("prompt", "continuation", "message"),
    [
        ("", None, "the prompt is empty"),
        ("all", " ", "the continuation is empty"),
    ],
)
def test_text_that_cannot_be_read(model, prompt, continuation, message):
    with pytest.raises(InputError, match=message):
        encode(model, prompt, continuation)


@pytest.mark.parametrize(
    "text",
    [" great , i", "great\n\nall", " 电影 🎉 all", " the  movie ", "👩‍👩‍👧", " שלום was"],
)
def test_what_a_model_writes_is_read_back(model, text):
    tokenizer = model.tokenizer
    before = encode(model, "the movie was")
    ids = tokenizer("the movie was" + text, add_special_tokens=False)["input_ids"]
    ids = ids[len(tokenizer("the movie was", add_special_tokens=False)["input_ids"]) :]
    read, tokens = read_written(tokenizer, before.ids.tolist(), ids, "continuation")
    known = tokenizer.decode(ids, skip_special_tokens=True)
    assert read.strip() == known.strip()
    content = [token for token in tokens if not token.special]
    assert [token.id for token in tokens] == list(ids)
    assert all(token.text == read[token.start : token.end] != "" for token in content)
    assert [t.start for t in content] == sorted(t.start for t in content)
    covered = {c for token in content for c in range(token.start, token.end)}
    assert all(read[c].isspace() for c in set(range(len(read))) - covered)


def test_pieces_of_a_character_cover_it(loaded):
    tokenizer = loaded(BYTES, task="causal-lm").tokenizer
    ids = tokenizer(" 🎉 all")["input_ids"]
    text, tokens = read_written(tokenizer, [], ids, "continuation")
    assert text == " 🎉 all"
    emoji = [token for token in tokens if token.text == "🎉"]
    assert len(emoji) > 1
    assert {(token.start, token.end) for token in emoji} == {(1, 2)}


def test_half_a_character_at_the_end_is_read(loaded):
    tokenizer = loaded(BYTES, task="causal-lm").tokenizer
    ids = tokenizer("all 🎉")["input_ids"][:-1]
    text, tokens = read_written(tokenizer, [], ids, "continuation")
    assert text.startswith("all ")
    assert all(token.text for token in tokens)


def test_a_written_continuation_is_marked_as_such(model):
    before = encode(model, "the movie was")
    given = encode(model, "the movie was", " great , all")
    ids = given.ids[len(before) :].tolist()
    written = go_on(before, ids)
    assert written.generated == {"continuation": " great , all"}
    assert given.generated == {}
    assert written.segments == given.segments
    assert written.ids.tolist() == given.ids.tolist()
    assert [w.text for w in written.words] == [w.text for w in given.words]
    assert [t.text for t in written.tokens if t.text.strip()] == [
        t.text for t in given.tokens if t.text.strip()
    ]
