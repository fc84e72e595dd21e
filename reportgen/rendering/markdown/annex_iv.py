"""What a run can say of the technical documentation that the EU's AI Act asks for.

Regulation (EU) 2024/1689, Annex IV, lists what it holds for systems of high risk. Points are told
here in short words; what counts is the text of the regulation. A run fills few of them: what it
cannot fill is listed as open, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reportgen.methods import preferred
from reportgen.rendering.anchors import make_slugs
from reportgen.rendering.markdown.dataset_tables import (
    ModelAudit,
    accuracy_line,
    finding_lines,
    model_audits,
    robustness_lines,
    slice_table,
)
from reportgen.rendering.markdown.escape import literal, literals, table
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import count, moment
from reportgen.rendering.wording.outcomes import counts_by_check
from reportgen.results.checks.evaluation import Outcome, evaluate_checks
from reportgen.results.files import write_atomic
from reportgen.results.model import Manifest
from reportgen.results.tables import Results

ACT = "Regulation (EU) 2024/1689"
"""The AI Act, as it is cited."""


@dataclass(frozen=True)
class RunFacts:
    """What the points of one model are filled from."""

    manifest: Manifest
    digest: str
    audit: ModelAudit
    outcomes: tuple[Outcome, ...]
    methods: tuple[str, ...]


Fill = Callable[[RunFacts], list[str]]


@dataclass(frozen=True)
class Point:
    """A point of the annex in short: how a run fills it, if it does, and what stays open."""

    number: str
    asks: str
    fill: Fill | None = None
    open: str = ""


def write_annex_iv(results: Results, folder: Path) -> tuple[Path, ...]:
    """Write ``folder/annex-iv-MODEL.md`` for each model; raise ``ResultsError`` for lost arrays."""
    manifest = results.manifest
    outcomes = evaluate_checks(results)
    methods: dict[str, set[str]] = {}
    for entry, result in results.entries:
        methods.setdefault(entry.model, set()).update(result.computed)
    audits = model_audits(results)
    paths = []
    for model, slug in make_slugs(tuple(info.id for info in manifest.models)).items():
        facts = RunFacts(
            manifest=manifest,
            digest=results.manifest_sha256,
            audit=audits[model],
            outcomes=tuple(one for one in outcomes if model in (one.models or [model])),
            methods=tuple(name for name in explaining() if name in methods.get(model, ())),
        )
        paths.append(folder / f"annex-iv-{slug}.md")
        write_atomic(paths[-1], annex_iv(facts).encode())
    return tuple(paths)


def annex_iv(facts: RunFacts) -> str:
    """Return the document of one model."""
    states = [state(point) for point in POINTS]
    counts = ", ".join(
        f"{states.count(name)} {name}" for name in ("filled", "filled in part", "open")
    )
    parts = [
        f"# Technical documentation, fields a run can fill: {literal(facts.audit.info.id)}",
        f"{ACT}, Annex IV, in short words. Filled from the stored results of the audit "
        f"{literal(facts.manifest.title)} of {moment(facts.manifest.created)} "
        f"(SHA-256 of its manifest {literal(facts.digest)}). This is no statement that a system "
        "complies with anything, and not whether the regulation asks for it.",
        f"Of {count(len(POINTS), 'point')}: {counts}.",
    ]
    for point, how in zip(POINTS, states, strict=True):
        parts.append(f"## {point.number} {point.asks}")
        if point.fill is not None:
            parts += point.fill(facts)
        if how != "filled":
            parts.append(f"**Open:** {point.open or 'to be written by the provider.'}")
    parts.append("## Fields that are open")
    parts.append(
        "\n".join(
            f"- {point.number} {point.asks}" + (f" (in part: {point.open})" if point.fill else "")
            for point, how in zip(POINTS, states, strict=True)
            if how != "filled"
        )
    )
    return "\n\n".join(parts) + "\n"


def explaining() -> list[str]:
    """Return the methods that say which parts of an input an output rests on."""
    return [one.name for one in preferred() if one.score or one.by_layer]


def state(point: Point) -> str:
    if point.fill is None:
        return "open"
    return "filled in part" if point.open else "filled"


def version(facts: RunFacts) -> list[str]:
    info = facts.audit.info
    rows = [
        ("Model", literal(info.id)),
        ("Source", f"{literal(info.path)} at {literal(info.revision)}" if info.revision else ""),
        ("Weights, SHA-256", literal(info.weights_sha256)),
        ("Tokenizer, SHA-256", literal(info.tokenizer_sha256)),
        ("Date of the audit", moment(facts.manifest.created)),
    ]
    return [table(("What", "Value"), [row for row in rows if row[1]])]


def software(facts: RunFacts) -> list[str]:
    manifest = facts.manifest
    rows = [
        ("reportgen", literal(manifest.reportgen)),
        ("Python", literal(manifest.python)),
        *((name, literal(number)) for name, number in sorted(manifest.libraries.items())),
    ]
    return ["The audit ran with:", table(("Software", "Version"), rows)]


def hardware(facts: RunFacts) -> list[str]:
    info, platform = facts.audit.info, literal(facts.manifest.platform)
    return [f"The audit ran on {platform}, device {literal(info.device)}, {literal(info.dtype)}."]


def architecture(facts: RunFacts) -> list[str]:
    info = facts.audit.info
    rows = [
        ("Architecture", literal(info.architecture)),
        ("Task", literal(info.task)),
        ("Parameters", f"{info.parameters:,}"),
        ("Layers", f"{info.layers:,}"),
        ("Attention heads in a layer", f"{info.heads:,}"),
        ("Size of hidden states", f"{info.hidden_size:,}"),
        ("Longest input, in tokens", f"{info.max_length:,}"),
        ("Labels", literals(info.labels)),
    ]
    return [table(("What", "Value"), [row for row in rows if row[1]])]


def interpretation(facts: RunFacts) -> list[str]:
    names = ", ".join(map(title, facts.methods))
    if not names:
        return ["No output was explained in this run."]
    return [f"Outputs were explained by: {names}. The report of the run shows each explanation."]


def testing(facts: RunFacts) -> list[str]:
    audit, manifest = facts.audit, facts.manifest
    lines = [
        f"- Data: {count(audit.inputs, 'input')}, of which {audit.judged:,} with an expected "
        f"output; {count(audit.errors, 'input')} could not be predicted or explained.",
        f"- {accuracy_line(audit)}",
        f"- What was run is the spec with SHA-256 {literal(manifest.spec_sha256)}, seed "
        f"{manifest.seed}; the stored results are the log of the test.",
    ]
    if facts.outcomes:
        lines.append(f"- Checks: {counts_by_check(manifest, facts.outcomes)}.")
    lines += [f"- Robustness: {line}" for line in robustness_lines(audit)]
    return ["\n".join(lines)]


def training(facts: RunFacts) -> list[str]:
    found = facts.audit.info.training
    if found is None:
        return ["The run was given no training data."]
    return [
        f"Predictions were traced to {count(found.examples, 'example')} of {literal(found.file)} "
        f"(SHA-256 {literal(found.sha256)}); the table `self_influence` of an export lists those "
        "whose labels are most doubtful."
    ]


def limits(facts: RunFacts) -> list[str]:
    parts = [accuracy_line(facts.audit)]
    if rows := slice_table(facts.audit):
        parts += ["By group of inputs, in the order of evidence:", rows]
    else:
        parts.append("No groups of inputs were compared: there are too few inputs, or none judged.")
    return [*parts, finding_lines(facts.audit)]


def metrics(facts: RunFacts) -> list[str]:
    return [
        "Accuracy is the share of inputs whose output is the expected one, with Wilson’s score "
        "interval (95 %); groups are compared with all other inputs by Fisher’s exact test, "
        "corrected for their number (Benjamini-Hochberg)."
    ]


POINTS = (
    Point(
        "1 (a)",
        "Intended purpose, provider, version of the system",
        version,
        "intended purpose; name of the provider; relation to earlier versions.",
    ),
    Point("1 (b)", "How the system interacts with other hardware and software"),
    Point(
        "1 (c)",
        "Versions of software and firmware",
        software,
        "requirements about version updates.",
    ),
    Point("1 (d)", "Forms in which the system is placed on the market"),
    Point(
        "1 (e)",
        "Hardware that the system is to run on",
        hardware,
        "the hardware that it is intended for.",
    ),
    Point("1 (f)", "Pictures of the products that the system is a component of"),
    Point("1 (g)", "User interface for the deployer"),
    Point("1 (h)", "Instructions for use"),
    Point("2 (a)", "Methods and steps of development, and third parties’ models and tools"),
    Point("2 (b)", "Design specifications, key choices and their reasons"),
    Point(
        "2 (c)",
        "Architecture of the system, and computing resources used",
        architecture,
        "how components build on each other; resources used for development and training.",
    ),
    Point(
        "2 (d)",
        "Data requirements: training data, its origin, selection, labelling and cleaning",
        training,
        "origin, scope and characteristics of the data; how they were selected, labelled, cleaned.",
    ),
    Point(
        "2 (e)",
        "Human oversight, and measures that help to interpret outputs",
        interpretation,
        "assessment of the measures for human oversight (Article 14).",
    ),
    Point("2 (f)", "Changes determined in advance"),
    Point(
        "2 (g)",
        "Validation and testing: data, metrics, test logs and reports",
        testing,
        "characteristics and origin of the data; date and signature of those responsible.",
    ),
    Point("2 (h)", "Cybersecurity measures"),
    Point(
        "3",
        "Capabilities and limits: accuracy, also for groups, and foreseeable risks",
        limits,
        "accuracy expected for the intended purpose; unintended outcomes and risks; "
        "specifications of input data.",
    ),
    Point(
        "4",
        "Why the performance metrics are appropriate",
        metrics,
        "why they are appropriate for the system.",
    ),
    Point("5", "Risk management system (Article 9)"),
    Point("6", "Relevant changes over the system’s lifecycle"),
    Point("7", "Harmonised standards applied, or other solutions"),
    Point("8", "Copy of the EU declaration of conformity"),
    Point("9", "Monitoring after placing on the market, and its plan (Article 72)"),
)
"""The points of the annex, in its order."""
