"""Logos: pictures are known by what they hold, whatever their files are called."""

from __future__ import annotations

import struct
import zlib

import pytest

from reportgen.errors import ReportgenError, SpecError
from reportgen.spec.loader import load_spec
from reportgen.spec.logo import check_logo, find_logo, read_logo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8"/>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"".join(
    (
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
        chunk(b"IEND", b""),
    )
)
JPEG = bytes.fromhex(
    "ffd8 ffe0 0010 4a46494600010100000100010000 ffc0 000b 080001000101011100"
    "ffda 0008 0101 0000 3f00 7f ffd9"
)
WEBP = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + bytes(9)
GIF = b"GIF89a" + bytes(20)


@pytest.mark.parametrize(
    ("type", "data"), [("png", PNG), ("jpeg", JPEG), ("webp", WEBP), ("svg", SVG)]
)
def test_a_picture_is_what_its_content_says(tmp_path, type, data):
    for name in ("logo.svg", "logo.png", "logo"):
        (tmp_path / name).write_bytes(data)
        logo = read_logo(tmp_path / name)
        assert (logo.type, logo.data) == (type, data)


@pytest.mark.parametrize(("type", "data"), [("png", PNG), ("jpeg", JPEG), ("webp", WEBP)])
def test_a_picture_that_is_cut_off_is_refused(type, data):
    for length in range(12, len(data) - 1):
        with pytest.raises(ReportgenError) as caught:
            check_logo(data[:length])
        assert caught.value.message == f"expected a picture, found a damaged {type} file"


@pytest.mark.parametrize(
    "data",
    [
        PNG.replace(b"IDAT", b"tEXt"),
        PNG[:8] + PNG[33:],  # without its header
        JPEG.replace(b"\xff\xc0", b"\xff\xc4"),  # without a size
        b"\xff\xd8\xff" + b"\xff" * 400_000,
        WEBP.replace(b"VP8L", b"ICCP"),
    ],
)
def test_a_picture_without_what_it_needs_is_refused(data):
    with pytest.raises(ReportgenError, match=r"found a damaged (png|jpeg|webp) file"):
        check_logo(data)


@pytest.mark.parametrize("data", [GIF, b"", b"a secret", b"\x1f\x8b" + SVG, b"RIFF    WAVEfmt "])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ReportgenError) as caught:
        check_logo(data)
    assert caught.value.message == "expected a picture (svg, png, jpg or webp), found none of them"


def test_a_logo_too_large_for_every_page_is_refused(tmp_path):
    (tmp_path / "us.png").write_bytes(PNG[:-12] + bytes(600_000))
    with pytest.raises(ReportgenError, match="at most 500 kB, found a larger one"):
        read_logo(tmp_path / "us.png")


def write_spec(folder, logo: str) -> None:
    (folder / "audit.yaml").write_text(
        "models:\n  - id: v1\n    path: org/name\ninputs:\n  - text: Great.\n"
        f"methods:\n  - attention\nreport: {{logo: {logo}}}\n"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            GIF,
            "us.svg: expected a picture (svg, png, jpg or webp), found none of them",
        ),
        (
            SVG.replace(b" width", b"\nonload='1' width"),
            "us.svg: expected an SVG that only draws, found the attribute onload of <svg> in "
            "line 1\n"
            "  export it as plain SVG: no scripts, links, animation, entities or files from "
            "elsewhere",
        ),
        (
            bytes(600_000),
            "us.svg: expected a logo of at most 500 kB, found a larger one\n"
            "  every page holds the logo: make it smaller",
        ),
    ],
)
def test_a_spec_with_a_wrong_logo_is_refused_at_its_line(tmp_path, monkeypatch, data, said):
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path, "us.svg")
    (tmp_path / "us.svg").write_bytes(data)
    with pytest.raises(SpecError) as caught:
        load_spec("audit.yaml")
    assert str(caught.value) == f"audit.yaml:8:16 report.logo: {said}"


def test_a_logo_that_goes_after_the_spec_was_read_is_named(tmp_path):
    write_spec(tmp_path, "us.png")
    (tmp_path / "us.png").write_bytes(PNG)
    spec = load_spec(tmp_path / "audit.yaml")
    assert find_logo(spec).data == PNG
    (tmp_path / "us.png").unlink()
    with pytest.raises(ReportgenError) as caught:
        find_logo(spec)
    assert caught.value.where == "report.logo: us.png"
    assert caught.value.message == "no such file: us.png"
