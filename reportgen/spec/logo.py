"""The logo of a report: a picture that is known by its content, and that runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reportgen.errors import ReportgenError
from reportgen.spec.paths import require
from reportgen.spec.svg import check_svg

if TYPE_CHECKING:
    from reportgen.spec.models import Spec

PictureType = Literal["png", "jpeg", "webp", "svg"]

LARGEST = 500_000
"""Bytes; a logo is in every page, and a larger one is a mistake."""


@dataclass(frozen=True)
class Logo:
    """A picture: ``png``, ``jpeg``, ``webp`` or ``svg``, and its bytes."""

    type: PictureType
    data: bytes


def find_logo(spec: Spec) -> Logo | None:
    """Read the logo that ``spec`` names, if it does; raise ``ReportgenError`` with its path."""
    if spec.report.logo is None:
        return None
    try:
        path = require(spec.report.logo, spec.base, "file", allow_outside=spec.allow_outside)
        return read_logo(path)
    except ReportgenError as error:
        where = f"report.logo: {spec.report.logo}"
        raise ReportgenError(error.message, where=where, hint=error.hint) from error


def read_logo(path: Path) -> Logo:
    """Read and check the picture in a file, whatever its name ends with.

    Raises ``ReportgenError`` where there is no such file, or no picture that can be a logo in it.
    """
    if not path.is_file():
        raise ReportgenError("no such file", hint="a logo is looked for relative to the spec")
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ReportgenError(f"cannot be read: {error.strerror}") from error
    return check_logo(data)


def logo_error(path: Path) -> ReportgenError | None:
    """Return what is wrong with the picture in a file, if anything is."""
    try:
        read_logo(path)
    except ReportgenError as error:
        return error
    return None


def check_logo(data: bytes) -> Logo:
    """Return ``data`` as a logo; raise ``ReportgenError`` where it cannot be one."""
    if len(data) > LARGEST:
        raise ReportgenError(
            f"expected a logo of at most {LARGEST // 1000} kB, found a larger one",
            hint="every page holds the logo: make it smaller",
        )
    for name, (signature, is_whole) in SIGNATURES.items():
        if signature.match(data):
            if not is_whole(data):
                raise ReportgenError(
                    f"expected a picture, found a damaged {name} file", hint="export it again"
                )
            return Logo(name, data)
    if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise ReportgenError("expected a picture (svg, png, jpg or webp), found none of them")
    check_svg(data)
    return Logo("svg", data)


def is_png(data: bytes) -> bool:
    """Tell whether the chunks of a PNG file follow each other from its header to its end."""
    place = 8
    kinds: list[bytes] = []
    while kinds[-1:] != [b"IEND"] and place + 12 <= len(data):
        kinds.append(data[place + 4 : place + 8])
        place += 12 + int.from_bytes(data[place : place + 4])
    return kinds[:1] == [b"IHDR"] and b"IDAT" in kinds and kinds[-1] == b"IEND"


def is_jpeg(data: bytes) -> bool:
    """Tell whether a JPEG file has a size and a picture, and an end after it."""
    place, sized = 2, False
    while data[place : place + 1] == b"\xff" and place + 4 <= len(data):
        marker = data[place + 1]
        if marker == 0xDA:
            return sized and data.find(b"\xff\xd9", place) > 0
        sized = sized or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2 : place + 4])
    return False


def is_webp(data: bytes) -> bool:
    """Tell whether a WebP file is as long as it says, and begins with a picture."""
    size = int.from_bytes(data[4:8], "little")
    return data[12:15] == b"VP8" and 12 < size <= len(data) - 8


SIGNATURES: dict[PictureType, tuple[re.Pattern[bytes], Callable[[bytes], bool]]] = {
    "png": (re.compile(rb"\x89PNG\r\n\x1a\n"), is_png),
    "jpeg": (re.compile(rb"\xff\xd8\xff"), is_jpeg),
    "webp": (re.compile(rb"RIFF.{4}WEBP", re.S), is_webp),
}
"""How pictures of pixels begin, and what tells that one is whole."""
