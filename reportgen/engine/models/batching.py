"""Inputs of different lengths side by side: padded on the right, and masked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from reportgen.engine.models.module_lookup import accepted, word_embedding
from reportgen.engine.tokens import Encoding


def make_batch(model: PreTrainedModel, encodings: Sequence[Encoding]) -> dict[str, Tensor]:
    """Return the keyword arguments of the model's forward pass.

    Padding stands on the right whatever side a tokenizer prefers: there it changes no
    position, in a causal model not even without a mask.
    """
    filler = own_padding(model)
    if filler is None:
        filler = unused_end(encodings)
    batch = pad("", encodings, filler)
    types = [encoding.types for encoding in encodings if encoding.types is not None]
    if "token_type_ids" in accepted(model) and types:
        batch["token_type_ids"] = pad_sequence(types, batch_first=True)
    decoders = [encoding.decoder for encoding in encodings if encoding.decoder is not None]
    if decoders:
        batch |= pad("decoder_", decoders, filler)
    return {name: tensor.to(model.device) for name, tensor in batch.items()}


def pad(prefix: str, encodings: Sequence[Encoding], filler: int) -> dict[str, Tensor]:
    ids = [encoding.ids for encoding in encodings]
    mask = [torch.ones_like(e.ids) if e.attended is None else e.attended for e in encodings]
    return {
        f"{prefix}input_ids": pad_sequence(ids, batch_first=True, padding_value=filler),
        f"{prefix}attention_mask": pad_sequence(mask, batch_first=True),
    }


def own_padding(model: PreTrainedModel) -> int | None:
    """Return the model's padding id, by which RoBERTa counts positions and GPT-2 pools.

    ``None`` where it has none, or one that no token can have.
    """
    own = model.config.get_text_config().pad_token_id
    known = len(word_embedding(model).get_parameter("weight"))
    return own if own is not None and 0 <= own < known else None


def unused_end(encodings: Sequence[Encoding]) -> int:
    """Return an id that no input ends with."""
    ends = {int(encoding.ids[-1]) for encoding in encodings}
    return next(number for number in count() if number not in ends)


@contextmanager
def pooling(model: PreTrainedModel, encodings: Sequence[Encoding]) -> Iterator[None]:
    """Let a model without padding pool what it pools from each input on its own: its last token.

    transformers pools the last token that is not ``config.pad_token_id``, and without one
    refuses batches, of equal lengths too.
    """
    config = model.config.get_text_config()
    before = config.pad_token_id
    if own_padding(model) is None:
        config.pad_token_id = unused_end(encodings)
    try:
        yield
    finally:
        config.pad_token_id = before
