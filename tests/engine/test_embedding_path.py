"""The path: what moves, from where to where, and that it ends at the prediction."""

from __future__ import annotations

import pytest
import torch

from paths import PAIRS, TEXTS, make_context, path_of
from reportgen.engine.path.embedding_path import NoPathError, make_path, notebook_types
from reportgen.engine.path.node_values import outputs_at
from reportgen.engine.tokens import substitute
from reportgen.errors import InputError
from reportgen.methods import TextBaseline
from tiny_models import ANSWER, ARCHITECTURES, CLASSIC, read

NO_EMBEDDING_LAYER = ("gpt2", "gpt_neox", "llama", "qwen2", "qwen3", "gemma2", "gemma3_text", "t5")


def special(encoding):
    return [i for i, token in enumerate(encoding.tokens) if token.special]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("kind", ["words", "embeddings", "components"])
def test_ends_at_the_prediction(loaded, architecture, kind):
    model = loaded(architecture)
    context = make_context(model, TEXTS[0])
    targets = context.targets("predicted")
    try:
        path = make_path(model, context.encoding, "zero", targets, kind)
    except NoPathError:
        if kind == "embeddings":
            assert architecture in NO_EMBEDDING_LAYER
        else:
            assert set(model.sub_embeddings) == {"word"}
        return
    assert [embedding.name for embedding in path.embeddings] == {
        "words": ["word"],
        "embeddings": ["embeddings"],
        "components": [n for n in ("word", "position", "token_type") if n in model.sub_embeddings],
    }[kind]
    expected = [model.task.scalar(context.output, 0, target).double() for target in targets]
    found = outputs_at(model, path, 1.0)
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-5, atol=1e-6)
    assert (outputs_at(model, path, 0.0) != found).all()


def test_both_ends_and_what_does_not_move_come_out_exactly(loaded):
    path = path_of(loaded(), *TEXTS[:1])
    (words,) = path.embeddings
    assert torch.equal(words.at(0.0), words.baseline)
    assert torch.equal(words.at(1.0), words.input)
    for node in (0.1, 1 / 3, 0.7, 0.999):
        fixed = special(path.encoding)
        assert torch.equal(words.at(node)[fixed], words.input[fixed])
        between = words.input + (node - 1) * words.change
        torch.testing.assert_close(words.at(node), between, rtol=1e-5, atol=1e-6)


def test_the_mean_is_taken_once_for_all_inputs(loaded, monkeypatch):
    model = loaded("gpt2")
    first = path_of(model, TEXTS[0], baseline="mean")
    read = []
    forward = type(model.embedding).forward
    monkeypatch.setattr(
        type(model.embedding),
        "forward",
        lambda self, ids: (read.append(ids.numel()), forward(self, ids))[1],
    )
    second = path_of(model, TEXTS[1], baseline="mean")
    assert max(read) < len(model.tokenizer)
    assert (first.embeddings[0].baseline[-1] == second.embeddings[0].baseline[-1]).all()


@pytest.mark.parametrize("architecture", ["bert", "gemma2"])
def test_starts_from_the_mean_of_what_the_model_embeds(loaded, architecture):
    """Gemma multiplies its embeddings before it reads them."""
    model = loaded(architecture)
    path = path_of(model, TEXTS[0], baseline="mean")
    every = model.embed(torch.arange(len(model.tokenizer)))
    content = path.encoding.content
    found = path.embeddings[0].baseline[content]
    torch.testing.assert_close(found, every.mean(0).expand_as(found), rtol=1e-5, atol=1e-6)
    fixed = special(path.encoding)
    assert torch.equal(path.embeddings[0].baseline[fixed], path.embeddings[0].input[fixed])


@pytest.mark.parametrize("baseline", ["pad", "mask", TextBaseline(text="not bad")])
def test_starts_from_the_words_of_the_baseline(loaded, baseline):
    model = loaded("roberta")
    path = path_of(model, TEXTS[0], baseline=baseline)
    ids = substitute(model.tokenizer, path.encoding, baseline)
    assert torch.equal(path.embeddings[0].baseline, model.embed(ids))
    assert torch.equal(path.embeddings[0].input, model.embed(path.encoding.ids))
    if baseline == "mask":
        assert set(ids[path.encoding.content].tolist()) == {model.tokenizer.mask_token_id}
    fixed = special(path.encoding)
    assert torch.equal(ids[fixed], path.encoding.ids[fixed])


