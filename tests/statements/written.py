"""Numbers as they are written, against those that they stand for; and who answers for which."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from statements.dom import TOLD, UNSEEN, Node

NUMBER = r"(?:[<>]|under )?[+±−-]?\d[\d,]*(?:\.\d+)?(?:e[+−-]?\d+)?"

EXACT = 1e-5
"""Relative: sums of float32 in another order."""


@dataclass(frozen=True)
class T:
    """A text that stands on the page as it is, digits and all."""

    text: str


@dataclass(frozen=True)
class P:
    """A share that is written as a percentage."""

    share: float


@dataclass(frozen=True)
class Size:
    """A number that is written as ``±``."""

    value: float


Part = str | T | P | Size | int | float
"""Of a sentence. In a ``str``, ``…`` is any text without a digit."""


def agrees(text: str, value: float) -> bool:
    """Tell whether ``text`` is how ``value`` may be written: half a unit of its last digit."""
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace(",", "")
    if text[0] in "<>" or text.startswith("under"):
        bound = float(text.lstrip("<>under "))
        return bound < value < 1 if text[0] == ">" else 0 < abs(value) < bound
    shown = float(text)
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals)
    if not exponent and not decimals and abs(shown) >= 1000:  # three significant digits
        unit = 10.0 ** (math.floor(math.log10(abs(shown))) - 2)
    if shown == 0 and not decimals:
        return value == 0
    return abs(shown - value) <= 0.5 * unit * (1 + 1e-6) + EXACT * abs(value)


def plain(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def pattern(parts: tuple[Part, ...]) -> str:
    found = []
    for part in parts:
        if isinstance(part, str):
            pieces = [
                re.escape(re.sub(r"\s+", " ", p.replace("\xa0", " "))) for p in part.split("…")
            ]
            found.append(r"[^\d]*?".join(pieces).replace(r"\ ", r"\s*"))
        elif isinstance(part, T):
            found.append(re.escape(plain(part.text)))
        elif isinstance(part, P):
            found.append(f"({NUMBER}) ?%")
        elif isinstance(part, Size):
            found.append(rf"±({NUMBER})")
        elif isinstance(part, bool):
            raise TypeError(part)
        else:
            found.append(f"({NUMBER})")
    return r"\s*".join(found)


def wrong(text: str, parts: tuple[Part, ...]) -> str:
    """Say how ``text`` is not what ``parts`` say; nothing where it is."""
    match = re.fullmatch(pattern(parts), plain(text))
    if match is None:
        return f"cannot be read as {' '.join(map(repr, parts))}"
    values = [part for part in parts if not isinstance(part, str | T)]
    for number, value in zip(match.groups(), values, strict=True):
        if isinstance(value, int):
            right = number.replace(",", "") == str(value)
        elif isinstance(value, P):
            right = agrees(number, 100 * value.share)
        elif isinstance(value, Size):
            right = agrees(number, abs(value.value))
        else:
            right = math.isfinite(value) and agrees(number, value)
        if not right:
            return f"says {number}, the tables {value}"
    return ""


@dataclass
class Ledger:
    """What was checked: each element with a digit has to be answered for by someone."""

    problems: list[str] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    told: set[tuple[int, str]] = field(default_factory=set)

    def says(self, node: Node, *parts: Part) -> None:
        """Check that an element says this, number by number."""
        self.answered.add(id(node))
        if problem := wrong(node.text, parts):
            self.problems.append(f"{node.path}: “{node.text[:300]}” {problem}")

    def reads(self, node: Node, *ways: tuple[Part, ...]) -> None:
        """Check that an element says one of several things."""
        self.answered.add(id(node))
        found = [wrong(node.text, parts) for parts in ways]
        if all(found):
            self.problems.append(f"{node.path}: “{node.text[:300]}” {' or '.join(found)}")

    def tells(self, node: Node, attribute: str, *parts: Part) -> None:
        """Check what an attribute says."""
        self.told.add((id(node), attribute))
        if problem := wrong(node.attrs[attribute], parts):
            where = f"{node.path}[{attribute}]"
            self.problems.append(f"{where}: “{node.attrs[attribute][:200]}” {problem}")

    def holds(self, true: bool, node: Node, why: str) -> None:
        if not true:
            self.problems.append(f"{node.path}: “{node.text[:120]}” {why}")

    def table(self, node: Node, rows: list[list[tuple[Part, ...] | Part]]) -> None:
        """Check the body of a table, cell by cell."""
        found = node.rows()
        self.holds(len(found) == len(rows), node, f"has {len(found)} rows, expected {len(rows)}")
        for cells, wanted in zip(found, rows, strict=False):
            if len(cells) != len(wanted):
                self.holds(False, node, f"has {len(cells)} columns, expected {len(wanted)}")
                continue
            for cell, part in zip(cells, wanted, strict=True):
                self.says(cell, *(part if isinstance(part, tuple) else (part,)))

    def quotes(self, node: Node, text: str | None = None) -> None:
        """Take an element for a piece of the user's own text, which it has to be, if given."""
        self.answered.add(id(node))
        if text is not None:
            self.holds(plain(node.raw) == plain(text), node, f"is not “{text[:120]}”")

    def pass_over(self, node: Node) -> None:
        """Take an element for one without statements: the ticks of an axis, or prose."""
        self.answered.add(id(node))
        for below in (node, *node.below):
            self.told |= {(id(below), name) for name in TOLD}

    def left(self, root: Node) -> list[str]:
        """List what has a digit and was not checked."""
        found = []
        if root.tag in UNSEEN:
            return found
        for name in TOLD:
            if re.search(r"\d", root.attrs.get(name, "")) and (id(root), name) not in self.told:
                found.append(f"{root.path}[{name}]: {root.attrs[name][:120]}")
        answered = id(root) in self.answered
        if not answered and re.search(r"\d", root.own):
            found.append(f"{root.path}: {root.text[:160]}")
            answered = True
        for kid in root.nodes:
            if answered:
                self.answered.add(id(kid))
            found += self.left(kid)
        return found
