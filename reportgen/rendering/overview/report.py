"""The view of a whole run: what was found, predictions at a glance, methods and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.rendering.anchors import make_slugs
from reportgen.rendering.input.brief import Brief, make_brief
from reportgen.rendering.overview.checks import Checks, make_checks
from reportgen.rendering.overview.corpus import Corpus, corpus
from reportgen.rendering.overview.faithful_methods import FaithfulMethods, faithful_methods
from reportgen.rendering.overview.findings import (
    Filters,
    ReviewItem,
    filters,
    models_read,
    review_items,
    summary,
    tally,
    verdicts,
)
from reportgen.rendering.overview.method_cards import (
    ColourLegend,
    MethodCard,
    colours,
    method_cards,
)
from reportgen.rendering.overview.model_comparison import ModelPairs, model_pairs
from reportgen.rendering.overview.predictions_table import (
    PredictionsTable,
    disagreements,
    predictions_tables,
)
from reportgen.rendering.overview.provenance import Provenance, provenance
from reportgen.rendering.overview.rationales import Rationales, rationales
from reportgen.rendering.wording.numbers import count, moment
from reportgen.rendering.wording.outcome_lines import by_input
from reportgen.rendering.wording.sentences import Verdict
from reportgen.rendering.wording.unfinished import Unfinished, marked_title, unfinished
from reportgen.results.checks.evaluation import by_check, evaluate_checks
from reportgen.results.model import Manifest
from reportgen.results.tables import Results


@dataclass(frozen=True)
class Neighbours:
    """Where a reader of one input goes next, and what other models say about the same input."""

    previous: Brief | None
    next: Brief | None
    others: tuple[Brief, ...]


@dataclass(frozen=True)
class Report:
    """Everything the pages show; ``neighbours`` and ``paper_order`` are by a brief's anchor."""

    manifest: Manifest
    title: str
    unfinished: Unfinished | None
    facts: tuple[str, ...]
    summary: str
    verdicts: tuple[Verdict, ...]
    checks: Checks
    review_items: tuple[ReviewItem, ...]
    filters: Filters
    predictions_tables: tuple[PredictionsTable, ...]
    corpus: Corpus
    rationales: tuple[Rationales, ...]
    model_pairs: ModelPairs
    faithful_methods: FaithfulMethods | None
    briefs: tuple[Brief, ...]
    neighbours: Mapping[str, Neighbours]
    paper_order: Mapping[str, int]
    methods: tuple[MethodCard, ...]
    colours: ColourLegend | None
    provenance: Provenance


def make_report(results: Results) -> Report:
    """Build the view of every job of a run, in the order of its inputs."""
    manifest = results.manifest
    order = {info.id: position for position, info in enumerate(manifest.models)}
    entries = sorted(results.entries, key=lambda pair: (order[pair[0].model], pair[0].input))
    slugs = make_slugs(tuple(order))
    disagree = disagreements((result for _, result in entries), manifest)
    outcomes = evaluate_checks(results)
    lines = by_input(outcomes, slugs)
    checks = make_checks(by_check(manifest, outcomes), slugs)
    briefs = tuple(
        make_brief(
            entry,
            result,
            slugs[entry.model],
            disagree=disagree.get((result.task, entry.input), False),
            outcomes=lines.get((entry.model, entry.input), ()),
        )
        for entry, result in entries
    )
    counts = tally(briefs, disagree)
    looks = review_items(briefs)
    return Report(
        manifest=manifest,
        title=marked_title(manifest),
        unfinished=unfinished(manifest),
        facts=facts(manifest, briefs),
        summary=summary(manifest, briefs, counts, checks),
        verdicts=verdicts(briefs, manifest, counts, checks),
        checks=checks,
        review_items=looks,
        filters=filters(briefs),
        predictions_tables=predictions_tables(briefs, manifest, disagree, results.store),
        corpus=corpus(briefs, results.store),
        rationales=rationales(briefs, results.store),
        model_pairs=model_pairs(results, briefs),
        faithful_methods=faithful_methods(briefs),
        briefs=briefs,
        neighbours=neighbours(briefs),
        paper_order=paper_order(briefs, looks),
        methods=method_cards(briefs),
        colours=colours(briefs),
        provenance=provenance(manifest, results.digest),
    )


def facts(manifest: Manifest, briefs: tuple[Brief, ...]) -> tuple[str, ...]:
    """Say what was audited: how many models, inputs and methods, and when."""
    methods = {name for brief in briefs for name in brief.result.settings}
    return (
        count(models_read(manifest, briefs), "model"),
        count(len({brief.position for brief in briefs}), "input"),
        count(len(methods), "method"),
        moment(manifest.created),
    )


def neighbours(briefs: tuple[Brief, ...]) -> dict[str, Neighbours]:
    same: dict[tuple[str, int], list[Brief]] = {}
    for brief in briefs:
        same.setdefault((brief.result.task, brief.position), []).append(brief)
    around = zip((None, *briefs), briefs, (*briefs[1:], None), strict=False)
    return {
        brief.anchor: Neighbours(
            previous=previous,
            next=following,
            others=tuple(
                other for other in same[brief.result.task, brief.position] if other is not brief
            ),
        )
        for previous, brief, following in around
    }


def paper_order(briefs: Sequence[Brief], looks: Sequence[ReviewItem]) -> dict[str, int]:
    """Rank the inputs on paper by ``looks``, all models of an input together; then the others."""
    ranks = {item.brief.position: rank for rank, item in enumerate(looks, start=1)}
    return {brief.anchor: ranks.get(brief.position, len(looks) + 1) for brief in briefs}
