"""A plan in, result files and a manifest out: isolation, resuming, provenance."""

import functools
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertForSequenceClassification

from paths import close
from reportgen import engine
from reportgen.engine import job as engine_job
from reportgen.engine import run_paths
from reportgen.engine.executors import local
from reportgen.engine.methods.attention import Attention
from reportgen.engine.methods.vector_norms import VectorNorms
from reportgen.engine.path import capacity, sweep
from reportgen.engine.tasks import SequenceClassification
from reportgen.results.store import Store
from reportgen.spec.methods import METHODS
from tiny_models import ANSWER, CLASSIC, CLASSIFY, make_methods, make_plan, plan_model

REVIEW = {"text": "the movie was great , i really enjoyed it .", "expect": "label_1"}
QUESTION = {
    "question": "what is important to us ?",
    "context": "it is important to us to include all .",
    "expect": "to include all",
}
SIMPLE = make_methods("integrated_gradients", "attention", "vector_norms")
PATH_METHODS = (
    "integrated_gradients",
    "sub_embeddings",
    "layer_conductance",
    "attention_attribution",
)
NO_PARTS = "The model has no path for this method: it adds nothing to its word embeddings."
NOT_POST_LN = (
    "GlobEnc is defined for encoders with a LayerNorm after each of their two residual "
    "connections (post-LN, as in BERT), and this model has another arrangement."
)
CAUSAL = (
    "No token of this model attends to those behind it, so the first token's vectors come from "
    "itself alone, and in the product of all layers every row ends there."
)
GATED = (
    "What model.layers.0.mlp.down_proj reads is not made of the vectors before it by sums, "
    "activations, norms and linear maps of single tokens, which is what DecompX is defined for; "
    "a gated feed-forward part is none of these."
)
FROM_DECODER = (
    "The output is read from the decoder, while this method follows the tokens of one stack "
    "from its input to the vectors that the output is read from."
)
READ_BY_DECODER = dict.fromkeys(
    (
        "decompx",
        "globenc",
        "alti",
        "value_zeroing",
        "attention_rollout",
        "attention_relevance",
    ),
    FROM_DECODER,
)
SKIPPED = {
    ("gpt2", CLASSIFY): {"globenc": NOT_POST_LN, "value_zeroing": CAUSAL},
    ("gpt2", "causal-lm"): {"globenc": NOT_POST_LN, "value_zeroing": CAUSAL},
    ("llama", CLASSIFY): {
        "sub_embeddings": NO_PARTS,
        "decompx": GATED,
        "globenc": NOT_POST_LN,
        "value_zeroing": CAUSAL,
    },
    ("t5", CLASSIFY): {"sub_embeddings": NO_PARTS, **READ_BY_DECODER},
    ("t5", "seq2seq-lm"): {
        "sub_embeddings": NO_PARTS,
        "robustness": "The text was written by the model itself: of a changed input it would write "
        "another.",
        **READ_BY_DECODER,
    },
}
"""What does not apply to a model, and why; everything else must be there."""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def results(manifest, store):
    return [store.read_header(entry.id) for entry in manifest.jobs]


def files(store):
    return {path.name: path.read_bytes() for path in store.folder.iterdir()}


def arrays_of(store, result):
    return {name: store.read_array(result.job, name) for name in store.array_names(result.job)}


def interrupt_after(jobs):
    def progress(event):
        if event.done == jobs and event.kind in ("done", "error"):
            raise KeyboardInterrupt

    return progress


