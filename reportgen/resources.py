"""Files that travel with the package: templates and examples."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the installed folder ``name``, or the repository's own in a development install."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name
