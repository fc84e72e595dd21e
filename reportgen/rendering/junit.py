"""The outcomes of a run's checks as JUnit XML, which CI systems show as test results."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.check_settings import describe_check
from reportgen.rendering.wording.outcomes import about, expected, found, title
from reportgen.rendering.wording.unfinished import unfinished
from reportgen.results.checks.evaluation import CheckResult, Outcome, by_check, tally
from reportgen.results.checks.findings import Relation
from reportgen.results.matching import Content
from reportgen.results.model import Manifest

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""

TIME = "0"
"""Seconds of a test case: nothing is computed for a check, its results are stored."""

LONGEST = 60
"""Characters of an input's text in the name of a test case."""


@dataclass(frozen=True)
class Remark:
    """What is told of a model without being judged: ``about`` names it, ``text`` tells it."""

    model: str
    about: str
    text: str


def junit(manifest: Manifest, outcomes: Sequence[Outcome], remarks: Sequence[Remark] = ()) -> bytes:
    """Return the document: a suite for each check of the spec, a test case for each outcome.

    What only warns passes, with its message as output; so do ``remarks``, which have a suite for
    each model after the checks. A run that has not ended has a suite before them, with one case
    that was skipped. The same results give the same bytes.
    """
    root = ET.Element("testsuites", {"name": clean(manifest.title), **sums(outcomes), "time": TIME})
    root.set("tests", str(len(outcomes) + len(remarks)))
    if found := unfinished(manifest):
        root.set("tests", str(len(outcomes) + len(remarks) + 1))
        add_unfinished(root, found.sentence, manifest.created)
    for number, check in enumerate(by_check(manifest, outcomes), start=len(root)):
        add_suite(root, number, check, manifest.created)
    for model in dict.fromkeys(one.model for one in remarks):
        add_remarks(root, [one for one in remarks if one.model == model], manifest.created)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def add_remarks(root: ET.Element, remarks: Sequence[Remark], created: str) -> None:
    """Add what stands out in the inputs of one model: cases that pass, with it as output."""
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": clean(f"What stands out in the inputs of {remarks[0].model}"),
            "id": str(len(root)),
            "tests": str(len(remarks)),
            "failures": "0",
            "errors": "0",
            "skipped": "0",
            "time": TIME,
            "timestamp": created[:19],
        },
    )
    for one in remarks:
        case = {"classname": clean(f"dataset.{one.model}"), "name": clean(one.about), "time": TIME}
        ET.SubElement(ET.SubElement(suite, "testcase", case), "system-out").text = clean(one.text)


def add_unfinished(root: ET.Element, sentence: str, created: str) -> None:
    counts = {"tests": "1", "failures": "0", "errors": "0", "skipped": "1"}
    suite = ET.SubElement(
        root,
        "testsuite",
        {"name": "The whole run", "id": "0", **counts, "time": TIME, "timestamp": created[:19]},
    )
    case = {"classname": "run", "name": "all results are there", "time": TIME}
    ET.SubElement(ET.SubElement(suite, "testcase", case), "skipped", message=sentence)


def sums(outcomes: Sequence[Outcome]) -> dict[str, str]:
    counts = tally(outcomes)
    return {
        "tests": str(len(outcomes)),
        "failures": str(counts.get("failed", 0)),
        "errors": str(counts.get("error", 0)),
    }


def add_suite(root: ET.Element, number: int, check: CheckResult, created: str) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": clean(f"{title(check.outcomes[0])}: {describe_check(check)}"),
            "id": str(number),
            **sums(check.outcomes),
            "skipped": str(tally(check.outcomes).get("skipped", 0)),
            "time": TIME,
            "timestamp": created[:19],  # UTC, which the schema has no room to say
            **{key: value for key, value in source(check).items() if key == "file"},
        },
    )
    names: Counter[str] = Counter()
    for one in check.outcomes:
        name = name_of(one)
        names[name] += 1
        if names[name] > 1:
            name = f"{name} ({names[name]})"
        add_case(suite, one, name, check)


def add_case(suite: ET.Element, one: Outcome, name: str, check: CheckResult) -> None:
    """Add one outcome; its class is the check's place in the spec, which CI groups tests by."""
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": clean(f"{one.place}.{one.check}"),
            "name": clean(name),
            "time": TIME,
            **source(check),
        },
    )
    message = clean(f"{expected(one)}; found {found(one)}" if one.relation else one.note)
    text = clean("\n".join(filter(None, (message, texts(one.content), f"written at {one.where}"))))
    if one.status == "failed":
        ET.SubElement(case, "failure", type=one.check, message=message).text = text
    elif one.status == "error":
        ET.SubElement(case, "error", type="error", message=message).text = text
    elif one.status == "skipped":
        ET.SubElement(case, "skipped", message=message)
    elif one.status == "warning":
        ET.SubElement(case, "system-out").text = f"warning: {text}"


def source(check: CheckResult) -> dict[str, str]:
    """Return the file and the line of a check, where it is written in a file."""
    found = re.fullmatch(r"(?P<file>.+):(?P<line>\d+):\d+", clean(check.where))
    return found.groupdict() if found else {}


def name_of(one: Outcome) -> str:
    """Name a test case so that it is the same in the next run: no value that was found."""
    first = next(iter(one.content[0][1]), ("", ""))[1] if len(one.content) == 1 else ""
    text = " ".join(first.split())
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    expectation = (
        expected(one) if one.relation and one.relation is not Relation.IS_AS_IN_BASE else one.what
    )
    who = f"{about(one)} “{short}”" if short else about(one)
    return f"{who}: {expectation or title(one)}"


def texts(content: Sequence[Content]) -> str:
    """Write the inputs that an outcome is about, a field in each line."""
    return "\n".join(f"{name}: {text}" for _, fields in content[:2] for name, text in fields)


def clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