def expected_shapes(result, parts, post_ln):
    """Return the shapes that METHODS promise, but for the comparison of heads."""
    n, m = len(result.tokens), len(result.decoder_tokens)
    if not m and "alti" in result.skipped:
        m = n  # the decoder of a classifier reads the input again
    layers, heads, width = 3, 4, 16
    maps, tokens, head_maps = (layers, n, n), (layers, n), (layers, heads, n, n)
    per_target = {
        "integrated_gradients": {
            "integrated_gradients": (n,),
            "integrated_gradients_coarse": (n,),
        },
        "sub_embeddings": {f"sub_embeddings_{part}": (n,) for part in parts},
        "layer_conductance": {
            "layer_conductance": tokens,
            "layer_conductance_features": (layers, n, width),
        },
        "attention_attribution": {
            "attention_attribution": head_maps,
            "attention_attribution_norm": maps,
        },
        "decompx": {"decompx": (n,)},
        "globenc": {"globenc": (n,)},
        "value_zeroing": {"value_zeroing": (n,)},
        "alti": {"alti": (n,)},
        "attention_rollout": {"attention_rollout": (n,)},
        "attention_relevance": {"attention_relevance": (n,), "attention_relevance_matrix": (n, n)},
        "occlusion": {"occlusion": (n,)},
        "shapley_values": {"shapley_values": (n,), "shapley_values_error": (n,)},
        "kernel_shap": {"kernel_shap": (n,)},
        "lime": {"lime": (n,)},
        "best_order": {"best_order": (n,)},
        "saliency": {"saliency": (n,)},
        "input_x_gradient": {"input_x_gradient": (n,)},
        "smoothgrad": {"smoothgrad": (n,), "smoothgrad_spread": (n,)},
        "vargrad": {"vargrad": (n,), "vargrad_spread": (n,)},
        "gradient_shap": {"gradient_shap": (n,), "gradient_shap_spread": (n,)},
        "deeplift": {"deeplift": (n,)},
        "head_ablation": {"head_ablation": (layers, heads)},
    }
    once = {
        "attention": {"attention": head_maps, "attention_norm": maps},
        "vector_norms": {
            "vector_norms/f": (layers, heads, n),
            "vector_norms/alpha_f": head_maps,
            "vector_norms/sum_alpha_f": maps,
        },
        "residual_norms": {
            "residual_norms/residual": maps,
            "mixing_ratio/attention": tokens,
            "mixing_ratio/residual": tokens,
        },
        "globenc": {"globenc_layers": maps, "globenc_rollout": (n, n)},
        "alti": {"alti_layers": maps, "alti_rollout": (n, n)},
        "value_zeroing": {"value_zeroing_layers": maps, "value_zeroing_rollout": (n, n)},
        "attention_rollout": {"attention_rollout_matrix": (n, n)},
        "representation": {"representation": (width,)},
    }
    if m:
        once["attention"] |= {
            "decoder_attention": (layers, heads, m, m),
            "decoder_attention_norm": (layers, m, m),
            "cross_attention": (layers, heads, m, n),
            "cross_attention_norm": (layers, m, n),
        }
    if post_ln:
        once["residual_norms"] |= {
            "residual_norms/normalized": maps,
            "mixing_ratio/normalized": tokens,
        }
    made = [name for name in METHODS if name not in result.skipped]
    return {name: s for method in made for name, s in once.get(method, {}).items()} | {
        f"{name}/{target.name}": shape
        for method in made
        for name, shape in per_target.get(method, {}).items()
        for target in result.targets
    }


PARTS = {
    "distilbert": ("word", "position"),
    "roberta": ("word", "position"),
    "gpt2": ("word", "position"),
    "llama": (),
    "t5": (),
}


