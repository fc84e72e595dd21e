"""Results that are made of earlier ones: equal to a new run's, and only what is new is computed."""

import numpy as np
import pytest

from reportgen import engine
from reportgen.engine import findings
from reportgen.engine.executors import local
from reportgen.engine.methods.vector_norms import VectorNorms
from reportgen.jobs import finding_ids
from reportgen.methods.parameter_randomization import ParameterRandomization
from reportgen.results.store import Store
from tiny_models import make_methods, make_plan, plan_model

TEXT = {"text": "the movie was great , i really enjoyed it .", "expect": "label_1"}
COMPARED = ("integrated_gradients", "attention_rollout")
MEASURED = ("integrated_gradients", "attention", "faithfulness")
TESTED = (*COMPARED, "parameter_randomization")

CHANGES = {
    "a gradient method is added": (
        ("integrated_gradients", "attention"),
        ("integrated_gradients", "attention", "saliency"),
        ("saliency",),
    ),
    "maps are added, so that it is found where outputs are read": (
        ("integrated_gradients",),
        ("integrated_gradients", "attention", "vector_norms", "alti"),
        ("attention", "vector_norms", "alti"),
    ),
    "a path of its own is added": (
        ("integrated_gradients", "attention"),
        ("sub_embeddings", "attention", "integrated_gradients"),
        ("sub_embeddings",),
    ),
    "a layer of the same path is added: the points on it are chosen anew": (
        ("integrated_gradients", "attention"),
        ("integrated_gradients", "attention", "layer_conductance"),
        ("integrated_gradients", "layer_conductance"),
    ),
    "a method of a path that reads layers already is added": (
        ("layer_conductance", "attention"),
        ("integrated_gradients", "layer_conductance", "attention"),
        ("integrated_gradients",),
    ),
    "what the random-logit test compares is added": (
        (*COMPARED, "random_logit"),
        ("saliency", *COMPARED, "layer_conductance", "attention", "random_logit"),
        ("saliency", "integrated_gradients", "layer_conductance", "attention"),
    ),
    "another of the random-logit test is added": (
        (*COMPARED, "random_logit"),
        ("saliency", *COMPARED, "random_logit"),
        ("saliency",),
    ),
    "the random-logit test is added: it asks what explains an output": (
        ("integrated_gradients", "attention"),
        ("integrated_gradients", "attention", "random_logit"),
        ("integrated_gradients",),
    ),
    "a removal game is added: methods that remove words are part of it": (
        ("integrated_gradients", "occlusion"),
        ("integrated_gradients", "occlusion", "faithfulness"),
        ("occlusion",),
    ),
    "what the removal game measures is added": (
        MEASURED,
        ("integrated_gradients", "attention", "saliency", "occlusion", "faithfulness"),
        ("saliency", "occlusion"),
    ),
    "the random-logit test is added to a removal game": (
        ("attention", "faithfulness"),
        ("attention", "faithfulness", "random_logit"),
        (),
    ),
    "what sanity tests are about is added: they ask all again": (
        TESTED,
        (*TESTED, "saliency"),
        ("integrated_gradients", "attention_rollout", "saliency"),
    ),
    "a method that does not apply stays skipped": (
        ("integrated_gradients", "globenc"),
        ("integrated_gradients", "globenc", "saliency"),
        ("saliency",),
    ),
}
"""The methods of a run, those of the next one, and those that it computes."""

REMOVED = {
    "one of several": (
        ("integrated_gradients", "attention", "saliency"),
        ("attention", "saliency"),
    ),
    "maps": (("integrated_gradients", "attention", "alti"), ("integrated_gradients",)),
    "one that the random-logit test compares": (
        ("integrated_gradients", "saliency", "attention_rollout", "random_logit"),
        ("saliency", "attention_rollout", "random_logit"),
    ),
    "the random-logit test": (("saliency", "attention", "random_logit"), ("saliency", "attention")),
    "a removal game": (MEASURED, MEASURED[:2]),
    "a sanity test": (TESTED, TESTED[:2]),
    "another order": (("saliency", "attention", "vector_norms"), ("vector_norms", "saliency")),
}


@pytest.fixture
def asked(monkeypatch):
    """Return the list of the methods that are computed."""
    found = []

    def ask(method, *more):
        found.append(method.name)
        return original(method, *more)

    original = findings.ask
    monkeypatch.setattr(findings, "ask", ask)
    return found


