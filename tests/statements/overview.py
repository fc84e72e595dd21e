"""The first page of a run: counts, verdicts, checks, and every input in one line."""

from __future__ import annotations

import re
from collections import Counter

from reportgen.results.entities import count_spans, micro
from reportgen.results.review import ReviewReason, review_reasons
from statements.checks import SpecChecks
from statements.dom import Node
from statements.facts import Facts, Job
from statements.judged import WORDS, by_place, converged_paths, disagreements, reasons, self_tests
from statements.predictions import Predictions
from statements.provenance import Provenance, moment
from statements.written import Ledger, Part, T

HELD = {"error": "bad", "failed": "bad", "warning": "warn"}


class Overview(SpecChecks, Predictions, Provenance):
    def __init__(self, ledger: Ledger, facts: Facts, page: Node) -> None:
        self.ledger, self.facts, self.page = ledger, facts, page
        self.disagree = disagreements(facts)
        self.reasons = {key: self.why(job) for key, job in facts.jobs.items()}
        self.checks = by_place(facts)

    def why(self, job: Job) -> tuple[ReviewReason, ...]:
        failed = any(
            row["status"] == "failed"
            and row["models"] == (job.model,)
            and job.entry.input in row["inputs"]
            for row in self.facts.checks
        )
        disagree = self.disagree.get((job.result.task, job.entry.input), False)
        return review_reasons(job.result, disagree=disagree, check_failed=failed)

    def check(self) -> None:
        view = self.page.one("div#overview")
        self.sidebar(self.page.one("nav.side"))
        self.head(view.one("> header"))
        for section in view.all("section.overview"):
            name = section.attrs["aria-labelledby"]
            if name == "checks-title":
                self.spec_checks(section)
            elif name == "looks-title":
                self.looks(section)
            elif name == "says-title":
                for task in section.all("div.task"):
                    self.task(task)
        self.methods(view.one("section#methods"))
        self.provenance(view.one("section#provenance"))
        version = self.facts.manifest.reportgen
        self.ledger.says(self.page.one("footer > p"), "Made with reportgen ", T(version), ". …")

    def sidebar(self, side: Node) -> None:
        ledger, inputs = self.ledger, len(self.facts.inputs)
        of = {reason: set() for reason in ReviewReason}
        for (_, number), held in self.reasons.items():
            for reason in held:
                of[reason].add(number)
        counts = {WORDS[r]: len(n) for r, n in of.items()} | {"errors": len(of["not_explained"])}
        for node in side.all("fieldset.reasons label > span"):
            name = re.sub(r"^[!✗✓] |\s*\d+$", "", node.text)
            known = {"all": inputs, "worth a look": len(set().union(*of.values()))} | counts
            ledger.says(node, "…", known[name])
        for node in side.all("p.found > output"):
            ledger.says(node, inputs, " of ", inputs, " input…")
        for node in side.all("p#find-note"):
            ledger.says(node, "…", 200, " characters.")
        for option in side.all("form.find option"):  # models, what they say, columns
            ledger.quotes(option)
        self.columns(side)
        for group in side.all("div.inputs p.group"):
            ledger.quotes(group)
        for item in side.all("div.inputs li"):
            link = item.one("a")
            ledger.holds(
                link.attrs["href"].endswith(f"-{item.attrs['value']}"), item, "goes elsewhere"
            )
            for text in link.all("bdi"):
                ledger.quotes(text)

    def columns(self, side: Node) -> None:
        """The values of each column that inputs have, and how many inputs have each."""
        counted: dict[str, Counter[str]] = {}
        known = {job.entry.input: job.entry.columns for job in self.facts.jobs.values()}
        for columns in known.values():
            for name, value in columns.items():
                counted.setdefault(name, Counter())[value] += 1
        for label in side.all("form.find label.pick"):
            for field in label.all("select") + label.all("input"):
                name = field.attrs["name"].removeprefix("in.")
                if name not in counted or name == field.attrs["name"]:
                    continue
                self.ledger.quotes(label.one("span.clip"), name)
                for option in field.all("option")[1:]:
                    value = option.attrs["value"]
                    self.ledger.says(option, T(value), ", ", counted[name][value])

    def head(self, header: Node) -> None:
        ledger, facts = self.ledger, self.facts
        jobs = list(facts.jobs.values())
        methods = {name for job in jobs for name in job.result.settings}
        created = moment(facts.manifest.created)
        mark = "" if facts.manifest.planned is None else " (unfinished)"
        ledger.quotes(header.one("h1"), facts.manifest.title + mark)
        for note in header.all("div.unfinished"):
            self.unfinished(note)
        ledger.holds(bool(mark) == bool(header.all("div.unfinished")), header, "ended or has not")
        inputs = len(facts.inputs)
        ledger.says(
            header.one("p.facts"),
            self.read,
            " model… · ",
            inputs,
            " input… · ",
            len(methods),
            " method… · ",
            T(created),
        )
        judged = [p["correct"] for p in facts.predictions.values() if p["correct"] is not None]
        paths = converged_paths(facts)
        so_far = " so far" if mark else ""
        lead: list[Part] = [self.read, " model… read ", inputs, " input…"]
        wrong = judged.count(False)
        if judged and wrong:
            lead += [": ", wrong, " of ", len(judged), " prediction… wrong."]
        elif len(judged) > 1:
            lead += [": all ", len(judged), " predictions…as expected."]
        else:
            lead += ["…"]
        status = Counter(self.checks.values())
        broken, warned = status["failed"] + status["error"], status["warning"]
        all_judged = sum(status.values()) - status["skipped"]
        if broken:
            lead += ["…", broken, " of ", all_judged, f" check… failed{so_far}."]
        elif warned:
            lead += ["…but ", warned, " of ", all_judged, " gave a warning."]
        elif all_judged > 1:
            lead += ["…All ", all_judged, f" checks hold{so_far}."]
        missed = paths.count(False)
        lead += ["…", missed, " of ", len(paths), " explanation…"] if missed else ["…"]
        ledger.says(header.one("p.lead"), *lead)
        self.verdicts(header, judged, status, paths)
        for prose in header.all("> p"):
            if not prose.classes and "Left out" in prose.text:
                self.left_out(prose)

    @property
    def read(self) -> int:
        """Count the models; of a run that has not ended those that have read an input."""
        facts = self.facts
        if facts.manifest.planned is None:
            return len(facts.order)
        return len({model for model, _ in facts.keys})

    def unfinished(self, note: Node) -> None:
        """What is there and what is to come, of the whole run and of each model."""
        ledger, facts = self.ledger, self.facts
        there, planned = len(facts.keys), facts.manifest.planned
        parts = (there, " of ", planned, " result… there; …") if there < planned else ("…",)
        ledger.says(note.one("> p > strong"), "Unfinished: ", *parts)
        lines = note.all("ul > li")
        wanted = facts.order if len(facts.order) > 1 else []
        ledger.holds(len(lines) == len(wanted), note, f"has not {len(wanted)} models")
        each = planned // len(facts.order)
        for line, model in zip(lines, wanted, strict=False):
            done = sum(one == model for one, _ in facts.keys)
            known = (done, " of ", each, " results, ", each - done, " to come")
            ledger.reads(line, (T(model), ": ", *known), (T(model), ": ", done, " result…so far"))

    def left_out(self, prose: Node) -> None:
        told = Counter(
            name
            for node in self.page.all("p.left-out")
            for name in re.split("; ", node.one("span").text.partition(": ")[2].rstrip("."))
        )
        parts: list[Part] = []
        for name, inputs in told.items():
            parts += ["; "] * bool(parts) + [T(name), " of ", inputs, " input…"]
        self.ledger.says(prose, "…: ", *parts, "…")

    def verdicts(self, header: Node, judged: list, status: Counter, paths: list) -> None:
        facts, jobs = self.facts, list(self.facts.jobs.values())
        right, whole = judged.count(True), sum(status.values()) - status["skipped"]
        wanted: list[tuple[str, tuple[Part, ...]]] = []
        if whole:
            sign = "✗" if status["failed"] + status["error"] else "!" if status["warning"] else "✓"
            wanted.append((sign, (status["passed"], " of ", whole, " check… hold…")))
        if status["skipped"]:
            wanted.append(("!", (status["skipped"], " check… not judged")))
        if judged:
            sign = "✓" if right == len(judged) else "!"
            wanted.append((sign, (right, " of ", len(judged), " prediction… as expected")))
        for model in facts.order:
            spans = micro(count_spans(j.result for j in jobs if j.model == model))
            if spans.predicted or spans.expected:
                p, r = (spans.right / n if n else 0.0 for n in (spans.predicted, spans.expected))
                f1 = 2 * spans.right / (spans.predicted + spans.expected)
                told = (
                    "…: precision ",
                    p,
                    " (",
                    spans.right,
                    " of ",
                    spans.predicted,
                    "), recall ",
                    r,
                    " (",
                    spans.right,
                    " of ",
                    spans.expected,
                    "), F1 ",
                    f1,
                    ", …",
                )
                wanted.append(("✓" if f1 == 1 else "!", told))
        special = {j.entry.input for j in jobs if j.prediction and j.prediction.specials}
        if special:
            wanted.append(("!", ("special tokens…in ", len(special), " input…")))
        if paths:
            sign = "✓" if all(paths) else "✗"
            told = (paths.count(True), " of ", len(paths), " explanation… converged")
            wanted.append((sign, told))
        errors = sum(job.result.status == "error" for job in jobs)
        partly = sum(bool(job.result.failed) for job in jobs)
        wanted += [("✗", (errors, " input… could not be explained"))] * bool(errors)
        wanted += [("✗", (partly, " input… by every method"))] * bool(partly)
        differ = sum(self.disagree.values())
        if differ:
            wanted.append(
                ("!", ("models disagree on ", differ, " of ", len(self.disagree), " input…"))
            )
        elif self.disagree:
            wanted.append(("✓", ("models agree on ", len(self.disagree), " shared input…")))
        cut = len({job.entry.input for job in jobs if job.result.truncation})
        wanted += [("!", (cut, " input… cut…"))] * bool(cut)
        wanted += self_tests(jobs)
        nodes = header.all("ul.verdicts > li")
        self.ledger.holds(len(nodes) == len(wanted), header, f"has not {len(wanted)} verdicts")
        for node, (sign, parts) in zip(nodes, wanted, strict=False):
            self.ledger.says(node, T(sign), " ", *parts)

    def looks(self, section: Node) -> None:
        ledger, order = self.ledger, list(ReviewReason)
        several = len(self.facts.order) > 1
        inputs: dict[int, list] = {}
        for key in self.facts.keys:
            if self.reasons[key]:
                inputs.setdefault(key[1], []).append((key[0], self.reasons[key]))

        def gravest(number: int):
            return min((order.index(r[0]), -len(r)) for _, r in inputs[number])

        ranked = sorted(inputs, key=lambda number: (*gravest(number), number))
        items = section.all("ul.looks > li")
        ledger.holds(len(items) == min(8, len(ranked)), section, "has other inputs")
        for item, number in zip(items, ranked, strict=False):
            ledger.says(item.one("span.num"), "#", number + 1)
            ledger.quotes(item.one("bdi"))
            ledger.says(item.one("span.soft"), T(reasons(inputs[number], several)))
        for node in section.all("p.more"):
            ledger.says(node, "and ", len(ranked) - 8, " more…")
