"""The influence of training examples, beside captum's own classes and gradients written out."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.influence import SimilarityInfluence, TracInCPFast
from captum.influence._core.similarity_influence import cosine_similarity
from torch import nn
from torch.utils.data import Dataset

from reportgen.engine.methods import REGISTRY
from reportgen.engine.models.loaded_model import load
from reportgen.engine.training.examples import training_set
from reportgen.engine.training.last_layer import NotTraceableError, read_last_layer
from reportgen.methods.influence import Influence
from reportgen.spec.training import file_sha256
from tiny_models import ANSWER, CLASSIFY, plan_model, read, save_tiny

ROWS = [
    ("the movie was great", "LABEL_0"),
    ("it was really bad", "LABEL_1"),
    ("i enjoyed it", "LABEL_0"),
    ("not bad at all", "LABEL_0"),
    ("what is important to us ?", "LABEL_1"),
    ("the movie was not great , it was bad", "LABEL_1"),
]
TESTS = [("the movie was bad", 1), ("really great", 0)]


class Texts(Dataset):
    """Encoded texts, padded to one length, and their labels."""

    def __init__(self, loaded, rows) -> None:
        encodings = [read(loaded, text) for text, _ in rows]
        batch = loaded.batch(encodings)
        self.ids, self.mask = batch["input_ids"], batch["attention_mask"]
        self.labels = torch.tensor([label for _, label in rows])

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place):
        return self.ids[place], self.mask[place], self.labels[place]


class Logits(nn.Module):
    """The model as captum calls it."""

    def __init__(self, model) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask).logits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a spec with a training file, a model, and it at two checkpoints."""
    place = tmp_path_factory.mktemp("influence")
    save_tiny(place / "model", "bert", CLASSIFY)
    loaded = load(plan_model(place / "model"))
    for number in (1, 2):
        torch.manual_seed(number)
        with torch.no_grad():
            for parameter in loaded.model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        loaded.model.save_pretrained(place / f"checkpoint-{number}")
    with (place / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *ROWS])
    return place


@pytest.fixture
def loaded(folder):
    return load(replace(plan_model(folder / "model"), base=folder))


def settings(folder, **values) -> Influence:
    checked = {"train_checksum": file_sha256(folder / "train.csv")}
    return Influence.model_validate({"train": "train.csv"} | checked | values)


def scores(folder, loaded, **values) -> np.ndarray:
    """The influence of every example on both tests, (n, 2)."""
    found = training_set(loaded, settings(folder, **values))
    return np.stack([found.scores(read(loaded, text), label) for text, label in TESTS], 1)


@pytest.fixture
def no_bias(monkeypatch):
    """Leave the last layer's bias out, as captum does: its gradient is of the weights alone."""

    def read_weights(loaded, encodings):
        return replace(read_last_layer(loaded, encodings), has_bias=False)

    monkeypatch.setattr("reportgen.engine.training.examples.read_last_layer", read_weights)


def by_captum(folder, loaded, checkpoints):
    """TracIn restricted to the last layer as captum computes it: (n, 2), and on itself (n,)."""

    def put(module, name):
        state = load(replace(loaded.planned, folder=folder / name)).model.state_dict()
        module.model.load_state_dict(state)
        return 1.0

    wrapped = Logits(load(loaded.planned).model.requires_grad_(True))
    rows = [(text, int(label[-1])) for text, label in ROWS]
    tracin = TracInCPFast(
        wrapped,
        wrapped.model.classifier,
        Texts(loaded, rows),
        checkpoints,
        put,
        nn.CrossEntropyLoss(reduction="sum"),
        batch_size=2,
    )
    tests = Texts(loaded, TESTS)
    found = tracin.influence((tests.ids, tests.mask, tests.labels))
    return found.T.detach().numpy(), tracin.self_influence().detach().numpy()


def test_tracin_is_that_of_captum(folder, loaded, no_bias):
    expected, on_itself = by_captum(folder, loaded, ["model"])
    np.testing.assert_allclose(scores(folder, loaded), expected, rtol=1e-4, atol=1e-5)
    found = training_set(loaded, settings(folder))
    np.testing.assert_allclose(found.on_itself, on_itself, rtol=1e-4, atol=1e-5)


def test_checkpoints_add_up_as_those_of_captum(folder, loaded, no_bias):
    names = ["checkpoint-1", "checkpoint-2"]
    for name in names:  # captum's side loads them as models
        loaded.tokenizer.save_pretrained(folder / name)
    expected, _ = by_captum(folder, loaded, names)
    found = scores(folder, loaded, checkpoints=names)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert np.abs(found - scores(folder, loaded)).max() > 1e-3


