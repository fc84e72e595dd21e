"""HTML as a list of elements and texts, for tests of what pages hold."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree

VOID = {"col", "meta", "link", "input", "img", "br", "hr", "path", "line", "circle", "use"}


class Document(HTMLParser):
    """All elements with their attributes, the text of each kind, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.visible: list[str] = []
        self.stack: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.stack:
            self.texts[self.stack[-1]][-1] += data
            if not {"script", "style"} & set(self.stack):
                self.visible.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.elements if name in attrs]


def told(svg: str) -> dict[str, dict[str, str]]:
    """Return what the columns of a line chart tell: by layer, each line's value as text."""
    found = {}
    for title in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title"):
        layer, *rows = (title.text or "").split("\n")
        found[layer] = {name: value for value, name in (row.split("  ") for row in rows)}
    return found
