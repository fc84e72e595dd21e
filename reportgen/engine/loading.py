"""Reading a checkpoint's folder: in silence, and refusing weights that do not fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers.utils import logging

from reportgen.errors import ModelError
from reportgen.spec.models import ModelSpec

LOADING_ERRORS = (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError)
"""What transformers raises for a folder it cannot load."""

UNUSED_WEIGHTS = re.compile(
    r"(^|\.)pooler\."  # of a class without pooling, as in question answering
    r"|^(cls|lm_head|vocab_(transform|layer_norm|projector))\."  # BERT, RoBERTa, DistilBERT
    r"|^(discriminator_predictions|generator_predictions|generator_lm_head)\."  # ELECTRA
)
"""Weights a checkpoint may hold beyond the model: poolers and heads of pre-training.

They belong to outputs the loaded class does not compute, so they cannot change its logits.
Anything else unexpected means that the checkpoint is of a different model.
"""


def require_weights(folder: Path, spec: ModelSpec) -> None:
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path.name for path in folder.glob("*.bin"))
    if not pickled:
        raise ModelError(
            f"no weights (*.safetensors) in {folder}",
            hint="save the model with model.save_pretrained(folder)",
        )
    if not spec.allow_pickle:
        raise ModelError(
            f"the weights are pickled ({', '.join(pickled)}), and a pickle can run code",
            hint="save them as safetensors, or set allow_pickle: true if you trust their source",
        )


def check_weights(found: dict[str, Any], spec: ModelSpec) -> tuple[str, ...]:
    """Refuse weights that do not fit; return a warning about random ones that are allowed."""
    unexpected = sorted(key for key in found["unexpected_keys"] if not UNUSED_WEIGHTS.search(key))
    if unexpected:
        raise ModelError(
            f"the checkpoint holds weights this architecture does not have: {listed(unexpected)}",
            hint="it was trained as another model: check its config.json and the task",
        )
    missing = sorted(found["missing_keys"])
    if not missing:
        return ()
    if not spec.allow_random_head:
        raise ModelError(
            f"the checkpoint does not hold: {listed(missing)}; they would be random",
            hint="fine-tune the model for this task first, or set allow_random_head: true",
        )
    return (f"These weights are random, not trained: {listed(missing)}.",)


def unreadable(what: str, folder: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{what} in {folder} cannot be loaded: {type(error).__name__}: {first_line(error)}",
        hint="does transformers load it? trust_remote_code is off unless the spec asks for it",
    )


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def listed(keys: Sequence[str], most: int = 8) -> str:
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + more


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' warnings and progress bars, and put them back after."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
