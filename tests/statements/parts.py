"""Special tokens and mixing by layer, the parts of an embedding, and the inside of one token."""

from __future__ import annotations

import numpy as np

from reportgen.methods import known, preferred
from reportgen.methods.description import Reading
from statements.charts import check_lines
from statements.dom import Node
from statements.facts import FEW, Job
from statements.pictures import three_digits, unpack
from statements.tables import seen
from statements.written import Ledger, P, Part, T

SHOWN = 2
FIVE = ("low", "q1", "median", "q3", "high")


def check_parts(ledger: Ledger, job: Job, card: Node) -> None:
    for section in card.all("section"):
        place = section.attrs.get("id", "").rpartition("-")[2]
        if place == "layers":
            layers(ledger, job, section)
        elif place == "parts":
            sub_embeddings(ledger, job, section)
        elif place == "features":
            conductance(ledger, job, section)


def layers(ledger: Ledger, job: Job, section: Node) -> None:
    for figure in section.all("figure.chart"):
        special = "special tokens" in figure.one("h4").text
        lines = special_shares(job) if special else mixing(job)
        for prose in figure.all("figcaption p"):
            ledger.says(prose, "…" if special else "0 %: …; 100 %: …")
        check_lines(ledger, figure, lines, 0.0, 1.0, 100)
        table = figure.one("table.data")
        amount = len(next(iter(lines.values())))
        rows = [[i + 1, *(P(float(v[i])) for v in lines.values())] for i in range(amount)]
        ledger.table(table, rows)
        names = [head.text for head in table.heads()[1:]]
        ledger.holds(names == list(lines), table, f"is not of {list(lines)}")


def special_shares(job: Job) -> dict[str, list[float]]:
    """The share of special tokens in what all rows give, by layer."""
    found = {}
    for method in preferred():
        array = method.by_layer
        if array is None or array.per_target or array.sign == "signed":
            continue
        if array.name in job.names:
            scores = job.array(array.name)
            if array.reading is Reading.ROW:
                scores = scores.mean(axis=-2)
                scores = scores.mean(axis=1) if scores.ndim == 3 else scores
            shares = scores[:, job.special].sum(axis=1) / scores.sum(axis=1)
            found[method.short_title] = shares.tolist()
    return found


def mixing(job: Job) -> dict[str, list[float]]:
    arrays = known("residual_norms").arrays
    return {
        array.label: job.array(array.name)[:, ~job.special].mean(axis=1).tolist()
        for array in arrays
        if array.reading is Reading.SHARE_BY_LAYER and array.name in job.names
    }


def sub_embeddings(ledger: Ledger, job: Job, section: Node) -> None:
    parts = known("sub_embeddings").parts
    found = []
    for target in job.result.targets:
        of = {
            p.label: job.array(p.of(target.name)) for p in parts if p.of(target.name) in job.names
        }
        if of:
            found.append((target.name, of))
    tables = section.all("table.data")
    totals = [p for p in section.all("p.soft") if p.text.startswith("All parts")]
    ledger.holds(len(tables) == len(totals) == len(found), section, f"has not {len(found)} tables")
    for heading, (name, _) in zip(section.all("h4"), found, strict=False):
        ledger.says(heading, *job.lead(name))
    for node in section.all("summary"):
        ledger.says(node, "…", len(found) - FEW, " output…")
    for table, total, (name, of) in zip(tables, totals, found, strict=False):
        caption = table.one("caption")
        ledger.says(caption, "…: ", *job.lead(name))
        ledger.tells(table.parent, "aria-label", "…: ", *job.lead(name))
        columns = []
        for scores in of.values():
            order = np.argsort(-np.abs(scores), kind="stable")[:5]
            columns.append([(token(job, i), float(scores[i])) for i in order if scores[i]])
        ranks: list[list] = [
            [rank + 1, *((*c[rank][0], " ", c[rank][1]) if rank < len(c) else "–" for c in columns)]
            for rank in range(max(map(len, columns)))
        ]
        ledger.table(table, [*ranks, ["sum", *(float(v.sum()) for v in of.values())]])
        joint = sum(float(scores.sum()) for scores in of.values())
        row = job.path("sub_embeddings", name)
        change = ("…: ", row["f_input"] - row["f_baseline"], ".") if row else ("…",)
        ledger.says(total, "All parts together: ", joint, " logits…", *change)


