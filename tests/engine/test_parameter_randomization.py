"""Weights replaced by noise, from the head down: what is compared, and that all is put back."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
import torch

from reportgen import engine
from reportgen.engine.executors import local
from reportgen.engine.measures import parameter_randomization as measure
from reportgen.engine.methods.attention import Attention
from reportgen.engine.models.loaded_model import load
from reportgen.engine.models.random_weights import cascade, layer_modules, redraw, weights_put_back
from reportgen.methods.parameter_randomization import ParameterRandomization
from reportgen.results.store import Store
from tiny_models import ANSWER, CLASSIFY, MODELS, SHAPES, make_methods, make_plan, plan_model

TEXT = {
    "text": "A tremendously funny film, with actors who enjoy every single minute of it, and a "
    "story that is neither long nor dull."
}
METHODS = make_methods("integrated_gradients", "attention", "parameter_randomization")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


@pytest.fixture
def weights(monkeypatch):
    """The models that a run loads, each with the digest of its weights when it was loaded."""
    found = []

    def remembered(*arguments):
        loaded = load(*arguments)
        found.append((loaded.model, digest(loaded.model)))
        return loaded

    monkeypatch.setattr(local, "load", remembered)
    return found


def digest(model) -> str:
    """Return the digest of all weights and buffers, bit for bit."""
    found = hashlib.sha256()
    for tensor in (*model.parameters(), *model.buffers()):
        found.update(tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def explain(store, planned, inputs=(TEXT,), methods=METHODS):
    manifest = engine.run(make_plan([planned], list(inputs), methods), store)
    return [store.read_header(entry.id) for entry in manifest.jobs]


def last(result):
    """Return the correlations where all weights are random, by method and output."""
    end = max(row.stage for row in result.randomized)
    return {(r.method, r.target): r.value for r in result.randomized if r.stage == end}


def test_what_a_trained_model_has_learned_is_lost_to_gradients(store, weights):
    (result,) = explain(store, plan_model(MODELS / "sentiment"))
    (target,) = result.targets
    assert [(row.part, row.layer) for row in result.randomized if row.method == "attention"] == [
        ("head", None),
        ("layers", 3),
        ("layers", 1),
        ("layers", 0),
        ("embeddings", None),
    ]
    content = sum(not token.special for token in result.tokens)
    assert {row.tokens for row in result.randomized} == {content}
    chance = 1.96 / (content - 1) ** 0.5
    assert abs(last(result)["integrated_gradients", target.name]) <= chance
    # Attention knows no head: nothing changes before the layers do.
    first = next(row for row in result.randomized if row.method == "attention")
    assert (first.part, first.value, first.size_value) == ("head", 1.0, 1.0)
    ((model, before),) = weights
    assert digest(model) == before


def test_words_are_removed_from_the_random_model_anew(store):
    methods = make_methods("occlusion", "shapley_values", "best_order", "parameter_randomization")
    (result,) = explain(store, plan_model(MODELS / "sentiment"), methods=methods)
    (target,) = result.targets
    assert last(result).keys() == {
        ("occlusion", target.name),
        ("shapley_values", target.name),
    }
    assert all(abs(value) < 0.7 for value in last(result).values())
    (warning,) = (one for one in result.warnings if one.startswith("Best order"))
    assert warning == (
        "Best order of removal could not be computed for random weights, and was not tested with "
        "them (It needs 1,596 evaluations for 22 units, and with random weights 100 are taken)."
    )


def test_words_are_removed_anew_for_the_weights_of_every_stage(tiny, store):
    methods = make_methods("occlusion", "parameter_randomization")
    (result,) = explain(store, plan_model(tiny()), methods=methods)
    values = [row.value for row in result.randomized]
    assert len(values) > 3
    assert len(set(values)) > len(values) // 2


def test_the_same_seed_gives_the_same_numbers(tmp_path):
    planned = plan_model(MODELS / "sentiment")
    first, second = (explain(Store(tmp_path / name), planned)[0] for name in ("a", "b"))
    assert first.randomized == second.randomized
    plan = make_plan([planned], [TEXT], METHODS)
    plan = replace(plan, jobs=tuple(replace(job, seed=1) for job in plan.jobs))
    manifest = engine.run(plan, Store(tmp_path / "c"))
    other = Store(tmp_path / "c").read_header(manifest.jobs[0].id)
    assert other.randomized != first.randomized


def test_a_method_that_fails_for_random_weights_is_told_and_leaves_the_others(
    tiny, store, weights, monkeypatch
):
    own, calls = Attention.explain, []

    def explain_once(self, context):
        calls.append(context)
        if len(calls) > 2:
            raise RuntimeError("something is wrong")
        return own(self, context)

    monkeypatch.setattr(Attention, "explain", explain_once)
    (result,) = explain(store, plan_model(tiny()))
    assert (result.status, result.failed) == ("done", {})
    assert {row.method for row in result.randomized} == {"integrated_gradients"}
    assert result.warnings == (
        "Attention could not be computed for random weights, and was not tested with them "
        "(RuntimeError: something is wrong).",
    )
    ((model, before),) = weights
    assert digest(model) == before


def test_weights_are_put_back_where_the_test_itself_fails(tiny, store, weights, monkeypatch):
    own = redraw

    def redraw_once(model, chosen, seed):
        own(model, chosen, seed)
        if seed == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(measure, "redraw", redraw_once)
    (result,) = explain(store, plan_model(tiny()))
    assert (result.status, set(result.failed)) == ("done", {"parameter_randomization"})
    assert result.randomized == ()
    ((model, before),) = weights
    assert digest(model) == before


def test_other_inputs_of_the_model_are_explained_as_ever(tiny, tmp_path):
    planned, simple = plan_model(tiny()), METHODS[:2]
    plan = make_plan([planned], [TEXT, {"text": "not bad at all , not bad ."}], METHODS)
    engine.run(plan, Store(tmp_path / "tested"))
    alone = make_plan([planned], [TEXT, {"text": "not bad at all , not bad ."}], simple)
    engine.run(alone, Store(tmp_path / "alone"))
    for tested, plain in zip(plan.jobs, alone.jobs, strict=True):
        for name in Store(tmp_path / "alone").array_names(plain.id):
            first = Store(tmp_path / "tested").read_array(tested.id, name)
            assert (first == Store(tmp_path / "alone").read_array(plain.id, name)).all(), name


def test_both_ends_of_an_answer_are_tested(tiny, store):
    question = {"question": "what is important ?", "context": "it is important to us to include ."}
    (result,) = explain(store, plan_model(tiny(task=ANSWER), ANSWER), [question])
    assert {row.target for row in result.randomized} == {"start", "end"}


def test_without_a_score_there_is_nothing_to_compare(tiny, store):
    methods = make_methods("residual_norms", "parameter_randomization")
    (result,) = explain(store, plan_model(tiny()), methods=methods)
    assert result.skipped == {
        "parameter_randomization": "There is no method whose scores could be compared."
    }


@pytest.mark.parametrize("stages", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("architecture", SHAPES)
def test_every_weight_is_drawn_once_from_the_head_down(loaded, architecture, stages):
    model = loaded(architecture, CLASSIFY).model
    found = cascade(model, stages)
    drawn = [id(parameter) for stage in found for parameter in stage.parameters]
    assert sorted(drawn) == sorted(id(parameter) for parameter in model.parameters())
    assert (found[0].part, found[-1].part) == ("head", "embeddings")
    assert all(stage.parameters for stage in found)
    layers = [stage.layer for stage in found[1:-1]]
    count = len(layer_modules(model))
    assert len(layers) == min(stages - 2, count)
    assert layers == sorted(set(layers), reverse=True)
    assert not layers or layers[-1] == 0


@pytest.mark.parametrize("architecture", SHAPES)
def test_drawn_weights_are_others_and_the_rest_stays(loaded, architecture):
    model = loaded(architecture, CLASSIFY).model
    before = digest(model)
    values = {id(p): p.detach().clone() for p in model.parameters()}
    state = torch.random.get_rng_state()
    with weights_put_back(model):
        drawn = set()
        for number, stage in enumerate(cascade(model, 5)):
            redraw(model, stage.parameters, number)
            drawn |= {id(p) for p in stage.parameters}
            same = {id(p) for p in model.parameters() if torch.equal(p, values[id(p)])}
            assert not same & drawn
            assert same == values.keys() - drawn
            assert all(p.isfinite().all() for p in model.parameters())
    assert digest(model) == before
    assert torch.equal(torch.random.get_rng_state(), state)


def test_more_stages_may_be_asked_for(tiny, store):
    methods = (*make_methods("attention"), ParameterRandomization(stages=3))
    (result,) = explain(store, plan_model(tiny()), methods=methods)
    assert [(row.part, row.layer) for row in result.randomized] == [
        *(("head", None), ("layers", 0), ("embeddings", None))
    ]
