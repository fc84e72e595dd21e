"""Merging a PEFT adapter into the weights that it was trained beside."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file
from transformers import PreTrainedModel

from reportgen.engine.models.loading import LOADING_ERRORS, listed, unreadable
from reportgen.errors import ModelError
from reportgen.spec.adapters import ADAPTER_CONFIG, ADAPTER_WEIGHTS, MERGED, require_mergeable
from reportgen.spec.config import read_json

WRAPPED = "base_model.model."
"""What PEFT puts before the names of the model's own weights."""

ADDED = ("lora_", "modules_to_save")


def brought(folder: Path) -> set[str]:
    """Return the model's own weights that an adapter brings whole, such as those of a new head."""
    with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
        return {name.removeprefix(WRAPPED) for name in file.keys()}  # noqa: SIM118


def merge_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Return the model with the adapter in ``folder`` added to its weights.

    Raises ``ModelError`` where the package ``peft`` is missing, and for an adapter of another
    model.
    """
    try:
        from peft import LoraConfig, PeftModel, set_peft_model_state_dict
    except ModuleNotFoundError as error:
        raise ModelError(
            f"an adapter needs the package {error.name}, which is not installed",
            hint="pip install 'reportgen[peft]'",
        ) from error
    try:
        config = read_json(folder / ADAPTER_CONFIG)
        require_mergeable(config)
        settings: dict[str, Any] = {key: config[key] for key in MERGED if config.get(key)}
        with warnings.catch_warnings():
            # PEFT asks transformers for what that is about to rename.
            warnings.simplefilter("ignore", FutureWarning)
            wrapped = PeftModel(model, LoraConfig(**settings))
        found: Any = set_peft_model_state_dict(wrapped, load_file(folder / ADAPTER_WEIGHTS))
    except LOADING_ERRORS as error:
        raise unreadable("the adapter", folder, error) from error
    missing = [key for key in found.missing_keys if any(part in key for part in ADDED)]
    if wrong := sorted((*found.unexpected_keys, *missing)):
        raise ModelError(
            f"the adapter and the model do not belong together: {listed(wrong)}",
            hint="name the model that the adapter was trained on as path:",
        )
    return wrapped.merge_and_unload(safe_merge=True)
