"""The report as one document that loads nothing."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from reportgen.rendering import budget, pages
from reportgen.rendering.input.card import Card, make_card
from reportgen.rendering.overview.report import Report
from reportgen.results.tables import Results
from reportgen.site.parts import size

Views = dict[str, Any]
"""What a template is given, by name."""


def single_file(
    results: Results, report: Report, writer: pages.Pages, room: int, *, live: bool = True
) -> tuple[str, pages.Assets, dict[str, int]]:
    """Return the report as one document of at most ``room`` bytes, and what was left out for it.

    Before anything is left out, ``live`` charts become pictures, which saves their library.
    """
    cards = [make_card(brief, results.store) for brief in report.briefs]
    most = {reduction.name: len(report.briefs) for reduction in budget.REDUCTIONS}
    live = live and any(card.live for card in cards)
    for library in (True, False) if live else (False,):
        assets = writer.inline(live=library)
        views: Views = {"report": report, "links": pages.SINGLE, "assets": assets}

        def section(card: Card, views: Views = views) -> str:
            return writer.render("card.html", **views, card=card)

        frame = writer.render("report.html", **views, card=None, sections=(), left_out=most)
        sections, left_out = budget.fit(cards, section, room - size(frame))
        if not left_out:
            break
    marked = [Markup(text) for text in sections.values()]
    page = writer.render("report.html", **views, card=None, sections=marked, left_out=left_out)
    return page, assets, left_out
