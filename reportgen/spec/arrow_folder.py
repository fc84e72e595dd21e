"""Folders that ``save_to_disk`` of the datasets library writes: which files hold the rows."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.spec.config import read_json
from reportgen.spec.problem import quoted, shortened

STATE = "state.json"
SPLITS = "dataset_dict.json"

MOST_PARTS = 100_000
"""Files of one data set."""

AGAIN = "write it again: dataset.save_to_disk(FOLDER)"


def arrow_files(folder: Path, name: str) -> list[Path]:
    """Return the Arrow files of a data set in their order.

    Raises ``ReportgenError`` where ``folder``, which the spec calls ``name``, holds no single one.
    """
    name = shortened(name)
    if (folder / SPLITS).is_file():
        found = read_json(folder / SPLITS).get("splits")
        splits = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
        named = ", ".join(f"{name}/{shortened(split)}" for split in splits[:20])
        message = f"{name} holds a data set in several splits, each a folder of its own"
        raise ReportgenError(message, hint=f"name one: {named}" if named else AGAIN)
    if not (folder / STATE).is_file():
        message = f"{name} is no folder of a data set: it has no {STATE}"
        hint = "name a file, or a folder that save_to_disk of the datasets library wrote"
        raise ReportgenError(message, hint=hint)
    state = read_json(folder / STATE)
    if state.get("_indices_data_files"):
        raise ReportgenError(f"{name} holds a choice of rows that is not written out", hint=AGAIN)
    parts = state.get("_data_files")
    if not isinstance(parts, list) or not parts or len(parts) > MOST_PARTS:
        raise ReportgenError(f"{name}/{STATE} names no Arrow files", hint=AGAIN)
    return [_part(folder, name, part) for part in parts]


def _part(folder: Path, name: str, part: Any) -> Path:
    """Return a file of the folder itself that ``state.json`` names."""
    file = part.get("filename") if isinstance(part, dict) else None
    if not isinstance(file, str) or "\0" in file or Path(file).name != file:
        raise ReportgenError(f"{name}/{STATE} names what is no file of its folder", hint=AGAIN)
    path = folder / file
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError:
        regular = False
    if not regular:
        raise ReportgenError(f"{name} has no file {quoted(file)}, which its {STATE} names")
    return path
