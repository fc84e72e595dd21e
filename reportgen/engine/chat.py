"""Messages of a chat, as the model reads them: through the tokenizer's chat template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from transformers import PreTrainedTokenizerBase

from reportgen.engine.continuation import join, read_both
from reportgen.engine.tokens import Encoding, characters, require_known, require_text, token_name
from reportgen.errors import InputError
from reportgen.results.model import Token
from reportgen.spec.chat import read_messages, texts_of

MARK = "\ue000"
"""A character for private use, which no template writes."""


def encode_chat(
    tokenizer: PreTrainedTokenizerBase, fields: Mapping[str, str], max_length: int
) -> Encoding:
    """Encode ``messages`` and, if there is one, the answer to them (``continuation``).

    Every message is a segment of its own. What the template puts around them, a system message
    of its own too, are special tokens: the model reads them and no path changes them.

    Raises ``InputError`` for messages without a template, that the template refuses or leaves
    out, and that are longer than what the model reads.
    """
    segments = texts_of(fields)
    require_text(segments)
    messages = read_messages(fields["messages"])
    text = apply_template(tokenizer, messages)
    places = dict(zip(segments, find_messages(tokenizer, text, messages), strict=False))
    answer = segments.get("continuation", "")
    before, after = read_both(tokenizer, text, answer, add_special_tokens=False)
    tokens = [*told_apart(tokenizer, before, text, places), *after]
    if len(tokens) > max_length:
        raise InputError(
            f"the messages have {len(tokens)} tokens with their template, of which the model "
            f"reads {max_length}",
            hint="leave out the first ones, or let fewer tokens be written: max_new_tokens",
        )
    require_known(tokens, segments)
    return join(tokenizer, tokens, segments)


def apply_template(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]]
) -> str:
    """Return what the model reads of messages, up to where its answer begins."""
    if not tokenizer.chat_template:
        raise InputError(
            "the model's tokenizer has no chat template, so it reads no messages",
            hint="give the text as prompt",
        )
    try:
        text = tokenizer.apply_chat_template(
            [dict(message) for message in messages], tokenize=False, add_generation_prompt=True
        )
    except Exception as error:  # a template is code, and comes with the model
        raise InputError(
            f"the chat template refuses the messages: {error}",
            hint="write them as the template asks for, or give the whole text as prompt",
        ) from error
    return str(text)


def find_messages(
    tokenizer: PreTrainedTokenizerBase, text: str, messages: Sequence[Mapping[str, str]]
) -> list[tuple[int, int, int]]:
    """Find each message in the template's text: where it begins and ends, and what was cut.

    A message may be part of what stands around it ("user"), so the template is asked again, with
    marks in place of the messages. Templates may trim messages: that many characters are missing
    at the beginning.
    """
    marks = [f"{MARK}{i}{MARK}" for i in range(len(messages))]
    marked = [{**message, "content": mark} for message, mark in zip(messages, marks, strict=True)]
    parts = re.split("|".join(marks), apply_template(tokenizer, marked))
    found = []
    position = len(parts[0])
    for message, part in zip(messages, parts[1:], strict=False):
        whole = message["content"]
        forms = (whole, whole.strip(), whole.rstrip(), whole.lstrip())
        form = next((f for f in forms if text.startswith(f + part, position)), None)
        if form is None:
            break
        found.append((position, position + len(form), whole.index(form)))
        position += len(form + part)
    if len(found) < len(messages) or position < len(text):
        raise InputError(
            f"the chat template does not write the messages as they are given: {text!r}",
            hint="give the whole text, with what the template puts around it, as prompt",
        )
    return found


def told_apart(
    tokenizer: PreTrainedTokenizerBase,
    tokens: Sequence[Token],
    text: str,
    places: Mapping[str, tuple[int, int, int]],
) -> Iterator[Token]:
    """Give each token of the template's text its message; those of none are special."""
    for token in tokens:
        if token.special:
            yield token
            continue
        start, end = characters(token)
        name = next(
            (n for n, (a, b, _) in places.items() if a < max(end, start + 1) and start < b), None
        )
        if name is None:
            shown = text[start:end] or token_name(tokenizer, token.id)
            yield Token(text=shown, id=token.id, special=True)
            continue
        first, last, cut = places[name]
        start, end = max(start, first), min(max(end, first), last)
        moved = {"segment": name, "start": start - first + cut, "end": end - first + cut}
        yield token.model_copy(update={"text": text[start:end]} | moved)
