"""A model's JSON files, from anyone: read within limits, with dimensions that a model can have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportgen.errors import ModelError
from reportgen.spec.paths import kind
from reportgen.spec.problem import describe
from reportgen.spec.surrogates import whole

LARGEST_JSON = 20_000_000
"""Bytes; an index of 100,000 weights has about 9 million."""

WIDTHS = (
    r"hidden_size|dim|n_embd|d_model|embedding_size|head_dim|d_kv"
    r"|intermediate_size|hidden_dim|n_inner|d_ff|(encoder|decoder)_ffn_dim"
)

MOST = (
    ("layers", r"(.*_)?layers?|num_hidden_groups|inner_group_num", 1_000),
    ("heads", r"(.*_)?heads?", 10_000),
    ("experts", r"(.*_)?experts", 10_000),
    ("labels", r"num_labels", 100_000),
    ("dimensions", WIDTHS, 10_000_000),
    ("tokens", r"vocab_size|type_vocab_size", 100_000_000),
    ("positions", r"max_position_embeddings|n_positions", 1_000_000_000),
)
"""What a config counts, the keys for it, and how many no model comes near.

Modules are made one by one, so that too many of them take time and memory before the weights
are looked at; whether these are of the size that the config asks for is seen once it is built.
"""


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raises ``ModelError`` where there is none to trust."""
    try:
        found = path.stat()
        if kind(found) != "a file":
            raise ModelError(f"{path.name} is {kind(found)}, not a file")
        if found.st_size > LARGEST_JSON:
            size = f"has {found.st_size:,} bytes; at most {LARGEST_JSON:,} are read"
            raise ModelError(f"{path.name} {size}")
        data = json.loads(path.read_text(encoding="utf-8"))
        if whole(json.dumps(data, ensure_ascii=False)) is None:
            raise ModelError(f"{path.name} holds half a character (a lone surrogate)")
    except FileNotFoundError:
        hint = "a model folder is what save_pretrained() writes"
        raise ModelError(f"there is no {path.name}", hint=hint) from None
    except RecursionError as error:
        raise ModelError(f"{path.name} is nested too deeply") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path.name} does not hold a JSON object")
    return data


def require_plausible(config: dict[str, Any]) -> None:
    """Raise ``ModelError`` for a dimension that is no number, negative or out of all proportion."""
    for part in _parts(config):
        for key, value in part.items():
            for noun, keys, most in MOST:
                if value is not None and re.fullmatch(keys, key):
                    _require_number(key, value, noun, most)


def _parts(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the config and those inside it: of an encoder, a decoder, a text model."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [
            value
            for key, value in part.items()
            if isinstance(value, dict) and key != "quantization_config"  # whose numbers are its own
        ]


def _require_number(key: str, value: Any, noun: str, most: int) -> None:
    if isinstance(value, bool | list | dict):  # a switch, or one number for each layer
        return
    if not isinstance(value, int) or (value < 0 and noun != "positions"):
        wanted = "a whole number of at least 0"
        raise ModelError(f"config.json: expected {wanted} for {key}, found {describe(value)}")
    if value > most:
        found = f"{value:,}" if value < 10**30 else "very many"
        raise ModelError(
            f"config.json asks for {found} {noun} ({key}); more than {most:,} cannot be right",
            hint="copy or download the folder again",
        )
