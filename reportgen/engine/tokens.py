"""Text to tokens and words: the only place that knows what tokenizers return.

Everything is anchored in character offsets of the original text, never in the tokenizer's
own marks (``##``, ``Ġ``), so that what a page shows is what the user wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import zip_longest
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from transformers import BatchEncoding, PreTrainedTokenizerBase

from reportgen.errors import InputError
from reportgen.methods import TextBaseline
from reportgen.results.model import Token, Truncation, Word
from reportgen.results.segmentation import assign, find_words

Segments = dict[str, str]
"""The texts the model reads, by field name, in reading order: one, or two for a pair."""

Baseline = Literal["auto", "pad", "mask", "mean", "full_stop", "zero"] | TextBaseline


@dataclass(frozen=True, eq=False)
class Encoding:
    """One encoded input of n tokens.

    ``ids`` (n,) and ``types`` (n,) are what the model reads; ``types`` is ``None`` for
    tokenizers without token types. ``decoder`` is what the decoder of a sequence-to-sequence
    model reads, ``generated`` the segments that the model wrote itself. ``tokenizer`` is the
    one that made the encoding; it can read any other token of its vocabulary too. ``attended``
    (n,) is 0 where no token may attend to; ``None``: all may.
    """

    segments: Segments
    ids: Tensor
    types: Tensor | None
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    truncation: Truncation | None
    tokenizer: PreTrainedTokenizerBase
    decoder: Encoding | None = None
    generated: dict[str, str] = field(default_factory=dict)
    attended: Tensor | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def content(self) -> np.ndarray:
        """Positions of the tokens that stand for the user's text, special ones left out."""
        return np.array([i for i, token in enumerate(self.tokens) if not token.special])

    def positions(self, segment: str) -> range:
        """Return the positions of the tokens of ``segment``, which lie side by side."""
        found = [i for i, token in enumerate(self.tokens) if token.segment == segment]
        return range(found[0], found[-1] + 1)

    def at(self, places: np.ndarray) -> Encoding:
        """Return the tokens at ``places``, in that order, as an input of its own."""
        return replace(
            self,
            ids=self.ids[places],
            types=None if self.types is None else self.types[places],
            tokens=tuple(self.tokens[i] for i in places),
        )

    def spell(self, identity: int) -> str:
        """Return a token of the vocabulary as text, a space before it if it begins a word.

        Parts of characters, whitespace and control characters go by their own name, ids that the
        tokenizer has no token for by their number.
        """
        text = str(self.tokenizer.decode([identity], clean_up_tokenization_spaces=False))
        name = token_name(self.tokenizer, identity)
        if not text.strip().isprintable() or text.strip() in ("", "\ufffd"):
            return name
        # SentencePiece drops the space that begins a text.
        return f" {text}" if name.startswith("▁") and not text.startswith(" ") else text


def encode(
    tokenizer: PreTrainedTokenizerBase,
    segments: Segments,
    max_length: int,
    cut: str | None = None,
) -> Encoding:
    """Encode one text or a pair, at most ``max_length`` tokens long.

    A longer input loses tokens of the segment ``cut``; with ``None`` a pair loses them from
    its longer segment first. Raises ``InputError`` for empty text, for text that the
    tokenizer knows nothing of, and where cutting would leave ``cut`` empty.
    """
    require_text(segments)
    full = tokenizer(*segments.values(), verbose=False)
    total = len(full["input_ids"])
    encoded, truncation = full, None
    if total > max_length:
        if cut is not None:
            require_room(full, segments, max_length, cut)
        encoded = tokenizer(
            *segments.values(),
            truncation="longest_first" if cut is None else "only_second",
            max_length=max_length,
            verbose=False,
        )
        truncation = Truncation(
            total=total,
            kept=len(encoded["input_ids"]),
            segment=" and ".join(shortened(full, encoded, segments)),
        )
    tokens = read_tokens(tokenizer, encoded, segments)
    require_known(tokens, segments)
    words = find_words(tokens, segments)
    types = encoded.get("token_type_ids")
    return Encoding(
        segments=segments,
        ids=torch.tensor(encoded["input_ids"]),
        types=None if types is None else torch.tensor(types),
        tokens=assign(tokens, words),
        words=words,
        truncation=truncation,
        tokenizer=tokenizer,
    )


def require_text(segments: Segments) -> None:
    """Raise ``InputError`` for text that is empty."""
    for name, text in segments.items():
        if not text.strip():
            raise InputError(f"the {name} is empty", hint=f"give the input a {name}, or remove it")


def count_tokens(encoded: BatchEncoding, segments: Segments) -> dict[str, int]:
    numbers = encoded.sequence_ids(0)
    return {name: numbers.count(number) for number, name in enumerate(segments)}


def require_room(full: BatchEncoding, segments: Segments, max_length: int, cut: str) -> None:
    """Raise ``InputError`` where nothing of ``cut`` would fit beside the other segment."""
    fixed = len(full["input_ids"]) - count_tokens(full, segments)[cut]
    if fixed >= max_length:
        other = next(name for name in segments if name != cut)
        raise InputError(
            f"the {other} fills the model's {max_length} tokens and leaves no room for the {cut}",
            hint=f"shorten the {other}",
        )


