"""The one token of a vocabulary that a text is."""

from __future__ import annotations

from transformers import PreTrainedTokenizerBase

from reportgen.errors import InputError


def read_ids(text: str, tokenizer: PreTrainedTokenizerBase, written: bool = False) -> list[int]:
    """Return the tokens that a text alone is read as; ``written``: as a decoder's target."""
    field = {"text_target" if written else "text": text}
    return tokenizer(**field, add_special_tokens=False, verbose=False)["input_ids"]


def only_token(text: str, tokenizer: PreTrainedTokenizerBase, written: bool = False) -> int | None:
    """Return the one token that ``text`` is read as; ``None`` where it is none or several."""
    ids = read_ids(text, tokenizer, written)
    return ids[0] if len(ids) == 1 and ids[0] != tokenizer.unk_token_id else None


def several_tokens(
    text: str, tokenizer: PreTrainedTokenizerBase, hint: str, written: bool = False
) -> InputError:
    """Return the error of a text that is not one token, with the pieces it is read as."""
    ids = read_ids(text, tokenizer, written)
    pieces = [tokenizer.decode([one], clean_up_tokenization_spaces=False) for one in ids]
    read = f", but {len(pieces)}: {', '.join(map(repr, pieces))}" if len(pieces) > 1 else ""
    message = f"{text!r} is not one token of the model's vocabulary{read}"
    return InputError(message, hint=hint)
