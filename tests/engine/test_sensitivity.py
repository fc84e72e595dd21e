"""Sensitivity: scores under noise on the word embeddings, against captum's own number."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from captum import attr
from captum.metrics import sensitivity_max

from paths import make_context, method_of
from reportgen import engine
from reportgen.engine.measures.sensitivity import draw_noise, sensitivity
from reportgen.engine.methods.attention import Attention
from reportgen.engine.models.perturbed_model import PerturbedModel
from reportgen.engine.path.embedding_path import make_path
from reportgen.results.sanity import sanity
from reportgen.results.store import Store
from tiny_models import ANSWER, CLASSIFY, make_methods, make_plan, plan_model

TEXT = "the movie was great , i really enjoyed it ."
RADIUS = 0.05


def measure(context, *names, samples=4, radius=RADIUS, **settings):
    methods = [method_of(name, **settings) for name in names]
    found = [method.explain(context) for method in methods]
    arrays = {name: array for one in found for name, array in one.arrays.items()}
    targets = tuple(dict.fromkeys(target for one in found for target in one.targets))
    measured = sensitivity(context, methods, arrays, targets, samples, radius)
    assert measured.errors == {}
    return {(row.method, row.target): row.value for row in measured.rows}


def of_captum(context, target, name, noise):
    """Return captum's sensitivity of its own method, with the same noise."""
    loaded = context.loaded

    def logit(vectors):
        encodings = [context.encoding] * len(vectors)
        output = loaded.forward(encodings, {loaded.embedding: list(vectors)})
        rows = [loaded.task.scalar(output, row, target) for row in range(len(vectors))]
        return torch.stack(rows)

    def scores(inputs):
        (vectors,) = inputs if isinstance(inputs, tuple) else (inputs,)
        vectors = vectors.detach().requires_grad_()
        if name == "saliency":
            found = attr.Saliency(logit).attribute(vectors, abs=False).norm(dim=-1)
        else:
            found = attr.InputXGradient(logit).attribute(vectors).sum(dim=-1)
        return (found,)

    words = loaded.embed(context.encoding.ids)[None]
    found = sensitivity_max(
        scores, words, lambda inputs: inputs + noise, n_perturb_samples=len(noise)
    )
    return found.item()


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient"])
@pytest.mark.parametrize(
    ("architecture", "task", "texts"),
    [
        ("bert", CLASSIFY, (TEXT,)),
        ("gpt2", CLASSIFY, (TEXT,)),
        ("t5", CLASSIFY, (TEXT,)),
        ("bert", ANSWER, ("what is important ?", "it is important to us to include .")),
    ],
)
def test_equals_captums_with_the_same_noise(loaded, architecture, task, texts, name):
    context = make_context(loaded(architecture, task), *texts)
    noise = draw_noise(context, 4, RADIUS)
    assert noise.abs().max() <= RADIUS
    found = measure(context, name)
    assert found
    for target in context.targets("predicted"):
        wanted = of_captum(context, target, name, noise)
        assert found[name, target.name] == pytest.approx(wanted, rel=1e-4)


def test_every_method_that_reads_embeddings_has_a_number(loaded):
    context = make_context(loaded("bert", CLASSIFY), TEXT)
    names = ("smoothgrad", "deeplift", "decompx", "value_zeroing", "occlusion")
    found = measure(context, *names, samples=2)
    assert {method for method, _ in found} == set(names) - {"occlusion"}
    assert all(0 < value < 5 for value in found.values())


def test_less_noise_changes_less_and_more_samples_never_less(loaded):
    context = make_context(loaded("bert", CLASSIFY), TEXT)
    (small,) = measure(context, "saliency", radius=1e-4).values()
    (large,) = measure(context, "saliency", radius=0.1).values()
    assert small < 0.01 < large
    (more,) = measure(context, "saliency", radius=0.1, samples=12).values()
    assert more >= large


