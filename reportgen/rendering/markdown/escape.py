"""Markdown for comments and model cards: texts come out literally, and never act.

All text of a run is written as code spans. It is the one thing that GitHub and GitLab leave alone
at every stage: while they parse (emphasis, tags, entities, links) and afterwards, where they look
for mentions, references, addresses and emoji in what is already HTML. Escapes alone would stop the
first, but not the second, which sees the character that an escape stands for. Code spans also
read well in a mail or a terminal.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

from reportgen.errors import ReportgenError

CELL = 160
"""Characters of one text that are shown."""

URL = 2_000
"""Characters of a link's address, encoded; a shorter part of it would lead elsewhere."""

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible characters that belong to a text: Persian and emoji are written with them."""

APART = "\N{WORD JOINER}"
"""Keeps a backslash of a text from the pipe after it, which a table would take for its own."""

EMPTY = "*(empty)*"


def literal(text: str, most: int = CELL) -> str:
    """Quote ``text`` as a code span of at most ``most`` of its characters.

    Line breaks are written as spaces; control characters are left out, those too that reorder
    what stands around them. Text that runs from right to left is isolated.
    """
    shown = cut(clean(text, most), most)
    if not shown:
        return EMPTY
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    room = " " if shown[0] == "`" or shown[-1] == "`" else ""
    span = f"{fence}{room}{shown}{room}{fence}"
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in shown):
        return f"\N{FIRST STRONG ISOLATE}{span}\N{POP DIRECTIONAL ISOLATE}"
    return span


def clean(text: str, most: int) -> str:
    """Drop what cannot be seen from the beginning of ``text``, and join its lines."""
    # A cut before the slow part: a text can be a book, of which some lines are enough.
    kept = (seen(c) for c in text[: 20 * most])
    return " ".join("".join(kept).split())


def seen(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    hidden = category == "Cf" and char not in JOINERS and unicodedata.bidirectional(char) != "AN"
    return "" if hidden or category == "Cs" else char


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def literals(texts: Iterable[str], most: int = CELL) -> str:
    return ", ".join(literal(text, most) for text in texts)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are Markdown of one line."""
    lines = (columns, ["---"] * len(columns), *rows)
    return "\n".join("| " + " | ".join(map(in_cell, line)) + " |" for line in lines)


def in_cell(markdown: str) -> str:
    """Escape pipes: cells are told apart before code spans are."""
    return markdown.replace("\\|", f"\\{APART}|").replace("|", "\\|")


def link(words: str, url: str) -> str:
    return f"[{words}]({address(url)})"


def address(url: str) -> str:
    """Encode all of a web address that Markdown could read as its own.

    Raises ``ReportgenError`` where it is none, or longer than a link should be.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        host = None
    if not host:
        raise ReportgenError(
            f"not a web address: {cut(url, CELL)!r}",
            where="--url",
            hint="give the full one: https://example.org/report.html",
        )
    encoded = quote(url.strip(), safe="-._/?=%+,;:@#&", errors="replace")
    if len(encoded) > URL:
        raise ReportgenError(
            f"the address has {len(encoded):,} characters, at most {URL:,} are possible",
            where="--url",
        )
    return encoded.replace("&", "&amp;")


def marker(name: str) -> str:
    """Return the comment that a digest is found by again, named by ``name``.

    What is not a plain letter or digit becomes a hyphen; where that or the length loses
    something, a part of the name's hash tells it from others.
    """
    plain = re.sub("[^a-z0-9]+", "-", name.casefold()).strip("-")
    if not name.isascii() or len(plain) > 48 or not plain:
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
        plain = f"{plain[:48].strip('-')}-{digest}".strip("-")
    return f"<!-- reportgen:{plain} -->"
