"""One static chart of a run for mails and comments: the words that changed, or that push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import altair as alt
import numpy as np
import vl_convert

from reportgen.errors import ReportgenError
from reportgen.rendering.drawing.vega import make_spec, vegalite_version
from reportgen.rendering.markdown.cells import explanation, output
from reportgen.rendering.markdown.digest_tables import DigestSubject, places_to_review
from reportgen.rendering.markdown.escape import clean, cut
from reportgen.rendering.wording.labels import heading, title, visible
from reportgen.rendering.wording.numbers import count, percent, signed_percent
from reportgen.results.scores import SIGNED

BARS = 10
"""Words in a chart, those of the largest size or change."""

WIDTH = 620
"""Pixels of the bars' room; with the words beside it a picture is about 800 wide."""

ROOM = 0.13
"""Part of the scale that is left beyond the bars for the numbers at their ends."""

SHARPNESS = 2
"""Pixels of a PNG for each of its own, for dense screens."""

WORD, LINE = 24, 90
"""Characters of a word beside its bar, and of a line of the title."""

BEFORE, AFTER = "#9aa0ab", "#7440d8"
TOWARDS, AGAINST = "#c0392f", "#2f6fc4"

CONFIG: dict[str, Any] = {
    "background": "#ffffff",
    "font": "sans-serif",
    "padding": 16,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": "#16181d",
        "subtitleColor": "#4a4f59",
        "fontSize": 16,
        "subtitleFontSize": 13,
        "offset": 14,
    },
    "axis": {
        "labelColor": "#16181d",
        "titleColor": "#4a4f59",
        "titleFontWeight": "normal",
        "titleFontSize": 13,
        "labelFontSize": 13,
        "labelPadding": 6,
        "grid": False,
        "domainColor": "#9aa0ab",
        "tickColor": "#9aa0ab",
    },
    "legend": {
        "labelColor": "#16181d",
        "labelFontSize": 13,
        "orient": "top",
        "title": None,
        "offset": 4,
    },
    "text": {"color": "#16181d", "fontSize": 12},
}
"""Light, whatever the page around it: a mail and a comment show a picture as it is."""


def picture(about: DigestSubject, suffix: str) -> bytes | None:
    """Draw the words whose weight changed most, or those of the input most worth a look.

    ``suffix`` is ``.png`` or ``.svg``; raises ``ReportgenError`` for others. ``None`` where no
    method gave words a score.
    """
    if suffix.lower() not in (".png", ".svg"):
        raise ReportgenError(
            f"a chart is a .png or .svg file, not {suffix or 'one without suffix'}",
            where="--chart",
            hint="end the file's name in .png or .svg",
        )
    chart = changed_words(about) or pushing_words(about)
    if chart is None:
        return None
    spec = make_spec(chart)
    how: dict[str, Any] = {"vl_version": vegalite_version(), "config": CONFIG}
    if suffix.lower() == ".svg":
        return vl_convert.vegalite_to_svg(spec, **how).encode()
    return vl_convert.vegalite_to_png(spec, scale=SHARPNESS, **how)


def changed_words(about: DigestSubject) -> alt.TopLevelMixin | None:
    """Draw two bars for each word of the model whose words changed most."""
    models = about.comparison.models if about.comparison else ()
    model = max(models, key=lambda one: sum(word.total for word in one.words), default=None)
    if model is None or not model.words:
        return None
    words = model.words[:BARS]
    sides = ("base run", "this run")
    rows = [
        {"word": shown, "run": side, "share": 100 * share, "text": percent(share) + note}
        for word, shown in zip(words, distinct([visible(word.word) for word in words]), strict=True)
        for side, share, note in zip(
            sides,
            (word.before, word.after),
            ("", f" (other way in {count(word.turned, 'input')})" if word.turned else ""),
            strict=True,
        )
    ]
    colors = alt.Scale(domain=sides, range=[BEFORE, AFTER])
    axis = f"mean share of the attribution, % ({title(model.method or '')})"
    return bars(
        rows,
        axis,
        ("Words whose weight changed most", about.results.manifest.title, model.after.model),
        color=alt.Color("run:N", scale=colors, sort=sides),
        yOffset=alt.YOffset("run:N", sort=sides),
    )


def pushing_words(about: DigestSubject) -> alt.TopLevelMixin | None:
    """Draw one bar for each word of the input most worth a look, else of the first."""
    results = about.results
    first = (results.entries[place] for place, _ in places_to_review(about))
    candidates = (result for _, result in chain(first, results.entries))
    explained = next(filter(None, (explanation(results, one) for one in candidates)), None)
    if explained is None:
        return None
    result, shares = explained.result, explained.shares
    signed = explained.method in SIGNED
    write = signed_percent if signed else percent
    order = [i for i in np.argsort(-np.abs(shares), kind="stable")[:BARS] if shares[i]]
    names = distinct([visible(result.words[i].text) for i in order])
    rows = [
        {
            "word": name,
            "share": 100 * float(shares[i]),
            "text": write(float(shares[i])),
            "way": "towards" if shares[i] > 0 else "away",
        }
        for i, name in zip(order, names, strict=True)
    ]
    if not rows:
        return None
    target = short(output(explained), 2 * WORD)
    where = f"input {result.input + 1}: {heading(result.fields)}"
    way = "right: towards it, left: away from it; " if signed else ""
    axis = f"share of the attribution, % ({way}{title(explained.method)})"
    colors = alt.Scale(domain=["towards", "away"], range=[TOWARDS, AGAINST])
    return bars(
        rows,
        axis,
        (f"Words that push most: {target}", where, f"{results.manifest.title}, {result.model}"),
        color=alt.Color("way:N", scale=colors, legend=None),
    )


def bars(
    rows: list[dict[str, Any]], axis: str, lines: tuple[str, ...], **channels: Any
) -> alt.TopLevelMixin:
    """Draw horizontal bars with their numbers at the ends; ``lines`` are title and subtitles."""
    names = list(dict.fromkeys(row["word"] for row in rows))
    ends = [0.0, *(row["share"] for row in rows)]
    room = ROOM * (max(ends) - min(ends))
    low = min(ends) - room if min(ends) < 0 else 0.0
    scale = alt.Scale(domain=[low, max(ends) + room], nice=False)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("share:Q", title=axis, scale=scale),
        y=alt.Y("word:N", sort=names, title=None, axis=alt.Axis(labelLimit=0, ticks=False)),
    )
    offset = {key: channel for key, channel in channels.items() if key == "yOffset"}
    right = base.transform_filter("datum.share >= 0").mark_text(align="left", dx=4)
    left = base.transform_filter("datum.share < 0").mark_text(align="right", dx=-4)
    texts = (end.encode(text=alt.Text("text:N"), **offset) for end in (right, left))
    first, *others = (short(line, LINE) for line in lines)
    titles = alt.TitleParams(text=first, subtitle=others)
    height = alt.Step(18 if offset else 26)
    return alt.layer(base.mark_bar().encode(**channels), *texts).properties(
        width=WIDTH, height=height, title=titles
    )


def short(text: str, most: int) -> str:
    return cut(clean(text, most), most)


def distinct(words: Sequence[str]) -> list[str]:
    """Shorten words and number those that look the same: each has a bar of its own."""
    seen: Counter[str] = Counter()
    found = []
    for word in words:
        shown = short(word, WORD)
        seen[shown] += 1
        found.append(f"{shown} ({seen[shown]})" if seen[shown] > 1 else shown)
    return found
