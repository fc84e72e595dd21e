"""Methods with their settings, and where a run comes from."""

from __future__ import annotations

import re

from statements.dom import Node
from statements.facts import Facts, Job
from statements.sanity import by_model
from statements.written import Ledger, Part, T


class Provenance:
    """Part of the overview."""

    ledger: Ledger
    facts: Facts

    def methods(self, section: Node) -> None:
        """Descriptions are prose; settings are those of the results."""
        for node in section.all("article > p"):
            if "sanity" not in node.classes:
                self.ledger.quotes(node)
        for article in section.all("article"):
            name = article.attrs["id"].removeprefix("method-").replace("-", "_")
            by_model(self.ledger, self.facts, name, article.all("p.sanity"))
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
    if isinstance(value, dict) and "rather_than" in value:
        sides = (str(value["this"]), str(value["rather_than"]))
        return " rather than ".join(s if s == s.strip() else f"“{s}”" for s in sides)
    if isinstance(value, list):
        return ", ".join(map(written, value)) or "none"
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
