"""Charts of how sure a model is and how right: calibration, confidence, risk over coverage."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import altair as alt

from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.drawing.vega import VegaLite, finish, make_spec
from reportgen.rendering.wording.numbers import NBSP, fixed
from reportgen.rendering.wording.performance import share
from reportgen.results.dataset.calibration import Bin, Calibration

WIDTH, HEIGHT = 215, 200
"""Of a plot, in pixels: with its axes it fits a phone."""

OUTCOMES = {"right": "var(--accent)", "wrong": "var(--bad)", "not judged": "var(--soft)"}


@dataclass(frozen=True)
class TitledChart:
    """A chart with what stands above it."""

    chart: Chart
    title: str
    note: str


def charts(found: Calibration) -> tuple[TitledChart, ...]:
    """Draw what is known of a model's confidence."""
    made = [
        TitledChart(
            histogram(found),
            "How sure is it?",
            "Inputs by confidence, in ten bins of equal width.",
        )
    ]
    if found.gap is None:
        return tuple(made)
    reliability = TitledChart(
        calibration_chart(found),
        "Is it as sure as it is right?",
        "A point for each bin of confidence: mean confidence and the share that is right, with its "
        "interval (95 %). On the dashed line both are equal; below it the model is too sure.",
    )
    covered = TitledChart(
        risk_chart(found),
        "How wrong is it where it is surest?",
        "The share of wrong predictions among those that it is surest of; at the right end all of "
        "them. A line that does not rise says that confidence does not tell right from wrong.",
    )
    return (reliability, *made, covered)


def between(one: Bin) -> str:
    return f"{one.low:.1f} to {one.high:.1f}"


def calibration_chart(found: Calibration) -> Chart:
    held = [(one, one.accuracy) for one in found.bins if one.accuracy]
    rows = [
        {
            "confidence": round(one.confidence, 4),
            "accuracy": round(right.value, 4),
            "low": round(right.low, 4),
            "high": round(right.high, 4),
            "inputs": right.count,
        }
        for one, right in held
    ]
    table = Table(
        ("confidence", "inputs", "mean confidence", "right"),
        tuple(
            (between(one), f"{right.count:,}", percent(one.confidence), share(right))
            for one, right in held
        ),
    )
    equal = [{"equal": 0}, {"equal": 1}]
    return finish(calibration_spec(), {"bins": rows, "equal": equal}, table)


def percent(value: float) -> str:
    return f"{fixed(100 * value, 1)}{NBSP}%"


UNIT = alt.Scale(domain=[0, 1])
SHARES: dict[str, Any] = {"values": [0, 0.2, 0.4, 0.6, 0.8, 1], "format": "%"}
"""The ends and the ticks of an axis of shares."""


@functools.cache
def calibration_spec() -> VegaLite:
    base = alt.Chart(alt.NamedData("bins")).encode(x=across("confidence", "confidence"))
    told = [
        alt.Tooltip("inputs:Q", title="inputs", format=","),
        alt.Tooltip("confidence:Q", title="mean confidence", format=".1%"),
        alt.Tooltip("accuracy:Q", title="right", format=".1%"),
        alt.Tooltip("low:Q", title="at least", format=".1%"),
        alt.Tooltip("high:Q", title="at most", format=".1%"),
    ]
    equal = (
        alt.Chart(alt.NamedData("equal"))
        .mark_line(color="var(--soft)", strokeDash=[4, 4], strokeWidth=1)
        .encode(x=across("equal", "confidence"), y=upwards("equal", "right"))
    )
    marks = (
        equal,
        base.mark_line(color="var(--accent)", strokeWidth=1.5).encode(
            y=upwards("accuracy", "right")
        ),
        base.mark_rule(color="var(--accent)", strokeWidth=1.5).encode(y="low:Q", y2="high:Q"),
        base.mark_point(color="var(--accent)", filled=True, size=50, opacity=1).encode(
            y="accuracy:Q", tooltip=told
        ),
    )
    return sized(alt.layer(*marks), "The share that is right over the confidence")


