"""The first page of a run: counts, verdicts, checks, and every input in one line."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import numpy as np

from reportgen.methods import scoring
from reportgen.results.entities import count_spans, entities, expected_entities, micro, named
from reportgen.results.review import ReviewReason, review_reasons
from statements.dom import Node
from statements.facts import Facts, Job, off_scale, scale_end, seen
from statements.rows import coloured
from statements.trust import found, value
from statements.written import Ledger, Part, T

WORDS = {
    ReviewReason.NOT_EXPLAINED: "could not be explained",
    ReviewReason.METHOD_FAILED: "a method failed",
    ReviewReason.CHECK_FAILED: "check failed",
    ReviewReason.NOT_CONVERGED: "not converged",
    ReviewReason.WRONG: "wrong",
    ReviewReason.MODELS_DISAGREE: "models disagree",
    ReviewReason.TRUNCATED: "truncated",
    ReviewReason.LOW_CONFIDENCE: "low confidence",
}
HELD = {"error": "bad", "failed": "bad", "warning": "warn"}
GRAVITY = ("error", "failed", "warning", "skipped", "passed")


class Overview:
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
        for (_, number), reasons in self.reasons.items():
            for reason in reasons:
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
        for item in side.all("div.inputs li"):
            link = item.one("a")
            ledger.holds(
                link.attrs["href"].endswith(f"-{item.attrs['value']}"), item, "goes elsewhere"
            )
            for text in link.all("bdi"):
                ledger.quotes(text)

    def head(self, header: Node) -> None:
        ledger, facts = self.ledger, self.facts
        jobs = list(facts.jobs.values())
        methods = {name for job in jobs for name in job.result.settings}
        created = moment(facts.manifest.created)
        ledger.quotes(header.one("h1"), facts.manifest.title)
        inputs = len(facts.inputs)
        ledger.says(
            header.one("p.facts"),
            len(facts.order),
            " model… · ",
            inputs,
            " input… · ",
            len(methods),
            " method… · ",
            T(created),
        )
        judged = [p["correct"] for p in facts.predictions.values() if p["correct"] is not None]
        paths = converged_paths(facts)
        lead: list[Part] = [len(facts.order), " model… read ", inputs, " input…"]
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
            lead += ["…", broken, " of ", all_judged, " check… failed."]
        elif warned:
            lead += ["…but ", warned, " of ", all_judged, " gave a warning."]
        elif all_judged > 1:
            lead += ["…All ", all_judged, " checks hold."]
        missed = paths.count(False)
        lead += ["…", missed, " of ", len(paths), " explanation…"] if missed else ["…"]
        ledger.says(header.one("p.lead"), *lead)
        self.verdicts(header, judged, status, paths)
        for prose in header.all("> p"):
            if not prose.classes and "Left out" in prose.text:
                self.left_out(prose)

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

    def spec_checks(self, section: Node) -> None:
        ledger, rows = self.ledger, self.facts.checks
        order = sorted(self.checks, key=lambda place: place.startswith("inputs["))
        cells = section.one("table.asked").all("tbody > tr")
        own = [row for row in cells if "breaks" not in row.classes]
        for node, place in zip(own, order, strict=False):
            mine = [row for row in rows if row["place"] == place]
            status, about, held = node.nodes
            ledger.says(status, "…", T(self.checks[place]))
            judged = [row for row in mine if row["status"] != "skipped"]
            passed = sum(row["status"] == "passed" for row in judged)
            skipped = len(mine) - len(judged)
            parts: list[Part] = [passed, " of ", len(judged), " hold…"] if judged else []
            parts += [", "] * bool(parts) + [skipped, " skipped"] if skipped else []
            ledger.says(held, *parts, T(mine[0]["where"].partition(" ")[0]))
            self.setting(about, place)
        for node in section.all("p.soft"):
            beside = [p for p in self.checks if p.startswith("inputs[")]
            left = len(self.checks) - len(own)
            broken = sum(self.checks[p] != "passed" for p in beside)
            shown = sum("✓" not in row.nodes[0].text for row in own[len(own) - len(beside) :])
            holding = left - max(0, broken - shown)
            ledger.reads(
                node,
                ("and ", left, " check…: all…"),
                ("and ", left, " check…: ", holding, "…"),
                ("and ", int(re.findall(r"\d+", node.text)[0]), " more"),
            )
        for row in section.all("tr.breaks"):
            self.broken(row)

    def setting(self, about: Node, place: str) -> None:
        """The settings of a check are those of the spec: every number is one of them."""
        spec = self.facts.manifest.spec
        for name, index in re.findall(r"(\w+)\[(\d+)\]", place):
            spec = spec[name][int(index)]
        numbers = set(numbers_of(spec)) | {self.number_of(place)}
        text = about.text
        for word in words_of(spec):
            text = text.replace(word, "")
        shown = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", text.replace("(Spearman)", ""))}
        right = all(
            any(abs(n - m) < 1e-9 or abs(n - 100 * m) < 1e-9 for m in numbers) for n in shown
        )
        self.ledger.holds(right, about, f"has numbers that are not in {spec}")
        self.ledger.quotes(about)

    def number_of(self, place: str) -> float:
        """The number of the input that a check stands beside."""
        beside = re.match(r"inputs\[(\d+)\]", place)
        if not beside:
            return 0
        jobs = self.facts.jobs.values()
        numbers = {j.number for j in jobs if j.entry.entry == int(beside[1])}
        return numbers.pop() if len(numbers) == 1 else int(beside[1])

    def broken(self, row: Node) -> None:
        for node in row.all("summary span.hidden"):
            self.ledger.quotes(node)  # what stands above, once more
        for item in row.all("li"):
            self.outcome(item)
        for node in row.all("p.soft"):
            self.ledger.says(node, "and ", int(re.findall(r"\d+", node.text)[0]), " more")

    def outcome(self, item: Node) -> None:
        """A line of what broke a check is one of the outcomes in the tables."""
        at = item.one("span.at")
        numbers = [int(a.text.lstrip("#")) - 1 for a in at.all("a")]
        tried = []
        for row in self.facts.checks:
            if row["status"] == "passed" or not set(numbers) <= set(row["inputs"]) | {-1}:
                continue
            if row["status"] == "error" or not numbers or set(numbers) & set(row["inputs"]):
                parts: tuple[Part, ...] = ("…",)
                for number in numbers:
                    parts += ("#", number + 1, "…")
                if row["relation"]:
                    expected = (T(row["what"]), " …", *value(row["expected"], row["unit"]), "…")
                    parts += (*expected, T(row["status"]), ":…", *found(row))
                else:
                    parts += found(row)
                tried.append(parts)
        self.ledger.reads(item, *tried or [("…",)])

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

    def task(self, task: Node) -> None:
        ledger, facts = self.ledger, self.facts
        table = task.one("table.matrix")
        name = table.one("caption").text.partition(", ")[2]
        ledger.quotes(table.one("caption"))
        ledger.tells(table.parent, "aria-label", "Predictions, ", T(name))
        ledger.says(task.one("h3"), T(name.replace("-", " ").capitalize().replace(" lm", " LM")))
        models = [info for info in facts.manifest.models if info.task == name]
        about = task.all("> p.soft")
        for prose, info in zip(about, models, strict=False):
            says = (", says ", T(" or ".join(info.labels))) if 0 < len(info.labels) <= 4 else ()
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
            ledger.says(prose, "…")
        heads = [h.text for h in table.all("thead tr")[0].nodes]
        numbers = sorted({j.entry.input for j in facts.jobs.values() if j.result.task == name})
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
        end = scale_end(words, off_scale(words[None]))
        strong = [i for i, v in enumerate(words) if end and min(9, round(9 * abs(v) / end)) >= 2]
        texts = [
            job.result.words[i].text.split()[0] for i in strong if job.result.words[i].text.split()
        ]
        left = iter(strong)
        for span in spans:
            found = next(
                (i for i in left if span.raw.startswith(seen(job.result.words[i].text))), None
            )
            if found is None:
                self.ledger.holds(False, span, f"is none of the strongest words: {texts}")
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

    def methods(self, section: Node) -> None:
        """Descriptions are prose; settings are those of the results."""
        for node in section.all("article > p"):
            self.ledger.quotes(node)
        for article in section.all("article"):
            name = article.attrs["id"].removeprefix("method-").replace("-", "_")
            used = [j for j in self.facts.jobs.values() if name in j.result.settings]
            for pair in article.all("dl.settings > div"):
                key = pair.one("dt").text.replace(" ", "_")
                places: dict[str, list[Job]] = {}
                for job in used:
                    settings = job.result.settings[name]
                    if key in settings:
                        places.setdefault(written(settings[key]), []).append(job)
                self.ledger.says(pair.one("dd"), *differing(places))

    def provenance(self, section: Node) -> None:
        ledger, manifest = self.ledger, self.facts.manifest
        run, models = section.all("table.data")
        known = {
            "run": moment(manifest.created),
            "made with": f"reportgen {manifest.reportgen}, Python {manifest.python}",
            "libraries": ", ".join(f"{k} {v}" for k, v in sorted(manifest.libraries.items())),
            "platform": manifest.platform,
            "seed": str(manifest.seed),
            "spec SHA-256": manifest.spec_sha256,
            "results SHA-256": self.facts.results.digest,
        }
        for name, cell in run.rows():
            ledger.quotes(name)
            ledger.quotes(cell, known[name.text])
        infos = manifest.models
        facts = {
            "path": [i.path for i in infos],
            "revision": [i.revision or "local folder" for i in infos],
            "task": [i.task for i in infos],
            "architecture": [i.architecture for i in infos],
            "parameters": [f"{i.parameters:,}" for i in infos],
            "layers x heads": [f"{i.layers} x {i.heads}" for i in infos],
            "hidden size": [str(i.hidden_size) for i in infos],
            "longest input, tokens": [str(i.max_length) for i in infos],
            "classes": [", ".join(i.labels) or "–" for i in infos],
            "precision": [f"{i.dtype} on {i.device}" for i in infos],
            "weights SHA-256": [i.weights_sha256 for i in infos],
            "tokenizer SHA-256": [i.tokenizer_sha256 for i in infos],
        }
        for head, info in zip(models.heads()[1:], infos, strict=True):
            ledger.quotes(head, info.id)
        for name, *cells in models.rows():
            ledger.quotes(name)
            for cell, text in zip(cells, facts[name.text], strict=True):
                ledger.quotes(cell, text)
        for code in section.all("pre"):
            ledger.quotes(code)


def written(value: object) -> str:
    """Write a setting's value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"the text “{value['text']}”" if isinstance(value, dict) else str(value)


