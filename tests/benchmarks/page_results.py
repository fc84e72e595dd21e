"""Stored results for the page's benchmark: a long input, and a thousand short ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import reportgen
from reportgen.results.store import Store

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "engine"))

from encoder import save_encoder  # noqa: E402

SENTIMENT = ROOT / "examples" / "models" / "sentiment"
DEMO = ROOT / "examples" / "demo" / "audit.yaml"
STEPS = {"steps": 4}
"""Of paths: too few to be right, but what they store is as large as ever."""

TEXTS = (
    "A warm, funny and wonderfully acted film that I would happily watch again.",
    "The plot is a tedious mess and the jokes are painfully stupid.",
    "This movie was not bad at all.",
    "The acting is superb and the photography lovely, but the story drags and the ending is a "
    "letdown.",
    "Oh great, another two hours of my life that I will never get back.",
    "Best night at the cinema in years, my kids laughed from start to finish.",
    "WORST MOVIE EVER!!! DO NOT WASTE YOUR MONEY ON THIS!",
    "Two old men mend a boat and say almost nothing, and it is the loveliest scene of the year.",
)


def build_demo(folder: Path) -> Path:
    reportgen.run(DEMO, out=folder)
    return folder


def build_long(folder: Path, layers: int = 12) -> Path:
    """Explain a text of 512 tokens: maps of a real encoder of 6 x 12 heads, stacked to ``layers``.

    The run's first input is a single word, so that a report without the long one can be made.
    """
    model = save_encoder(folder / "model")
    words = " ".join(TEXTS).split()
    text = " ".join(words[i % len(words)] for i in range(600))  # cut off at the encoder's 512
    spec = {
        "models": [{"id": "encoder", "path": str(model)}],
        "inputs": [{"text": "Fine."}, {"text": text}],
        "methods": [
            "attention",
            "vector_norms",
            {"integrated_gradients": STEPS},
            {"attention_attribution": STEPS},
        ],
        "report": {"size_budget": "100MB"},
    }
    reportgen.run(spec, out=folder)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    for entry in manifest.jobs:
        header = store.read_header(entry.id)
        arrays = {name: store.read_array(entry.id, name) for name in store.array_names(entry.id)}
        store.write(header, {name: stacked(name, a, layers) for name, a in arrays.items()})
    model = manifest.models[0].model_copy(update={"layers": layers})
    store.write_manifest(manifest.model_copy(update={"models": (model,)}))
    return folder


BY_LAYER = ("attention", "vector_norms", "attention_attribution", "agreement_heads")


def stacked(name: str, array: np.ndarray, layers: int) -> np.ndarray:
    """Repeat the layers of an array ``(L, ...)`` until there are ``layers``."""
    if not name.startswith(BY_LAYER):
        return array
    return np.concatenate([array] * (layers // len(array)))


def build_many(folder: Path, inputs: int) -> Path:
    """Explain a few texts by the bundled classifier, and repeat them under new job ids.

    Pages are as large and take as long to write as those of as many different texts; running
    the model on each would only take time.
    """
    spec = {
        "models": [{"id": "sentiment", "path": str(SENTIMENT)}],
        "inputs": [{"text": text} for text in TEXTS],
        "methods": ["integrated_gradients", "attention", "vector_norms"],
    }
    reportgen.run(spec, out=folder / "few")
    few, store = Store(folder / "few" / "results"), Store(folder / "results")
    manifest = few.read_manifest()
    jobs = []
    for i in range(inputs):
        entry = manifest.jobs[i % len(manifest.jobs)]
        copy = {"id": f"{i:032x}", "input": i}
        header = few.read_header(entry.id).model_copy(update={"job": copy["id"], "input": i})
        names = few.array_names(entry.id)
        store.folder.mkdir(parents=True, exist_ok=True)
        store.write(header, {name: few.read_array(entry.id, name) for name in names})
        jobs.append(entry.model_copy(update=copy))
    store.write_manifest(manifest.model_copy(update={"jobs": tuple(jobs)}))
    return folder


def without_last(folder: Path, out: Path) -> Path:
    """Write the manifest of the run in ``folder`` without its last input, results linked."""
    results = out / "results"
    results.mkdir(parents=True)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    for entry in manifest.jobs[:-1]:
        (results / store.path(entry.id).name).symlink_to(store.path(entry.id).resolve())
    Store(results).write_manifest(manifest.model_copy(update={"jobs": manifest.jobs[:-1]}))
    return out