def test_learning_rates_weigh_the_checkpoints(folder, loaded):
    one = scores(folder, loaded, checkpoints=["checkpoint-1"])
    two = scores(folder, loaded, checkpoints=["checkpoint-2"])
    both = {"checkpoints": ["checkpoint-1", "checkpoint-2"], "learning_rates": [0.5, 2.0]}
    found = scores(folder, loaded, **both)
    np.testing.assert_allclose(found, 0.5 * one + 2 * two, rtol=1e-4, atol=1e-5)


def test_products_and_similarity_are_those_of_gradients_by_autograd(folder, loaded):
    """Of the last layer's weights and its bias."""

    def gradient(text, label):
        loaded.model.classifier.requires_grad_(True)
        batch = loaded.batch([read(loaded, text)])
        loss = nn.functional.cross_entropy(loaded.model(**batch).logits, torch.tensor([label]))
        own = torch.autograd.grad(loss, list(loaded.model.classifier.parameters()))
        return torch.cat([part.flatten() for part in own])

    train = torch.stack([gradient(text, int(label[-1])) for text, label in ROWS])
    test = torch.stack([gradient(text, label) for text, label in TESTS])
    expected = nn.functional.cosine_similarity(train[:, None], test[None], dim=-1)
    found = scores(folder, loaded, method="gradient_similarity")
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
    products = (train @ test.T).numpy()
    np.testing.assert_allclose(scores(folder, loaded), products, rtol=1e-4, atol=1e-5)


def test_similarity_of_representations_is_that_of_captum(folder, loaded, tmp_path):
    class Pooled(nn.Module):
        def __init__(self, model) -> None:
            super().__init__()
            self.model, self.pooled = model, nn.Identity()

        def forward(self, both):
            found = self.model.bert(input_ids=both[:, 0], attention_mask=both[:, 1])
            return self.pooled(found.pooler_output)

    def cosine(test, train, replace_nan=0):
        return cosine_similarity(test[0] if isinstance(test, list) else test, train, replace_nan)

    texts = Texts(loaded, [(text, 0) for text, _ in ROWS])
    source = [torch.stack([ids, mask]) for ids, mask, _ in texts]
    captum = SimilarityInfluence(
        Pooled(loaded.model),
        "pooled",
        source,
        str(tmp_path),
        "tiny",
        similarity_metric=cosine,
        batch_size=2,
    )
    found = scores(folder, loaded, method="representation_similarity")
    for place, (text, label) in enumerate(TESTS):
        own = Texts(loaded, [(text, label)])
        both = torch.stack([own.ids, own.mask], 1)
        order, values = captum.influence(both, top_k=len(ROWS))["pooled"]
        np.testing.assert_allclose(found[order[0].numpy(), place], values[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("architecture", ["distilbert", "roberta", "electra", "gpt2", "bart", "t5"])
def test_the_last_layer_gives_the_logits_of_every_architecture(tmp_path, architecture):
    loaded = load(plan_model(save_tiny(tmp_path / architecture, architecture, CLASSIFY)))
    encodings = [read(loaded, text) for text, _ in ROWS[:3]]
    found = read_last_layer(loaded, encodings)
    layer = next(
        module
        for module in reversed(list(loaded.model.modules()))
        if type(module) is nn.Linear and module.out_features == len(loaded.task.labels)
    )
    again = found.read @ layer.weight.numpy().T
    again += 0 if layer.bias is None else layer.bias.numpy()
    np.testing.assert_allclose(again, found.logits, rtol=1e-4, atol=1e-4)
    assert found.has_bias == (layer.bias is not None)
    with torch.no_grad():
        logits = loaded.forward(encodings).logits.numpy()
    np.testing.assert_allclose(found.logits, logits, atol=1e-6)


def test_examples_are_read_once_for_a_model(folder, loaded, monkeypatch):
    first = training_set(loaded, settings(folder))
    assert training_set(loaded, settings(folder)) is first
    assert training_set(loaded, settings(folder, method="gradient_similarity")) is not first


def test_other_tasks_and_heads_are_skipped_with_a_reason(folder, tmp_path):
    asked = settings(folder)
    other = load(plan_model(save_tiny(tmp_path / "qa", "bert", ANSWER), ANSWER))
    with pytest.raises(NotTraceableError, match="for sequence-classification only"):
        training_set(other, asked)
    kind = {"problem_type": "multi_label_classification"}
    several = load(plan_model(save_tiny(tmp_path / "several", "bert", CLASSIFY, **kind)))
    with pytest.raises(NotTraceableError, match="choose one label only"):
        training_set(several, asked)


def test_it_is_computed_by_a_method_of_its_own():
    assert REGISTRY["influence"].name == "influence"
