"""Language models with more rows in their embedding than their tokenizer has tokens."""

import re

import pytest
import torch

from reportgen import engine
from reportgen.engine.models.loaded_model import load
from reportgen.errors import InputError
from reportgen.results.store import Store
from tiny_models import make_methods, make_plan, plan_model, read
from tiny_tokenizers import make_tokenizer

CAUSAL, FILL, SEQ2SEQ = "causal-lm", "masked-lm", "seq2seq-lm"
PROMPT = {"prompt": "the movie was"}
GIVEN = PROMPT | {"continuation": " great"}
SOURCE = {"source": "the movie was great"}
MASKED = {"text": "the movie was [MASK] ."}
MORE = 2000
"""Rows without a token: so many that random weights choose among them."""

ID = re.compile(r"<id (\d+)>")


@pytest.fixture(scope="module")
def padded(tiny):
    """Return the folder of a tiny model whose vocabulary is padded, and its number of tokens."""

    def make(architecture, task):
        tokens = len(make_tokenizer(architecture))
        return tiny(architecture, task, vocab_size=tokens + MORE), tokens

    return make


@pytest.mark.parametrize(
    ("architecture", "task", "fields"),
    [
        ("gpt2", CAUSAL, PROMPT),
        ("gpt2", CAUSAL, GIVEN),
        ("llama", CAUSAL, PROMPT),
        ("llama", CAUSAL, GIVEN),
        ("t5", SEQ2SEQ, SOURCE),
        ("bert", FILL, MASKED),
    ],
)
def test_an_id_without_a_token_is_shown_by_its_number(padded, tmp_path, architecture, task, fields):
    folder, tokens = padded(architecture, task)
    new = {} if task == FILL else {"max_new_tokens": 3}
    model = plan_model(folder, task, **new)
    methods = make_methods("integrated_gradients", "attention", steps=8)
    store = Store(tmp_path / "results")
    manifest = engine.run(make_plan([model], [fields], methods), store)
    result = store.read_header(manifest.jobs[0].id)
    assert result.error is None
    prediction = result.prediction
    assert not any("None" in score.label for step in prediction.steps for score in step.scores)
    for step, target in zip(prediction.steps, result.targets, strict=True):
        shown = [ID.fullmatch(score.label) for score in step.scores]
        assert sum(map(bool, shown)) >= 2
        assert all(tokens <= int(match[1]) < tokens + MORE for match in shown if match)
        if step.index >= tokens:
            name = f"<id {step.index}>"
            assert step.label == name
            assert target.name.startswith(f"{name} at ")
    if "continuation" not in fields:
        assert all(step.index >= tokens for step in prediction.steps)


@pytest.mark.parametrize(
    ("architecture", "task", "fields", "written"),
    [
        ("gpt2", CAUSAL, PROMPT, "continuation"),
        ("llama", CAUSAL, PROMPT, "continuation"),
        ("t5", SEQ2SEQ, SOURCE, "target_text"),
    ],
)
def test_what_is_written_holds_the_numbers_as_words(
    padded, monkeypatch, architecture, task, fields, written
):
    folder, tokens = padded(architecture, task)
    model = load(plan_model(folder, task, max_new_tokens=3))
    great = model.tokenizer(" great", add_special_tokens=False)["input_ids"][-1]
    ids = torch.tensor([[great, tokens + 7, tokens + 1234]])

    def generate(input_ids, **_):
        start = input_ids if task == CAUSAL else torch.tensor([[model.tokenizer.pad_token_id]])
        return torch.cat([start, ids], dim=1)

    monkeypatch.setattr(model.model, "generate", generate)
    encoding = model.task.read(model, fields)
    reader = encoding.decoder or encoding
    first, second = f"<id {tokens + 7}>", f"<id {tokens + 1234}>"
    assert encoding.generated[written].strip() == f"great {first} {second}"
    mine = [token.text for token in reader.tokens if token.segment == written]
    assert mine == ["great", first, second]
    words = [word for word in reader.words if word.segment == written]
    assert [word.text for word in words] == ["great", first, second]
    assert all(word.last - word.first == 1 for word in words)


class TestTarget:
    @pytest.fixture
    def predicted(self, padded):
        folder, tokens = padded("bert", FILL)
        model = load(plan_model(folder, FILL))
        encoding = read(model, MASKED["text"])
        with torch.no_grad():
            prediction = model.task.predict(model.forward([encoding]), encoding, None)
        return model, encoding, prediction, tokens

    def test_an_id_as_lists_show_it(self, predicted):
        model, encoding, prediction, tokens = predicted
        (found,) = model.task.targets(f"<id {tokens + 3}>", prediction, encoding, None)
        assert (found.name, found.index) == (f"<id {tokens + 3}> at 4", tokens + 3)

    @pytest.mark.parametrize("number", [5, MORE, 99 * MORE])
    def test_an_id_that_is_none(self, predicted, number):
        """One that has a token is asked for by it; one past the last row is not there."""
        model, encoding, prediction, tokens = predicted
        number = number if number == 5 else tokens + number
        with pytest.raises(InputError, match=f"'<id {number}>' is not one token"):
            model.task.targets(f"<id {number}>", prediction, encoding, None)
