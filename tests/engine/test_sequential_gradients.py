"""Integrated gradients whose tokens move one at a time, each checked on its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from paths import explain, make_context
from reportgen.engine.models.loaded_model import load
from reportgen.engine.path import capacity
from reportgen.engine.path.embedding_path import make_path
from reportgen.engine.path.quadrature import gauss_legendre
from reportgen.engine.path.sequential import one_by_one
from reportgen.methods.integrated_gradients import IntegratedGradients
from reportgen.spec.methods import settings
from tiny_models import ANSWER, CLASSIFY, plan_model, save_tiny

NAME = "integrated_gradients"

RUNS = [
    ("bert", CLASSIFY, ("the movie was not bad",)),
    ("bert", ANSWER, ("who ?", "not bad at all")),
    ("bert", "token-classification", ("not bad at all",)),
    ("gpt2", "causal-lm", ("not bad", " at all")),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    made = {}

    def get(architecture, task):
        if (architecture, task) not in made:
            folder = tmp_path_factory.mktemp(architecture)
            made[architecture, task] = load(
                plan_model(save_tiny(folder / "model", architecture, task), task)
            )
        return made[architecture, task]

    return get


def outputs(loaded, path, target):
    """The target's logit as a function of the words' vectors."""

    def logit(vectors):
        output = loaded.forward([path.encoding], {loaded.embedding: [vectors]})
        return loaded.task.scalar(output, 0, target)

    return logit


def by_hand(loaded, path, target, steps=48):
    """Every token's own integral, one node after the other, and its own change of the output."""
    (words,) = path.embeddings
    logit, scores, changes = outputs(loaded, path, target), [], []
    nodes, weights = gauss_legendre(steps)
    for i in range(len(path)):
        start = words.input.clone()
        start[i] = words.baseline[i]
        total = 0.0
        for node, weight in zip(nodes, weights, strict=True):
            vectors = (start + node * (words.input - start)).detach().requires_grad_()
            (gradient,) = torch.autograd.grad(logit(vectors), vectors)
            total += weight * ((words.input - start) * gradient)[i].sum().item()
        scores.append(total)
        with torch.no_grad():
            changes.append((logit(words.input) - logit(start)).item())
    return np.array(scores), np.array(changes)


@pytest.mark.parametrize(("architecture", "task", "texts"), RUNS)
def test_every_score_is_that_of_a_path_on_which_one_token_moves(model, architecture, task, texts):
    loaded = model(architecture, task)
    context = make_context(loaded, *texts)
    found = explain(context, NAME, sequential=True, tolerance=1e-4)
    ((used, integral),) = context.integrals.items()
    assert used.sequential
    for target in found.targets[:2]:
        path = make_path(loaded, context.encoding, integral.path.baseline, [target])
        scores, changes = by_hand(loaded, path, target)
        stored = found.arrays[f"{NAME}/{target.name}"]
        largest = np.abs(changes).max()
        assert stored == pytest.approx(scores, abs=2e-4 * largest)
        assert stored == pytest.approx(changes, abs=2e-4 * largest)
        (row,) = [row for row in found.convergence if row.target == target.name]
        assert row.converged
        assert abs(row.f_input - row.f_baseline) == pytest.approx(largest, rel=1e-4)
        assert row.gap == pytest.approx(np.abs(stored - changes).max() / largest, abs=2e-5)


def test_scores_differ_from_those_of_one_path_for_all(model):
    context = make_context(model("bert", CLASSIFY), "the movie was not bad")
    (one,) = explain(context, NAME).convergence
    together = explain(context, NAME).arrays
    alone = explain(context, NAME, sequential=True).arrays
    (name,) = (name for name in alone if "coarse" not in name)
    assert together[name].sum() == pytest.approx(one.f_input - one.f_baseline, rel=0.01)
    assert np.abs(together[name] - alone[name]).max() > 0.01
    assert alone[name].sum() != pytest.approx(one.f_input - one.f_baseline, rel=0.01)


def test_what_fits_into_memory_changes_no_score(model, monkeypatch):
    context = make_context(model("bert", CLASSIFY), "the movie was not bad")
    before = explain(context, NAME, sequential=True).arrays
    monkeypatch.setattr(capacity, "CHUNK_BYTES", 1)
    monkeypatch.setattr(capacity, "MOST_INPUTS", 1)
    after = explain(context, NAME, sequential=True).arrays
    for name, scores in before.items():
        assert after[name] == pytest.approx(scores, abs=1e-6)


def test_fixed_steps_are_told_by_how_far_they_miss(model):
    context = make_context(model("bert", CLASSIFY), "the movie was not bad")
    (few,) = explain(context, NAME, sequential=True, steps=2).convergence
    (more,) = explain(context, NAME, sequential=True, steps=17).convergence
    assert few.steps == 3 * 5  # nodes, tokens
    assert more.steps == 17 * 5
    assert more.gap < few.gap


def test_special_tokens_and_the_first_of_a_causal_model_have_no_path(model):
    loaded = model("gpt2", "causal-lm")
    context = make_context(loaded, "not bad", " at all")
    targets = context.targets("predicted")
    path = make_path(loaded, context.encoding, "mean", targets)
    moved = [int(one.embeddings[0].change.any(-1).nonzero()) for one in one_by_one(path)]
    assert moved == list(range(1, len(context.encoding)))


def test_jobs_that_do_not_ask_for_it_keep_their_ids():
    assert "sequential" not in settings(IntegratedGradients())
    assert settings(IntegratedGradients(sequential=True))["sequential"] is True


def test_it_cannot_be_asked_for_with_the_choices_of_the_notebooks():
    with pytest.raises(ValueError, match="expected sequential or notebook_compatible, found both"):
        IntegratedGradients(sequential=True, notebook_compatible=True)
