"""Reading a checkpoint's folder, and refusing what does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from reportgen.engine.models.module_lookup import sub_embeddings
from reportgen.errors import ModelError
from reportgen.spec.checkpoint import VOCABULARIES
from reportgen.spec.models import ModelSpec

LOADING_ERRORS = (
    OSError,
    ValueError,
    LookupError,
    ImportError,
    RuntimeError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    SafetensorError,
    StrictDataclassError,
)
"""What transformers raises for a folder it cannot load, whose files may hold anything."""

PARAMETERS_PER_BYTE, PARAMETERS_SPARE = 4, 250_000_000
"""What a config may ask for beside its weights: twice what weights of four bits hold, and 1 GB."""

UNLIMITED = 512
"""Tokens to read at most where nothing else sets a limit: what T5 was trained on."""

UNUSED_WEIGHTS = re.compile(
    r"(^|\.)pooler\."  # of a class without pooling, as in question answering
    r"|^(cls|lm_head|vocab_(transform|layer_norm|projector))\."  # BERT, RoBERTa, DistilBERT
    r"|^(discriminator_predictions|generator_predictions|generator_lm_head)\."  # ELECTRA
    r"|^(lm_predictions|mask_predictions)\."  # DeBERTa
    r"|^(predictions|sop_classifier)\."  # ALBERT
    r"|^decoder\.(weight|bias)$"  # ModernBERT
    r"|^(embed_out\.|final_logits_bias$)"  # GPT-NeoX, BART
)
"""Weights a checkpoint may hold beyond the model: poolers and heads of pre-training.

They belong to outputs the loaded class does not compute, so they cannot change its logits.
Anything else unexpected means that the checkpoint is of a different model.
"""


def load_tokenizer(folder: Path, spec: ModelSpec) -> PreTrainedTokenizerBase:
    """Load a tokenizer that tells which characters each token stands for.

    Raises ``ModelError`` where there is none, it cannot be read, or it is a slow one.
    """
    if not any((folder / name).exists() for name in VOCABULARIES):
        # transformers would make up an empty one.
        raise ModelError(
            f"no tokenizer in {folder}", hint="save it beside the model: tokenizer.save_pretrained"
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=spec.trust_remote_code, local_files_only=True
        )
    except LOADING_ERRORS as error:
        raise unreadable("the tokenizer", folder, error) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"{type(tokenizer).__name__} gives no character offsets, so tokens cannot be "
            "traced back to the text",
            hint="use the fast tokenizer of this model (tokenizer.json)",
        )
    return tokenizer


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


def require_size(shape: PreTrainedModel, folder: Path) -> None:
    """Refuse a model whose config asks for far more numbers than its weight files can hold.

    ``shape`` is the model without its weights, which takes no memory. Loading it would, for
    every weight that is not in the files, before anybody could tell that it is not.
    """
    asked = sum(tensor.numel() for tensor in (*shape.parameters(), *shape.buffers()))
    files = [*folder.glob("*.safetensors"), *folder.glob("*.bin")]
    held = sum(file.stat().st_size for file in files)
    if asked > PARAMETERS_PER_BYTE * held + PARAMETERS_SPARE:
        raise ModelError(
            f"config.json asks for {asked:,} parameters, and the weight files have {held:,} bytes",
            hint="they do not belong together: copy or download the folder again",
        )


def require_fitting_weights(found: dict[str, Any], spec: ModelSpec) -> tuple[str, ...]:
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


def choose_device(name: str) -> torch.device:
    """Return the device called ``name``; ``auto`` takes an accelerator where there is one."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"device {name!r} cannot be used: {first_line(error)}", hint="set device: auto"
        ) from error
    return device


def longest_input(
    spec: ModelSpec, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> int:
    """Return the number of tokens the model can read, or the smaller one the spec asks for.

    Where neither the model nor its tokenizer has a limit (T5), that is ``UNLIMITED``.
    """
    positions = count_positions(model)
    limits = [positions, tokenizer.model_max_length]
    known = [limit for limit in limits if limit is not None and limit < 1_000_000]
    if spec.max_length is None:
        return min(known, default=UNLIMITED)
    if positions is not None and spec.max_length > positions:
        raise ModelError(
            f"max_length is {spec.max_length}, the model has {positions} positions",
            hint=f"set max_length to {positions} or less",
        )
    return spec.max_length


def count_positions(model: PreTrainedModel) -> int | None:
    """Return for how many positions the model was made; ``None`` where any number will do."""
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    table = sub_embeddings(model).get("position")
    # RoBERTa and MPNet start counting positions behind the padding index.
    behind = getattr(table, "padding_idx", None)
    return positions if behind is None else positions - behind - 1


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
