"""Bytes of a stored result by ``keep``, of texts of 10, 30 and 100 tokens, in one table.

    python tests/benchmarks/stored_bytes.py

The bundled sentiment model, by three sets of methods: integrated gradients alone, the few that the
demo shows of most inputs, and all of the demo's (but those that only measure others). Of each the
bytes of the whole file, and of that its header, which is the same for both.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

import reportgen
from reportgen.resources import folder
from reportgen.results.tables import Results

DEMO = yaml.safe_load((folder("examples") / "demo" / "audit.yaml").read_text("utf-8"))
MEASURES = {"faithfulness", "random_logit"}
"""Methods that store no arrays, and take most of the time: left out here."""


def names(methods: list) -> list[str]:
    every = (one if isinstance(one, str) else next(iter(one)) for one in methods)
    return [name for name in every if name not in MEASURES]


FEW = names(DEMO["inputs"][0]["methods"])
SETS = {
    "integrated gradients": FEW[:1],
    "the demo's few": FEW,
    "all of the demo's": names(DEMO["methods"]),
}
SENTENCE = "a warm and funny film with a great lead but the story was dull and far too long"
LENGTHS = (10, 30, 100)


def text(tokens: int) -> str:
    """Return words that the model reads as so many tokens, its two special ones among them."""
    words = SENTENCE.split()
    return " ".join(words[i % len(words)] for i in range(tokens - 2))


def build(methods: list[str], keep: str, out: Path) -> Results:
    spec = {
        "models": [{"id": "film", "path": str(folder("examples") / "models" / "sentiment")}],
        "inputs": [{"text": text(tokens)} for tokens in LENGTHS],
        "methods": methods,
        "keep": keep,
    }
    return reportgen.run(spec, out)


def main() -> None:
    print("| methods | tokens | `all` | `scores` | of these the header |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for number, (name, methods) in enumerate(SETS.items()):
            runs = [build(methods, k, Path(made) / f"{number}-{k}") for k in ("all", "scores")]
            for (whole, result), (scores, _) in zip(*(run.entries for run in runs), strict=True):
                sizes = [
                    run.store.path(entry.id).stat().st_size
                    for run, entry in zip(runs, (whole, scores), strict=True)
                ]
                header = len(result.model_dump_json(by_alias=True).encode())
                cells = (len(result.tokens), *(f"{size / 1e3:,.1f} kB" for size in sizes))
                print(f"| {name} | {' | '.join(map(str, cells))} | {header / 1e3:,.1f} kB |")


if __name__ == "__main__":
    main()
