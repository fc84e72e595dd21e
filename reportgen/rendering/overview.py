"""The view of a whole run: what was found, predictions at a glance, methods and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count as count_from

from reportgen.rendering.card import Card, make_card
from reportgen.rendering.corpus import Corpus, corpus
from reportgen.rendering.findings import Filters, Look, filters, looks, summary, tally, verdicts
from reportgen.rendering.glance import Matrix, disagreements, matrices
from reportgen.rendering.methods import MethodCard, method_cards
from reportgen.rendering.numbers import count
from reportgen.rendering.provenance import Provenance, provenance
from reportgen.rendering.sentences import Verdict
from reportgen.results.model import Manifest
from reportgen.results.tables import Results


@dataclass(frozen=True)
class Turn:
    """Where a reader of one input goes next, and what other models say about the same input."""

    previous: Card | None
    next: Card | None
    others: tuple[Card, ...]


@dataclass(frozen=True)
class Report:
    """Everything the pages show; ``turns`` are by the anchor of a card."""

    manifest: Manifest
    facts: tuple[str, ...]
    summary: str
    verdicts: tuple[Verdict, ...]
    looks: tuple[Look, ...]
    filters: Filters
    matrices: tuple[Matrix, ...]
    corpus: Corpus
    cards: tuple[Card, ...]
    turns: Mapping[str, Turn]
    methods: tuple[MethodCard, ...]
    provenance: Provenance


def make_report(results: Results) -> Report:
    """Build the view of every job of a run, in the order of its inputs."""
    manifest = results.manifest
    order = {info.id: position for position, info in enumerate(manifest.models)}
    headers = sorted(results.headers, key=lambda pair: (order[pair[0].model], pair[0].input))
    slugs = make_slugs(tuple(order))
    disagree = disagreements((result for _, result in headers), manifest)
    cards = tuple(
        make_card(
            entry,
            result,
            results.store,
            slugs[entry.model],
            disagree=disagree.get((result.task, entry.input), False),
        )
        for entry, result in headers
    )
    counts = tally(cards, disagree)
    return Report(
        manifest=manifest,
        facts=facts(manifest, cards),
        summary=summary(manifest, cards, counts),
        verdicts=verdicts(cards, manifest, counts),
        looks=looks(cards),
        filters=filters(cards),
        matrices=matrices(cards, manifest, disagree),
        corpus=corpus(cards, results.store),
        cards=cards,
        turns=turns(cards),
        methods=method_cards(cards),
        provenance=provenance(manifest),
    )


def make_slugs(names: tuple[str, ...]) -> dict[str, str]:
    """Return a different link name for each model id, readable where it can be."""
    slugs: dict[str, str] = {}
    for name in names:
        plain = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-") or "model"
        numbered = (f"{plain}-v{i}" for i in count_from(2))
        slugs[name] = (
            plain
            if plain not in slugs.values()
            else next(slug for slug in numbered if slug not in slugs.values())
        )
    return slugs


def facts(manifest: Manifest, cards: tuple[Card, ...]) -> tuple[str, ...]:
    """Say what was audited: how many models, inputs and methods, and when."""
    methods = {name for card in cards for name in card.result.settings}
    return (
        count(len(manifest.models), "model"),
        count(len({card.position for card in cards}), "input"),
        count(len(methods), "method"),
        manifest.created.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC"),
    )


def turns(cards: tuple[Card, ...]) -> dict[str, Turn]:
    same: dict[tuple[str, int], list[Card]] = {}
    for card in cards:
        same.setdefault((card.result.task, card.position), []).append(card)
    around = zip((None, *cards), cards, (*cards[1:], None), strict=False)
    return {
        card.anchor: Turn(
            previous=previous,
            next=following,
            others=tuple(
                other for other in same[card.result.task, card.position] if other is not card
            ),
        )
        for previous, card, following in around
    }
