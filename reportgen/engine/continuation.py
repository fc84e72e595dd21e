"""Texts that a language model writes or is given to go on with, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import torch
from transformers import PreTrainedTokenizerBase

from reportgen.engine.tokens import (
    Encoding,
    Segments,
    characters,
    read_tokens,
    require_known,
    require_text,
    special_token,
    token_name,
)
from reportgen.errors import InputError
from reportgen.results.model import Token, Truncation
from reportgen.results.segmentation import assign, find_words


def encode_prompt(
    tokenizer: PreTrainedTokenizerBase, segments: Segments, max_length: int
) -> Encoding:
    """Encode a ``prompt`` and, if there is one, its ``continuation``, read as one text.

    A prompt that is too long loses its beginning.

    Raises ``InputError`` for texts that cannot be read, and where the continuation leaves no
    room for the prompt.
    """
    require_text(segments)
    before, after = read_both(tokenizer, segments["prompt"], segments.get("continuation", ""))
    total = len(before) + len(after)
    if total > max_length:
        before = without_beginning(before, total - max_length)
    tokens = [*before, *after]
    require_known(tokens, segments)
    truncation = Truncation(total=total, kept=max_length, segment="prompt")
    return join(tokenizer, tokens, segments, truncation if total > max_length else None)


def read_both(
    tokenizer: PreTrainedTokenizerBase,
    prompt: str,
    continuation: str,
    add_special_tokens: bool = True,
) -> tuple[list[Token], list[Token]]:
    """Read the tokens of a prompt and of the continuation behind it, as one text.

    The continuation is taken literally, its first space included. Where the two texts do not
    meet between two tokens, each is split into tokens on its own. Special tokens that the
    tokenizer puts behind a text are left out, for the text goes on.
    """
    before = read_open(tokenizer, prompt, "prompt", add_special_tokens)
    whole = read_open(tokenizer, prompt + continuation, "continuation", add_special_tokens)
    if [token.id for token in whole[: len(before)]] == [token.id for token in before]:
        return before, [moved(token, -len(prompt)) for token in whole[len(before) :]]
    return before, read_open(tokenizer, continuation, "continuation", add_special_tokens=False)


def go_on(encoding: Encoding, ids: Sequence[int]) -> Encoding:
    """Return ``encoding`` with the tokens ``ids`` that the model wrote behind its prompt."""
    text, tokens = read_written(encoding.tokenizer, encoding.ids.tolist(), ids, "continuation")
    written = {"continuation": text}
    joined = join(
        encoding.tokenizer,
        [*encoding.tokens, *tokens],
        encoding.segments | written,
        encoding.truncation,
    )
    return replace(joined, generated=written)


def join(
    tokenizer: PreTrainedTokenizerBase,
    tokens: Sequence[Token],
    segments: Segments,
    truncation: Truncation | None = None,
) -> Encoding:
    """Make an encoding of tokens; language models tell segments apart by no token type."""
    words = find_words(tokens, segments)
    ids = torch.tensor([token.id for token in tokens])
    return Encoding(segments, ids, None, assign(tokens, words), words, truncation, tokenizer)


def read_open(
    tokenizer: PreTrainedTokenizerBase, text: str, segment: str, add_special_tokens: bool = True
) -> list[Token]:
    """Read the tokens of a text that goes on: without special ones added behind it."""
    encoded = tokenizer(text, add_special_tokens=add_special_tokens, verbose=False)
    tokens = read_tokens(tokenizer, encoded, {segment: text})
    assert encoded.encodings is not None  # load_tokenizer takes no slow one
    added = encoded.encodings[0].special_tokens_mask
    while added and added[-1]:
        added = added[:-1]
    return tokens[: len(added)]


def moved(token: Token, by: int) -> Token:
    """Move the characters a token covers; special tokens cover none."""
    if token.segment is None:
        return token
    start, end = characters(token)
    return token.model_copy(update={"start": max(0, start + by), "end": end + by})


def without_beginning(tokens: list[Token], surplus: int) -> list[Token]:
    """Drop the first ``surplus`` tokens of a prompt behind the special ones it opens with."""
    lead = next((i for i, token in enumerate(tokens) if not token.special), len(tokens))
    if surplus >= len(tokens) - lead:
        raise InputError(
            "the continuation leaves no room for the prompt",
            hint="shorten the continuation, or let fewer tokens be written: max_new_tokens",
        )
    return tokens[:lead] + tokens[lead + surplus :]


def agreed(first: str, second: str) -> int:
    """Return how many characters two texts begin with together."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Return the text of ``ids`` without special tokens; ids that are no token by their number."""

    def is_token(identity: int) -> bool:
        return tokenizer.convert_ids_to_tokens(identity) is not None

    parts = []
    for known, run in groupby(ids, is_token):
        if known:
            parts.append(
                tokenizer.decode(
                    list(run), skip_special_tokens=True, clean_up_tokenization_spaces=False
                )
            )
        else:
            parts += [f" {token_name(tokenizer, identity)}" for identity in run]
    return "".join(map(str, parts))


def read_written(
    tokenizer: PreTrainedTokenizerBase, before: Sequence[int], ids: Sequence[int], segment: str
) -> tuple[str, list[Token]]:
    """Read the tokens ``ids`` that a model wrote behind those of ``before``.

    Returns their text without special tokens, and each token with the characters it adds to
    what stands before it. Pieces of one character all cover it.
    """

    def text_to(end: int) -> str:
        return decode(tokenizer, [*before, *ids[:end]])

    start, whole = len(text_to(0)), text_to(len(ids))
    # A prefix that ends within a character decodes to a mark that is not in the whole.
    ends = [agreed(text_to(i + 1), whole) - start for i in range(len(ids))]
    text = whole[start:]
    special = set(tokenizer.all_special_ids)
    tokens = []
    first = last = 0
    for index, identity in enumerate(ids):
        if identity in special:
            tokens.append(special_token(tokenizer, identity))
            continue
        read = ends[index - 1] if index else 0
        if any(end > read for end in ends[index:]):
            last = next(end for end in ends[index:] if end > read)
            first = last - (len(text[read:last].lstrip()) or last - read)
        unknown = identity == tokenizer.unk_token_id
        tokens.append(
            Token(
                text=text[first:last],
                id=identity,
                segment=segment,
                start=first,
                end=last,
                unknown=unknown,
            )
        )
    return text, tokens
