"""The part of a datasheet for a data set that a run can fill (Gebru et al., 2021, CACM 64)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportgen.rendering.markdown.dataset_tables import (
    accuracy_line,
    finding_lines,
    model_audits,
    slice_table,
)
from reportgen.rendering.markdown.escape import literal, literals, table
from reportgen.rendering.wording.numbers import count, moment, percent
from reportgen.results.files import write_atomic
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.tables import Results

VALUES = 20
"""Values of a column, or labels, that are listed: those of most inputs."""

OPEN = {
    "Motivation": ("for what purpose the data set was created, by whom, and who paid for it",),
    "Composition": (
        "what the instances stand for, and whether they are a sample of a larger set",
        "whether they hold what is confidential, offensive, or about persons",
        "recommended splits, and relations between instances",
    ),
    "Collection": ("how, by whom, when and with whose consent the texts were collected",),
    "Preprocessing, cleaning, labelling": (
        "what was done to the texts before this run, and who labelled them how",
    ),
    "Uses": ("what the data set has been used for, and what it should not be used for",),
    "Distribution": ("who may have it, under which licence",),
    "Maintenance": ("who looks after it, and how errors are reported",),
}
"""What a datasheet tells that no run knows, by section."""


@dataclass
class Composition:
    """What is counted of the inputs of a run, each once, whatever models read it."""

    inputs: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    columns: dict[str, Counter[str]] = field(default_factory=dict)
    marked: int = 0
    empty: int = 0
    cut: int = 0
    repeated: int = 0
    lengths: list[int] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _texts: set[int] = field(default_factory=set)

    def see(self, entry: JobEntry, result: JobResult) -> None:
        self.cut += result.truncation is not None
        if entry.input in self._seen:
            return
        self._seen.add(entry.input)
        self.inputs += 1
        self.fields.update(result.fields.keys())
        self.marked += bool(entry.rationale)
        self.empty += not any(text.strip() for text in result.fields.values())
        text = hash(tuple(sorted(result.fields.items())))
        self.repeated += text in self._texts
        self._texts.add(text)
        self.lengths.append(sum(len(one.split()) for one in result.fields.values()))
        if result.expect is not None:
            self.labels[result.expect] += 1
        for column, value in entry.columns.items():
            self.columns.setdefault(column, Counter())[value] += 1


def write_datasheet(results: Results, folder: Path) -> tuple[Path, ...]:
    """Write ``folder/datasheet.md``; raise ``ResultsError`` where arrays cannot be read."""
    path = folder / "datasheet.md"
    write_atomic(path, datasheet(results).encode())
    return (path,)


def datasheet(results: Results) -> str:
    """Return the datasheet of a run's inputs: what the results hold, and what stays open."""
    manifest = results.manifest
    found = Composition()
    for entry, result in results.entries:
        found.see(entry, result)
    parts = [
        f"# Datasheet: the inputs of {literal(manifest.title)}",
        f"Made from the stored results of {moment(manifest.created)}, after “Datasheets for "
        "Datasets” (Gebru et al., 2021). What a run cannot know is listed as open.",
        section("Motivation"),
        section("Composition", *composition(found, sources(manifest.spec))),
        section("Collection"),
        section("Preprocessing, cleaning, labelling", preprocessing(found)),
        section("Uses", *uses(results)),
        section("Distribution"),
        section("Maintenance"),
    ]
    return "\n\n".join(parts) + "\n"


def section(name: str, *filled: str) -> str:
    still = "\n".join(f"- {one}" for one in OPEN[name])
    return "\n\n".join((f"## {name}", *filter(None, filled), f"**Open:**\n\n{still}"))


def sources(spec: Mapping[str, Any]) -> list[str]:
    """Return the data files of a stored spec, as it names them."""
    found = [entry.get("file") for entry in spec.get("inputs", ()) if isinstance(entry, Mapping)]
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def composition(found: Composition, files: Sequence[str]) -> list[str]:
    labelled = found.labels.total()
    rows = [
        ("Inputs", f"{found.inputs:,}"),
        ("Data files", literals(files)),
        ("Fields", literals(f"{name}: {amount:,}" for name, amount in found.fields.items())),
        ("With an expected output", f"{labelled:,}"),
        ("With words marked as the reason", f"{found.marked:,}" if found.marked else ""),
        ("Without any text", f"{found.empty:,}"),
        ("Texts that stand there before", f"{found.repeated:,}"),
        ("Words, separated by space", lengths(found.lengths)),
    ]
    parts = [table(("What", "How many"), [row for row in rows if row[1]])]
    if len(found.labels) < labelled:  # answers and texts, each once, are no labels
        parts += counted("Expected outputs", found.labels)
    for column, values in found.columns.items():
        parts += counted(f"Column {literal(column)}", values)
    return parts


def lengths(found: Sequence[int]) -> str:
    if not found:
        return ""
    ordered = sorted(found)
    middle = ordered[len(ordered) // 2]
    return f"{ordered[0]:,} to {ordered[-1]:,}, median {middle:,}"


def counted(what: str, values: Counter[str]) -> list[str]:
    """Count values, those of most inputs first."""
    whole = values.total()
    rows = [
        (literal(value or "(empty)"), f"{amount:,}", percent(amount / whole))
        for value, amount in values.most_common(VALUES)
    ]
    more = len(values) - len(rows)
    parts = [f"{what}:", table(("Value", "Inputs", "Share"), rows)]
    return [*parts, f"… and {count(more, 'more value', 'more values')}."] if more > 0 else parts


def preprocessing(found: Composition) -> str:
    if not found.cut:
        return "No model read less than the whole of an input."
    return f"{count(found.cut, 'input')} were longer than a model can read, and were cut for it."


def uses(results: Results) -> list[str]:
    """Say how the models of the run fare on the data."""
    parts = []
    for model, audit in model_audits(results).items():
        parts.append(f"### How {literal(model)} fares on it")
        parts.append(accuracy_line(audit))
        parts.append(slice_table(audit))
        parts.append(finding_lines(audit))
    return parts
