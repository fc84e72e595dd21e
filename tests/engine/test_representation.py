"""The vector that a head reads, against what the model itself gives it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reportgen import engine
from reportgen.engine.tokens import encode
from reportgen.results.store import Store
from tiny_models import ANSWER, CLASSIFY, make_methods, make_plan, plan_model, save_tiny

TEXT = "the movie was great , i really enjoyed it ."


@pytest.fixture
def computed(tmp_path):
    """Run the method on a tiny model: its result, and its vector."""

    def run(architecture, task, **fields):
        model = plan_model(save_tiny(tmp_path / "model", architecture, task), task)
        store = Store(tmp_path / "results")
        engine.run(make_plan([model], [fields], make_methods("representation")), store)
        (entry,) = store.read_manifest().jobs
        result = store.read_header(entry.id)
        assert (result.status, result.skipped, result.targets) == ("done", {}, ())
        return result, store.read_array(entry.id, "representation")

    return run


@pytest.mark.parametrize(
    "architecture", ["bert", "roberta", "distilbert", "deberta-v2", "gpt2", "bart", "t5"]
)
def test_a_classifier_s_head_makes_its_logits_of_it(architecture, computed, loaded):
    result, vector = computed(architecture, CLASSIFY, text=TEXT)
    model = loaded(architecture, CLASSIFY).model
    heads = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    head = next(m for m in reversed(heads) if m.out_features == model.config.num_labels)
    assert vector.dtype == np.float32
    with torch.no_grad():
        logits = head(torch.from_numpy(vector)).tolist()
    by_label = {score.label: score.logit for score in result.prediction.scores}
    known = [by_label[model.config.id2label[i]] for i in range(len(logits))]
    assert logits == pytest.approx(known, abs=1e-5)


def test_of_bert_it_is_what_its_pooler_returns(computed, loaded):
    _, vector = computed("bert", CLASSIFY, text=TEXT)
    model = loaded("bert", CLASSIFY)
    encoding = encode(model.tokenizer, {"text": TEXT}, model.max_length)
    with torch.no_grad():
        pooled = model.model.bert(**model.batch([encoding])).pooler_output[0]
    assert vector == pytest.approx(pooled.numpy(), abs=1e-6)


def test_of_a_language_model_it_is_the_state_of_the_prompt_s_last_token(computed, loaded):
    _, vector = computed("gpt2", "causal-lm", prompt="not bad", continuation=" at all")
    model = loaded("gpt2", "causal-lm")
    encoding = encode(model.tokenizer, {"prompt": "not bad"}, model.max_length)
    with torch.no_grad():
        states = model.model.transformer(**model.batch([encoding])).last_hidden_state[0]
    assert vector == pytest.approx(states[-1].numpy(), abs=1e-5)


@pytest.mark.parametrize(
    ("task", "fields"),
    [
        (ANSWER, {"question": "who ?", "context": "not bad at all"}),
        ("token-classification", {"text": TEXT}),
    ],
)
def test_of_others_it_is_the_mean_of_the_last_layer_over_content(task, fields, computed, loaded):
    result, vector = computed("bert", task, **fields)
    model = loaded("bert", task)
    encoding = encode(model.tokenizer, fields, model.max_length)
    with torch.no_grad():
        states = model.model.bert(**model.batch([encoding])).last_hidden_state[0]
    content = [i for i, token in enumerate(result.tokens) if not token.special]
    assert vector == pytest.approx(states[content].mean(0).numpy(), abs=1e-5)
