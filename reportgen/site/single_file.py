"""The report as one document that loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from markupsafe import Markup

from reportgen.errors import ReportgenError
from reportgen.rendering import budget, pages
from reportgen.rendering.input.card import Card, make_card
from reportgen.rendering.overview.report import Report
from reportgen.rendering.wording.numbers import count, megabytes
from reportgen.results.model import LARGE_RUN
from reportgen.results.tables import Results
from reportgen.site.parts import size
from reportgen.site.written import Progress, WholeResults

Views = dict[str, Any]
"""What a template is given, by name."""

Page = tuple[str, pages.Assets, dict[str, int]]
"""A document, what it is made with, and how many inputs lack each thing that was left out."""

ROW_ONLY = "all but the row in the table"
"""What inputs lack that a large run has no room for."""


def single_file(
    results: Results,
    report: Report,
    writer: pages.Pages,
    room: int,
    *,
    live: bool = True,
    progress: Progress = lambda done, total: None,
) -> Page:
    """Return the report as one document of at most ``room`` bytes, and what was left out for it.

    Before anything is left out, ``live`` charts become pictures, which saves their library. Of a
    large run, whose charts are pictures at once, only the worst inputs have more than their row in
    the table. Raises ``ReportgenError`` where that table has no room.
    """
    if len(report.briefs) > LARGE_RUN:
        return large_file(results, report, writer, room, progress)
    whole, cards = WholeResults(results), []
    for brief in report.briefs:
        cards.append(make_card(whole.brief(brief), results.store))
        progress(len(cards), len(report.briefs))
    most = {reduction.name: len(report.briefs) for reduction in budget.REDUCTIONS}
    live = live and (report.live or any(card.live for card in cards))
    for library in (True, False) if live else (False,):
        assets = writer.inline(live=library)
        views = {"report": report, "digest": results.digest, "assets": assets}
        views["links"] = pages.SINGLE

        def section(card: Card, views: Views = views) -> str:
            return writer.render("card.html", **views, card=card)

        frame = writer.render("report.html", **views, card=None, sections=(), left_out=most)
        sections, left_out = budget.fit(cards, section, room - size(frame))
        if not left_out:
            break
    marked = [Markup(text) for text in sections.values()]
    page = writer.render("report.html", **views, card=None, sections=marked, left_out=left_out)
    return page, assets, left_out


def large_file(
    results: Results, report: Report, writer: pages.Pages, room: int, progress: Progress
) -> Page:
    """Return a document in which the worst inputs are whole, as far as there is room for them.

    They stand, and follow each other, in the order in which they are worth a look. Each is read,
    written and let go before the next.
    """
    assets = writer.inline(live=False)
    total, whole = len(report.briefs), WholeResults(results)
    ranked = sorted(report.briefs, key=lambda b: (report.paper_order[b.anchor], b.position))
    around = zip((None, *ranked), ranked, (*ranked[1:], None), strict=False)
    report = replace(
        report,
        neighbours={
            brief.anchor: replace(report.neighbours[brief.anchor], previous=one, next=other)
            for one, brief, other in around
        },
    )
    views: Views = {"digest": results.digest, "assets": assets}

    def page(sections: Mapping[str, str], left_out: Mapping[str, int]) -> str:
        kept = tuple(brief for brief in ranked if brief.anchor in sections)
        marked = [Markup(text) for text in sections.values()]
        told = views | {"report": replace(report, briefs=kept), "left_out": left_out}
        links = pages.SINGLE.only(frozenset(sections))
        return writer.render("report.html", **told, card=None, links=links, sections=marked)

    def section(card: Card, links: pages.Links = pages.SINGLE) -> str:
        return writer.render("card.html", **views, report=report, links=links, card=card)

    most = dict.fromkeys((ROW_ONLY, *(one.name for one in budget.REDUCTIONS)), total)
    frame = size(page({}, most))
    if frame > room:
        raise ReportgenError(
            f"a single file of {count(total, 'result')} takes at least {megabytes(frame)}, "
            f"and may have {megabytes(max(0, room))}",
            where="report.size_budget",
            hint="write a site (--format site, or report: {format: site}), or allow more: "
            f"size_budget: {frame // 1_000_000 + 1}MB",
        )
    groups = groupby(ranked, key=lambda brief: brief.position)
    made = ([make_card(whole.brief(one), results.store) for one in group] for _, group in groups)
    sections, last, left_out = budget.fit_first(
        made, section, room - frame, lambda done: progress(done, total)
    )
    links = pages.SINGLE.only(frozenset(sections))
    sections |= {card.anchor: section(card, links) for card in last}  # what follows is not there
    missing = total - len(sections)
    left_out = ({ROW_ONLY: missing} if missing else {}) | left_out
    return page(sections, left_out), assets, left_out
