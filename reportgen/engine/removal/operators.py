"""How units are removed from what a model reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import FILLERS, Encoding
from reportgen.errors import InputError
from reportgen.methods import Operator
from reportgen.results.model import Target

ORDER: tuple[Operator, ...] = ("mask", "delete", "pad", "attention")
"""Operators in the order in which one is chosen."""


def lacks(loaded: LoadedModel, operator: Operator) -> bool:
    """Tell whether the tokenizer lacks the token that ``operator`` puts in."""
    return operator in FILLERS and FILLERS[operator](loaded.tokenizer) is None


def usable(loaded: LoadedModel, placed: bool) -> list[Operator]:
    """Return the operators that ``auto`` chooses from, the preferred first.

    ``placed``: an output is read at a token that a unit may be, which cannot be deleted then.
    """
    return [o for o in ORDER if not lacks(loaded, o) and not (o == "delete" and placed)]


def choose_operator(loaded: LoadedModel, asked: str, placed: bool) -> Operator:
    """Return the operator ``asked`` for, or the preferred one where it is ``auto``.

    Raises ``InputError`` where the tokenizer lacks the token.
    """
    if asked == "auto":
        return usable(loaded, placed)[0]
    for operator in ORDER:
        if operator == asked and not lacks(loaded, operator):
            return operator
    raise InputError(
        f"operator: {asked} cannot be used: the tokenizer has no {asked} token",
        hint="set operator to delete or attention",
    )


def second_operator(
    loaded: LoadedModel, asked: str, first: Operator, placed: bool
) -> Operator | None:
    """Return the operator that is shown beside ``first``; ``None`` where there is none."""
    if asked == "none":
        return None
    if asked == "auto":
        return next((o for o in usable(loaded, placed) if o != first), None)
    found = choose_operator(loaded, asked, placed)
    return None if found == first else found


def remove(
    loaded: LoadedModel, encoding: Encoding, gone: np.ndarray, operator: Operator
) -> Encoding:
    """Return ``encoding`` without the tokens ``gone``, booleans (n,).

    ``mask`` and ``pad`` put that token in their place, ``attention`` lets no token attend to them,
    ``delete`` leaves them out. Where nothing is left, the token that ends texts is.
    """
    if not gone.any():
        return encoding
    if operator == "attention":
        if gone.all():
            raise InputError(
                "operator: attention would hide the whole input from the model",
                hint="set operator to delete",
            )
        return replace(encoding, attended=torch.from_numpy(~gone).long())
    if operator == "delete":
        return delete(encoding, ~gone)
    filler = FILLERS[operator](loaded.tokenizer)
    assert filler is not None  # see choose_operator
    return replace(encoding, ids=encoding.ids.masked_fill(torch.from_numpy(gone), filler))


def delete(encoding: Encoding, kept: np.ndarray) -> Encoding:
    """Return the tokens ``kept``, booleans (n,); where there are none, one that ends texts."""
    if kept.any():
        return encoding.at(np.flatnonzero(kept))
    tokenizer, one = encoding.tokenizer, encoding.at(np.array([0]))
    known = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, 0)
    end = next(identity for identity in known if identity is not None)
    return replace(one, ids=torch.full_like(one.ids, end))


def moved(target: Target, kept: np.ndarray, points: bool) -> Target:
    """Return where a target stands when only the tokens ``kept`` (n,) are left.

    At the last token kept up to its own, which is its own unless that was removed: there a causal
    model goes on. ``points``: its index is that of a token and moves along.
    """
    if target.position is None:
        return target
    position = max(int(kept[: target.position + 1].sum()) - 1, 0)
    index = position if points else target.index
    return target.model_copy(update={"position": position, "index": index})
