"""A section about a run for a Hugging Face model card: only what the results hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from reportgen.rendering.anchors import make_slugs
from reportgen.rendering.dataset.words import WordEffects, WordsView
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.markdown.digest_tables import DigestSubject, checks, without_model
from reportgen.rendering.markdown.escape import link, literal, literals, table
from reportgen.rendering.overview.findings import Counts, tally
from reportgen.rendering.overview.method_cards import Way, method_cards, ways
from reportgen.rendering.overview.report import Report, make_report
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.entities import JUDGED, span_scores
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.outcomes import counts_by_check
from reportgen.results.checks.evaluation import Outcome, placed_checks
from reportgen.results.entities import SpanCounts
from reportgen.results.files import write_atomic
from reportgen.results.model import ModelInfo
from reportgen.results.removal_summary import Ranked
from reportgen.results.tables import Results
from reportgen.spec.tasks import TASKS

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

ROWS = 50
"""Broken checks that are listed."""


def write_cards(results: Results, folder: Path) -> tuple[Path, ...]:
    """Write ``folder/MODEL.md`` for each model of a run."""
    report = make_report(results)
    about = DigestSubject(results, report.outcomes)
    paths = []
    for model, slug in make_slugs(tuple(i.id for i in results.manifest.models)).items():
        paths.append(folder / f"{slug}.md")
        write_atomic(paths[-1], model_card(report, about, model).encode())
    return tuple(paths)


def model_card(report: Report, about: DigestSubject, model: str) -> str:
    """Return the metadata and the section for one model; a model card of its own, if need be."""
    info = next(info for info in report.manifest.models if info.id == model)
    briefs = tuple(brief for brief in report.briefs if brief.model == model)
    found = tally(briefs, {})
    views = (one.view for one in report.dataset if isinstance(one.view, WordsView))
    word_effects = [effects for view in views for effects in view.of(model)]
    # A part of a run is no evaluation of the model: its metrics are not for the Hub.
    found_metrics = {} if report.unfinished else metadata(report, info, briefs)
    header = yaml.safe_dump(found_metrics, sort_keys=False, allow_unicode=True)
    parts = [
        f"---\n{header}---" if header.strip() != "{}" else "",
        f"## Audit: {literal(report.title)}",
        f"**{report.unfinished.sentence}**" if report.unfinished else "",
        audited(report, info, briefs),
        "### Methods",
        methods(
            ways(brief for brief in briefs if brief.result.status == "done"),
            report.ranked.get(model, {}),
        ),
        "### Results",
        results_of(found, report.entities.get(model, SpanCounts())),
        *judged(about, model),
        *(words(one) for one in word_effects),
        "### Limits",
        limits(found, word_effects),
        "### How to run it again",
        again(report),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def metadata(report: Report, info: ModelInfo, briefs: tuple[Brief, ...]) -> dict[str, Any]:
    """Return the card's ``model-index``, or nothing where no known metric judges the answers."""
    from huggingface_hub import ModelCardData

    predictions = [brief.result.prediction for brief in briefs if brief.result.prediction]
    found = []
    spans = report.entities.get(info.id, SpanCounts())
    if spans.predicted or spans.expected:
        texts = sum(p.correct is not None for p in predictions)
        found += [
            evaluation(report, info, texts, metric, f"{name} (whole spans, as seqeval)", value)
            for metric, name, value in (
                ("precision", "Precision", spans.precision),
                ("recall", "Recall", spans.recall),
                ("f1", "F1", spans.f1),
            )
        ]
    judged: dict[tuple[str, str], list[bool]] = {}
    for brief in briefs:
        named, prediction = presenter(brief.result).metric, brief.result.prediction
        if named and prediction and prediction.correct is not None:
            judged.setdefault(named, []).append(prediction.correct)
    for (metric, name), correct in judged.items():
        share = sum(correct) / len(correct)
        found.append(evaluation(report, info, len(correct), metric, name, share))
    return ModelCardData(model_name=info.id, eval_results=found).to_dict() if found else {}


def evaluation(
    report: Report, info: ModelInfo, inputs: int, metric: str, name: str, value: float
) -> EvalResult:
    """Return one metric of a model, as the Hub wants it."""
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type=TASKS[info.task].hub,
        dataset_type="custom",
        dataset_name=f"{report.manifest.title} ({count(inputs, 'audit input')})",
        metric_type=metric,
        metric_name=name,
        metric_value=value,
    )