@pytest.mark.parametrize(
    ("architecture", "task", "item"),
    [(a, CLASSIFY, REVIEW) for a in (*CLASSIC, "gpt2", "llama", "t5")]
    + [(a, ANSWER, QUESTION) for a in CLASSIC]
    + [
        ("gpt2", "causal-lm", {"prompt": "the movie was", "continuation": " great ,"}),
        ("t5", "seq2seq-lm", {"source": "the movie was great", "expect": "not bad"}),
    ],
)
def test_a_result_holds_everything(tiny, store, architecture, task, item):
    plan = make_plan([plan_model(tiny(architecture, task), task)], [item])
    manifest = engine.run(plan, store, "reportgen build audit.yaml")
    (result,) = results(manifest, store)
    assert result.error is None
    assert result.status == "done"
    assert result.skipped == SKIPPED.get((architecture, task), {})
    twice = (architecture, task) == ("t5", CLASSIFY)
    measured = ("The scores of DeepLIFT", "Which tokens", "Best order")  # by themselves
    others = [warning for warning in result.warnings if not warning.startswith(measured)]
    assert len(others) == twice, others
    assert result.fields == {k: v for k, v in item.items() if k != "expect"}
    assert result.expect == item.get("expect")
    assert result.settings.keys() == METHODS.keys() - {"influence"}  # which needs a file
    first = {"gpt2": "mean", "llama": "mean", "t5": "pad"}.get(architecture, "mask")
    for name in PATH_METHODS:
        if name not in result.skipped:
            assert result.settings[name]["baseline"] == first
            assert result.tried[name][0].baseline == first
    own = {
        "decompx": "decompx_reconstruction",
        "alti": "alti_reconstruction",
        "value_zeroing": "value_zeroing_repeat",
    }
    decomposed = {test for method, test in own.items() if method not in result.skipped}
    assert result.self_tests.keys() == decomposed | {
        "path_logits",
        "attention_row_sum",
        "norms_reconstruction",
        "residual_reconstruction",
    }
    assert max(result.self_tests.values()) <= 2e-5
    assert result.seconds > 0
    names = [target.name for target in result.targets]
    parts = PARTS.get(architecture, ("word", "position", "token_type"))
    shapes = expected_shapes(result, parts, post_ln=architecture in CLASSIC)
    found = arrays_of(store, result)
    heads = {name for name in found if name.startswith("agreement_heads/")}
    assert sorted(found.keys() - heads) == sorted(shapes)
    for name, shape in shapes.items():
        assert (found[name].shape, found[name].dtype) == (shape, np.float32)
    assert all(found[name].shape == (3, 4) for name in heads)
    swept = [name for name in PATH_METHODS if name not in result.skipped]
    assert [(row.method, row.target) for row in result.convergence] == [
        (method, name) for method in swept for name in names
    ]
    assert all(row.converged for row in result.convergence)
    # Each two of nine methods, by three measures; the two that know no target once for each where
    # targets are read from different tokens.
    read = {target.read_at for target in result.targets}
    assert len(result.agreement) == 3 * 3 * (35 * len(names) + (len(names) if len(read) > 1 else 1))
    assert {row.method for row in result.random_logit} == METHODS.keys() - result.skipped.keys() - {
        "sub_embeddings",
        "residual_norms",
        "head_ablation",
        "random_logit",
        "parameter_randomization",
        "numerical_stability",
        "faithfulness",
        "robustness",
        "representation",
        "influence",
    }


