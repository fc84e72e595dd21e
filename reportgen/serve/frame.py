"""The server's own page around the report, which reloads it when it has been built again.

The report's pages stay the files on disk, byte for byte: their policy would allow no script more.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from reportgen.resources import folder


@dataclass(frozen=True)
class Published:
    """A report that is shown: its first page, and every file of it by its name below ``out``."""

    out: Path
    page: str = ""
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Shown:
    """What the browser is told.

    ``version`` counts reports; ``problem`` says why there is none newer.
    """

    report: Published
    version: int = 0
    building: bool = True
    problem: str = ""


def state(shown: Shown) -> dict[str, object]:
    """Return what the frame's script asks for."""
    return {
        "version": shown.version,
        "page": quote(shown.report.page),
        "building": shown.building,
        "problem": shown.problem,
    }


def page(shown: Shown) -> bytes:
    """Return the page around the report, complete with what it says now."""
    text = source("frame.html")
    address = f' src="{escape(quote(shown.report.page))}"' if shown.report.page else ""
    known = escape(json.dumps(state(shown)))
    for name, value in (
        ("STYLE", source("frame.css")),
        ("SCRIPT", source("frame.js")),
        ("SOURCE", address),
        ("STATE", known),
    ):
        text = text.replace(f"<!--{name}-->", value, 1)
    return text.encode()


def policy() -> str:
    """Return what the page around the report may do: frame this server's pages, and ask it."""
    style, script = (
        base64.b64encode(hashlib.sha256(source(name).encode()).digest()).decode()
        for name in ("frame.css", "frame.js")
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; "
        "connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    )


def source(name: str) -> str:
    return (folder("templates") / "serve" / name).read_text(encoding="utf-8")
