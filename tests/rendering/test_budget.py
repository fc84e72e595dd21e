"""What is left out of a large file: every detail of an input by one step, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import reduce

import pytest

from fake_removals import with_removals
from reportgen.rendering.brand import Brand
from reportgen.rendering.budget import REDUCTIONS, fit, without
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.card import Card, make_card
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.pages import SINGLE, Pages
from reportgen.results.perturbation import Perturbation
from reportgen.results.tables import Results
from reportgen.results.training import InfluentialExample, TrainingInfluence
from reportgen.site.written import WholeResults

STAYS = {
    *(
        "notices",
        "answer",
        "unreliable",
        "top_contributions",
        "more_outputs",
        "facts",
        "contrast",
        "evidence",
    ),  # the answer and why
    *(
        "convergence",
        "skipped",
        "failed",
        "self_tests",
        "method",
        "recorded",
    ),  # how far to trust it
    *("seconds", "snippet", "left_out"),
    *("special_note", "means", "kept"),  # shown with the matrix, chart or texts alone
}
"""What a card keeps however small the file has to be."""

DETAIL = [one.name for one in fields(Card)[len(fields(Brief)) :] if one.name not in STAYS]
"""All else: what a new field of a card is until it is said to stay."""

WITHIN = {"top_words": ("highlighted_texts",)}
"""Details that are shown only where another one is."""

EMPTY = {one.name: one.default for one in fields(Card) if one.default is not MISSING}


@pytest.fixture(scope="module")
def section(complete: Results) -> Callable[[Card], str]:
    """How the page writes an input."""
    writer, report = Pages(Brand()), make_report(complete)
    views = {"report": report, "links": SINGLE, "assets": writer.inline(live=True)}
    return lambda card: writer.render("card.html", **views, card=card)


@pytest.fixture(scope="module")
def cards(complete: Results) -> list[Card]:
    whole = WholeResults(complete)
    first, second, *rest = map(whole.brief, make_report(complete).briefs)
    games, _ = with_removals((first.result, {}), granularity="sentence")
    marked = replace(first, result=games, rationale={"context": ((0, 5),)})
    played = replace(second, result=with_removals((second.result, {}))[0])
    example = InfluentialExample(row=1, text="A film.", label="POSITIVE", score=1.0)
    traced = TrainingInfluence(
        measure="tracin", label="POSITIVE", expected=True, examples=9, proponents=(example,)
    )
    turned = Perturbation(
        kind="case", texts={"text": "A FILM"}, label="x", probability=0.5, changed=True
    )
    update = {"influence": traced, "perturbations": (turned,)}
    played = replace(played, result=played.result.model_copy(update=update))
    some = next(brief for brief in rest if "attention" in brief.result.computed)
    scores = some.result.model_copy(update={"keep": "scores"})
    short = replace(some, result=scores)
    rest = [brief for brief in rest if brief is not some]
    return [make_card(brief, complete.store) for brief in (marked, played, *rest, short)]


def test_every_detail_is_left_out_by_one_step():
    assert sorted(name for reduction in REDUCTIONS for name in reduction.fields) == sorted(DETAIL)


@pytest.mark.parametrize("name", DETAIL)
def test_a_detail_that_is_left_out_is_not_on_the_page(cards, section, name):
    card = next(card for card in cards if getattr(card, name))
    reduced = reduce(without, REDUCTIONS, card)
    assert getattr(reduced, name) == EMPTY[name]
    # and it would be seen: with it, the page is another
    around = replace(reduced, **{other: getattr(card, other) for other in WITHIN.get(name, ())})
    assert section(replace(around, **{name: getattr(card, name)})) != section(around)


def test_what_stays_is_not_touched(cards):
    kept = {one.name for one in fields(Card)} - set(DETAIL) - {"left_out"}
    for card in cards:
        reduced = reduce(without, REDUCTIONS, card)
        assert [name for name in kept if getattr(card, name) != getattr(reduced, name)] == []
        assert reduced.left_out == tuple(reduction.name for reduction in REDUCTIONS)


def test_where_there_is_no_room_every_input_loses_all_its_detail(cards):
    def named(card: Card) -> str:
        return " ".join(name for name in DETAIL if getattr(card, name))

    assert all(named(card) for card in cards)
    sections, left_out = fit(cards, named, 0)
    assert set(sections.values()) == {""}
    assert left_out == {
        reduction.name: sum(any(getattr(card, name) for name in reduction.fields) for card in cards)
        for reduction in REDUCTIONS
    }


def test_the_last_inputs_lose_their_detail_first(cards):
    alike = [replace(card, reasons=()) for card in cards]

    def named(card: Card) -> str:
        return " ".join(name for name in DETAIL if getattr(card, name))

    whole = {card.anchor: named(card) for card in alike}
    reduced, _ = fit(alike, named, sum(map(len, whole.values())) - 1)
    changed = [card.anchor for card in alike if reduced[card.anchor] != whole[card.anchor]]
    assert changed == [[card.anchor for card in alike if card.explorers][-1]]
