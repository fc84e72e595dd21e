"""What a run tells while it goes on, and leaves when it is interrupted or killed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

import reportgen
from reportgen import engine
from reportgen.results.journal import Journal, read_run
from reportgen.results.store import Store
from tiny_models import make_methods, make_plan, plan_model

METHODS = make_methods("attention")
TEXTS = [{"text": "the movie was great"}, {"text": "it is important"}, {"text": "the movie"}]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def interrupt_after(jobs, store):
    """Interrupt a run; beforehand see what others would read of it."""
    seen = []

    def progress(event):
        if event.done == jobs and event.kind == "done":
            seen.append(read_run(store).manifest)
            raise KeyboardInterrupt

    return progress, seen


def test_what_is_done_is_told_while_a_run_goes_on_and_after_it(tiny, store):
    plan = make_plan([plan_model(tiny())], TEXTS, METHODS)
    progress, seen = interrupt_after(2, store)
    with pytest.raises(KeyboardInterrupt):
        engine.run(plan, store, progress=progress)
    (during,) = seen
    assert (during.planned, len(during.jobs), during.models[0].layers) == (3, 2, 3)
    kept = store.read_manifest()
    assert (kept.planned, kept.jobs) == (3, during.jobs)
    assert list(store.folder.glob("journal-*")) == []
    assert reportgen.load(store.folder).manifest == kept
    whole = engine.run(plan, store)
    assert (whole.planned, len(whole.jobs)) == (None, 3)
    assert store.read_manifest() == whole


def test_a_run_that_was_interrupted_twice_tells_what_both_did(tiny, store):
    plan = make_plan([plan_model(tiny())], TEXTS, METHODS)
    for _ in range(2):
        progress, _ = interrupt_after(1, store)
        with pytest.raises(KeyboardInterrupt):
            engine.run(plan, store, progress=progress)
    assert len(store.read_manifest().jobs) == 2


def test_what_a_killed_run_left_is_removed_when_one_ends(tiny, store):
    plan = make_plan([plan_model(tiny())], TEXTS, METHODS)
    manifest = engine.run(plan, store)
    journal = Journal(store)
    journal.begin(manifest.model_copy(update={"planned": 9, "spec_sha256": "0" * 64}))
    journal.close()
    assert read_run(store).manifest.planned == 9
    engine.run(plan, store)
    assert list(store.folder.glob("journal-*")) == []
    assert read_run(store).manifest == manifest


def test_where_nothing_is_left_to_do_no_file_is_touched(tiny, store):
    plan = make_plan([plan_model(tiny())], TEXTS, METHODS)
    engine.run(plan, store)
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    engine.run(plan, store)
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before


def test_equal_inputs_are_run_once_and_all_are_told(tiny, store):
    plan = make_plan([plan_model(tiny())], [TEXTS[0], TEXTS[1], TEXTS[0]], METHODS)
    events = []
    manifest = engine.run(plan, store, progress=events.append)
    assert [event.kind for event in events] == ["started", "loading", "done", "done"]
    assert {event.total for event in events} == {2}
    assert [entry.input for entry in manifest.jobs] == [0, 1, 2]
    assert manifest.jobs[0].id == manifest.jobs[2].id


def test_the_jobs_of_a_large_run_are_looked_at_while_it_goes_on(tiny, store, monkeypatch):
    monkeypatch.setattr(engine, "LARGE_RUN", 1)
    plan = make_plan([plan_model(tiny())], [*TEXTS, TEXTS[0]], METHODS)
    engine.run(replace(plan, jobs=plan.jobs[:1]), store)
    events = []
    manifest = engine.run(plan, store, progress=events.append)
    assert (events[0].total, events[-1].total, events[-1].done) == (4, 2, 2)
    assert [entry.input for entry in manifest.jobs] == [0, 1, 2, 3]


def test_nothing_to_do_is_found_without_torch(tmp_path):
    code = "import sys\nfrom reportgen import engine\nassert 'torch' not in sys.modules, 'torch'\n"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
