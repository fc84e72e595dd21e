"""Take the pictures of README.md and docs/report.md again: python docs/screenshots.py REPORT.

REPORT is the demo's ``report.html``, as ``reportgen demo`` writes it. Debian's chromium has to be
there; Playwright and Pillow come with the extra ``test``.
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = {"overview.png": ("overview", 1060), "input.png": ("sentiment-4", 1180)}
"""Which part of the page each shows, and its height."""

WIDTH = 1280

APART = 6
"""How far colours that are kept differ in one of red, green and blue."""


def take(report: Path, folder: Path) -> None:
    """Write the pictures into ``folder``, in the light theme."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for name, (part, height) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": WIDTH, "height": height}, color_scheme="light"
            )
            page.goto(f"{report.resolve().as_uri()}#{part}")
            page.wait_for_timeout(1000)  # until its script has run
            page.evaluate("scrollTo(0, 0)")
            with Image.open(BytesIO(page.screenshot())) as picture:
                few(picture.convert("RGB")).save(folder / name, optimize=True)
            page.close()
        browser.close()


def few(picture: Image.Image) -> Image.Image:
    """Keep the most frequent colours that differ; the others, of edges, become the next of them."""
    pixels = np.asarray(picture, dtype=np.int16).reshape(-1, 3)
    colours, place, times = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    kept = np.empty((0, 3), dtype=np.int16)
    for colour in colours[np.argsort(-times, kind="stable")]:
        if len(kept) < 256 and (np.abs(kept - colour).max(axis=1) >= APART).all():
            kept = np.vstack((kept, colour))
    nearest = np.array([np.abs(kept - colour).sum(axis=1).argmin() for colour in colours])
    found = Image.fromarray(nearest[place].astype(np.uint8).reshape(picture.height, picture.width))
    found.putpalette(kept.astype(np.uint8).tobytes())
    return found


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(__file__).parent)