def token(job: Job, i: int) -> tuple[Part, ...]:
    return (T(seen(job.result.tokens[i].text)), " (", int(i) + 1, ")")


class Stats:
    """The conductance of one token's features for one output, by layer (L, d)."""

    def __init__(self, job: Job, name: str) -> None:
        stored = job.array(f"layer_conductance_features/{name}")
        flow = np.abs(stored.sum(axis=-1)).sum(axis=0)
        content = np.flatnonzero(~job.special)
        end = job.target(name).index
        span = job.prediction.kind == "span" and end in content
        self.place = end if span else int(content[np.argmax(flow[content])])
        self.name, self.output = name, job.shown(name)
        self.token = job.result.tokens[self.place].text
        self.stored, self.values = stored, stored[:, self.place].astype(float)
        self.boxes = [box(row) for row in self.values]
        bins = int(np.clip(self.values.shape[1] // 16, 8, 48))
        low, high = np.quantile(self.values, (0.005, 0.995))
        self.edges = np.linspace(low, high, bins + 1)
        clipped = np.clip(self.values, low, high)
        self.shares = np.stack([np.histogram(row, self.edges)[0] / row.size for row in clipped])

    @property
    def entropies(self) -> list[float]:
        found = []
        for row in self.shares:
            held = row[row > 0]
            found.append(abs(float((held * np.log2(held)).sum())))
        return found


def box(values: np.ndarray) -> dict[str, float]:
    """Tukey's five numbers, how many values lie beyond, the smallest and the largest."""
    q1, median, q3 = np.percentile(values, (25, 50, 75))
    inside = np.abs(values - (q1 + q3) / 2) <= 2 * (q3 - q1)
    kept = values[inside] if inside.any() else np.array([q1, q3])
    return {
        "low": kept.min(),
        "q1": q1,
        "median": median,
        "q3": q3,
        "high": kept.max(),
        "outliers": int((~inside).sum()),
        "smallest": values.min(),
        "largest": values.max(),
    }


def conductance(ledger: Ledger, job: Job, section: Node) -> None:
    names = [
        n.name for n in job.result.targets if f"layer_conductance_features/{n.name}" in job.names
    ]
    stats = [Stats(job, name) for name in names[:SHOWN]]
    several = len(names) > 1
    told: list[Part] = []
    for one in stats:
        told += ["…; …"] * bool(told) + ["…“", T(one.token), "”"]
        told += [" for ", T(one.output)] if several else []
    more = ("…first ", SHOWN, " of ", len(names), " outputs…") if len(names) > SHOWN else ("…",)
    ledger.says(section.one("details > p.soft"), *told, *more)
    for script in section.all("details > script"):
        spread(ledger, job, script, stats)
    boxes, histograms, totals = section.all("figure.chart")
    ledger.says(boxes.one("figcaption p"), "…within 1.5 box heights; …at most 6 per layer…")
    ledger.says(totals.one("figcaption p"), "…(0 bits: …)…", *(dashes(stats) if several else ()))
    for figure in (boxes, histograms, totals):
        ledger.pass_over(figure.one("div.plot"))  # its data are checked below
    number = box_tables(ledger, boxes, stats)
    ledger.holds(number, boxes, "has no layer")
    histogram_tables(ledger, histograms, stats)
    total_tables(ledger, totals, stats)


def dashes(stats: list[Stats]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for one in stats:
        parts += ["…: ", T(one.output)]
    return (*parts, ".") if len(stats) > 1 else ()


def spread(ledger: Ledger, job: Job, script: Node, stats: list[Stats]) -> None:
    """The boxes of all tokens, which a reader can choose."""
    data = script.json
    ledger.holds(data["tokens"] == [seen(t.text) for t in job.result.tokens], script, "tokens")
    for packed, one in zip(data["boxes"], stats, strict=True):
        features = np.moveaxis(one.stored, 1, 0).astype(float)
        values = [list(box(row).values()) for token in features for row in token]
        ledger.holds(three_digits(unpack(packed), values), script, "has other boxes")


def box_tables(ledger: Ledger, figure: Node, stats: list[Stats]) -> int:
    rows: list[list] = [
        [
            T(one.output),
            T(one.token),
            layer,
            *(float(b[k]) for k in FIVE),
            b["outliers"],
            float(b["smallest"]),
            float(b["largest"]),
        ]
        for one in stats
        for layer, b in enumerate(one.boxes, start=1)
    ]
    ledger.table(figure.one("table.data"), rows)
    for spec in figure.all("> script"):
        data = spec.json["datasets"]
        for i, one in enumerate(stats):
            lows = min(b["low"] for b in one.boxes), max(b["high"] for b in one.boxes)
            margin = 0.25 * (lows[1] - lows[0])
            low, high = lows[0] - margin, lows[1] + margin
            drawn = [[row[k] for k in FIVE] for row in data[f"boxes-{i}"]]
            wanted = [[b[k] for k in FIVE] for b in one.boxes]
            ledger.holds(close(drawn, wanted), spec, "draws other boxes")
            for layer, values in enumerate(one.values, start=1):
                b = one.boxes[layer - 1]
                beyond = values[(values < b["low"]) | (values > b["high"])]
                shown = [r["value"] for r in data[f"outliers-{i}"] if r["layer"] == layer]
                inside = beyond[(beyond >= low) & (beyond <= high)]
                most = inside[np.argsort(-np.abs(inside - b["median"]), kind="stable")][:6]
                ledger.holds(close(sorted(shown), sorted(most)), spec, "draws other outliers")
                far = [r["value"] for r in data[f"beyond-{i}"] if r["layer"] == layer]
                ends = [v for v in (values.min(),) if v < low] + [
                    v for v in (values.max(),) if v > high
                ]
                ledger.holds(close(far, ends), spec, "draws others beyond the axis")
    return len(rows)


def close(shown, wanted) -> bool:
    shown, wanted = np.array(shown, float), np.array(wanted, float)
    return shown.shape == wanted.shape and np.allclose(shown, wanted, rtol=6e-4, atol=1e-9)


def histogram_tables(ledger: Ledger, figure: Node, stats: list[Stats]) -> None:
    rows: list[list] = [
        [(float(low), " to ", float(high)), T(one.output), *(P(float(s)) for s in shares)]
        for one in stats
        for low, high, shares in zip(one.edges[:-1], one.edges[1:], one.shares.T, strict=True)
        if shares.any()
    ]
    table = figure.one("table.data")
    ledger.table(table, rows)
    for number, head in enumerate(table.heads()[2:], start=1):
        ledger.says(head, "layer ", number)
    for spec in figure.all("> script"):
        data = spec.json["datasets"]
        for i, one in enumerate(stats):
            middles = (one.edges[:-1] + one.edges[1:]) / 2
            wanted = [
                [layer, x, s]
                for layer, row in enumerate(one.shares, start=1)
                for x, s in zip(middles, row, strict=True)
            ]
            drawn = [[r["layer"], r["value"], r["share"]] for r in data[f"histograms-{i}"]]
            right = np.allclose(drawn, wanted, rtol=6e-4, atol=6e-5)
            ledger.holds(right, spec, "draws other histograms")


def total_tables(ledger: Ledger, figure: Node, stats: list[Stats]) -> None:
    rows: list[list] = []
    wanted = []
    for one in stats:
        totals = one.values.sum(axis=1)
        for layer, (total, bits) in enumerate(zip(totals, one.entropies, strict=True), start=1):
            rows.append([layer, T(one.output), T(one.token), float(total), float(bits)])
            wanted.append([layer, total, bits])
    ledger.table(figure.one("table.data"), rows)
    for spec in figure.all("> script"):
        drawn = [[r["layer"], r["total"], r["entropy"]] for r in spec.json["datasets"]["totals"]]
        ledger.holds(np.allclose(drawn, wanted, rtol=6e-4, atol=6e-4), spec, "draws other totals")
