"""What is the user's own on the pages: templates, a logo and an accent colour."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import ReportgenError
from reportgen.spec.report import LOGOS, ReportSpec

LARGEST_LOGO = 500_000
"""Bytes; a logo is in every page, and a larger one is a mistake."""

PAPER = {"light": (255, 255, 255), "dark": (20, 22, 27)}
"""The page's background in both themes, as in the stylesheet."""

READABLE = 5.0
"""Contrast of the accent colour with the page: WCAG asks for 4.5 on white, and some text stands
on slightly darker ground."""

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Logo:
    """A picture: the name of its file on a site, and its bytes."""

    name: str
    data: bytes

    @property
    def uri(self) -> str:
        kind = LOGOS[Path(self.name).suffix]
        return f"data:{kind};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True)
class Brand:
    """Templates to look in first, a logo, and style rules that set the accent colour."""

    templates: Path | None = None
    logo: Logo | None = None
    style: str = ""


def read_brand(spec: ReportSpec, base: Path) -> Brand:
    """Find what ``spec`` names relative to ``base``.

    Raises ``ReportgenError`` where a file is missing, or too large for every page to hold it.
    """
    templates = logo = None
    if spec.templates is not None:
        templates = base / Path(spec.templates).expanduser()
        if not templates.is_dir():
            raise missing("templates", "folder", templates)
    if spec.logo is not None:
        path = base / Path(spec.logo).expanduser()
        if not path.is_file():
            raise missing("logo", "file", path)
        data = path.read_bytes()
        if len(data) > LARGEST_LOGO:
            raise ReportgenError(
                f"expected a logo of at most {LARGEST_LOGO:,} bytes, found {len(data):,}",
                where=f"report.logo: {path}",
                hint="every page holds the logo: make it smaller",
            )
        logo = Logo(f"logo.{hashlib.sha256(data).hexdigest()[:8]}{path.suffix.lower()}", data)
    style = accent(spec.color) if spec.color else ""
    return Brand(templates, logo, style)


def missing(key: str, noun: str, path: Path) -> ReportgenError:
    return ReportgenError(
        f"no such {noun}: {path}",
        where=f"report.{key}",
        hint="the spec names it relative to itself: say where the spec lies with --base DIR "
        "(base= in Python)",
    )


def accent(color: str) -> str:
    """Return a style rule that makes ``color`` the accent, readable in both themes."""
    wanted = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
    light, dark = (readable(wanted, paper) for paper in PAPER.values())
    return f":root {{ --accent: light-dark({light}, {dark}); }}\n"


def readable(color: Color, paper: Color) -> str:
    """Return ``color``, or the nearest mix of it with black or white that reads on ``paper``."""
    ink = 0 if luminance(paper) > 0.5 else 255
    return next(
        "#{:02x}{:02x}{:02x}".format(*mixed)
        for mixed in toward(color, ink)
        if contrast(mixed, paper) >= READABLE
    )


def toward(color: Color, ink: int) -> Iterator[Color]:
    for step in range(21):
        yield tuple(round(c + (ink - c) * step / 20) for c in color)


def contrast(a: Color, b: Color) -> float:
    """Return the contrast ratio of two sRGB colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: Color) -> float:
    """Return the relative luminance of an sRGB colour, from 0 to 1 (WCAG 2.2)."""
    linear = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in color)
    )
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
