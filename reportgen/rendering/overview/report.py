"""The view of a whole run: what was found, predictions at a glance, methods and provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.rendering.anchors import make_slugs
from reportgen.rendering.dataset.sections import DatasetFacts, ShownSection, dataset_sections
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.checks import Checks, make_checks
from reportgen.rendering.overview.columns import input_columns
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
from reportgen.rendering.overview.gathering import Gathered
from reportgen.rendering.overview.method_cards import (
    ColourLegend,
    MethodCard,
    Way,
    colours,
    method_cards,
    ways,
)
from reportgen.rendering.overview.model_comparison import ModelPairs, model_pairs
from reportgen.rendering.overview.predictions_table import (
    FEW_DOZEN,
    PredictionsTable,
    disagreements,
    predictions_tables,
)
from reportgen.rendering.overview.provenance import Provenance, provenance
from reportgen.rendering.overview.rationales import Rationales
from reportgen.rendering.wording.numbers import count, moment
from reportgen.rendering.wording.sentences import Verdict
from reportgen.rendering.wording.unfinished import Unfinished, marked_title, unfinished
from reportgen.results.checks.evaluation import Outcome, by_check
from reportgen.results.dataset.moments import MANY
from reportgen.results.entities import SpanCounts
from reportgen.results.model import Manifest
from reportgen.results.removal_summary import Ranked
from reportgen.results.review import ReviewReason
from reportgen.results.tables import Results


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a reader of one input goes next, and what other models say about the same input."""

    previous: Brief | None
    next: Brief | None
    others: tuple[Brief, ...]


@dataclass(frozen=True)
class Report:
    """Everything the pages show; ``neighbours`` and ``paper_order`` are by a brief's anchor.

    ``ranked`` and ``entities`` are by model: its methods by what they show, and how many of the
    entities that it named are right. ``outcomes`` are those of the spec's checks, ``dataset`` are
    the sections about all inputs together.
    """

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
    dataset: tuple[ShownSection, ...]
    rationales: tuple[Rationales, ...]
    model_pairs: ModelPairs
    faithful_methods: FaithfulMethods | None
    ranked: Mapping[str, Ranked]
    entities: Mapping[str, SpanCounts]
    outcomes: tuple[Outcome, ...]
    briefs: tuple[Brief, ...]
    neighbours: Mapping[str, Neighbours]
    paper_order: Mapping[str, int]
    methods: tuple[MethodCard, ...]
    colours: ColourLegend | None
    provenance: Provenance

    @property
    def inputs_last(self) -> bool:
        """Whether what holds for all inputs comes before their table."""
        return bool(self.dataset) or self.filters.total >= FEW_DOZEN

    @property
    def live(self) -> bool:
        """Whether a section about all inputs has a chart that a script draws."""
        return any(getattr(section.view, "live", False) for section in self.dataset)


def make_report(results: Results) -> Report:
    """Build the view of every job of a run, in the order of its inputs.

    The results are gone over once, and of each no more is kept than pages of others show.
    """
    manifest = results.manifest
    slugs = make_slugs(tuple(info.id for info in manifest.models))
    gathered = Gathered(results, slugs)
    disagree = disagreements((brief.result for brief in gathered.briefs), manifest)
    briefs = gathered.finished(disagree)
    checks = make_checks(by_check(manifest, gathered.outcomes), slugs)
    counts, looks = tally(briefs, disagree), review_items(briefs)
    ran, ranked = ways(briefs), gathered.ranked()
    entities = gathered.entities()
    tested = gathered.self_tests.verdicts()
    known = input_columns(manifest.jobs)
    return Report(
        manifest=manifest,
        title=marked_title(manifest),
        unfinished=unfinished(manifest),
        facts=facts(manifest, briefs, ran),
        summary=summary(manifest, briefs, counts, checks),
        verdicts=verdicts(briefs, manifest, counts, checks, entities, tested),
        checks=checks,
        review_items=looks,
        filters=filters(briefs, known.columns),
        predictions_tables=predictions_tables(briefs, manifest, disagree, known),
        dataset=dataset_sections(
            DatasetFacts(manifest, gathered.observed, briefs, gathered.heads(), gathered.fillings)
        ),
        rationales=gathered.rationales.means(),
        model_pairs=model_pairs(results, briefs),
        faithful_methods=faithful_methods(ranked, gathered.agreements(MANY), briefs),
        ranked=ranked,
        entities=entities,
        outcomes=gathered.outcomes,
        briefs=briefs,
        neighbours=neighbours(briefs),
        paper_order=paper_order(briefs, looks),
        methods=method_cards(ran, ranked.values(), gathered.sanity.judged()),
        colours=colours(ran),
        provenance=provenance(manifest, results.digest),
    )


def facts(manifest: Manifest, briefs: tuple[Brief, ...], ran: Sequence[Way]) -> tuple[str, ...]:
    """Say what was audited: how many models, inputs and methods, and when."""
    methods = {name for way in ran for name in way.result.settings}
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


LAST = 1_000_000_000
"""The place on paper of inputs that are not worth a look: behind all others. It, and all that is
smaller, is what a browser holds for an integer."""


def paper_order(briefs: Sequence[Brief], looks: Sequence[ReviewItem]) -> dict[str, int]:
    """Order the inputs on paper by ``looks``, all models of an input together; then the others.

    The number of an input is made of nothing but what is said of it and where it stands: it stays
    when another input changes, and so does its page.
    """
    reasons = list(ReviewReason)
    places = {}
    for item in looks:
        found = item.brief.reasons
        gravity = reasons.index(found[0]) * len(reasons) + len(reasons) - len(found)
        places[item.brief.position] = gravity * 10_000_000 + item.brief.position
    return {brief.anchor: places.get(brief.position, LAST) for brief in briefs}
