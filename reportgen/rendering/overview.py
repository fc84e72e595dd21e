"""The view of a whole run: verdict, predictions at a glance, methods and provenance."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count as count_from

import yaml

from reportgen.rendering.card import Card, lead, make_card
from reportgen.rendering.numbers import count, probability
from reportgen.rendering.sentences import Verdict
from reportgen.rendering.table import Table
from reportgen.rendering.trust import paths
from reportgen.results.model import Manifest, ModelInfo
from reportgen.results.tables import Results
from reportgen.spec.methods import METHODS


@dataclass(frozen=True)
class Cell:
    """One model's answer to one input, linked to its section."""

    anchor: str
    label: str
    probability: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Line:
    """One input and what each model of its task says."""

    position: int
    text: str
    expected: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Predictions of the models of one task, one line per input."""

    task: str
    models: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class MethodCard:
    """What a method is, with the settings it ran with."""

    anchor: str
    title: str
    summary: str
    paper: str
    url: str
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything the page shows."""

    manifest: Manifest
    facts: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    looks: tuple[tuple[Card, str], ...]
    matrices: tuple[Matrix, ...]
    cards: tuple[Card, ...]
    methods: tuple[MethodCard, ...]
    provenance: tuple[tuple[str, Table], ...]
    spec: str


def make_report(results: Results) -> Report:
    """Build the view of every job of a run, in the order of its inputs."""
    order = {info.id: position for position, info in enumerate(results.manifest.models)}
    headers = sorted(results.headers, key=lambda pair: (order[pair[0].model], pair[0].input))
    slugs = make_slugs(tuple(order))
    cards = tuple(
        make_card(entry, result, results.store, slugs[entry.model]) for entry, result in headers
    )
    looks = [(card, ", ".join(card.looks)) for card in cards if card.looks]
    return Report(
        manifest=results.manifest,
        facts=facts(results.manifest, cards),
        verdicts=verdicts(cards),
        looks=tuple(sorted(looks, key=lambda pair: min(GRAVITY.index(x) for x in pair[0].looks))),
        matrices=matrices(cards, results.manifest),
        cards=cards,
        methods=method_cards(cards),
        provenance=provenance(results.manifest),
        spec=yaml.safe_dump(results.manifest.spec, sort_keys=False, allow_unicode=True, width=96),
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


GRAVITY = ["could not be explained", "not converged", "wrong", "truncated", "low confidence"]


def facts(manifest: Manifest, cards: tuple[Card, ...]) -> tuple[str, ...]:
    inputs = len({card.position for card in cards})
    return (
        count(len(manifest.models), "model"),
        count(inputs, "input"),
        manifest.created.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC"),
    )


def verdicts(cards: tuple[Card, ...]) -> tuple[Verdict, ...]:
    """What the run found, in a few words each; the bad news is counted too."""
    judged = [
        card.result.prediction.correct
        for card in cards
        if card.result.prediction and card.result.prediction.correct is not None
    ]
    checked = [path.converged for card in cards for path in paths(card.result.convergence)]
    errors = sum(card.result.status == "error" for card in cards)
    found = []
    if judged:
        right = sum(judged)
        found.append(
            Verdict(
                "good" if right == len(judged) else "warn",
                f"{right} of {count(len(judged), 'prediction')} as expected",
            )
        )
    if checked:
        converged = sum(checked)
        found.append(
            Verdict(
                "good" if converged == len(checked) else "bad",
                f"{converged} of {count(len(checked), 'explanation')} converged",
            )
        )
    if errors:
        found.append(Verdict("bad", f"{count(errors, 'input')} could not be explained"))
    return tuple(found)


def matrices(cards: tuple[Card, ...], manifest: Manifest) -> tuple[Matrix, ...]:
    """Group the cards by task: inputs down, models across."""
    found = []
    about = {info.id: describe_model(info) for info in manifest.models}
    for task in dict.fromkeys(card.result.task for card in cards):
        members = [card for card in cards if card.result.task == task]
        models = tuple(dict.fromkeys(card.model for card in members))
        lines = []
        for position in sorted({card.position for card in members}):
            row = {card.model: card for card in members if card.position == position}
            first = next(iter(row.values()))
            lines.append(
                Line(
                    position=position,
                    text=first.heading,
                    expected=first.result.expect or "",
                    cells=tuple(make_cell(row[m]) if m in row else None for m in models),
                )
            )
        found.append(Matrix(task, models, tuple((m, about[m]) for m in models), tuple(lines)))
    return tuple(found)


def describe_model(info: ModelInfo) -> str:
    size = f"{info.parameters / 1e6:,.1f} M parameters"
    shape = f"{count(info.layers, 'layer')} of {count(info.heads, 'head')}"
    labels = f", says {' or '.join(info.labels)}" if 0 < len(info.labels) <= 4 else ""
    return (
        f"{info.architecture}, {size}, {shape}, reads up to {info.max_length} tokens{labels}; "
        f"from {info.path}"
    )


def make_cell(card: Card) -> Cell:
    prediction = card.result.prediction
    if prediction is None:
        return Cell(card.anchor, "not explained", "", Verdict("bad", "error"))
    p = prediction.probability
    return Cell(card.anchor, lead(prediction), "" if p is None else probability(p), card.verdict)


def method_cards(cards: tuple[Card, ...]) -> tuple[MethodCard, ...]:
    """Describe each method that ran; inputs of one run share their settings."""
    ran = {name: settings for card in cards for name, settings in card.result.settings.items()}
    found = []
    for name, settings in ran.items():
        method = METHODS[name]
        paper, _, number = method.paper.partition(", arXiv:")
        found.append(
            MethodCard(
                anchor=f"method-{name.replace('_', '-')}",
                title=method.title,
                summary=method.summary,
                paper=paper,
                url=f"https://arxiv.org/abs/{number}",
                settings=tuple(f"{key}: {describe(value)}" for key, value in settings.items()),
            )
        )
    return tuple(found)


def describe(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"the text {value['text']!r}" if isinstance(value, dict) else str(value)


def provenance(manifest: Manifest) -> tuple[tuple[str, Table], ...]:
    """What is needed to make the same report again."""
    models = tuple(
        (
            info.id,
            info.path,
            info.revision or "local folder",
            info.architecture,
            f"{info.parameters:,}",
            f"{info.layers} x {info.heads}",
            str(info.max_length),
            f"{info.dtype} on {info.device}",
            info.weights_sha256[:16],
            info.tokenizer_sha256[:16],
        )
        for info in manifest.models
    )
    run = (
        ("command", manifest.command),
        ("made with", f"reportgen {manifest.reportgen}, Python {manifest.python}"),
        ("libraries", ", ".join(f"{k} {v}" for k, v in sorted(manifest.libraries.items()))),
        ("platform", manifest.platform),
        ("spec SHA-256", manifest.spec_sha256),
        ("seed", str(manifest.seed)),
        ("run", manifest.created),
    )
    return (
        (
            "Models",
            Table(
                (
                    "model",
                    "path",
                    "revision",
                    "architecture",
                    "parameters",
                    "layers x heads",
                    "longest input",
                    "precision",
                    "weights SHA-256, first 16",
                    "tokenizer SHA-256, first 16",
                ),
                models,
            ),
        ),
        ("Run", Table(("what", "value"), tuple(row for row in run if row[1]))),
    )
