"""The content security policy that each file of a report is sent with."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from reportgen.rendering.pages import SITE_POLICY

FRAMED = "frame-ancestors 'self'"
"""Only a header can say who may frame a page: here the one that the server puts around it."""

INERT = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""For all that is no page. A script or picture that a page loads is not held to its own policy;
opened alone, as an SVG can be, it runs nothing."""

MESSAGE = f"default-src 'none'; {FRAMED}"
"""For what the server itself says in place of a page."""

HEAD = 1_000_000
"""Bytes of a page that are searched for the end of its head."""


def page_policy(page: bytes) -> str:
    """Return the policy that a page names, that of a site where it names none, and ``FRAMED``."""
    start = page[:HEAD]
    head = re.search(rb"</head|<body", start, re.IGNORECASE)
    parser = _Policies()
    parser.feed(start[: head.start() if head else HEAD].decode("utf-8", errors="replace"))
    return f"{', '.join(parser.found) or SITE_POLICY}; {FRAMED}"


class _Policies(HTMLParser):
    """Collects what the ``meta`` elements of a page say that it may load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            policy = " ".join(values.get("content", "").split())
            if policy.isascii() and policy.isprintable():  # else no header can hold it
                self.found.append(policy)
