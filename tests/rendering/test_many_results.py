"""Reports of many inputs: of each no more is kept than pages of others show."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from dataclasses import fields

import pytest

import fakes
from pairs import one
from reportgen.rendering.input.card import make_card
from reportgen.rendering.overview.report import make_report
from reportgen.results.stored_run import StoredRun
from reportgen.results.tables import Results
from reportgen.site.written import WholeResults

MOST_KEPT = 12_000
"""Bytes kept of one input: its line of the index is half of it, a result has 60,000."""


class ReadAgain(Sequence):
    """The results of a run, each read when it is asked for, as those of a large run are."""

    def __init__(self, run: StoredRun) -> None:
        self.run = run

    def __len__(self) -> int:
        return len(self.run.manifest.jobs)

    def __getitem__(self, place: int):
        entry = self.run.manifest.jobs[place]
        held = {"model": entry.model, "input": entry.input}
        return entry, self.run.store.read_header(entry.id).model_copy(update=held)


@pytest.fixture
def read_again(monkeypatch):
    """Read results again each time, for every run that is opened afterwards."""

    def start() -> None:
        monkeypatch.setattr(StoredRun, "entries", property(ReadAgain))

    return start


def many(folder, inputs: int, models=("v1",)):
    jobs = []
    for model in models:
        for i in range(inputs):
            text = f"a good film {i % 7} or bad"
            if i % 40 == 39:
                job = fakes.job_id(model, i)
                jobs.append(fakes.failed(text, job, position=i, model=model))
                continue
            scores = (0.5, 0.3 + i % 5, 0.2, -0.1 * (i % 3), 0, -0.4 - (model == "v2"))
            label = "NEGATIVE" if i % 11 == 0 and model == "v2" else "POSITIVE"
            jobs.append(one(text, scores, i, model=model, label=label, converged=i % 30 != 7))
    checks = [
        {"prediction": {"equals": "POSITIVE"}},
        {"convergence": {"max": 0.05}},
        {"invariance": {"max_share_moved": 0.5}},
        {"attribution_share": {"words": ["bad"], "max": 0.3}},
    ]
    return fakes.checked_run(
        folder,
        jobs,
        checks,
        inputs=[{"file": "many.csv"}],
        groups={i: f"group {i // 3}" for i in range(inputs)},
        rows=[0] * inputs,
    )


def test_a_report_of_results_that_are_read_again_is_that_of_results_that_are_held(
    tmp_path, read_again
):
    folder = many(tmp_path, 120, ("v1", "v2"))
    held = make_report(Results(folder))
    read_again()
    again = make_report(Results(folder))
    for field in fields(held):
        assert getattr(again, field.name) == getattr(held, field.name), field.name


def test_a_report_keeps_little_of_each_input(tmp_path, read_again, monkeypatch):
    read_again()
    monkeypatch.setattr(StoredRun, "digest", "0" * 64)  # made as all files are read and validated
    kept = {}
    make_report(Results(many(tmp_path / "first", 3)))  # what is made once, whatever the run
    for inputs in (30, 90):
        results = Results(many(tmp_path / str(inputs), inputs))
        gc.collect()
        tracemalloc.start()
        report = make_report(results)
        gc.collect()
        kept[inputs] = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(report.briefs) == inputs
    assert (kept[90] - kept[30]) / 60 < MOST_KEPT


def test_a_brief_has_what_other_pages_show_and_a_card_has_all(tmp_path):
    results = Results(many(tmp_path, 3))
    brief = make_report(results).briefs[0]
    assert (brief.result.tokens, brief.result.words, brief.result.convergence) == ((), (), ())
    assert brief.result.prediction.label == "POSITIVE"
    whole = make_card(WholeResults(results).brief(brief), results.store).result
    assert whole == results.entries[0][1]
