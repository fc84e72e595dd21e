"""Plain words for what pydantic finds wrong: expected, found, and what to write instead."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from reportgen.methods import Contrast, TextBaseline
from reportgen.spec.chat import Message
from reportgen.spec.checks import CHECKS, INPUT_CHECKS
from reportgen.spec.entries import ENTRIES, FillFile, Sample, input_kind
from reportgen.spec.methods import METHODS
from reportgen.spec.models import ModelSpec, Spec
from reportgen.spec.part import BYTES
from reportgen.spec.problem import Problem, SpecPath, describe, is_huge, quoted, shortened
from reportgen.spec.rationale import RationaleSpan
from reportgen.spec.report import ReportSpec
from reportgen.spec.slices import SliceSettings
from reportgen.spec.source import SpecSource
from reportgen.spec.tasks import PIPELINES, UNSUPPORTED_TASKS

EXPECTED = {
    "string_type": "text",
    "string_too_short": "some text",
    "string_too_long": "at most {max_length:,} characters",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_pattern_mismatch": f"a number and its unit ({', '.join(BYTES)})",
    "list_type": "a list",
    "model_type": "a mapping (key: value)",
    "dict_type": "a mapping (column: value)",
    "too_short": "at least {min_length} entries",
    "literal_error": "{expected}",
    "greater_than": "a number greater than {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than_equal": "a number of at most {le:.10g}",
    "too_long": "at most {max_length} entries",
}
"""What each of pydantic's error types wanted, to be read after the word "expected"."""

MOST_NAMES, LONGEST_NAME = 1000, 100
"""Names that a wrong one is compared with, and their characters."""

MOST_LISTED = 20
"""Names that a hint lists."""

YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def translate(error: ValidationError, source: SpecSource) -> list[Problem]:
    """Return one problem per place in the spec, however many ways it could have been right."""
    found: dict[SpecPath, list[Any]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_path(detail, source.data), []).append(detail)
    # Where a value may be text or a mapping and the mapping has an error inside, only that
    # one counts: the user meant the mapping.
    inner = {path[:end] for path in found for end in range(len(path))}
    return [_problem(path, details, source) for path, details in found.items() if path not in inner]


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ``did you mean 'device'?``, or nothing where no valid name is near."""
    if len(name) > LONGEST_NAME:
        return ""
    names = [known for known in islice(valid, MOST_NAMES) if len(known) <= LONGEST_NAME]
    lower = {known.lower(): known for known in names}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"did you mean {lower[near[0]]!r}?" if near else ""


def suggest(name: str, valid: Iterable[str], what: str) -> str:
    """Return the nearest valid name, or all of them, called ``what``, where none is near."""
    names = list(dict.fromkeys(valid))
    if near := nearest(name, names):
        return near
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return f"{what}: {', '.join(map(shortened, names[:MOST_LISTED]))}{more}" if names else ""


def known_keys(path: SpecPath, data: Any) -> list[str]:
    """Return the keys a mapping at ``path`` may have."""
    part: type[BaseModel]
    match path:
        case ():
            part = Spec
        case ("models", int()):
            part = ModelSpec
        case ("inputs", int(index)):
            part = ENTRIES[input_kind(data["inputs"][index])]
        case ("inputs", int(), "fill", str()):
            part = FillFile
        case ("inputs", int(), "sample"):
            part = Sample
        case ("inputs", int(), "messages", int()):
            part = Message
        case ("inputs", int(), "rationale", int()):
            part = RationaleSpan
        case ("report",):
            part = ReportSpec
        case ("slices",):
            part = SliceSettings
        case ("methods", int(), str(name)):
            part = METHODS[name]
        case ("methods", int(), str(), "baseline"):
            part = TextBaseline
        case ("methods", int(), str(), "target"):
            part = Contrast
        case (*_, "checks", int(), str(name)):
            part = CHECKS[name]
        case _:
            return []
    return list(part.model_fields)


def choices(path: SpecPath) -> tuple[str, Iterable[str]]:
    """Return what is named at ``path``, a method or a check, and the names there are."""
    if "checks" not in path:
        return "method", METHODS
    return "check", CHECKS if path[0] == "checks" else INPUT_CHECKS


def _path(detail: Any, data: Any) -> SpecPath:
    """Return the error's place in the data, leaving out pydantic's names of union members."""
    path: list[str | int] = []
    for part in detail["loc"]:
        in_list = isinstance(data, list) and isinstance(part, int)
        if in_list or (isinstance(data, dict) and part in data):
            path.append(part)
            data = data[part]
    if detail["type"] == "missing":
        path.append(detail["loc"][-1])
    return tuple(path)


def _problem(path: SpecPath, details: list[Any], source: SpecSource) -> Problem:
    meant = (one for one in details if one["type"] in ("input_fields", "settings"))
    first = next(meant, details[0])  # of a value that may be of several kinds, the one it is of
    value, context = first["input"], first.get("ctx", {})
    match first["type"]:
        case "missing":
            return Problem(path[:-1], f"the key {path[-1]!r} is missing")
        case "extra_forbidden":
            name = str(path[-1])

            def hint() -> str:
                if path[:1] == ("inputs",) and len(path) == 3 and (advice := _of_methods(name)):
                    return advice
                return suggest(name, known_keys(path[:-1], source.data), "known keys")

            return Problem(path[:-1], f"unknown key {quoted(name)}", hint, key=name)
        case "invalid_key":
            message = f"expected a name as key, found {describe(path[-1])}"
            return Problem(path[:-1], message, key=str(path[-1]))
        case "union_tag_invalid":
            name = context["tag"]
            key = name if isinstance(value, dict) else None
            noun, known = choices(path)
            if noun == "check" and name in CHECKS:
                message = f"the check {name!r} is about several results, not about one input"
                return Problem(path, message, "move it to the spec's own checks:", key)
            message = f"unknown {noun} {quoted(name)}"
            return Problem(path, message, lambda: suggest(name, known, f"{noun}s"), key)
        case "input_fields" | "settings":
            return Problem(path, context["problem"], context["advice"])
    if first["type"] == "union_tag_not_found":
        noun, known = choices(path)
        alone = "alone or " if noun == "method" else ""
        written = f"the name of a {noun}, {alone}followed by its settings"
        message = f"expected {written}, found {describe(value)}"
        if isinstance(value, dict) and any(key in known for key in value):
            advice = f"one {noun} per '- ', its settings indented below its name"
            return Problem(path, message, advice)
        return Problem(path, message, f"{noun}s: {', '.join(known)}")
    phrases = [
        EXPECTED[detail["type"]].format_map(detail.get("ctx", {}))
        if detail["type"] in EXPECTED
        else detail["msg"]
        for detail in details
    ]
    phrases = [phrase.replace("at least 1 entries", "at least one entry") for phrase in phrases]
    if path[2:] == ("fill",):
        phrases = [phrase.replace("(column: value)", "(slot: values)") for phrase in phrases]
    phrases = ["true" if phrase == "True" else phrase for phrase in phrases]  # as YAML writes it
    *others, last = dict.fromkeys(phrases)
    expected = " or ".join((*(phrase.replace("' or '", "', '") for phrase in others), last))
    message = f"expected {expected}, found {describe(value)}"
    return Problem(path, message, lambda: _advice(path, details, source))


def _advice(path: SpecPath, details: list[Any], source: SpecSource) -> str:
    """Say what to write instead, where that can be guessed."""
    value = details[0]["input"]
    types = {detail["type"] for detail in details}
    if path[-1:] == ("task",) and value in UNSUPPORTED_TASKS:
        return f"{value} is not supported yet"
    if path[-1:] == ("task",) and isinstance(value, str) and value in PIPELINES:
        return f"did you mean {PIPELINES[value]!r}?"
    if path[:1] == ("inputs",) and "methods" in path and isinstance(value, dict):
        return "an input names methods alone; their settings stand in the spec's own methods:"
    if path[-1:] == ("expect",) and isinstance(value, list):
        return "a list holds at least one label, each as text"
    if (
        path[:1] == ("inputs",)
        and path[2:3] == ("rationale",)
        and types & {"too_short", "too_long"}
    ):
        return "words and phrases of the text, or spans of its characters: [start, end]"
    if path[:1] == ("inputs",) and path[2:] == ("slices",):
        return "a file's slices name its columns: [source]; an input's own say {source: film}"
    if path[:1] == ("inputs",) and path[2:] == ("fill",):
        return "the values of each slot: fill: {job: [nurse, engineer], name: {file: names.txt}}"
    if path[-1:] == ("memory",):
        return "for example 2GB"
    if path[-1:] == ("size_budget",):
        return "for example 10MB"
    if types == {"string_type"} and isinstance(value, (bool, int, float)) and not is_huge(value):
        return f"put it in quotes: {json.dumps(source.raw(path) or str(value))}"
    if "literal_error" in types and isinstance(value, str):
        choices = [
            name
            for detail in details
            if detail["type"] == "literal_error"
            for name in re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        ]
        return nearest(value, choices)
    if "bool_type" in types and isinstance(value, str) and value.lower() in YES_NO:
        return f"write {YES_NO[value.lower()]}"
    if types & {"int_type", "float_type"} and isinstance(value, str) and _is_number(value):
        return "write it without quotes and without leading zeros"
    if "list_type" in types and value is not None:
        return "start each entry on a line of its own with '- '"
    if "model_type" in types and (keys := known_keys(path, source.data)):
        return f"known keys: {', '.join(keys)}"
    return ""


def _of_methods(key: str) -> str:
    """Say where a key of an input belongs that is a method, or a setting of one."""
    if key in METHODS:
        return f"the spec's own methods: has its settings; an input names it: methods: [{key}]"
    for name, part in METHODS.items():
        if key in part.model_fields:
            return f"it is a setting of a method: {name}: {{{key}: ...}} in the spec's own methods:"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
