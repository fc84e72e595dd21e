"""An input beside a longer one, and in bfloat16: what changes, and what that is called."""

from __future__ import annotations

import pytest
import torch

from reportgen import engine
from reportgen.engine.measures.numerical_stability import lengthened
from reportgen.engine.models import loaded_model
from reportgen.results.sanity import sanity
from reportgen.results.store import Store
from tiny_models import CLASSIFY, make_methods, make_plan, plan_model, read

TEXT = "the movie was great , i really enjoyed it ."
METHODS = make_methods("integrated_gradients", "numerical_stability", steps=4)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results")


def explain(store, planned, fields, methods=METHODS):
    manifest = engine.run(make_plan([planned], [fields], methods), store)
    return store.read_header(manifest.jobs[0].id)


def verdicts(result):
    return {one.test: one.verdict for one in sanity(result) if one.method is None}


@pytest.mark.parametrize("architecture", ["bert", "roberta", "gpt2", "llama", "t5", "bart"])
def test_padding_changes_nothing_and_bfloat16_a_little(tiny, store, architecture):
    result = explain(store, plan_model(tiny(architecture)), {"text": TEXT})
    padding, rounded = result.changes
    assert (padding.test, rounded.test) == ("padding", "dtype")
    assert padding.logit < 1e-5
    assert padding.scores < 1e-4
    assert verdicts(result)["padding"] == "passed"
    assert 1e-5 < rounded.logit < 0.2


def test_a_model_that_reads_its_padding_fails(tiny, store, monkeypatch):
    own = loaded_model.make_batch

    def unmasked(model, encodings):
        batch = own(model, encodings)
        return batch | {"attention_mask": torch.ones_like(batch["attention_mask"])}

    planned = plan_model(tiny())
    loaded = loaded_model.load(planned)
    monkeypatch.setattr(engine.executors.local, "load", lambda *_: loaded)
    monkeypatch.setattr(loaded_model, "make_batch", unmasked)
    result = explain(store, planned, {"text": TEXT})
    assert verdicts(result)["padding"] == "failed"


def test_an_input_as_long_as_the_model_reads_has_no_test_of_padding(tiny, store):
    planned = plan_model(tiny(), max_length=8)
    result = explain(store, planned, {"text": TEXT})
    assert [row.test for row in result.changes] == ["dtype"]


def test_shorter_numbers_are_not_tested(tiny, store):
    result = explain(store, plan_model(tiny(), dtype="bfloat16"), {"text": TEXT})
    assert result.changes == ()
    assert result.skipped["numerical_stability"] == (
        "The model runs in bfloat16, whose own rounding is larger than the changes that are "
        "looked for."
    )


def test_special_tokens_stay_at_both_ends(loaded):
    model = loaded("bert", CLASSIFY)
    encoding = read(model, "not bad at all")
    longer = lengthened(encoding, encoding.content, 8)
    texts = [token.text for token in encoding.tokens]
    assert [token.text for token in longer.tokens] == [*texts[:-1], *texts[1:3], texts[-1]]
    assert longer.ids[-1] == encoding.ids[-1]
    assert lengthened(encoding, encoding.content, 6) is None
