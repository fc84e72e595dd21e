"""The table of the spec's checks."""

from __future__ import annotations

import re

from statements.dom import Node
from statements.facts import Facts
from statements.trust import found, value
from statements.written import Ledger, Part, T


class SpecChecks:
    """Part of the overview; ``checks`` has the status of each by its place in the spec."""

    ledger: Ledger
    facts: Facts
    checks: dict[str, str]

    def spec_checks(self, section: Node) -> None:
        ledger, rows = self.ledger, self.facts.checks
        order = sorted(self.checks, key=lambda place: place.startswith("inputs["))
        cells = section.one("table.asked").all("tbody > tr")
        own = [row for row in cells if "breaks" not in row.classes]
        for node, place in zip(own, order, strict=False):
            mine = [row for row in rows if row["place"] == place]
            status, about, held = node.nodes
            ledger.says(status, "…", T(self.checks[place]))
            judged = [row for row in mine if row["status"] != "skipped"]
            passed = sum(row["status"] == "passed" for row in judged)
            skipped = len(mine) - len(judged)
            parts: list[Part] = [passed, " of ", len(judged), " hold…"] if judged else []
            parts += [", "] * bool(parts) + [skipped, " skipped"] if skipped else []
            ledger.says(held, *parts, T(mine[0]["where"].partition(" ")[0]))
            self.setting(about, place)
        for node in section.all("p.soft"):
            beside = [p for p in self.checks if p.startswith("inputs[")]
            left = len(self.checks) - len(own)
            broken = sum(self.checks[p] != "passed" for p in beside)
            shown = sum("✓" not in row.nodes[0].text for row in own[len(own) - len(beside) :])
            holding = left - max(0, broken - shown)
            ledger.reads(
                node,
                ("and ", left, " check…: all…"),
                ("and ", left, " check…: ", holding, "…"),
                ("and ", int(re.findall(r"\d+", node.text)[0]), " more"),
            )
        for row in section.all("tr.breaks"):
            self.broken(row)

    def setting(self, about: Node, place: str) -> None:
        """The settings of a check are those of the spec: every number is one of them."""
        spec = self.facts.manifest.spec
        for name, index in re.findall(r"(\w+)\[(\d+)\]", place):
            spec = spec[name][int(index)]
        numbers = set(numbers_of(spec)) | {self.number_of(place)}
        text = about.text
        for word in words_of(spec):
            text = text.replace(word, "")
        text = re.sub(r"\(Spearman\)|\bF1\b", "", text)
        shown = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)}
        right = all(
            any(abs(n - m) < 1e-9 or abs(n - 100 * m) < 1e-9 for m in numbers) for n in shown
        )
        self.ledger.holds(right, about, f"has numbers that are not in {spec}")
        self.ledger.quotes(about)

    def number_of(self, place: str) -> float:
        """The number of the input that a check stands beside."""
        beside = re.match(r"inputs\[(\d+)\]", place)
        if not beside:
            return 0
        jobs = self.facts.jobs.values()
        numbers = {j.number for j in jobs if j.entry.entry == int(beside[1])}
        return numbers.pop() if len(numbers) == 1 else int(beside[1])

    def broken(self, row: Node) -> None:
        for node in row.all("summary span.hidden"):
            self.ledger.quotes(node)  # what stands above, once more
        for item in row.all("li"):
            self.outcome(item)
        for node in row.all("p.soft"):
            self.ledger.says(node, "and ", int(re.findall(r"\d+", node.text)[0]), " more")

    def outcome(self, item: Node) -> None:
        """A line of what broke a check is one of the outcomes in the tables."""
        at = item.one("span.at")
        numbers = [int(a.text.lstrip("#")) - 1 for a in at.all("a")]
        tried = []
        for row in self.facts.checks:
            if row["status"] == "passed" or not set(numbers) <= set(row["inputs"]) | {-1}:
                continue
            if row["status"] == "error" or not numbers or set(numbers) & set(row["inputs"]):
                parts: tuple[Part, ...] = ("…",)
                for number in numbers:
                    parts += ("#", number + 1, "…")
                if row["relation"]:
                    expected = (T(row["what"]), " …", *value(row["expected"], row["unit"]), "…")
                    parts += (*expected, T(row["status"]), ":…", *found(row))
                else:
                    parts += found(row)
                tried.append(parts)
        self.ledger.reads(item, *tried or [("…",)])


def numbers_of(value) -> list[float]:
    if isinstance(value, dict):
        return [n for one in value.values() for n in numbers_of(one)]
    if isinstance(value, list):
        return [n for one in value for n in numbers_of(one)]
    return [float(value)] if isinstance(value, int | float) else []


def words_of(value) -> list[str]:
    if isinstance(value, dict):
        return [w for one in value.values() for w in words_of(one)]
    if isinstance(value, list):
        return [w for one in value for w in words_of(one)]
    return [value] if isinstance(value, str) else []
