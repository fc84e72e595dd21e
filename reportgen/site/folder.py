"""The folder that pages are written into: only what is ours is replaced or removed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from reportgen.errors import ReportgenError
from reportgen.rendering.seal import read_seal
from reportgen.results.files import sweep_temporary, write_atomic

INDEX = "index.html"

LISTING = ".reportgen-files.json"
"""Names the files of a site but its index, with their SHA-256: what was written can be told from
what was not, and removed with the inputs that are gone."""

OURS = re.compile(
    r"inputs/[^/]+\.html|maps/[^/]+\.js|index/[^/]+\.(js|html)|assets/[^/]+\.[0-9a-f]{8}\.[a-z]+"
)
"""Files that a site can do without once they are of no more use."""


def keep(out: Path, name: str, data: bytes) -> None:
    """Write ``data`` as ``out/name`` unless it is there: what is unchanged keeps its time.

    A link in the place of a file is replaced. Raises ``ReportgenError`` where a link in the place
    of a folder leads elsewhere.
    """
    while name.startswith("../"):
        out, name = out.parent, name.removeprefix("../")
    path = out / name
    if not is_below(path.parent, out):
        raise ReportgenError(
            "this folder is a link that leads out of the report's",
            where=str(path.parent),
            hint="remove the link, or write to another folder: --out DIR",
        )
    if path.is_symlink():
        path.unlink()
    elif path.is_file():
        if path.read_bytes() == data:
            return
    elif path.exists():  # a folder, a pipe or a device
        raise ReportgenError(
            "expected a file, found something else",
            where=str(path),
            hint="remove it, or write to another folder: --out DIR",
        )
    write_atomic(path, data, durable=False)


def is_below(path: Path, out: Path) -> bool:
    """Tell whether ``path``, all links followed, lies in ``out``."""
    return path.resolve().is_relative_to(out.resolve())


def sweep(out: Path, kept: Mapping[str, str]) -> bytes:
    """Remove what an earlier site in ``out`` had and this one has not; list what it has.

    ``kept`` are the files of this one with their hashes. Only what has the name and the content
    of a file that was written is removed. Returns the list as it is stored.
    """
    for name, digest in listed(out).items():
        if name not in kept and OURS.fullmatch(name):
            remove(out / name, digest, out)
    for folder in {(out / name).parent for name in kept}:
        sweep_temporary(folder)
    listing = json.dumps(dict(sorted(kept.items())), indent=0).encode()
    keep(out, LISTING, listing)
    return listing


def clear(out: Path) -> None:
    """Remove the site in ``out``, and ``out`` itself where nothing else is in it."""
    folders = {(out / name).parent for name in listed(out) if OURS.fullmatch(name)}
    sweep(out, {})
    index = out / INDEX
    with contextlib.suppress(OSError, UnicodeDecodeError):
        html = index.read_bytes().decode()
        if (found := read_seal(html)) is not None and found.matches(html):
            index.unlink()
    for name in (".nojekyll", LISTING):
        (out / name).unlink(missing_ok=True)
    for folder in (*folders, out):
        with contextlib.suppress(OSError):  # something else is in it
            folder.rmdir()


def remove(path: Path, digest: str, out: Path) -> None:
    """Remove a file below ``out`` that has this SHA-256, and nothing else."""
    if path.is_symlink() or not path.is_file() or not is_below(path, out):
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
        path.unlink()


def listed(out: Path) -> dict[str, str]:
    """Return the files that the site in ``out`` has, by their path from there, with their hashes.

    A list of another kind proves nothing, and is none.
    """
    path = out / LISTING
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: digest for name, digest in entries if isinstance(digest, str)}