def differing(places: dict[str, list[Job]]) -> tuple[Part, ...]:
    """Say where each value of a setting was used, if it was not one everywhere."""
    if len(places) == 1:
        return (T(next(iter(places))),)
    models = {value: list(dict.fromkeys(job.model for job in at)) for value, at in places.items()}
    distinct = sum(map(len, models.values())) == len({m for of in models.values() for m in of})
    parts: list[Part] = []
    for value, at in places.items():
        counted = () if distinct else (": ", len(at), " input…")
        parts += ["; "] * bool(parts) + [T(value), " (", T(", ".join(models[value])), *counted, ")"]
    return tuple(parts)


def moment(created: str) -> str:
    return re.sub(r"\+00:00|Z", " UTC", created.replace("T", " "))


def by_place(facts: Facts) -> dict[str, str]:
    """Every check of the spec with its gravest outcome."""
    found: dict[str, str] = {}
    for row in facts.checks:
        before = found.get(row["place"], "passed")
        found[row["place"]] = min(before, row["status"], key=GRAVITY.index)
        if row["status"] == "skipped" and before == "passed":
            mine = [r["status"] for r in facts.checks if r["place"] == row["place"]]
            found[row["place"]] = "skipped" if set(mine) == {"skipped"} else before
    return found


def converged_paths(facts: Facts) -> list[bool]:
    """Whether each path converged: methods with the same ends and points share one."""
    found: dict[tuple, list[bool]] = {}
    for key, rows in facts.convergence.items():
        for row in rows:
            path = (key, row["target"], row["f_input"], row["f_baseline"], row["steps"])
            found.setdefault(path, []).append(row["converged"])
    return [all(rows) for rows in found.values()]


