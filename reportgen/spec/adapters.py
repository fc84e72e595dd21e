"""Adapters that PEFT trains beside a model: their files, and which of them can be merged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError, ReportgenError
from reportgen.spec.config import read_json
from reportgen.spec.models import ModelSpec
from reportgen.spec.paths import MissingFileError, require
from reportgen.spec.problem import describe, quoted
from reportgen.spec.tasks import TASKS

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_PICKLE = "adapter_model.bin"

LARGEST_RANK = 4_096
"""Beyond it an adapter is larger than what it adapts."""

NAME = re.compile(r"[\w.]+")
"""A module's name; PEFT takes other texts for regular expressions, which can run forever."""

NAMED = ("target_modules", "modules_to_save")
PATTERNS = ("rank_pattern", "alpha_pattern")
MERGED = ("r", "lora_alpha", "fan_in_fan_out", "use_rslora", "use_dora", *NAMED, *PATTERNS)
"""Keys that decide what is merged."""

TOLD = (
    *("peft_type", "peft_version", "task_type", "auto_mapping", "inference_mode"),
    *("base_model_name_or_path", "revision", "megatron_core", "runtime_config"),
    *("lora_dropout", "init_lora_weights", "qalora_group_size", "ensure_weight_tying"),
    *("loftq_config", "eva_config", "corda_config", "lora_ga_config"),
)
"""Keys about its training, which change nothing once it is trained."""

TASK_TYPES = {task.peft: task.name for task in TASKS.values() if task.peft}
"""What PEFT calls tasks. The base model's own config may name what it was pre-trained for."""


def refuse_adapter(spec: ModelSpec, folder: Path) -> None:
    """Raise ``ModelError`` where a model's ``path`` is an adapter without its model."""
    if (folder / "config.json").exists() or not (folder / ADAPTER_CONFIG).is_file():
        return
    trained = read_json(folder / ADAPTER_CONFIG).get("base_model_name_or_path")
    on = f" ({quoted(trained)})" if isinstance(trained, str) and trained else ""
    raise ModelError(
        f"an adapter ({ADAPTER_CONFIG}), which is no model by itself",
        hint=f"name the model it was trained on{on} as path:, and this folder beside it as "
        f"adapter: {spec.path}",
    )


def adapter_errors(spec: ModelSpec, base: Path) -> Iterator[tuple[str, ModelError]]:
    """Yield what is wrong with a model's adapter, or with an adapter as a model, by its key."""
    try:
        folder = spec.local_folder(base)
        if folder is not None:
            refuse_adapter(spec, folder)
    except ModelError as error:
        yield "path", ModelError(f"{spec.path}: {error.message}", hint=error.hint)
    except (ReportgenError, OSError):  # about the folder itself, which is told elsewhere
        pass
    if spec.adapter is not None:
        try:
            find_adapter(spec.adapter, base)
        except ModelError as error:
            yield "adapter", ModelError(f"{spec.adapter}: {error.message}", hint=error.hint)


def find_adapter(name: str, base: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder of an adapter and its config.

    Raises ``ModelError`` where it is missing, a pickle, or of a kind that is not merged.
    """
    try:
        folder = require(name, base, "folder", allow_outside=True)
    except MissingFileError as error:
        hint = "an adapter is a local folder, looked for relative to the spec"
        raise ModelError("there is no such folder", hint=hint) from error
    except ReportgenError as error:
        raise ModelError(error.message, hint=error.hint) from error
    if not (folder / ADAPTER_CONFIG).is_file():
        raise ModelError(
            f"there is no {ADAPTER_CONFIG}",
            hint="an adapter is what save_pretrained() of PEFT writes",
        )
    config = read_json(folder / ADAPTER_CONFIG)
    require_mergeable(config)
    if not (folder / ADAPTER_WEIGHTS).is_file():
        if (folder / ADAPTER_PICKLE).is_file():
            raise ModelError(
                f"the adapter is a pickle file ({ADAPTER_PICKLE}), which can run code when loaded",
                hint="save it as safetensors: save_pretrained(folder, safe_serialization=True)",
            )
        raise ModelError(f"there are no weights: no {ADAPTER_WEIGHTS}")
    return folder, config


def adapter_files(folder: Path) -> tuple[Path, ...]:
    """Return all that decides what an adapter makes of its model."""
    return folder / ADAPTER_CONFIG, folder / ADAPTER_WEIGHTS


def require_mergeable(config: dict[str, Any]) -> None:
    """Raise ``ModelError`` for an adapter that does more than add to weights, or asks too much."""
    kind = config.get("peft_type")
    if kind != "LORA":
        found = quoted(kind) if isinstance(kind, str) else describe(kind)
        raise ModelError(
            f"{ADAPTER_CONFIG}: expected peft_type 'LORA', found {found}",
            hint="LoRA adapters are merged; merge another yourself, and name the result as path:",
        )
    if config.get("bias", "none") != "none":
        raise _not_merged("bias")
    for key, value in config.items():
        if value and key not in (*MERGED, *TOLD, "bias"):
            raise _not_merged(key)
    for key in NAMED:
        names = config.get(key)
        if names is None or (key == "target_modules" and names == "all-linear"):
            continue
        if not isinstance(names, list) or not all(map(_is_name, names)):
            raise ModelError(
                f"{ADAPTER_CONFIG}: expected a list of module names for {key}, found "
                f"{describe(names)}",
                hint="regular expressions are not read: list the modules",
            )
    ranks = [config.get("r", 8)]
    for key in PATTERNS:
        pattern = config.get(key) or {}
        if not isinstance(pattern, dict) or not all(map(_is_name, pattern)):
            raise ModelError(f"{ADAPTER_CONFIG}: expected module names as keys of {key}")
        ranks += pattern.values() if key == "rank_pattern" else ()
    for rank in ranks:
        if isinstance(rank, bool) or not isinstance(rank, int) or not 0 < rank <= LARGEST_RANK:
            raise ModelError(
                f"{ADAPTER_CONFIG}: expected a rank of 1 to {LARGEST_RANK:,}, "
                f"found {describe(rank)}"
            )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _not_merged(key: str) -> ModelError:
    return ModelError(
        f"{ADAPTER_CONFIG} sets {quoted(key)}, which is not merged here",
        hint="merge it yourself with merge_and_unload(), and name the result as path:",
    )