def audited(report: Report, info: ModelInfo, briefs: tuple[Brief, ...]) -> str:
    manifest = report.manifest
    rows = (
        ("Model", literal(info.id)),
        # A local path says something about the machine it was on, not about the model.
        ("Source", f"{literal(info.path)} at {literal(info.revision)}" if info.revision else ""),
        ("Weights, SHA-256", literal(info.weights_sha256)),
        ("Tokenizer, SHA-256", literal(info.tokenizer_sha256)),
        ("Architecture", literal(info.architecture)),
        ("Task", literal(info.task)),
        ("Precision", f"{literal(info.dtype)} on {literal(info.device)}"),
        ("Inputs", f"{len(briefs):,}"),
        ("Date", literal(manifest.created)),
    )
    intro = (
        f"What the model says about {count(len(briefs), 'chosen input')}, and which words it "
        "says that for, from stored results."
    )
    return f"{intro}\n\n{table(('What', 'Value'), [row for row in rows if row[1]])}"


def methods(ran: Sequence[Way], ranked: Ranked) -> str:
    """List the methods with their papers and the settings they ran with."""
    lines = []
    for card in method_cards(ran, (ranked,)):
        settings = literals(f"{name}: {value}" for name, value in card.settings)
        paper = link(card.paper, card.url)
        lines.append(
            f"- **{card.title}**: {card.summary} ({paper})" + (settings and f"; {settings}")
        )
    return "\n".join(lines) or "No method explained an input."


def results_of(found: Counts, spans: SpanCounts) -> str:
    rows = (
        ("Predictions as expected", f"{found.right:,} of {found.judged:,}", found.judged),
        (f"Entities, {JUDGED}", span_scores(spans), spans.predicted or spans.expected),
        ("Explanations that converged", f"{found.converged:,} of {found.checked:,}", found.checked),
        ("Inputs that could not be explained", f"{found.errors:,}", True),
        ("Inputs cut to what the model can read", f"{found.truncated:,}", True),
    )
    return table(("What", "How many"), [row[:2] for row in rows if row[2]])


def outcomes_of(about: DigestSubject, model: str) -> tuple[Outcome, ...]:
    """Return what is about this model; what names none is about those that its check is for."""
    checked = {one.place: one.check.models for one in placed_checks(about.results.manifest)}
    return tuple(
        one for one in about.outcomes if model in (one.models or checked[one.place] or [model])
    )


def judged(about: DigestSubject, model: str) -> list[str]:
    """Count the checks that are about this model, and list those that broke."""
    if not about.outcomes:
        return ["The audit asks for no checks."]
    outcomes = outcomes_of(about, model)
    if not outcomes:
        return ["No check of the audit is about this model."]
    broken = without_model(checks(DigestSubject(about.results, outcomes)))
    parts = [f"{counts_by_check(about.results.manifest, outcomes)}."]
    if broken.rows:
        parts.append(table(broken.columns, broken.rows[:ROWS]))
    if len(broken.rows) > ROWS:
        parts.append(f"… and {len(broken.rows) - ROWS:,} more.")
    return parts


def words(one: WordEffects) -> str:
    unit = f", {one.unit}" if one.unit else ""
    rows = [(literal(word.word), word.value, f"{word.inputs:,}") for word in one.words]
    return (
        f"Words that push {literal(one.output)} most, over {count(one.inputs, 'input')} "
        f"({one.method}; + towards it, − away from it; in at least {one.least:,} of "
        f"them):\n\n{table(('Word', f'Mean score{unit}', 'Inputs'), rows)}"
    )


def limits(found: Counts, word_effects: list[WordEffects]) -> str:
    """Say what the numbers do not show."""
    lines = [
        "- The inputs were chosen for the audit: they are no benchmark, and what holds of them "
        "need not hold of others.",
        "- Scores of words describe this model on these inputs, compared with a baseline; they "
        "do not say that the model is right, or right for good reasons.",
    ]
    if missed := found.checked - found.converged:
        lines.append(f"- {count(missed, 'explanation')} did not converge and should not be used.")
    if not found.judged:
        lines.append("- Nothing was said about what to expect: no prediction was judged.")
    if not word_effects:
        lines.append("- Too few inputs share words for means over them.")
    return "\n".join(lines)


def again(report: Report) -> str:
    manifest = report.manifest
    versions = (f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
    return (
        f"`reportgen build SPEC --out DIR` with the spec whose SHA-256 is "
        f"{literal(manifest.spec_sha256)} and seed {manifest.seed}; made with "
        f"{literals((f'reportgen {manifest.reportgen}', f'Python {manifest.python}', *versions))}."
    )
