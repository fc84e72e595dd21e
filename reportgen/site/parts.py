"""How many bytes each part of a report takes."""

from __future__ import annotations

import re
from collections import Counter

from reportgen.rendering import pages

PARTS = (
    ("maps as pictures", re.compile(r'"data:image/png;base64,[^"]*"')),
    ("charts as pictures", re.compile(r'<div class="plot".*?</svg>', re.S)),
    ("data for the script", re.compile(r'<script type="application/json".*?</script>', re.S)),
)
"""Parts of a page by how they begin and end; data never holds a ``<``, pictures no quote."""


def part_of(name: str) -> str:
    """Name the part of a site that a file belongs to."""
    folder, _, file = name.rpartition("/")
    if folder.endswith("assets"):
        return "chart library" if file.startswith("vega.") else "style, script and logo"
    return {"inputs": "pages of inputs", "maps": "attention maps"}.get(folder, "index")


def measure(html: str, assets: pages.Assets) -> tuple[tuple[str, int], ...]:
    """Return the bytes of each part of a self-contained page, largest first."""
    sizes = Counter({"chart library": size(assets.vega)})
    sizes["style and script"] = size(assets.style) + size(assets.script)
    for name, pattern in PARTS:
        sizes[name] = sum(size(text) for text in pattern.findall(html))
        html = pattern.sub("", html)
    sizes["text and tables"] = size(html) - sizes["chart library"] - sizes["style and script"]
    return tuple(sizes.most_common())


def size(text: str) -> int:
    return len(text.encode())
