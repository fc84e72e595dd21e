"""Words, positions and token types moved together: jointly complete, each its own column."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as CaptumGradients

from paths import PAIRS, TEXTS, close, explain, make_context, path_of, texts_for
from reportgen.engine.methods import NotApplicable
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.sweep import integrate
from tiny_models import ANSWER, CLASSIC, CLASSIFY

COLUMNS = ("word", "position", "token_type")


@pytest.mark.parametrize("architecture", [*CLASSIC, "albert", "bart", "gpt2"])
@pytest.mark.parametrize("task", [CLASSIFY, ANSWER])
def test_columns_are_complete_together(loaded, architecture, task):
    model = loaded(architecture, task)
    context = make_context(model, *texts_for(model))
    output = explain(context, "sub_embeddings", tolerance=2e-3)
    n = len(context.encoding)
    for target, row in zip(output.targets, output.convergence, strict=True):
        columns = {
            name: output.arrays[f"sub_embeddings_{name}/{target.name}"]
            for name in COLUMNS
            if name in model.sub_embeddings
        }
        assert len(columns) == (
            2 if architecture in ("distilbert", "roberta", "bart", "gpt2") else 3
        )
        assert all(column.shape == (n,) for column in columns.values())
        assert all(column.dtype == np.float32 for column in columns.values())
        change = row.f_input - row.f_baseline
        assert sum(columns.values()).sum() == pytest.approx(change, rel=3e-3)
        assert columns["position"].any()
        assert row.converged
        assert row.layer_gaps == ()
    assert len(output.arrays) == len(columns) * len(output.targets)


def test_three_columns_differ(loaded):
    """A table that prints one column's values in another must not pass."""
    context = make_context(loaded(task=ANSWER), *PAIRS[0])
    output = explain(context, "sub_embeddings")
    for target in ("start", "end"):
        word, position, token_type = (
            output.arrays[f"sub_embeddings_{name}/{target}"] for name in COLUMNS
        )
        for one, other in ((word, position), (word, token_type), (position, token_type)):
            assert np.abs(one - other).max() > 0.01


def test_only_what_moves_is_credited(loaded):
    """Special words stay, the first token stays at its position, and the question at type 0."""
    context = make_context(loaded(task=ANSWER), *PAIRS[0])
    output = explain(context, "sub_embeddings")
    tokens, types = context.encoding.tokens, context.encoding.types.numpy()
    first_separator = next(i for i, token in enumerate(tokens) if token.text == "[SEP]")
    assert types[first_separator] == 0
    for target in ("start", "end"):
        word, position, token_type = (
            output.arrays[f"sub_embeddings_{name}/{target}"] for name in COLUMNS
        )
        special = [i for i, token in enumerate(tokens) if token.special]
        assert not word[special].any()
        assert position[0] == 0
        assert position[1:].all()
        assert not token_type[types == 0].any()
        assert token_type[types == 1].all()


def test_a_single_text_has_nothing_from_token_types(loaded):
    context = make_context(loaded(), TEXTS[0])
    output = explain(context, "sub_embeddings")
    (name,) = [name for name in output.arrays if "token_type" in name]
    assert not output.arrays[name].any()


@pytest.mark.parametrize("architecture", ["bert", "roberta", "electra"])
def test_equals_captums_on_all_three(loaded, architecture):
    """Captum's integrated gradients of a model that is fed the three embeddings."""
    model = loaded(architecture, ANSWER)
    path = path_of(model, *PAIRS[0], kind="components")
    (ours,) = integrate(model, [path], Needs(), steps=65)
    for row, target in enumerate(path.targets):

        def forward(*vectors, target=target):
            rows = len(vectors[0])
            modules = [embedding.module for embedding in path.embeddings]
            replaced = {m: list(v) for m, v in zip(modules, vectors, strict=True)}
            output = model.forward([path.encoding] * rows, replaced)
            return torch.stack([model.task.scalar(output, k, target) for k in range(rows)])

        theirs = CaptumGradients(forward).attribute(
            tuple(embedding.input[None] for embedding in path.embeddings),
            baselines=tuple(embedding.baseline[None] for embedding in path.embeddings),
            n_steps=60,
        )
        scale = max(found.sum(-1).abs().max() for found in theirs)
        for embedding, found in zip(path.embeddings, theirs, strict=True):
            difference = ours.embeddings[embedding.name][row] - found[0].sum(-1)
            assert (difference.abs().max() / scale).item() <= 1e-3


def test_starts_from_the_baseline_of_the_words(loaded):
    context = make_context(loaded(), TEXTS[0])
    pad, mask = (explain(context, "sub_embeddings", baseline=name) for name in ("pad", "mask"))
    name = f"sub_embeddings_word/{pad.targets[0].name}"
    with pytest.raises(AssertionError):
        close(pad.arrays[name], mask.arrays[name], 0.05)


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "t5", "deberta-v2", "modernbert"])
def test_models_that_add_nothing_to_their_words_are_left_out(loaded, architecture):
    context = make_context(loaded(architecture), TEXTS[1])
    with pytest.raises(NotApplicable) as caught:
        explain(context, "sub_embeddings")
    assert str(caught.value) == (
        "The model has no path for this method: it adds nothing to its word embeddings."
    )
