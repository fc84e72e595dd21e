"""Changing stored runs as a stranger would: with checksums that belong to the change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from reportgen.results.reading import CHECKSUM, Checksum, checksum
from reportgen.results.store import HEADER, MANIFEST

Arrays = dict[str, np.ndarray]


def rewrite_manifest(run: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let ``change`` alter the manifest of a run in place, and seal it again."""
    path = run / "results" / MANIFEST
    data = json.loads(path.read_text(encoding="utf-8"))
    data.pop(CHECKSUM)
    change(data)
    path.write_text(json.dumps(data | {CHECKSUM: checksum(data)}), encoding="utf-8")


def rewrite_result(path: Path, change: Callable[[dict[str, Any], Arrays], Any]) -> None:
    """Let ``change`` alter the header and the arrays of a result in place, and seal it again."""
    with safe_open(path, framework="numpy") as file:
        header = json.loads(file.metadata()[HEADER])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(header, arrays)
    text = json.dumps(header)
    total = Checksum(text)
    for name in sorted(arrays):
        total.add(name, arrays[name])
    path.write_bytes(save(arrays, metadata={HEADER: text, CHECKSUM: total.hexdigest()}))


def result_files(run: Path) -> list[Path]:
    return sorted((run / "results").glob("*.safetensors"))
