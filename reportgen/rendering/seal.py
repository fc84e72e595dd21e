"""What a page tells of itself: the digest of its content, and of the run it was rendered from.

It finds damage and careless editing. It is no signature: whoever changes a page on purpose can
write the digest that belongs to the change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from reportgen import __version__

NAME = "reportgen-seal"

BLANK = "0" * 64
"""What stands in place of a page's digest while it is taken."""

HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
SEAL = re.compile(rf'<meta name="{NAME}" content="([^"]*)">\n')


@dataclass(frozen=True)
class Seal:
    """The seal of a page.

    ``page`` is the SHA-256 of the page with ``BLANK`` in its place, ``runs`` those of the runs
    it shows (:attr:`Results.digest`; the page of one input has that of its result), ``files`` that
    of the list of the files beside it, which a site's index has, ``made`` how it was rendered, and
    ``reportgen`` the version that did.
    """

    page: str
    runs: tuple[str, ...]
    files: str
    made: Mapping[str, Any]
    reportgen: str

    def matches(self, html: str) -> bool:
        """Tell whether ``html``, which has this seal, is what was sealed."""
        written, blank = element(vars(self)), element(vars(self) | {"page": BLANK})
        return written in html and digest(html.replace(written, blank)) == self.page


def seal(html: str, *runs: str, files: str = "", made: Mapping[str, Any] | None = None) -> str:
    """Return the page with its seal; a template of one's own without a head is left as it is."""
    facts = {"page": BLANK, "runs": runs, "files": files, "made": made or {}}
    facts["reportgen"] = __version__
    head = HEAD.search(html)
    if head is None:
        return html
    before, after = html[: head.end()] + "\n", html[head.end() :].removeprefix("\n")
    page = digest(before + element(facts) + after)
    return before + element(facts | {"page": page}) + after


def seal_size(*runs: str, files: str = "", made: Mapping[str, Any] | None = None) -> int:
    """Return how many bytes the seal adds to a page."""
    page = "<head>\n"
    return len(seal(page, *runs, files=files, made=made).encode()) - len(page)


def read_seal(html: str) -> Seal | None:
    """Return the seal of a page; ``None`` where it has none, several, or one that is no seal."""
    found = SEAL.findall(html)
    if len(found) != 1:
        return None
    try:
        data = json.loads(unescape(found[0]))
        one = Seal(
            page=data["page"],
            runs=tuple(data["runs"]),
            files=data["files"],
            made=data["made"],
            reportgen=data["reportgen"],
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (one.page, one.files, one.reportgen, *one.runs)
    plain = isinstance(one.made, dict) and all(isinstance(text, str) for text in texts)
    return one if plain else None


def element(facts: Mapping[str, Any]) -> str:
    content = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return f'<meta name="{NAME}" content="{escape(content)}">\n'


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