def across(field: str, title: str) -> alt.X:
    """Return an axis of shares from left to right."""
    return alt.X(f"{field}:Q", title=title, scale=UNIT, axis=alt.Axis(**SHARES, grid=False))


def upwards(field: str, title: str) -> alt.Y:
    """Return an axis of shares from below."""
    return alt.Y(f"{field}:Q", title=title, scale=UNIT, axis=alt.Axis(**SHARES, grid=True))


def histogram(found: Calibration) -> Chart:
    amounts = [(one, (one.right, one.wrong, one.unjudged)) for one in found.bins]
    names = tuple(name for i, name in enumerate(OUTCOMES) if any(of[i] for _, of in amounts))
    rows = [
        {"low": one.low, "high": one.high, "outcome": name, "inputs": amount}
        for one, of in amounts
        for name, amount in zip(OUTCOMES, of, strict=True)
        if amount
    ]
    table = Table(
        ("confidence", *names),
        tuple(
            (
                between(one),
                *(f"{n:,}" for name, n in zip(OUTCOMES, of, strict=True) if name in names),
            )
            for one, of in amounts
            if one.count
        ),
    )
    return finish(histogram_spec(names), {"bins": rows}, table)


@functools.cache
def histogram_spec(names: tuple[str, ...]) -> VegaLite:
    alone = names == ("not judged",)
    bars = (
        alt.Chart(alt.NamedData("bins"))
        .mark_bar(stroke="var(--paper)", strokeWidth=1)
        .encode(
            x=alt.X(
                "low:Q",
                bin="binned",
                title="confidence",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="%", grid=False),
            ),
            x2="high:Q",
            y=alt.Y("inputs:Q", title="inputs", axis=alt.Axis(tickCount=5, format="~s")),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=list(names), range=[OUTCOMES[name] for name in names]),
                legend=None
                if alone
                else alt.Legend(direction="horizontal", symbolType="square", symbolStrokeWidth=0),
            ),
            tooltip=[
                alt.Tooltip("low:Q", title="confidence over", format=".0%"),
                alt.Tooltip("high:Q", title="at most", format=".0%"),
                alt.Tooltip("outcome:N", title="outcome"),
                alt.Tooltip("inputs:Q", title="inputs", format=","),
            ],
        )
    )
    return sized(bars, "Inputs by confidence")


def risk_chart(found: Calibration) -> Chart:
    assert found.coverage is not None
    assert found.risk is not None
    pairs = list(zip(found.coverage.tolist(), found.risk.tolist(), strict=True))
    rows = [{"coverage": round(c, 4), "risk": round(r, 4)} for c, r in pairs]
    amounts = [round(c * found.judged) for c, _ in pairs]
    tenths = {math.ceil(tenth / 10 * found.judged) for tenth in range(1, 11)}
    table = Table(
        ("surest", "inputs", "wrong"),
        tuple(
            (percent(c), f"{amount:,}", percent(r))
            for (c, r), amount in zip(pairs, amounts, strict=True)
            if amount in tenths
        ),
    )
    return finish(risk_spec(), {"risks": rows}, table)


@functools.cache
def risk_spec() -> VegaLite:
    base = alt.Chart(alt.NamedData("risks")).encode(
        x=alt.X(
            "coverage:Q",
            title="the surest inputs (coverage)",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(values=[0, 0.2, 0.4, 0.6, 0.8, 1], format="%", grid=False),
        ),
        y=alt.Y(
            "risk:Q",
            title="wrong (risk)",
            scale=alt.Scale(zero=True),
            axis=alt.Axis(tickCount=5, format="~%"),
        ),
        tooltip=[
            alt.Tooltip("coverage:Q", title="surest", format=".1%"),
            alt.Tooltip("risk:Q", title="wrong", format=".1%"),
        ],
    )
    marks = (
        base.mark_line(color="var(--accent)", strokeWidth=2),
        base.mark_point(size=80, opacity=0, filled=True),
    )
    return sized(alt.layer(*marks), "The share that is wrong over the share that is covered")


def sized(chart: alt.LayerChart | alt.Chart | alt.FacetChart, description: str) -> VegaLite:
    return make_spec(chart.properties(width=WIDTH, height=HEIGHT, description=description))
