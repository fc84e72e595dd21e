"""A run, or what it changed, as Markdown for a comment or a summary, within their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from reportgen.rendering.compare.summary import lead
from reportgen.rendering.markdown.digest_tables import DigestSubject, DigestTable, digest_tables
from reportgen.rendering.markdown.escape import link, literal, marker, table
from reportgen.rendering.wording.entities import JUDGED, span_scores
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.outcomes import MARKS, counts_by_check
from reportgen.rendering.wording.unfinished import SO_FAR, marked_title, unfinished
from reportgen.results.checks.evaluation import Status, tally
from reportgen.results.entities import SpanCounts, count_spans, micro
from reportgen.results.tables import Results

Use = Literal["comment", "summary"]

LIMITS: dict[Use, int] = {"comment": 65_536, "summary": 999_999}
"""Bytes of UTF-8, so that no way to count characters finds more.

GitHub refuses a longer comment, and drops a summary of more than 1 MiB altogether.
"""

LISTED: dict[Use, int] = {"comment": 20, "summary": 200}
"""Rows of each table to begin with: a comment is read in passing, a summary is looked up."""

SHED: tuple[tuple[str, int], ...] = (
    ("review", 5),
    ("drifts", 5),
    ("words", 5),
    ("faithfulness", 5),
    ("differences", 5),
    ("inputs", 5),
    ("turned", 5),
    ("slices", 5),
    ("changed slices", 5),
    ("review", 0),
    ("differences", 0),
    ("inputs", 0),
    ("turning", 0),
    ("drifts", 0),
    ("faithfulness", 0),
    ("turned", 0),
    ("words", 0),
    ("slices", 0),
    ("changed slices", 0),
    ("findings", 5),
    ("models", 5),
    ("predictions", 5),
    ("checks", 5),
    ("findings", 0),
    ("models", 0),
    ("predictions", 0),
    ("checks", 0),
)
"""Which table is cut to how many rows, step by step, until the digest is within its limit.

The verdict and the link to the full report are never cut.
"""


def digest(about: DigestSubject, *, url: str = "", use: Use = "comment", name: str = "") -> str:
    """Write the digest of a run, or of what it changed.

    Its first line is a comment with ``name`` (by default the run's title), by which the same
    comment is found again. Raises ``ReportgenError`` where ``url`` is no web address.
    """
    manifest = about.results.manifest
    head = [
        marker(name or manifest.title),
        f"### {literal(marked_title(manifest))}",
        verdict(about),
    ]
    if found := unfinished(manifest):
        head.insert(2, f"**{found.sentence}**")
    if url:
        head.append(link("Full report", url))
    return fit(head, digest_tables(about), use)


def fit(head: list[str], found: tuple[DigestTable, ...], use: Use) -> str:
    """Join the parts, with as many rows as the limit leaves room for."""
    rows = {one.name: LISTED[use] for one in found}
    text = join(head, found, rows, use)
    for name, fewer in SHED:
        if len(text.encode()) <= LIMITS[use]:
            break
        if name in rows:
            rows[name] = min(rows[name], fewer)
            text = join(head, found, rows, use)
    return text


def join(head: list[str], found: tuple[DigestTable, ...], rows: dict[str, int], use: Use) -> str:
    parts = [part for one in found for part in written(one, rows[one.name])]
    cut = [one.title.lower() for one in found if rows[one.name] < min(LISTED[use], len(one.rows))]
    if cut:
        size = f"{LIMITS[use]:,} bytes"
        parts.append(f"Left out or shortened to stay within {size}: {'; '.join(cut)}.")
    return "\n\n".join((*head, *parts)) + "\n"


def written(one: DigestTable, most: int) -> list[str]:
    """Write one table of at most ``most`` rows; nothing at all where that is 0."""
    if not one.rows or most == 0:
        return []
    amount = len(one.rows) + one.more
    more = amount - most
    parts = [f"#### {one.title} ({amount:,})", table(one.columns, one.rows[:most])]
    parts += [f"… and {more:,} more."] if more > 0 else []
    return [*parts, one.note] if one.note else parts


def verdict(about: DigestSubject) -> str:
    """Say in one line whether the run passes, and what it changed: counts and few words."""
    so_far = "" if about.results.manifest.planned is None else f" {SO_FAR}"
    parts = [pass_or_fail(tally(about.outcomes), so_far)]
    if about.outcomes:
        parts.append(f"{counts_by_check(about.results.manifest, about.outcomes)}.")
    if about.comparison:
        parts.append(f"Compared with the base run: {lead(about.comparison, literal)}")
    return " ".join((*parts, *predictions(about.results)))


def pass_or_fail(found: Mapping[Status, int], so_far: str = "") -> str:
    """Say whether the run passes, with a sign and in words."""
    if not found:
        return "**No checks.**"
    if "error" in found or "failed" in found:
        return f"**{MARKS['failed']} Failed{so_far}.**"
    if "warning" in found:
        return f"**{MARKS['warning']} Passed with warnings{so_far}.**"
    if "passed" in found:
        return f"**{MARKS['passed']} Passed{so_far}.**"
    return f"**{MARKS['skipped']} Nothing judged{so_far}.**"


def predictions(results: Results) -> list[str]:
    """Count right predictions and inputs that could not be explained, or not by every method."""
    judged = right = failed = partly = 0
    entities: dict[str, SpanCounts] = {}
    for entry, result in results.entries:
        prediction = result.prediction
        if prediction is not None and prediction.correct is not None:
            judged += 1
            right += prediction.correct
        counts = micro(count_spans((result,)))
        entities[entry.model] = entities.get(entry.model, SpanCounts()) + counts
        failed += result.error is not None
        partly += bool(result.failed)
    found = []
    if judged:
        found.append(f"{right:,} of {count(judged, 'prediction')} as expected.")
    scores = {model: one for model, one in entities.items() if one.predicted or one.expected}
    for model, counts in scores.items():
        of = f" of {literal(model)}" if len(scores) > 1 else ""
        found.append(f"Entities{of}: {span_scores(counts)}, {JUDGED}.")
    if failed:
        found.append(f"{count(failed, 'input')} could not be explained.")
    if partly:
        found.append(f"{count(partly, 'input')} could not be explained by every method.")
    return found