@pytest.mark.parametrize("kind", ["words", "embeddings"])
def test_zero_is_the_zero_vector_for_the_content(loaded, kind):
    path = path_of(loaded(), TEXTS[0], baseline="zero", kind=kind)
    (embedding,) = path.embeddings
    content = path.encoding.content
    assert not embedding.baseline[content].any()
    fixed = special(path.encoding)
    assert torch.equal(embedding.baseline[fixed], embedding.input[fixed])
    assert embedding.input[content].any(dim=1).all()


@pytest.mark.parametrize("architecture", [*CLASSIC, "albert", "bart", "deberta-v2"])
def test_the_embedding_layer_moves_between_what_it_returns(loaded, architecture):
    """Positions and token types are the same at both ends; only the words differ."""
    model = loaded(architecture)
    path = path_of(model, TEXTS[0], kind="embeddings")
    (embedding,) = path.embeddings
    (here,) = model.observe(path.encoding, [model.embedding_layer])
    torch.testing.assert_close(embedding.input, here, rtol=0, atol=0)
    fixed = special(path.encoding)
    torch.testing.assert_close(embedding.baseline[fixed], here[fixed], rtol=0, atol=1e-6)
    assert (embedding.baseline - here)[path.encoding.content].any(dim=1).all()
    assert not embedding.input.requires_grad


@pytest.mark.parametrize("architecture", ["bert", "roberta", "distilbert", "gpt2"])
def test_positions_start_at_the_first_and_token_types_at_type_0(loaded, architecture):
    model = loaded(architecture, ANSWER if architecture == "bert" else "sequence-classification")
    path = path_of(model, baseline="zero", kind="components")
    found = {embedding.name: embedding for embedding in path.embeddings}
    n = len(path)
    first = 1 + model.model.config.pad_token_id if architecture == "roberta" else 0
    table = model.sub_embeddings["position"].weight
    assert torch.equal(found["position"].input, table[first : first + n])
    assert torch.equal(found["position"].baseline, table[first].expand(n, -1))
    if "token_type" in found:
        table, types = model.sub_embeddings["token_type"].weight, path.encoding.types
        types = torch.zeros(n, dtype=torch.long) if types is None else types
        assert torch.equal(found["token_type"].input, table[types])
        assert torch.equal(found["token_type"].baseline, table[0].expand(n, -1))


def test_the_first_separator_of_a_pair_has_token_type_0(loaded):
    model = loaded(task=ANSWER)
    encoding = read(model, *PAIRS[0])
    separators = [i for i, token in enumerate(encoding.tokens) if token.text == "[SEP]"]
    assert encoding.types[separators].tolist() == [0, 1]
    as_notebook = notebook_types(encoding)
    assert as_notebook.types[separators].tolist() == [1, 1]
    changed = (as_notebook.types != encoding.types).nonzero().flatten().tolist()
    assert changed == separators[:1]
    assert torch.equal(as_notebook.ids, encoding.ids)


def test_the_notebooks_types_are_those_of_the_tokenizer_without_a_pair(loaded):
    one = read(loaded(), TEXTS[0])
    assert notebook_types(one) is one
    none = read(loaded("roberta", ANSWER), *PAIRS[0])
    assert notebook_types(none) is none


@pytest.mark.parametrize(
    ("architecture", "kind", "message"),
    [
        ("llama", "components", "adds nothing to its word embeddings"),
        ("deberta-v2", "components", "adds nothing to its word embeddings"),
        ("llama", "embeddings", "no module that adds up its embeddings"),
    ],
)
def test_a_kind_that_the_model_does_not_have(loaded, architecture, kind, message):
    with pytest.raises(NoPathError, match=message):
        path_of(loaded(architecture), TEXTS[0], baseline="zero", kind=kind)


def test_a_baseline_that_the_tokenizer_does_not_have(loaded):
    with pytest.raises(InputError, match="no mask token"):
        path_of(loaded("gpt2"), TEXTS[0], baseline="mask")