def require_known(tokens: Sequence[Token], segments: Segments) -> None:
    """Raise ``InputError`` where a segment has no token, or no token of any means anything."""
    for name in segments:
        if not any(token.segment == name for token in tokens):
            raise InputError(
                f"the tokenizer finds nothing to read in the {name}",
                hint="it may hold only control or invisible characters",
            )
    if all(token.unknown for token in tokens if not token.special):
        raise InputError(
            "the tokenizer knows nothing of this text: every token is unknown",
            hint="is it in the language and script the model was trained on?",
        )


def shortened(full: BatchEncoding, kept: BatchEncoding, segments: Segments) -> list[str]:
    """Name the segments that lost tokens."""
    before, after = count_tokens(full, segments), count_tokens(kept, segments)
    return [name for name in segments if after[name] < before[name]]


def read_tokens(
    tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding, segments: Segments
) -> list[Token]:
    """Describe each token by the characters it covers.

    Offsets that reach back over leading whitespace (byte-level BPE) are moved to the first
    visible character; a token of nothing but whitespace, whose offsets are trimmed to
    nothing, covers the whitespace since the token before. The pieces of one character that
    is split into bytes all cover that character. Special tokens written out in the text are
    special like those the tokenizer adds, and stand outside the text.
    """
    assert encoded.encodings is not None  # load_tokenizer takes no slow one
    row = encoded.encodings[0]
    special = set(tokenizer.all_special_tokens)
    names = list(segments)
    read = dict.fromkeys(names, 0)  # characters that earlier tokens cover
    tokens = []
    for index, identity in enumerate(row.ids):
        number = row.sequence_ids[index]
        if row.special_tokens_mask[index] or number is None:
            tokens.append(special_token(tokenizer, identity))
            continue
        segment = names[number]
        start, end = row.offsets[index]
        covered = segments[segment][start:end]
        if covered.strip() in special and covered.strip() == row.tokens[index]:
            tokens.append(special_token(tokenizer, identity))
            continue
        if covered.strip():
            start = end - len(covered.lstrip())
        elif not covered:
            start = min(read[segment], start)
        read[segment] = end
        tokens.append(
            Token(
                text=segments[segment][start:end],
                id=identity,
                segment=segment,
                start=start,
                end=end,
                unknown=identity == tokenizer.unk_token_id,
            )
        )
    return tokens


def special_token(tokenizer: PreTrainedTokenizerBase, identity: int) -> Token:
    return Token(text=token_name(tokenizer, identity), id=identity, special=True)


def token_name(tokenizer: PreTrainedTokenizerBase, identity: int) -> str:
    """Return the tokenizer's own name of a token, or ``<id 151700>`` where it has none.

    Models whose vocabulary is padded to a round number give logits to ids without a token.
    """
    name = tokenizer.convert_ids_to_tokens(identity)
    return f"<id {identity}>" if name is None else str(name)


def characters(token: Token) -> tuple[int, int]:
    """Return where the characters of a token that is not special begin and end in its text."""
    assert token.start is not None
    assert token.end is not None
    return token.start, token.end


def full_stop(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return the id of the token of a full stop; ``None`` where the tokenizer does not know it."""
    ids = tokenizer(".", add_special_tokens=False, verbose=False)["input_ids"]
    return ids[-1] if ids and ids[-1] != tokenizer.unk_token_id else None


FILLERS: dict[str, Callable[[PreTrainedTokenizerBase], int | None]] = {
    "pad": lambda tokenizer: tokenizer.pad_token_id,
    "mask": lambda tokenizer: getattr(tokenizer, "mask_token_id", None),
    "full_stop": full_stop,
}
"""The token, by name of the baseline, that can stand in place of any other."""


def substitute(
    tokenizer: PreTrainedTokenizerBase,
    encoding: Encoding,
    baseline: Baseline,
    positions: np.ndarray | None = None,
) -> Tensor:
    """Return the ids (n,) of ``encoding`` with its content tokens replaced by ``baseline``.

    Or only those at ``positions``. The tokens of a text baseline are put in order and followed by
    padding, or repeated where there is none or it is the end token too; special tokens stay. Raises
    ``InputError`` where the tokenizer does not have the token that is asked for.
    """
    text: list[int] = []
    positions = encoding.content if positions is None else positions
    name = baseline if isinstance(baseline, str) and baseline in FILLERS else "pad"
    filler = FILLERS[name](tokenizer)
    if isinstance(baseline, TextBaseline):
        text = tokenizer(baseline.text, add_special_tokens=False, verbose=False)["input_ids"]
        if text and filler in (None, tokenizer.eos_token_id):
            text = text * -(-len(positions) // len(text))
    if filler is None and len(text) < len(positions):
        others = [other for other in ("pad", "mask") if FILLERS[other](tokenizer) is not None]
        raise InputError(
            f"the tokenizer has no {name.replace('_', ' ')} token to use as a baseline",
            hint=f"set baseline to {' or '.join(['mean', *others])}",
        )
    ids = encoding.ids.clone()
    fill = 0 if filler is None else filler  # the text is long enough
    for position, replacement in zip_longest(positions, text[: len(positions)], fillvalue=fill):
        ids[position] = replacement
    return ids