def test_the_manifest_says_what_was_run_with_what(tiny, store, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    planned = plan_model(tiny(), id="v1")
    plan = make_plan([planned], [REVIEW], SIMPLE)
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
    assert store.array_names(result.job) == [
        "integrated_gradients/LABEL_1",
        "integrated_gradients_coarse/LABEL_1",
    ]
    assert result.agreement == ()


def test_one_bad_input_does_not_stop_the_others(tiny, store):
    inputs = [{"text": " "}, REVIEW, {"text": "great", "expect": "joy"}, {"text": "🎉"}]
    manifest = engine.run(make_plan([plan_model(tiny())], inputs, SIMPLE), store)
    assert [entry.status for entry in manifest.jobs] == ["error", "done", "error", "error"]
    empty, _, label, unknown = results(manifest, store)
    assert empty.error.kind == label.error.kind == unknown.error.kind == "InputError"
    assert empty.error.message == "the text is empty"
    assert empty.error.where == "audit.yaml:10:5 inputs[0]"
    assert empty.error.hint
    assert "LABEL_0" in label.error.hint
    assert empty.fields == {"text": " "}


def test_an_unforeseen_error_of_a_method_costs_only_its_own_result(tiny, store, monkeypatch):
    def explain(self, context):
        if context.encoding.segments["text"] == "all":
            raise RuntimeError("something is wrong")
        return original(self, context)

    original = Attention.explain
    monkeypatch.setattr(Attention, "explain", explain)
    manifest = engine.run(
        make_plan([plan_model(tiny())], [{"text": "all"}, {"text": "great"}], SIMPLE), store
    )
    assert [entry.status for entry in manifest.jobs] == ["done", "done"]
    bad, good = results(manifest, store)
    error = bad.failed["attention"]
    assert (error.kind, error.message) == ("RuntimeError", "RuntimeError: something is wrong")
    assert bad.computed == {"integrated_gradients", "vector_norms"}
    assert good.failed == {}
    made = {name.partition("/")[0] for name in store.array_names(bad.job)}
    assert {"integrated_gradients", "vector_norms"} <= made
    assert "attention" not in made
    assert not store.has(bad.job)  # the next build tries it again
    assert store.has(good.job)


def test_an_input_that_no_method_explains_is_an_error(tiny, store, monkeypatch):
    def explain(self, context):
        raise RuntimeError("something is wrong")

    monkeypatch.setattr(Attention, "explain", explain)
    plan = make_plan([plan_model(tiny())], [REVIEW], make_methods("attention"))
    (result,) = results(engine.run(plan, store), store)
    assert (result.error.kind, result.error.message) == ("RuntimeError", "something is wrong")


def test_random_logits_that_cannot_be_explained_leave_the_methods(tiny, store, monkeypatch):
    def compare(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engine_job, "compare_with_others", compare)
    methods = make_methods("attention", "random_logit")
    plan = make_plan([plan_model(tiny())], [REVIEW], methods)
    (result,) = results(engine.run(plan, store), store)
    assert (result.status, set(result.failed)) == ("done", {"random_logit"})
    message = "there is not enough memory to explain this input"
    assert result.failed["random_logit"].message == message


def test_a_model_that_cannot_be_loaded_fails_only_its_own_jobs(tiny, store, tmp_path):
    broken = shutil.copytree(tiny(), tmp_path / "broken")
    (broken / "tokenizer.json").unlink()
    models = [plan_model(broken), plan_model(tiny("electra"))]
    manifest = engine.run(make_plan(models, [REVIEW, {"text": "not bad"}], SIMPLE), store)
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
    (result,) = results(engine.run(make_plan([plan_model(folder)], [REVIEW], SIMPLE), store), store)
    assert result.status == "error"
    assert result.error.kind == "ModelError"
    assert "not finite" in result.error.message


def test_attention_that_is_not_finite_is_refused(tiny, store, monkeypatch):
    original = VectorNorms.explain

    def explain(self, context):
        output = original(self, context)
        output.arrays["vector_norms/f"][0, 0, 0] = np.nan
        return output

    monkeypatch.setattr(VectorNorms, "explain", explain)
    (result,) = results(engine.run(make_plan([plan_model(tiny())], [REVIEW], SIMPLE), store), store)
    assert result.failed["vector_norms"].message == "vector_norms gave a number that is not finite"
    assert result.computed == {"integrated_gradients", "attention"}
    assert not [name for name in store.array_names(result.job) if name.startswith("vector_norms")]


def test_truncation_is_recorded(tiny, store):
    plan = make_plan([plan_model(tiny(), max_length=16)], [{"text": "great " * 40}], SIMPLE)
    (result,) = results(engine.run(plan, store), store)
    assert result.truncation.kept == len(result.tokens) == 16
    assert (result.truncation.total, result.truncation.segment) == (42, "text")


def test_random_weights_are_warned_about_on_every_result(tiny, store, tmp_path):
    folder = shutil.copytree(tiny(), tmp_path / "headless")
    weights = load_file(folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    plan = make_plan([plan_model(folder, allow_random_head=True)], [REVIEW], SIMPLE)
    (result,) = results(engine.run(plan, store), store)
    assert "random" in result.warnings[0]


def test_a_second_run_does_nothing_and_changes_nothing(tiny, store, monkeypatch):
    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    first = engine.run(plan, store, "first")
    monkeypatch.setattr(local, "load", None)
    before, events = files(store), []
    assert engine.run(plan, store, "second", events.append) == first
    assert files(store) == before
    assert [(event.kind, event.total) for event in events] == [("started", 0)]


def test_the_manifest_is_made_again_without_loading(tiny, store, monkeypatch):
    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    first = engine.run(plan, store, "first")
    (store.folder / "manifest.json").unlink()
    monkeypatch.setattr(local, "load", None)
    assert engine.run(plan, store).models == first.models


def test_a_renamed_model_and_a_moved_input_keep_their_results(tiny, store, monkeypatch):
    folder = tiny()
    engine.run(make_plan([plan_model(folder, id="old")], [REVIEW, {"text": "all"}], SIMPLE), store)
    monkeypatch.setattr(local, "load", None)
    manifest = engine.run(
        make_plan([plan_model(folder, id="new")], [{"text": "all"}, REVIEW], SIMPLE), store
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
    plan = make_plan([plan_model(tiny())], [REVIEW, REVIEW], SIMPLE)
    manifest = engine.run(plan, store, progress=events.append)
    assert [entry.input for entry in manifest.jobs] == [0, 1]
    assert len({entry.id for entry in manifest.jobs}) == 1
    assert events[-1].total == events[-1].done == 1


def test_errors_are_run_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW, {"text": " "}], SIMPLE)
    engine.run(plan, store)
    events = []
    engine.run(plan, store, progress=events.append)
    assert [(event.kind, event.done, event.total) for event in events] == [
        ("started", 0, 1),
        ("loading", 0, 1),
        ("error", 1, 1),
    ]


def test_interrupting_keeps_what_is_finished_and_the_next_run_does_the_rest(tiny, store):
    plan = make_plan([plan_model(tiny())], [{"text": "all"}, {"text": "not bad"}, REVIEW], SIMPLE)
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

    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    with pytest.raises(KeyboardInterrupt):
        engine.run(plan, store, progress=progress)
    manifest = store.read_manifest()
    assert manifest.jobs == ()
    assert manifest.models[0].layers == 3


def test_progress_counts_jobs_and_names_them(tiny, store):
    models = [plan_model(tiny()), plan_model(tiny("electra"))]
    events = []
    engine.run(make_plan(models, [REVIEW, {"text": " "}], SIMPLE), store, progress=events.append)
    assert [(event.kind, event.done, event.model) for event in events] == [
        ("started", 0, ""),
        ("loading", 0, models[0].spec.id),
        ("error", 1, models[0].spec.id),  # inputs are read before any is explained
        ("done", 2, models[0].spec.id),
        ("loading", 2, models[1].spec.id),
        ("error", 3, models[1].spec.id),
        ("done", 4, models[1].spec.id),
    ]
    assert {event.total for event in events} == {4}
    assert [event.job.input.index for event in events if event.job] == [1, 0, 1, 0]


def test_running_twice_gives_the_same_numbers(tiny, store, tmp_path):
    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    other = Store(tmp_path / "other")
    first, second = engine.run(plan, store), engine.run(plan, other)
    one, two = (results(m, s)[0] for m, s in ((first, store), (second, other)))
    assert one.model_copy(update={"seconds": 0.0}) == two.model_copy(update={"seconds": 0.0})
    for name in store.array_names(one.job):
        assert (store.read_array(one.job, name) == other.read_array(two.job, name)).all()


def test_damaged_results_are_run_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    engine.run(plan, store)
    store.path(plan.jobs[0].id).write_bytes(b"half a file")
    assert [entry.status for entry in engine.run(plan, store).jobs] == ["done"]
    assert store.has(plan.jobs[0].id)


def test_a_damaged_manifest_is_made_again(tiny, store):
    plan = make_plan([plan_model(tiny())], [REVIEW], SIMPLE)
    engine.run(plan, store)
    (store.folder / "manifest.json").write_text(json.dumps({"format": 1}))
    assert len(engine.run(plan, store).jobs) == 1


TEXTS = ("not bad at all", "great", "the movie was great , i really enjoyed it .", "it was bad")


def run_alone(planned, text, folder, methods):
    """Return the result and the arrays of an input that is explained on its own."""
    store = Store(folder / text)
    (result,) = results(engine.run(make_plan([planned], [{"text": text}], methods), store), store)
    return result, arrays_of(store, result)


def assert_same(store, result, alone):
    """Assert that a result equals the one of the input on its own, up to rounding."""
    expected, arrays = alone
    assert (result.status, result.targets) == ("done", expected.targets)
    found = arrays_of(store, result)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        if not name.startswith("agreement"):
            np.testing.assert_allclose(
                found[name], array, rtol=1e-3, atol=1e-4 * np.abs(array).max(), err_msg=name
            )
    steps = [[row.steps for row in one.convergence] for one in (result, expected)]
    assert steps[0] == steps[1]


class TestBatches:
    METHODS = make_methods(*PATH_METHODS, "attention", "random_logit")

    @pytest.fixture
    def sweeps(self, monkeypatch):
        """Return the list of sweeps, each the texts that it took together."""
        found = []

        def watching(loaded, paths, needs, **settings):
            found.append([path.encoding.segments["text"] for path in paths])
            return original(loaded, paths, needs, **settings)

        original = run_paths.integrate
        monkeypatch.setattr(run_paths, "integrate", watching)
        return found

    def test_inputs_of_like_length_are_explained_together_and_the_same(
        self, tiny, store, tmp_path, sweeps
    ):
        planned = plan_model(tiny())
        inputs = [{"text": text} for text in TEXTS]
        manifest = engine.run(make_plan([planned], inputs, self.METHODS), store)
        words = make_methods(*PATH_METHODS)
        assert len(words) == 4
        assert sweeps == 2 * [["great"]] + 2 * [["it was bad", "not bad at all"]] + 2 * [
            [REVIEW["text"]]
        ]
        for text, result in zip(TEXTS, results(manifest, store), strict=True):
            assert result.fields["text"] == text
            assert_same(store, result, run_alone(planned, text, tmp_path, self.METHODS))

    def test_methods_with_equal_settings_share_a_sweep(self, tiny, store, tmp_path, sweeps):
        same = make_methods("integrated_gradients", "layer_conductance", "attention_attribution")
        engine.run(make_plan([plan_model(tiny())], [REVIEW], same), store)
        assert len(sweeps) == 1
        sweeps.clear()
        other = make_methods(
            "integrated_gradients", "layer_conductance", "attention_attribution", tolerance=0.02
        )
        engine.run(make_plan([plan_model(tiny())], [REVIEW], other), Store(tmp_path / "other"))
        assert len(sweeps) == 2

    def test_what_is_shared_is_the_same_as_alone(self, tiny, store, tmp_path):
        planned = plan_model(tiny())
        (result,) = results(
            engine.run(make_plan([planned], [REVIEW], make_methods(*PATH_METHODS)), store), store
        )
        together = arrays_of(store, result)
        for name in PATH_METHODS:
            _, alone = run_alone(planned, REVIEW["text"], tmp_path / name, make_methods(name))
            for key, array in alone.items():
                close(together[key], array, 0.01)  # more layers may ask for more nodes

    def test_a_sweep_takes_so_many_inputs_at_most(self, tiny, store, sweeps, monkeypatch):
        monkeypatch.setattr(capacity, "MOST_INPUTS", 2)
        inputs = [{"text": f"great {word}"} for word in ("movie", "it", "all", "us", "bad")]
        plan = make_plan([plan_model(tiny())], inputs, make_methods("integrated_gradients"))
        engine.run(plan, store)
        assert list(map(len, sweeps)) == [2, 2, 1]

    def test_inputs_with_other_methods_are_not_mixed(self, tiny, store, sweeps):
        plan = make_plan([plan_model(tiny())], [{"text": "great"}, {"text": "bad"}], self.METHODS)
        first, second = plan.jobs
        jobs = (first, replace(second, methods=make_methods("layer_conductance")))
        manifest = engine.run(replace(plan, jobs=jobs), store)
        assert [len(found.convergence) for found in results(manifest, store)] == [4, 1]

    def test_a_number_that_is_not_finite_touches_no_other_input(
        self, tiny, store, tmp_path, monkeypatch
    ):
        def broken(loaded, encoding, *more, **settings):
            path = original(loaded, encoding, *more, **settings)
            if encoding.segments["text"] == "it was bad":
                (words,) = path.embeddings
                words = replace(words, input=words.input * float("nan"))
                path = replace(path, embeddings=(words,))
            return path

        methods = make_methods("integrated_gradients", "layer_conductance")
        planned, text = plan_model(tiny()), "not bad at all"
        alone = run_alone(planned, text, tmp_path, methods)
        original = run_paths.make_path
        monkeypatch.setattr(run_paths, "make_path", broken)
        inputs = [{"text": text}, {"text": "it was bad"}]
        good, bad = results(engine.run(make_plan([planned], inputs, methods), store), store)
        assert_same(store, good, alone)
        assert bad.error.message == (
            "the explained output is not finite at the baseline mask, "
            "and not from pad or mean or full_stop or zero either"
        )
        assert bad.error.hint == "try baseline: {text: ...}"

    def test_an_error_in_a_sweep_touches_no_other_input(self, tiny, store, tmp_path, monkeypatch):
        def broken(loaded, places, *more):
            if any(path.encoding.segments["text"] == "it was bad" for path, _ in places):
                raise RuntimeError("something is wrong")
            return original(loaded, places, *more)

        methods = make_methods("integrated_gradients", "layer_conductance")
        planned, text = plan_model(tiny()), "not bad at all"
        alone = run_alone(planned, text, tmp_path, methods)
        original = sweep.evaluate_nodes
        monkeypatch.setattr(sweep, "evaluate_nodes", broken)
        inputs = [{"text": "it was bad"}, {"text": text}]
        bad, good = results(engine.run(make_plan([planned], inputs, methods), store), store)
        assert_same(store, good, alone)
        assert (bad.error.kind, bad.error.message) == ("RuntimeError", "something is wrong")

    def test_a_target_that_one_input_lacks_touches_no_other(self, tiny, store):
        methods = make_methods("integrated_gradients", target="expected")
        inputs = [{"text": "not bad at all"}, {"text": "it was bad", "expect": "LABEL_0"}]
        manifest = engine.run(make_plan([plan_model(tiny())], inputs, methods), store)
        bad, good = results(manifest, store)
        assert "does not say what is expected" in bad.error.message
        assert good.status == "done"


class TestOutOfMemory:
    METHODS = make_methods("integrated_gradients", "layer_conductance", "attention")

    @pytest.fixture
    def limited(self, monkeypatch):
        """Let BERT run out of memory where ``too_large(rows, tokens)`` says so."""

        def limit(too_large):
            original = BertForSequenceClassification.forward

            @functools.wraps(original)
            def forward(self, *args, **inputs):
                if too_large(*inputs["input_ids"].shape):
                    raise torch.OutOfMemoryError("CUDA out of memory")
                return original(self, *args, **inputs)

            monkeypatch.setattr(BertForSequenceClassification, "forward", forward)

        return limit

    def test_smaller_passes_give_the_same(self, tiny, store, tmp_path, limited):
        planned = plan_model(tiny())
        alone = {text: run_alone(planned, text, tmp_path, self.METHODS) for text in TEXTS}
        limited(lambda rows, tokens: rows > 2)
        inputs = [{"text": text} for text in TEXTS]
        manifest = engine.run(make_plan([planned], inputs, self.METHODS), store)
        for text, result in zip(TEXTS, results(manifest, store), strict=True):
            assert_same(store, result, alone[text])

    @pytest.mark.parametrize("gradients", [True, False])
    def test_an_input_that_does_not_fit_is_told_and_the_others_are_done(
        self, tiny, store, tmp_path, limited, gradients
    ):
        """It may not fit into the sweep only, or not even into one prediction."""
        planned, text = plan_model(tiny()), "the movie was great , i ."
        alone = run_alone(planned, text, tmp_path, self.METHODS)
        limited(lambda rows, tokens: tokens > 9 and (torch.is_grad_enabled() or not gradients))
        inputs = [{"text": "the movie was great , i . ."}, {"text": text}]
        manifest = engine.run(make_plan([planned], inputs, self.METHODS), store)
        large, small = results(manifest, store)
        if gradients:  # what needs none is there
            assert (large.status, large.computed) == ("done", {"attention"})
            assert set(large.failed) == {"integrated_gradients", "layer_conductance"}
        error = large.failed["integrated_gradients"] if gradients else large.error
        assert error.kind == "InputError"
        what = "10 tokens" if gradients else "this input"
        assert error.message == f"there is not enough memory to explain {what}"
        assert error.where == "audit.yaml:10:5 inputs[0]"
        assert "max_length" in error.hint
        assert_same(store, small, alone)

    def test_a_model_that_does_not_fit_fails_its_jobs(self, tiny, store, monkeypatch):
        def load(planned, seed):
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(local, "load", load)
        plan = make_plan([plan_model(tiny())], [REVIEW], self.METHODS)
        (result,) = results(engine.run(plan, store), store)
        assert (result.error.kind, result.error.where) == ("ModelError", "audit.yaml:3:5 models[0]")
        assert result.error.message == "there is not enough memory to load the model"


class TestConvergence:
    @pytest.fixture
    def oscillating(self, monkeypatch):
        """Let classifiers be explained about sin(3000 * logit), which no path resolves."""
        original = SequenceClassification.scalar

        def scalar(self, output, row, target):
            return (3000 * original(self, output, row, target)).sin()

        monkeypatch.setattr(SequenceClassification, "scalar", scalar)

    def test_what_does_not_converge_is_kept_and_named(self, tiny, store, oscillating):
        methods = make_methods(*PATH_METHODS, "attention")
        manifest = engine.run(make_plan([plan_model(tiny())], [REVIEW], methods), store)
        (result,) = results(manifest, store)
        assert result.status == "done"
        assert [row.method for row in result.convergence] == list(PATH_METHODS)
        assert not any(row.converged for row in result.convergence)
        assert all(250 < row.steps <= 257 for row in result.convergence)
        for name in PATH_METHODS:
            made = [n for n in store.array_names(result.job) if n.startswith(name)]
            assert all(np.isfinite(store.read_array(result.job, n)).all() for n in made)
            assert made

    def test_what_converges_says_how(self, tiny, store):
        methods = make_methods("layer_conductance")
        (result,) = results(
            engine.run(make_plan([plan_model(tiny())], [REVIEW], methods), store), store
        )
        (row,) = result.convergence
        assert row.converged
        assert len(row.layer_gaps) == 3
        assert max(row.layer_gaps) == row.gap <= row.tolerance == 0.01


class TestShortFormats:
    @pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
    def test_the_first_result_says_what_is_lost(self, tiny, store, dtype):
        inputs = [{"text": " "}, *({"text": text} for text in TEXTS[:3])]
        plan = make_plan([plan_model(tiny(), dtype=dtype)], inputs, SIMPLE)
        found = results(engine.run(plan, store), store)
        assert [result.status for result in found] == ["error", "done", "done", "done"]
        compared = [result for result in found if "float32_logits" in result.self_tests]
        assert [result.fields["text"] for result in compared] == ["great"]  # the shortest
        assert 0 < compared[0].self_tests["float32_logits"] < 0.05

    def test_float32_is_not_compared_with_itself(self, tiny, store):
        (result,) = results(
            engine.run(make_plan([plan_model(tiny())], [REVIEW], SIMPLE), store), store
        )
        assert "float32_logits" not in result.self_tests

    def test_without_room_for_a_second_model_the_result_is_kept(self, tiny, store, monkeypatch):
        def difference(*_):
            raise torch.OutOfMemoryError("no room")

        monkeypatch.setattr(local, "float32_difference", difference)
        plan = make_plan([plan_model(tiny(), dtype="bfloat16")], [REVIEW], SIMPLE)
        (result,) = results(engine.run(plan, store), store)
        assert result.status == "done"
        assert any("could not be measured: no room" in warning for warning in result.warnings)


class TestRandomLogit:
    def test_the_other_label_is_explained(self, tiny, store, tmp_path):
        planned = plan_model(tiny())
        methods = make_methods("integrated_gradients", "attention", "random_logit")
        (result,) = results(engine.run(make_plan([planned], [REVIEW], methods), store), store)
        rows = {(row.method, row.layer): row for row in result.random_logit}
        (target,) = result.targets
        other = {"LABEL_0": "LABEL_1", "LABEL_1": "LABEL_0"}[target.name]
        assert {(row.target, row.other) for row in rows.values()} == {(target.name, other)}
        assert [rows["attention", layer].value for layer in range(3)] == [1.0] * 3
        # Integrated gradients of the other label, computed on their own, say the same.
        gradients = make_methods("integrated_gradients", target=other)
        alone, arrays = run_alone(planned, REVIEW["text"], tmp_path, gradients)
        content = [i for i, token in enumerate(result.tokens) if not token.special]
        ranks = [
            scores[content].argsort().argsort()
            for scores in (
                store.read_array(result.job, f"integrated_gradients/{target.name}"),
                arrays[f"integrated_gradients/{other}"],
            )
        ]
        expected = np.corrcoef(*ranks)[0, 1]
        assert rows["integrated_gradients", None].value == pytest.approx(expected, abs=1e-6)
        assert rows["integrated_gradients", None].value < 0.9
        # Nothing else is left of the other explanation.
        assert not [n for n in store.array_names(result.job) if n.endswith(other)]
        assert [row.target for row in result.convergence] == [target.name]
        assert alone.status == "done"

    def test_another_seed_may_draw_another_label(self, tiny, store):
        methods = make_methods("attention", "random_logit")
        plan = make_plan([plan_model(tiny(num_labels=8))], [REVIEW], methods)
        others = set()
        for seed in range(6):
            (job,) = plan.jobs
            jobs = (replace(job, seed=seed, id=f"{seed:032}"),)
            (result,) = results(engine.run(replace(plan, jobs=jobs), store), store)
            others |= {(row.target, row.other) for row in result.random_logit}
        assert len(others) > 1
        assert all(target != other for target, other in others)

    def test_question_answering_draws_another_place(self, tiny, store):
        methods = make_methods("layer_conductance", "random_logit")
        plan = make_plan([plan_model(tiny(task=ANSWER), ANSWER)], [QUESTION], methods)
        (result,) = results(engine.run(plan, store), store)
        assert {row.target for row in result.random_logit} == {"start", "end"}
        assert all(row.other.startswith(f"{row.target} at ") for row in result.random_logit)
        assert {row.layer for row in result.random_logit} == {0, 1, 2}

    def test_a_single_number_has_no_other(self, tiny, store):
        methods = make_methods("integrated_gradients", "attention", "random_logit")
        plan = make_plan([plan_model(tiny(num_labels=1))], [{"text": REVIEW["text"]}], methods)
        (result,) = results(engine.run(plan, store), store)
        assert result.status == "done"
        assert result.random_logit == ()
        assert result.skipped == {"random_logit": "There is no other output to compare with."}