def disagreements(facts: Facts) -> dict[tuple[str, int], bool]:
    """By task and input that several models with a class in common answered: whether any differ."""
    labels = {i.id: {name.casefold() for name in i.labels} for i in facts.manifest.models}
    said: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for job in facts.jobs.values():
        p, task = job.prediction, job.result.task
        free = p is not None and (
            p.kind == "regression" or (p.kind == "tokens" and task != "masked-lm")
        )
        if p is not None and not free:
            answers = said.setdefault((task, job.entry.input), [])
            answers.append((job.model, p.label.strip().casefold()))
    found = {}
    for key, answers in said.items():
        pairs = [
            one != other
            for (a, one), (b, other) in combinations(answers, 2)
            if labels[a] & labels[b] or not (labels[a] and labels[b])
        ]
        if pairs:
            found[key] = any(pairs)
    return found


def self_tests(jobs: list[Job]) -> list[tuple[str, tuple[Part, ...]]]:
    failed: dict[str, list[float]] = {}
    passed = 0
    for job in jobs:
        limit = 1e-3 if job.info.dtype in ("float64", "float32") else 0.05
        for name, number in job.result.self_tests.items():
            if name == "float32_logits":
                continue
            if number <= limit:
                passed += 1
            else:
                failed.setdefault(name, []).append(number)
    if failed:
        off = [number for numbers in failed.values() for number in numbers]
        told = (len(off), " of ", passed + len(off), " numeric self-test… off by up to ", max(off))
        return [("✗", (*told, " (", T(", ".join(failed)), ")"))]
    return [("✓", (passed, " numeric self-test… passed"))] if passed else []


