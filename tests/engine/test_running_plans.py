"""A plan in, result files and a manifest out: isolation, resuming, provenance."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from reportgen import engine
from reportgen.engine.executors import local
from reportgen.results.store import Store
from reportgen.spec.methods import METHODS
from tiny_models import ANSWER, ARCHITECTURES, CLASSIFY, make_methods, make_plan, plan_model

REVIEW = {"text": "the movie was great , i really enjoyed it .", "expect": "label_1"}
QUESTION = {
    "question": "what is important to us ?",
    "context": "it is important to us to include all .",
    "expect": "to include all",
}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def results(manifest, store):
    return [store.read_header(entry.id) for entry in manifest.jobs]


def files(store):
    return {path.name: path.read_bytes() for path in store.folder.iterdir()}


def interrupt_after(jobs):
    def progress(event):
        if event.done == jobs and event.kind in ("done", "error"):
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("task", "item"), [(CLASSIFY, REVIEW), (ANSWER, QUESTION)])
def test_a_result_holds_everything(tiny, store, architecture, task, item):
    methods = make_methods(*METHODS, tolerance=0.05)
    plan = make_plan([plan_model(tiny(architecture, task), task)], [item], methods)
    manifest = engine.run(plan, store, "reportgen build audit.yaml")
    (result,) = results(manifest, store)
    assert result.status == "done"
    assert result.error is None
    assert result.warnings == ()
    assert result.fields == {k: v for k, v in item.items() if k != "expect"}
    assert result.expect == item["expect"]
    assert result.settings["integrated_gradients"]["baseline"] == "pad"
    assert result.prediction.correct in (True, False)
    assert result.checks.keys() == {"embeds_logits", "attention_row_sum", "norms_reconstruction"}
    assert max(result.checks.values()) <= 1e-5
    assert result.seconds > 0
    n, names = len(result.tokens), [target.name for target in result.targets]
    shapes = {
        "attention": (3, 4, n, n),
        "attention_norm": (3, n, n),
        "vector_norms/f": (3, 4, n),
        "vector_norms/alpha_f": (3, 4, n, n),
        "vector_norms/sum_alpha_f": (3, n, n),
    } | {f"integrated_gradients/{name}": (n,) for name in names}
    assert store.array_names(result.job) == sorted(shapes)
    for name, shape in shapes.items():
        array = store.read_array(result.job, name)
        assert (array.shape, array.dtype) == (shape, np.float32)
    assert [row.target for row in result.convergence] == names
    assert len(result.agreement) == 3 * 2 * (2 * len(names) + 1)


def test_the_manifest_says_what_was_run_with_what(tiny, store, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    planned = plan_model(tiny(), id="v1")
    plan = make_plan([planned], [REVIEW])
    manifest = engine.run(plan, store, "reportgen build audit.yaml")
    assert manifest == store.read_manifest()
    assert manifest.created == "2023-11-14T22:13:20Z"
    assert manifest.command == "reportgen build audit.yaml"
    assert {"torch", "transformers", "tokenizers", "numpy"} <= manifest.libraries.keys()
    assert (manifest.spec_sha256, manifest.title) == (plan.spec_sha256, "Model audit")
    assert manifest.spec["methods"][1] == {"attention": {}}
    (model,) = manifest.models
    assert (model.id, model.device, model.dtype) == ("v1", "cpu", "float32")
    assert model.weights_sha256 == planned.weights_sha256
    assert model.parameters > 1000


def test_only_what_is_asked_for_is_computed(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW], make_methods("integrated_gradients"))
    (result,) = results(engine.run(plan, store), store)
    assert store.array_names(result.job) == ["integrated_gradients/LABEL_1"]
    assert result.agreement == ()


def test_one_bad_input_does_not_stop_the_others(tiny, store):
    inputs = [{"text": " "}, REVIEW, {"text": "great", "expect": "joy"}, {"text": "🎉"}]
    manifest = engine.run(make_plan([plan_model(tiny())], inputs), store)
    assert [entry.status for entry in manifest.jobs] == ["error", "done", "error", "error"]
    empty, _, label, unknown = results(manifest, store)
    assert empty.error.kind == label.error.kind == unknown.error.kind == "InputError"
    assert empty.error.message == "the text is empty"
    assert empty.error.where == "audit.yaml:10:5 inputs[0]"
    assert empty.error.hint
    assert "LABEL_0" in label.error.hint
    assert empty.fields == {"text": " "}


def test_text_that_no_file_can_hold_is_reported(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    job = plan.jobs[0]
    broken = replace(
        job, input=replace(job.input, fields={"text": "great \ud83c"}, expect="\ud83c")
    )
    (result,) = results(engine.run(replace(plan, jobs=(broken,)), store), store)
    assert (result.fields["text"], result.expect) == ("great ?", "?")
    assert "half a character" in result.error.message


def test_an_unforeseen_error_costs_only_its_job(tiny, store, monkeypatch):
    def explain(loaded, job):
        if job.input.index == 0:
            raise RuntimeError("out of memory")
        return original(loaded, job)

    original = local.explain
    monkeypatch.setattr(local, "explain", explain)
    manifest = engine.run(make_plan([plan_model(tiny())], [{"text": "all"}, REVIEW]), store)
    assert [entry.status for entry in manifest.jobs] == ["error", "done"]
    error = results(manifest, store)[0].error
    assert (error.kind, error.message) == ("RuntimeError", "out of memory")


def test_a_model_that_cannot_be_loaded_fails_only_its_own_jobs(tiny, store, tmp_path):
    broken = shutil.copytree(tiny(), tmp_path / "broken")
    (broken / "tokenizer.json").unlink()
    models = [plan_model(broken), plan_model(tiny("electra"))]
    manifest = engine.run(make_plan(models, [REVIEW, {"text": "not bad"}]), store)
    assert [entry.status for entry in manifest.jobs] == ["error", "error", "done", "done"]
    error = results(manifest, store)[0].error
    assert (error.kind, error.where) == ("ModelError", "audit.yaml:3:5 models[0]")
    assert [model.id for model in manifest.models] == [model.spec.id for model in models]
    assert manifest.models[0].architecture == "unknown"


@pytest.mark.parametrize("weight", ["bert.embeddings.LayerNorm.weight", "classifier.weight"])
def test_a_model_with_infinite_weights_is_refused(tiny, store, tmp_path, weight):
    folder = shutil.copytree(tiny(), tmp_path / "infinite")
    weights = load_file(folder / "model.safetensors")
    weights[weight].fill_(float("inf"))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (result,) = results(engine.run(make_plan([plan_model(folder)], [REVIEW]), store), store)
    assert result.status == "error"
    assert result.error.kind == "ModelError"
    assert "not finite" in result.error.message


def test_attention_that_is_not_finite_is_refused(tiny, store, monkeypatch):
    from reportgen.engine.methods.vector_norms import VectorNorms

    original = VectorNorms.explain

    def explain(self, case):
        finding = original(self, case)
        finding.arrays["vector_norms/f"][0, 0, 0] = np.nan
        return finding

    monkeypatch.setattr(VectorNorms, "explain", explain)
    (result,) = results(engine.run(make_plan([plan_model(tiny())], [REVIEW]), store), store)
    assert result.error.message == "vector_norms gave a number that is not finite"


def test_truncation_is_recorded(tiny, store):
    plan = make_plan([plan_model(tiny(), max_length=16)], [{"text": "great " * 40}])
    (result,) = results(engine.run(plan, store), store)
    assert result.truncation.kept == len(result.tokens) == 16
    assert (result.truncation.total, result.truncation.segment) == (42, "text")


def test_random_weights_are_warned_about_on_every_result(tiny, store, tmp_path):
    folder = shutil.copytree(tiny(), tmp_path / "headless")
    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    plan = make_plan([plan_model(folder, allow_random_head=True)], [REVIEW])
    (result,) = results(engine.run(plan, store), store)
    assert "random" in result.warnings[0]


def test_a_second_run_does_nothing_and_changes_nothing(tiny, store, monkeypatch):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    first = engine.run(plan, store, "first")
    monkeypatch.setattr(local, "load", None)
    before, events = files(store), []
    assert engine.run(plan, store, "second", events.append) == first
    assert files(store) == before
    assert [(event.kind, event.total) for event in events] == [("started", 0)]


def test_the_manifest_is_made_again_without_loading(tiny, store, monkeypatch):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    first = engine.run(plan, store, "first")
    (store.folder / "manifest.json").unlink()
    monkeypatch.setattr(local, "load", None)
    assert engine.run(plan, store).models == first.models


def test_a_renamed_model_and_a_moved_input_keep_their_results(tiny, store, monkeypatch):
    folder = tiny()
    engine.run(make_plan([plan_model(folder, id="old")], [REVIEW, {"text": "all"}]), store)
    monkeypatch.setattr(local, "load", None)
    manifest = engine.run(
        make_plan([plan_model(folder, id="new")], [{"text": "all"}, REVIEW]), store
    )
    assert [(entry.model, entry.input) for entry in manifest.jobs] == [("new", 0), ("new", 1)]
    assert [store.read_header(entry.id).fields["text"] for entry in manifest.jobs] == [
        "all",
        REVIEW["text"],
    ]
    assert manifest.models[0].id == "new"
    assert manifest.models[0].layers == 3


def test_the_same_input_twice_is_one_job(tiny, store):
    events = []
    plan = make_plan([plan_model(tiny())], [REVIEW, REVIEW])
    manifest = engine.run(plan, store, progress=events.append)
    assert [entry.input for entry in manifest.jobs] == [0, 1]
    assert len({entry.id for entry in manifest.jobs}) == 1
    assert events[-1].total == events[-1].done == 1


def test_errors_are_run_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW, {"text": " "}])
    engine.run(plan, store)
    events = []
    engine.run(plan, store, progress=events.append)
    assert [(event.kind, event.done, event.total) for event in events] == [
        ("started", 0, 1),
        ("loading", 0, 1),
        ("error", 1, 1),
    ]


def test_interrupting_keeps_what_is_finished_and_the_next_run_does_the_rest(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW, {"text": "not bad"}, {"text": "all"}])
    with pytest.raises(KeyboardInterrupt):
        engine.run(plan, store, progress=interrupt_after(1))
    assert [entry.id for entry in store.read_manifest().jobs] == [plan.jobs[0].id]
    finished = store.path(plan.jobs[0].id).read_bytes()
    events = []
    manifest = engine.run(plan, store, progress=events.append)
    assert [event.job.input.index for event in events if event.kind == "done"] == [1, 2]
    assert [entry.status for entry in manifest.jobs] == ["done"] * 3
    assert store.path(plan.jobs[0].id).read_bytes() == finished


def test_interrupting_before_a_model_is_loaded_still_leaves_a_manifest(tiny, store):
    def progress(event):
        raise KeyboardInterrupt

    plan = make_plan([plan_model(tiny())], [REVIEW])
    with pytest.raises(KeyboardInterrupt):
        engine.run(plan, store, progress=progress)
    manifest = store.read_manifest()
    assert manifest.jobs == ()
    assert manifest.models[0].layers == 3


def test_progress_counts_jobs_and_names_them(tiny, store):
    models = [plan_model(tiny()), plan_model(tiny("electra"))]
    events = []
    engine.run(make_plan(models, [REVIEW, {"text": " "}]), store, progress=events.append)
    assert [(event.kind, event.done, event.model) for event in events] == [
        ("started", 0, ""),
        ("loading", 0, models[0].spec.id),
        ("done", 1, models[0].spec.id),
        ("error", 2, models[0].spec.id),
        ("loading", 2, models[1].spec.id),
        ("done", 3, models[1].spec.id),
        ("error", 4, models[1].spec.id),
    ]
    assert {event.total for event in events} == {4}
    assert events[2].job.input.index == 0


def test_running_twice_gives_the_same_numbers(tiny, store, tmp_path):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    other = Store(tmp_path / "other")
    first, second = engine.run(plan, store), engine.run(plan, other)
    one, two = (results(m, s)[0] for m, s in ((first, store), (second, other)))
    assert one.model_copy(update={"seconds": 0.0}) == two.model_copy(update={"seconds": 0.0})
    for name in store.array_names(one.job):
        assert (store.read_array(one.job, name) == other.read_array(two.job, name)).all()


def test_damaged_results_are_run_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    engine.run(plan, store)
    store.path(plan.jobs[0].id).write_bytes(b"half a file")
    assert [entry.status for entry in engine.run(plan, store).jobs] == ["done"]
    assert store.has(plan.jobs[0].id)


def test_a_damaged_manifest_is_made_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW])
    engine.run(plan, store)
    (store.folder / "manifest.json").write_text(json.dumps({"format": 1}))
    assert len(engine.run(plan, store).jobs) == 1
