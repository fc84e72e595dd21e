"""A page as a tree of elements: what a reader can see of it, and where it stands."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
UNSEEN = {"script", "style"}
TOLD = ("alt", "aria-label", "title")
"""Attributes that are read out or shown."""


class Node:
    """One element; ``kids`` are elements and texts."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.kids: list[Node | str] = []
        self.found: dict[str, list[Node]] = {}
        self.classes = frozenset(attrs.get("class", "").split())

    @property
    def nodes(self) -> list[Node]:
        return [kid for kid in self.kids if isinstance(kid, Node)]

    @functools.cached_property
    def below(self) -> tuple[Node, ...]:
        """All elements within this one, in the order of the page."""
        found: list[Node] = []
        for kid in self.nodes:
            found += (kid, *kid.below)
        return tuple(found)

    @property
    def text(self) -> str:
        """What can be read, white space put together."""
        return " ".join(self.raw.split())

    @functools.cached_property
    def raw(self) -> str:
        texts = (k if isinstance(k, str) else k.raw for k in self.kids)
        return "" if self.tag in UNSEEN else "".join(texts)

    @property
    def own(self) -> str:
        """The text that stands in this element itself."""
        return " ".join("".join(kid for kid in self.kids if isinstance(kid, str)).split())

    @property
    def json(self) -> Any:
        return json.loads("".join(kid for kid in self.kids if isinstance(kid, str)))

    @property
    def path(self) -> str:
        """Where it stands: ``section#x-trust > table.data > td``."""
        found, node = [], self
        while node is not None and node.tag not in ("main", "body", "root"):
            name = node.attrs.get("id", "")
            found.append(node.tag + "".join(f".{c}" for c in sorted(node.classes)))
            if name:
                found[-1] = f"{node.tag}#{name}"
            node = node.parent
        return " > ".join(reversed(found[:4]))

    def all(self, selector: str) -> list[Node]:
        """Find elements: ``div.a > table.b td`` or ``h3, p``, as in a stylesheet."""
        if selector not in self.found:
            ways = parsed(selector)
            self.found[selector] = [n for n in self.below if any(fits(n, w, self) for w in ways)]
        return self.found[selector]

    def one(self, selector: str) -> Node:
        """Return the only element; the test fails where there is none, or several."""
        found = self.all(selector)
        assert len(found) == 1, f"expected one {selector} in {self.path}, found {len(found)}"
        return found[0]

    def rows(self) -> list[list[Node]]:
        """The cells of a table's body, by row."""
        return [row.nodes for row in self.all("tr") if not row.within("thead")]

    def heads(self) -> list[Node]:
        """The cells of the last row of a table's head."""
        return self.all("thead tr")[-1].nodes

    def within(self, tag: str) -> bool:
        node = self.parent
        while node is not None and node.tag != tag:
            node = node.parent
        return node is not None


Steps = tuple[tuple[str, str, frozenset[str], str], ...]


@functools.cache
def parsed(selector: str) -> tuple[Steps, ...]:
    found = []
    for one in selector.split(","):
        steps, relation = [], " "
        for word in one.split():
            if word == ">":
                relation = ">"
                continue
            match = re.fullmatch(r"([\w-]*)((?:\.[\w-]+)*)(?:#([\w-]+))?", word)
            assert match, word
            classes = frozenset(filter(None, (match[2] or "").split(".")))
            steps.append((relation, match[1], classes, match[3] or ""))
            relation = " "
        found.append(tuple(steps))
    return tuple(found)


def fits(node: Node, steps: Steps, top: Node) -> bool:
    relation, tag, classes, name = steps[-1]
    if (tag and node.tag != tag) or not classes <= node.classes:
        return False
    if name and node.attrs.get("id") != name:
        return False
    rest = steps[:-1]
    if not rest:
        return relation == " " or node.parent is top
    parent = node.parent
    while parent is not None and parent is not top:
        if fits(parent, rest, top):
            return True
        if relation == ">":
            return False
        parent = parent.parent
    return False


class _Parser(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self.at = Node("root", {}, None)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.kids.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag, attrs):
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.kids.append(node)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.at.tag == tag, f"</{tag}> within {self.at.path}"
            self.at = self.at.parent

    def handle_data(self, data):
        self.at.kids.append(data)


def read(html: str) -> Node:
    return _Parser(html).root


def texts(root: Node) -> Iterator[Node]:
    """Yield every element that can be seen, those within one that is skipped left out."""
    for node in root.nodes:
        if node.tag not in UNSEEN:
            yield node
            yield from texts(node)
