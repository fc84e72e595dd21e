"""Where things are in a model: which modules embed, and which stack reads the input."""

from __future__ import annotations

import inspect

from torch import nn
from transformers import PreTrainedModel


def accepted(model: PreTrainedModel) -> frozenset[str]:
    """Name the arguments of the model's forward pass (DistilBERT has no token types)."""
    return frozenset(inspect.signature(model.forward).parameters)


def has_decoder(model: PreTrainedModel) -> bool:
    """Tell whether a second stack reads what the first made of the input (T5, BART)."""
    return "decoder_input_ids" in accepted(model)


def reading_modules(model: PreTrainedModel) -> frozenset[nn.Module]:
    """Return the modules of the stack that reads the input: the encoder, or all there are."""
    stack = model.get_encoder() if has_decoder(model) else model
    return frozenset(stack.modules())


def word_embedding(model: PreTrainedModel) -> nn.Module:
    """Return the module that looks up the words of the stack that reads the input.

    An encoder beside a decoder has its own, with the same weights as the model's.
    """
    encoder = model.get_encoder()
    owner = encoder if isinstance(encoder, PreTrainedModel) else model
    return owner.get_input_embeddings()


def embedding_parent(model: PreTrainedModel) -> nn.Module:
    word = word_embedding(model)
    reading = reading_modules(model)
    return next(
        module
        for module in model.modules()
        if module in reading and any(child is word for child in module.children())
    )


def sub_embeddings(model: PreTrainedModel) -> dict[str, nn.Module]:
    """Return the sub-embeddings: lookups whose vectors are added up to embed a token.

    By the names ``word``, ``position`` and ``token_type``, those the model has: rotary and
    relative positions are no vectors of their own, and a single token type (RoBERTa) is no
    choice.
    """
    found = {"word": word_embedding(model)}
    for name, child in embedding_parent(model).named_children():
        if isinstance(child, nn.Embedding) and child is not found["word"]:
            if "position" in name or name == "wpe":
                found["position"] = child
            elif "token_type" in name and child.num_embeddings > 1:
                found["token_type"] = child
    return found


def embedding_layer(model: PreTrainedModel) -> nn.Module | None:
    """Return the module that gives the sub-embeddings added up and normalised, if there is one.

    BART adds them up on its own, but has a module that normalises them.
    """
    parent = embedding_parent(model)
    if isinstance(parent, PreTrainedModel):
        return getattr(parent, "layernorm_embedding", None)
    return parent
