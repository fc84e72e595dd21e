"""Two made-up runs to compare, whose words have chosen scores."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import numpy as np

import fakes
from reportgen.results.compare.runs import RunComparison, compare
from reportgen.results.model import Prediction, Score
from reportgen.results.tables import Results


def said(label: str, p: float = 0.9, **changes) -> Prediction:
    """A prediction of one of two classes; ``expected`` tells whether it is right."""
    expected = changes.get("expected")
    other = "NEGATIVE" if label == "POSITIVE" else "POSITIVE"
    return Prediction(
        kind="single-label",
        label=label,
        labels=(label,),
        probability=p,
        scores=(
            Score(label=label, logit=1.0, probability=p),
            Score(label=other, logit=-1.0, probability=1 - p),
        ),
        correct=None if expected is None else expected == label,
        **changes,
    )


def one(
    text: str,
    scores,
    number: int = 0,
    *,
    label: str = "POSITIVE",
    expect: str | None = None,
    model: str = "fake",
    coarse=None,
    method: str = "integrated_gradients",
    **changes,
):
    """A classified text of short words, each with its score; ``coarse`` from half the nodes."""
    job = md5(repr((text, tuple(scores), number, label, model, changes)).encode()).hexdigest()
    changes = {"prediction": said(label, expected=expect), "expect": expect} | changes
    header, arrays = fakes.classified(text, job, position=number, model=model, **changes)
    arrays = {f"{method}/POSITIVE": np.array([0, *scores, 0], dtype=np.float32)}
    if coarse is not None:
        arrays[f"{method}_coarse/POSITIVE"] = np.array([0, *coarse, 0], dtype=np.float32)
    return header, arrays


def run(folder: Path, jobs, **spec) -> Results:
    """Store ``jobs``; ``checks``, ``inputs``, ``groups`` and ``places`` are those of the spec."""
    return Results(fakes.checked_run(folder, jobs, **spec))


def compared(folder: Path, before, after, *, method=None, **spec) -> RunComparison:
    """Compare two runs of the same spec."""
    base, head = run(folder / "base", before, **spec), run(folder / "head", after, **spec)
    return compare(base, head, method=method)


def changed_manifest(results: Results, **changes) -> Results:
    """Store the run's manifest again with ``changes``, and read it."""
    results.store.write_manifest(results.manifest.model_copy(update=changes))
    return Results(results.store.folder.parent)


TEXTS = ("good film", "bad plot here", "long dull story", "fine cast")


def showcase(folder: Path, **spec) -> RunComparison:
    """Two runs that differ in all that can: a flip, a drift, an error, a new and a gone input."""
    count = len(fakes.split(fakes.HOSTILE, "text", 1, 0)[1])
    before = [
        one(TEXTS[0], (0.9, 0.1), 0, expect="POSITIVE"),
        one(TEXTS[1], (0.6, 0.2, 0.2), 1, expect="POSITIVE"),
        one(TEXTS[2], (0.5, 0.4, 0.1), 2, expect="POSITIVE"),
        one(TEXTS[3], (0.5, 0.5), 3),
        one(fakes.HOSTILE, range(1, 1 + count), 4, expect="NEGATIVE"),
        one("gone now", (1, 0), 5),
    ]
    after = [
        one(TEXTS[0], (0.9, 0.1), 0, expect="POSITIVE"),
        one(TEXTS[1], (0.1, 0.2, 0.7), 1, expect="POSITIVE", label="NEGATIVE"),
        one(TEXTS[2], (0.1, 0.4, -0.5), 2, expect="POSITIVE"),
        fakes.failed(TEXTS[3], "f" * 32, position=3),
        one(fakes.HOSTILE, range(count, 0, -1), 4, expect="NEGATIVE", label="NEGATIVE"),
        one("quite new", (1, 0), 5),
    ]  # fmt: skip
    return compared(folder, before, after, **spec)