def test_each_position_has_its_own_noise_and_other_tokens_none(loaded):
    model = loaded("bert", CLASSIFY)
    encoding = make_context(model, "not bad , not bad").encoding
    noise = torch.full((len(encoding), model.info.hidden_size), 0.5)
    noise *= torch.arange(len(encoding))[:, None]
    moved = PerturbedModel.of(model, encoding.ids, noise)
    plain = model.embed(encoding.ids)
    assert torch.equal(moved.embed(encoding.ids), plain + noise)
    other = encoding.ids.clone()
    other[1] = other[2]
    assert torch.equal(moved.embed(other)[1], model.embed(other)[1])
    assert torch.equal(moved.embed(other)[2], plain[2] + noise[2])
    (words,) = make_path(moved, encoding, "mask", ()).embeddings
    ends = [0, len(encoding) - 1]
    assert torch.equal(words.baseline[ends], words.input[ends])
    assert torch.equal(words.input, plain + noise)


@pytest.mark.parametrize("architecture", ["bert", "roberta", "gpt2", "llama", "t5", "bart"])
def test_a_forward_pass_reads_the_noise_and_leaves_the_model_as_it_was(loaded, architecture):
    model = loaded(architecture, CLASSIFY)
    encoding = make_context(model, TEXT).encoding

    def logits(loaded):
        return loaded.task.logits(loaded.forward([encoding]))

    with torch.no_grad():
        before = logits(model)
        noise = 0.1 * torch.randn(len(encoding), model.embed(encoding.ids).shape[1])
        moved = logits(PerturbedModel.of(model, encoding.ids, noise))
        rows = {model.embedding: [model.embed(encoding.ids) + noise]}
        assert torch.equal(moved, model.task.logits(model.forward([encoding], rows)))
        assert not torch.equal(moved, before)
        assert torch.equal(logits(model), before)


@pytest.fixture
def explain(tiny, tmp_path):
    """Explain with one-line settings; return the result, and a digest of its arrays."""

    def run(*names):
        store = Store(tmp_path / "-".join(names))
        methods = make_methods(*names, steps=4)
        plan = make_plan([plan_model(tiny())], [{"text": TEXT}], methods)
        manifest = engine.run(plan, store)
        (job,) = manifest.jobs
        digest = hashlib.sha256()
        for name in sorted(store.array_names(job.id)):
            digest.update(np.ascontiguousarray(store.read_array(job.id, name)).tobytes())
        return store.read_header(job.id), digest.hexdigest()

    return run


def test_a_run_stores_it_beside_padding_and_judges_it(explain):
    result, digest = explain("integrated_gradients", "attention", "numerical_stability")
    assert {row.method for row in result.sensitivity} == {"integrated_gradients", "attention"}
    judged = [one for one in sanity(result) if one.test == "sensitivity"]
    assert {(one.method, one.verdict) for one in judged} == {
        ("integrated_gradients", "passed"),
        ("attention", "passed"),
    }
    assert result.settings["numerical_stability"]["samples"] == 10
    assert digest == explain("integrated_gradients", "attention")[1]
    again, _ = explain("integrated_gradients", "attention", "numerical_stability")
    assert again.sensitivity == result.sensitivity


def test_a_method_that_fails_near_the_input_is_told_and_leaves_the_others(explain, monkeypatch):
    own = Attention.explain

    def explain_plain(self, context):
        if isinstance(context.loaded, PerturbedModel):
            raise RuntimeError("something is wrong")
        return own(self, context)

    monkeypatch.setattr(Attention, "explain", explain_plain)
    result, _ = explain("integrated_gradients", "attention", "numerical_stability")
    assert {row.method for row in result.sensitivity} == {"integrated_gradients"}
    assert result.warnings == (
        "Attention could not be computed with noise on the word embeddings, and was not tested so "
        "(RuntimeError: something is wrong).",
    )


def test_words_that_are_removed_are_not_moved(explain):
    result, _ = explain("attention", "occlusion", "numerical_stability")
    found = {one.method: one.verdict for one in sanity(result) if one.test == "sensitivity"}
    assert found == {"attention": "passed", "occlusion": "not applicable"}
