"""What is the user's own on the pages: templates, a logo and an accent colour."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.store import MANIFEST
from reportgen.results.tables import Results
from reportgen.spec.logo import Logo, check_logo, find_logo
from reportgen.spec.models import Spec
from reportgen.spec.paths import require, require_inside
from reportgen.spec.report import ReportSpec

MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}
"""Media types of what can be a logo."""

PAPER = {"light": (255, 255, 255), "dark": (20, 22, 27)}
"""The page's background in both themes, as in the stylesheet."""

READABLE = 5.0
"""Contrast of the accent colour with the page: WCAG asks for 4.5 on white, and some text stands
on slightly darker ground."""

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Brand:
    """Templates to look in first, a logo, and style rules that set the accent colour.

    ``lacks_templates`` tells of a run that was built with templates, which are not used here.
    """

    templates: Path | None = None
    logo: Logo | None = None
    style: str = ""
    lacks_templates: bool = False


def read_brand(
    results: Results, report: ReportSpec, spec: Spec | None, templates: Path | None
) -> Brand:
    """Find what is the user's own on the pages of ``results``, which ``report`` describes.

    ``templates`` is the folder that ``find_templates`` found. The logo is that of ``spec``, else
    the one stored with the run. Raises ``ReportgenError`` where it cannot be used.
    """
    return Brand(
        templates=templates,
        logo=stored_logo(results) if spec is None else find_logo(spec),
        style=accent(report.color) if report.color else "",
        lacks_templates=spec is None and templates is None and report.templates is not None,
    )


def find_templates(spec: Spec | None, given: Path | str | None) -> Path | None:
    """Return the folder of templates that is ``given``, else that of ``spec``.

    They are code: those that a stored run names, which may be a stranger's, are never looked for.
    Raises ``ReportgenError`` where there is no such folder.
    """
    if given is not None:
        written, base, allow_outside = str(given), Path(), True
    elif spec is not None and spec.report.templates is not None:
        written, base, allow_outside = spec.report.templates, spec.base, spec.allow_outside
    else:
        return None
    try:
        path = require(written, base, "folder", allow_outside=allow_outside)
        if not allow_outside:
            require_inside(path, base)
    except ReportgenError as error:
        raise ReportgenError(error.message, where="templates", hint=error.hint) from error
    return path


def stored_logo(results: Results) -> Logo | None:
    """Return the logo that was stored with a run, checked again: anyone may have written it."""
    stored = results.manifest.logo
    if stored is None:
        return None
    where = f"{results.store.at.where(MANIFEST)} logo"
    try:
        logo = check_logo(base64.b64decode(stored.data, validate=True))
    except ReportgenError as error:
        raise ResultsError(error.message, where=where, hint=OTHER_LOGO) from error
    except ValueError as error:
        raise ResultsError("expected base64", where=where, hint=OTHER_LOGO) from error
    if logo.type != stored.type:
        message = f"expected {stored.type}, as its type says; found {logo.type}"
        raise ResultsError(message, where=where, hint=OTHER_LOGO)
    return logo


OTHER_LOGO = "with --spec SPEC the logo of a spec is used instead (spec= in Python)"


def data_uri(logo: Logo) -> str:
    return f"data:{MEDIA[logo.type]};base64,{base64.b64encode(logo.data).decode()}"


def accent(color: str) -> str:
    """Return a style rule that makes ``color`` the accent, readable in both themes."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    wanted = red, green, blue
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
        red, green, blue = (round(c + (ink - c) * step / 20) for c in color)
        yield red, green, blue


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