def run(folder, planned, methods, inputs=(TEXT,)):
    """Run a plan; return each result with its arrays."""
    store = Store(folder)
    manifest = engine.run(make_plan([planned], list(inputs), methods), store)
    found = [store.read_header(entry.id) for entry in manifest.jobs]
    return [
        (one, {name: store.read_array(one.job, name) for name in store.array_names(one.job)})
        for one in found
    ]


def assert_equal(found, expected, place="result"):
    """Assert that plain data is the same, numbers up to the rounding of another pass."""
    if isinstance(expected, dict):
        assert list(map(str, sorted(found))) == list(map(str, sorted(expected))), place
        for name, value in expected.items():
            assert_equal(found[name], value, f"{place}.{name}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), place
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_equal(one, other, f"{place}[{number}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5), place
    else:
        assert found == expected, place


def assert_as_new(made, new):
    (result, arrays), (expected, wanted) = made, new
    assert_equal(result.model_dump(exclude={"seconds"}), expected.model_dump(exclude={"seconds"}))
    assert arrays.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(arrays[name], array, rtol=1e-4, atol=1e-6, err_msg=name)
        assert arrays[name].dtype == array.dtype


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_only_what_is_new_is_computed_and_equals_a_new_run(
    change, architecture, tiny, tmp_path, asked
):
    before, after, computed = CHANGES[change]
    if architecture == "gpt2":
        before, after, computed = (
            tuple(name for name in names if name != "globenc") for names in CHANGES[change]
        )
    planned = plan_model(tiny(architecture))
    ((_, old),) = run(tmp_path / "made", planned, make_methods(*before))
    asked.clear()
    (made,) = run(tmp_path / "made", planned, make_methods(*after))
    assert sorted(asked) == sorted(computed)
    (new,) = run(tmp_path / "new", planned, make_methods(*after))
    assert_as_new(made, new)
    for name, array in old.items():  # what is taken over is so bit by bit
        if not name.startswith("agreement") and name.partition("/")[0] in set(before) - set(asked):
            np.testing.assert_array_equal(made[1][name], array)


OTHER_TOKENS = "one that the random-logit test compares"
"""Without its path a causal model's first token is compared, too."""


@pytest.mark.parametrize(
    ("architecture", "removed"),
    [("bert", name) for name in REMOVED]
    + [("gpt2", name) for name in REMOVED if name != OTHER_TOKENS],
)
def test_what_is_left_of_more_methods_needs_no_model(
    architecture, removed, tiny, tmp_path, monkeypatch
):
    before, after = REMOVED[removed]
    planned = plan_model(tiny(architecture))
    run(tmp_path / "made", planned, make_methods(*before))
    with monkeypatch.context() as patch:
        patch.setattr(local, "load", None)
        (made,) = run(tmp_path / "made", planned, make_methods(*after))
    (new,) = run(tmp_path / "new", planned, make_methods(*after))
    assert_as_new(made, new)


def test_a_random_logit_test_of_other_tokens_asks_again(tiny, tmp_path, asked):
    before, after = REMOVED[OTHER_TOKENS]
    planned = plan_model(tiny("gpt2"))
    ((old, _),) = run(tmp_path / "made", planned, make_methods(*before))
    assert old.kept is not None
    asked.clear()
    (made,) = run(tmp_path / "made", planned, make_methods(*after))
    assert asked == ["saliency", "attention_rollout"]
    (new,) = run(tmp_path / "new", planned, make_methods(*after))
    assert_as_new(made, new)


def test_maps_shown_for_what_a_removed_method_explained_cost_a_prediction(tiny, tmp_path, asked):
    planned = plan_model(tiny())
    methods = make_methods("integrated_gradients", "attention", target="label_0")
    run(tmp_path / "made", planned, methods)
    asked.clear()
    (made,) = run(tmp_path / "made", planned, make_methods("attention"))
    assert asked == []
    (new,) = run(tmp_path / "new", planned, make_methods("attention"))
    assert_as_new(made, new)


def test_a_changed_setting_computes_its_method_again(tiny, tmp_path, asked):
    planned = plan_model(tiny())
    run(tmp_path / "made", planned, make_methods("integrated_gradients", "attention", steps=8))
    asked.clear()
    methods = make_methods("integrated_gradients", "attention", steps=16)
    (made,) = run(tmp_path / "made", planned, methods)
    assert asked == ["integrated_gradients"]
    (new,) = run(tmp_path / "new", planned, methods)
    assert_as_new(made, new)


def test_another_output_makes_the_random_logit_test_ask_all_again(tiny, tmp_path, asked):
    planned = plan_model(tiny())
    run(tmp_path / "made", planned, make_methods("saliency", "random_logit"))
    asked.clear()
    names = ("integrated_gradients", "saliency", "random_logit")
    other = next(
        methods
        for label in ("label_0", "label_1")
        if (methods := make_methods(*names, target=label))
        and run(tmp_path / label, planned, methods)[0][0].prediction.label != label
    )
    asked.clear()
    (made,) = run(tmp_path / "made", planned, other)
    assert asked == ["integrated_gradients", "integrated_gradients", "saliency"]
    (new,) = run(tmp_path / "new", planned, other)
    assert_as_new(made, new)


def test_inputs_with_and_without_an_earlier_result_are_explained_together(tiny, tmp_path, asked):
    planned = plan_model(tiny())
    inputs = [TEXT, {"text": "it was bad"}, {"text": "not bad at all"}]
    run(tmp_path / "made", planned, make_methods("integrated_gradients"), inputs[1:2])
    asked.clear()
    methods = make_methods("integrated_gradients", "saliency")
    made = run(tmp_path / "made", planned, methods, inputs)
    assert sorted(asked) == 2 * ["integrated_gradients"] + 3 * ["saliency"]
    for one, new in zip(made, run(tmp_path / "new", planned, methods, inputs), strict=True):
        assert_as_new(one, new)


def test_only_the_method_that_failed_is_tried_again(tiny, tmp_path, asked, monkeypatch):
    planned = plan_model(tiny())
    methods = make_methods("integrated_gradients", "vector_norms", "saliency")

    def explain(self, context):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(VectorNorms, "explain", explain)
        ((failed, _),) = run(tmp_path / "made", planned, methods)
    assert set(failed.failed) == {"vector_norms"}
    asked.clear()
    (made,) = run(tmp_path / "made", planned, methods)
    assert asked == ["vector_norms"]
    (new,) = run(tmp_path / "new", planned, methods)
    assert_as_new(made, new)


@pytest.mark.parametrize("damage", ["removed", "a byte is changed", "of an older version"])
def test_nothing_is_taken_over_of_what_cannot_be_relied_on(damage, tiny, tmp_path, asked):
    planned = plan_model(tiny())
    store = Store(tmp_path / "made")
    ((result, arrays),) = run(store.folder, planned, make_methods("saliency", "attention"))
    path = store.path(result.job)
    if damage == "removed":
        path.unlink()
    elif damage == "a byte is changed":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    else:
        store.write(result.model_copy(update={"asked": {}}), arrays)
    asked.clear()
    methods = make_methods("saliency", "attention", "vector_norms")
    (made,) = run(store.folder, planned, methods)
    assert asked == ["saliency", "attention", "vector_norms"]
    (new,) = run(tmp_path / "new", planned, methods)
    assert_as_new(made, new)


def test_what_is_found_of_a_written_text_is_taken_over(tiny, tmp_path, asked):
    planned = plan_model(tiny("gpt2", "causal-lm"), "causal-lm")
    prompt = [{"prompt": "the movie was great , i"}]
    run(tmp_path / "made", planned, make_methods("integrated_gradients"), prompt)
    asked.clear()
    methods = make_methods("integrated_gradients", "saliency", "attention")
    (made,) = run(tmp_path / "made", planned, methods, prompt)
    assert asked == ["saliency", "attention"]
    assert made[0].generated
    (new,) = run(tmp_path / "new", planned, methods, prompt)
    assert_as_new(made, new)


def test_what_decides_a_finding_is_in_its_id():
    alone = finding_ids(make_methods("integrated_gradients"))
    with_others = finding_ids(make_methods("saliency", "integrated_gradients", "attention"))
    assert with_others["integrated_gradients"] == alone["integrated_gradients"]
    on_path = finding_ids(make_methods("integrated_gradients", "layer_conductance"))
    assert on_path["integrated_gradients"] != alone["integrated_gradients"]
    other_path = make_methods("integrated_gradients", "layer_conductance", steps=8)
    assert finding_ids(other_path)["layer_conductance"] == on_path["layer_conductance"]
    assert finding_ids(other_path)["integrated_gradients"] != on_path["integrated_gradients"]
    two, three = (
        finding_ids((*make_methods("attention"), ParameterRandomization(inputs=inputs)))
        for inputs in (2, 3)
    )
    assert two == three