def lead(job: Job) -> str:
    prediction = job.prediction
    if prediction.kind == "token-labels":
        return few(named(entities(job.result), job.result.fields))
    if job.result.given:
        return f"given: {prediction.label}"
    return f"“{prediction.label}”" if prediction.kind == "span" else prediction.label


def expected(job: Job) -> str:
    prediction = job.prediction
    if prediction is None or prediction.kind != "token-labels" or prediction.correct is None:
        return job.result.expect or ""
    found = expected_entities(job.result.tokens, prediction.steps)
    return few(named(found, job.result.fields))


def few(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more or "no entity"


def cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def reasons(briefs: list, several: bool) -> str:
    """Write the reasons to look at an input, with the models they are about."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for reason in ReviewReason:
        models = tuple(model for model, held in briefs if reason in held)
        if models:
            about = models if several and reason != ReviewReason.MODELS_DISAGREE else ()
            groups.setdefault(about, []).append(WORDS[reason])
    return "; ".join(
        ", ".join(held) + (f" ({', '.join(models)})" if models else "")
        for models, held in groups.items()
    )


def numbers_of(value) -> list[float]:
    if isinstance(value, dict):
        return [n for one in value.values() for n in numbers_of(one)]
    if isinstance(value, list):
        return [n for one in value for n in numbers_of(one)]
    return [float(value)] if isinstance(value, int | float) else []


def words_of(value) -> list[str]:
    if isinstance(value, dict):
        return [w for one in value.values() for w in words_of(one)]
    if isinstance(value, list):
        return [w for one in value for w in words_of(one)]
    return [value] if isinstance(value, str) else []
