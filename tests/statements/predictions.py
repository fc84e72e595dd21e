"""Predictions at a glance: a line for each input, its text in colour."""

from __future__ import annotations

import numpy as np

from reportgen.methods import scoring
from reportgen.results.review import ReviewReason
from statements.coloured import coloured
from statements.dom import Node
from statements.facts import Facts, Job
from statements.judged import WORDS, cut, expected, lead
from statements.tables import off_scale, scale_end, seen
from statements.written import Ledger, Part, T


class Predictions:
    """Part of the overview."""

    ledger: Ledger
    facts: Facts
    disagree: dict[tuple[str, int], bool]
    reasons: dict[tuple[str, int], tuple[ReviewReason, ...]]

    def contrasts(self, task: str) -> list[tuple[Part, ...]]:
        """What the colours of a text may be about, where that is one label rather than another."""
        return [
            ("…, for the choice of ", T(target.name), "; …")
            for job in self.facts.jobs.values()
            for target in job.result.targets
            if job.result.task == task and target.rather_than is not None
        ]

    def task(self, task: Node) -> None:
        ledger, facts = self.ledger, self.facts
        table = task.one("table.matrix")
        name = table.one("caption").text.partition(", ")[2]
        numbers = sorted({j.entry.input for j in facts.jobs.values() if j.result.task == name})
        ledger.quotes(table.one("caption"))
        ledger.tells(table.parent, "aria-label", "Predictions, ", T(name))
        ledger.says(task.one("h3"), T(name.replace("-", " ").capitalize().replace(" lm", " LM")))
        read = {model for model, _ in facts.keys}  # of an unfinished run not all have begun
        models = [i for i in facts.manifest.models if i.task == name and i.id in read]
        about = task.all("> p.soft")
        for prose, info in zip(about, models, strict=False):
            says = (", says ", T(" or ".join(info.labels))) if 1 < len(info.labels) <= 4 else ()
            ledger.says(
                prose,
                T(info.id),
                ": ",
                T(info.architecture),
                ", ",
                info.parameters / 1e6,
                " M parameters, ",
                info.layers,
                " layer… of ",
                info.heads,
                " head…, reads up to ",
                info.max_length,
                " tokens",
                *says,
                "; from ",
                T(info.path),
            )
        for prose in about[len(models) :]:
            ledger.reads(prose, ("…",), *self.contrasts(name))
        for output in task.all("div.paging output"):
            ledger.says(output, "Rows ", 1, " to ", len(numbers), " of ", len(numbers))
        for pages in task.all("nav.pager > span"):  # which the script counts
            ledger.says(pages, "of ", 1)
        heads = [h.text for h in table.all("thead tr")[0].nodes]
        rows = table.rows()
        ledger.holds(len(rows) == len(numbers), table, f"has not {len(numbers)} inputs")
        for cells, number in zip(rows, numbers, strict=False):
            cells = list(cells)
            ledger.says(cells.pop(0), number + 1)
            jobs = [facts.jobs.get((info.id, number)) for info in models]
            self.text(cells.pop(0), [job for job in jobs if job])
            if "expected" in heads:
                first = next(job for job in jobs if job)
                ledger.says(cells.pop(0), T(cut(expected(first)) or "–"))
            if "models" in heads:
                said = {True: "disagree", False: "agree", None: "–"}
                ledger.says(cells.pop(0), said[self.disagree.get((name, number))])
            for job in jobs:
                self.answer(job, cells[:3])
                cells = cells[3:]

    def text(self, cell: Node, jobs: list[Job]) -> None:
        """The input in colour, by the first model that explained what it says."""
        self.ledger.quotes(cell)
        spans = cell.all("span.coloured > span")
        if not spans:
            return
        for job in jobs:
            if job.result.status != "done" or ReviewReason.NOT_CONVERGED in self.reasons[job.key]:
                continue
            names = [t.name for t in job.result.targets]
            name = job.prediction.label if job.prediction.label in names else names[0]
            for method in scoring():
                if (method.name, name, None) in job.words:
                    self.strongest(cell, spans, job, job.array(f"{method.name}/{name}"), name)
                    return

    def strongest(self, cell: Node, spans: list[Node], job: Job, tokens, name: str) -> None:
        adds = next(m.score.adds_up for m in scoring() if f"{m.name}/{name}" in job.names)
        words = np.array(
            [
                getattr(tokens[w.first : w.last], "sum" if adds else "mean")()
                for w in job.result.words
            ]
        )
        if (own := job.own_word(name)) is not None:
            words[own] = 0
        sinks = [
            i for i, w in enumerate(job.result.words) if job.sinks & set(range(w.first, w.last))
        ]
        end = scale_end(words, off_scale(words[None], sinks))
        strong = [i for i, v in enumerate(words) if end and min(9, round(9 * abs(v) / end)) >= 2]
        shown = cell.one("span.coloured").raw.strip()
        if shown.startswith("…"):  # the end of a prompt
            start = max(job.texts.get("prompt", "").rfind(shown.strip("…")), 0)
            strong = [i for i in strong if job.result.words[i].start >= start]
        left = iter(strong)
        for span in spans:
            found = next(
                (i for i in left if span.raw.startswith(seen(job.result.words[i].text))), None
            )
            if found is None:
                self.ledger.holds(False, span, "is none of the strongest words")
                return
            coloured(self.ledger, [span], [float(words[found])], end, np.inf)

    def answer(self, job: Job | None, cells: list[Node]) -> None:
        ledger = self.ledger
        if job is None or job.prediction is None:
            ledger.says(cells[0], "…")
            return
        label, sure, verdict = cells
        p = self.facts.predictions[job.key]
        ledger.says(label, T(cut(lead(job))))
        if p["probability"] is None:
            ledger.says(sure, "")
        elif p["per_token"] is None or len(job.prediction.steps) < 2:
            ledger.says(sure, p["probability"])
        else:
            ledger.says(sure, p["probability"], " (", p["per_token"], " per token)")
        reasons = self.reasons[job.key]
        told = ["! not converged"] * (ReviewReason.NOT_CONVERGED in reasons)
        told += {True: ["✓ right"], False: ["✗ wrong"], None: []}[p["correct"]]
        elsewhere = (ReviewReason.WRONG, ReviewReason.MODELS_DISAGREE, ReviewReason.NOT_CONVERGED)
        told += [WORDS[r] for r in reasons if r not in elsewhere]
        ledger.says(verdict, T(", ".join(told)))
