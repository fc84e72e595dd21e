"""Runs of many inputs made up for tests: with columns, scores of words, and representations."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import fakes
from reportgen.results.store import Store

PLANTED = "plumber"
"""The word of the inputs that lie together and of which most are wrong."""

SOURCES = ("news", "product", "tweet", "film", "forum")


def audited(
    folder: Path, inputs: int, *, columns: int = 2, width: int = 16, vectors: bool = True
) -> Path:
    """Write a run of ``inputs`` into ``folder``, every tenth of which is a planted weak region.

    ``source`` and as many more columns as asked for have 5, 2, 3, ... values; the last of three or
    more has one for every two inputs.
    """
    drawn = np.random.default_rng(0)
    words = [f"word{i}" for i in range(400)]
    jobs, known = [], []
    spread = np.geomspace(3, 0.3, width)
    for i in range(inputs):
        planted = i % 10 == 9
        chosen = [words[j] for j in np.minimum(drawn.geometric(0.02, 11), 400) - 1]
        text = " ".join(["A", PLANTED if planted else "film", *chosen])
        header, arrays = fakes.classified(text, fakes.job_id(i, "audit"), position=i, seed=i)
        name = next(name for name in arrays if name.startswith("integrated"))
        kept = {name: arrays[name]}
        settings = {key: header.settings[key] for key in header.settings if key in name}
        if vectors:
            settings["representation"] = {}
            centre = np.r_[6.0, -4.0, np.zeros(width - 2)] if planted else 0
            kept["representation"] = (drawn.standard_normal(width) * spread + centre).astype(
                np.float32
            )
        wrong = drawn.random() < (0.6 if planted else 0.08)
        given = {"correct": not wrong, "expected": "NEGATIVE" if wrong else "POSITIVE"}
        given["probability"] = float(drawn.uniform(0.5, 1))
        changes = {
            "prediction": header.prediction.model_copy(update=given),
            "expect": given["expected"],
            "settings": settings,
            "agreement": (),
        }
        jobs.append((header.model_copy(update=changes), kept))
        row = {"source": SOURCES[int(drawn.integers(len(SOURCES)))]}
        for c in range(1, columns):
            values = c + 1 if c < columns - 1 or columns < 3 else inputs // 2
            row[f"column {c}"] = f"value {int(drawn.integers(values)) + 1}"
        known.append(row)
    fakes.write_run(folder, jobs, title="A made-up data set")
    store = Store(folder / "results")
    manifest = store.read_manifest()
    entries = tuple(
        entry.model_copy(update={"columns": row})
        for entry, row in zip(manifest.jobs, known, strict=True)
    )
    store.write_manifest(manifest.model_copy(update={"jobs": entries}))
    return folder
