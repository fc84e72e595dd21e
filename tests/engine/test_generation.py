"""Language models: each token of a text is explained by the logit that predicted it."""

import math

import pytest
import torch

from reportgen.engine.models.loaded_model import load
from reportgen.errors import InputError
from tiny_models import plan_model

CAUSAL, SEQ2SEQ = "causal-lm", "seq2seq-lm"
PROMPT = {"prompt": "the movie was"}
GIVEN = {"prompt": "the movie was", "continuation": " great , i enjoyed"}
SOURCE = {"source": "the movie was great"}
TARGET = {"source": "the movie was great", "target_text": "not bad at all"}


@pytest.fixture(scope="session")
def writer(tiny):
    """Load a tiny model that writes three tokens, or as many as are asked for."""
    models = {}

    def get(architecture, task, new=3, **spec):
        key = (architecture, new, *spec.items())
        if key not in models:
            folder = tiny(architecture, task)
            models[key] = load(plan_model(folder, task, max_new_tokens=new, **spec))
        return models[key]

    return get


@pytest.fixture(params=["gpt2", "llama", "qwen3", "gemma3_text"])
def causal(writer, request):
    return writer(request.param, CAUSAL)


@pytest.fixture(params=["t5", "bart"])
def seq2seq(writer, request):
    return writer(request.param, SEQ2SEQ)


@torch.no_grad()
def predict(model, fields, expect=None):
    encoding = model.task.read(model, fields)
    output = model.forward([encoding])
    return encoding, output, model.task.predict(output, encoding, expect)


def targets(model, fields, setting, expect=None):
    encoding, _, prediction = predict(model, fields, expect)
    return model.task.targets(setting, prediction, encoding, expect)


def require_greedy(logits, ids, first):
    """Assert that each of ``ids`` from ``first`` on is the best after those before it."""
    for position in range(first, len(ids)):
        assert logits[position - 1].argmax() == ids[position]


class TestCausal:
    @torch.no_grad()
    def test_each_logit_is_what_the_text_before_it_says(self, causal):
        encoding, output, prediction = predict(causal, GIVEN)
        assert encoding.generated == {}
        found = causal.task.targets("predicted", prediction, encoding, None)
        places = encoding.positions("continuation")
        assert len(found) == len(prediction.steps) == len(places)
        for target, step, place in zip(found, prediction.steps, places, strict=True):
            before = causal.model(input_ids=encoding.ids[None, :place]).logits[0, -1]
            token = encoding.ids[place]
            scalar = causal.task.scalar(output, 0, target)
            assert scalar.item() == pytest.approx(before[token].item(), abs=1e-4)
            assert (target.position, target.index) == (place - 1, token)
            assert (step.position, step.index) == (place, token)
            chance = before.softmax(0)
            assert step.probability == pytest.approx(chance[token].item(), rel=1e-3)
            assert step.scores[0].probability == pytest.approx(chance.max().item(), rel=1e-3)
            assert step.correct == (before.argmax() == token)

    def test_prediction(self, causal):
        _, _, prediction = predict(causal, GIVEN)
        assert prediction.kind == "tokens"
        assert prediction.label == "great , i enjoyed"
        assert [s.text for s in prediction.steps if s.text.strip()] == [
            *("great", ",", "i", "enjoyed")
        ]
        product = math.prod(step.probability for step in prediction.steps)
        assert prediction.probability == pytest.approx(product)
        assert prediction.expected is prediction.correct is None

    def test_without_a_continuation_it_is_written_greedily(self, causal):
        encoding, output, prediction = predict(causal, PROMPT)
        before = causal.task.encode(causal.tokenizer, PROMPT, 64)
        ids = encoding.ids.tolist()
        assert ids[: len(before)] == before.ids.tolist()
        assert 0 < len(ids) - len(before) <= 3
        require_greedy(output.logits[0], ids, len(before))
        assert encoding.generated == {"continuation": encoding.segments["continuation"]}
        assert prediction.label == encoding.generated["continuation"].strip()
        assert [step.index for step in prediction.steps] == ids[len(before) :]
        assert all(step.label == step.scores[0].label for step in prediction.steps)
        assert all(step.correct is None for step in prediction.steps)

    def test_one_token_is_written_unless_more_are_asked_for(self, writer):
        model = writer("gpt2", CAUSAL, None)
        encoding, _, prediction = predict(model, PROMPT)
        assert (len(encoding), len(prediction.steps)) == (4, 1)

    def test_what_is_given_is_not_written(self, causal):
        encoding, _, _ = predict(causal, GIVEN)
        assert encoding.segments == GIVEN

    def test_what_stands_after_a_target_does_not_matter(self, causal):
        encoding, _, prediction = predict(causal, GIVEN)
        first = causal.task.targets(0, prediction, encoding, None)[0]
        rows = causal.embed(encoding.ids).detach().requires_grad_()
        output = causal.forward([encoding], {causal.embedding: [rows]})
        (gradient,) = torch.autograd.grad(causal.task.scalar(output, 0, first), rows)
        sizes = gradient.abs().sum(1)
        assert (sizes[: first.position + 1] > 0).all()
        assert (sizes[first.position + 1 :] == 0).all()

    def test_a_long_prompt_leaves_room_for_what_is_written(self, causal):
        encoding, _, prediction = predict(causal, {"prompt": "all " * 80 + "not"})
        assert encoding.truncation.segment == "prompt"
        assert len(encoding) - len(prediction.steps) == causal.max_length - 3
        assert encoding.tokens[encoding.positions("continuation").start - 1].text == "not"

    def test_no_room_for_a_prompt(self, writer):
        model = writer("gpt2", CAUSAL, 16, max_length=16)
        with pytest.raises(InputError, match="leaves no room for the prompt"):
            model.task.read(model, PROMPT)


class TestSeq2Seq:
    @torch.no_grad()
    def test_each_logit_is_what_the_text_before_it_says(self, seq2seq):
        encoding, output, prediction = predict(seq2seq, TARGET)
        decoder = encoding.decoder
        found = seq2seq.task.targets("all", prediction, encoding, None)
        places = decoder.positions("target_text")
        assert len(found) == len(places)
        for target, step, place in zip(found, prediction.steps, places, strict=True):
            before = seq2seq.model(
                input_ids=encoding.ids[None], decoder_input_ids=decoder.ids[None, :place]
            ).logits[0, -1]
            token = decoder.ids[place]
            scalar = seq2seq.task.scalar(output, 0, target)
            assert scalar.item() == pytest.approx(before[token].item(), abs=1e-4)
            assert (target.position, step.position) == (place - 1, place)
            assert step.probability == pytest.approx(before.softmax(0)[token].item(), rel=1e-3)

    @torch.no_grad()
    def test_the_given_text_is_read_as_in_training(self, seq2seq):
        encoding, output, _ = predict(seq2seq, TARGET)
        labels = seq2seq.tokenizer(text_target=TARGET["target_text"])["input_ids"]
        trained = seq2seq.model(input_ids=encoding.ids[None], labels=torch.tensor([labels]))
        assert torch.allclose(output.logits, trained.logits[:, : output.logits.shape[1]], atol=1e-5)
        assert encoding.decoder.ids.tolist()[1:] == labels[:-1]

    def test_scores_are_about_the_source(self, seq2seq):
        encoding, _, prediction = predict(seq2seq, TARGET)
        assert encoding.segments == SOURCE
        assert {token.segment for token in encoding.tokens} <= {"source", None}
        assert encoding.decoder.segments == {"target_text": TARGET["target_text"]}
        assert [t.text for t in encoding.decoder.tokens if not t.special] == [
            *("not", "bad", "at", "all")
        ]
        assert [word.text for word in encoding.decoder.words] == ["not", "bad", "at", "all"]
        assert prediction.label == TARGET["target_text"]

    def test_without_a_target_it_is_written_greedily(self, seq2seq):
        encoding, output, prediction = predict(seq2seq, SOURCE)
        decoder = encoding.decoder
        first = next(i for i, token in enumerate(decoder.tokens) if not token.special)
        require_greedy(output.logits[0], decoder.ids.tolist(), first)
        assert decoder.ids[0] == seq2seq.model.config.decoder_start_token_id
        assert not decoder.tokens[-1].special
        assert encoding.generated == decoder.segments
        assert prediction.label == encoding.generated["target_text"].strip()

    def test_more_tokens_are_written_by_default(self, writer):
        assert len(predict(writer("t5", SEQ2SEQ, None), SOURCE)[0].decoder) > 4

    def test_a_source_is_cut_at_its_end(self, writer):
        model = writer("bart", SEQ2SEQ)
        encoding = model.task.read(model, {"source": "all " * 99, "target_text": "bad"})
        assert encoding.truncation.segment == "source"
        assert encoding.tokens[1].start == 0

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the target_text is empty"),
            ("all" + " all" * 63, "the target_text has 66 tokens, the model's decoder reads 64"),
        ],
    )
    def test_a_target_that_cannot_be_read(self, writer, text, message):
        model = writer("bart", SEQ2SEQ)
        with pytest.raises(InputError, match=message):
            model.task.read(model, SOURCE | {"target_text": text})


def test_a_model_that_writes_nothing(writer, monkeypatch):
    model = writer("gpt2", CAUSAL)
    end = torch.full((1, 1), model.tokenizer.eos_token_id)
    monkeypatch.setattr(
        model.model, "generate", lambda input_ids, **_: torch.cat([input_ids, end], dim=1)
    )
    with pytest.raises(InputError, match="ends the text at once") as caught:
        model.task.read(model, PROMPT)
    assert "give the text to explain" in caught.value.hint


class TestExpected:
    def test_a_text_that_is_written(self, writer):
        model = writer("gpt2", CAUSAL)
        written = predict(model, PROMPT)[2].label
        assert predict(model, PROMPT, f" {written}")[2].correct
        assert predict(model, PROMPT, "bad")[2].correct is False

    def test_a_given_text_is_right_where_the_model_would_write_it(self, writer):
        model = writer("gpt2", CAUSAL)
        written = predict(model, PROMPT)[0].segments["continuation"]
        given = PROMPT | {"continuation": written}
        _, _, prediction = predict(model, given, written)
        assert prediction.correct
        assert all(step.correct for step in prediction.steps)
        _, _, prediction = predict(model, GIVEN, GIVEN["continuation"])
        assert prediction.correct is False


class TestTargets:
    def test_all_by_name_and_place(self, writer):
        model = writer("gpt2", CAUSAL)
        found = targets(model, GIVEN, "all")
        assert [target.name for target in found] == [
            *("great at 3", ", at 4", "i at 5", "enjoyed at 6")
        ]
        assert targets(model, GIVEN, "predicted") == found
        assert targets(model, GIVEN, 2) == found[2:3]

    def test_expected(self, writer):
        model = writer("gpt2", CAUSAL)
        found = targets(model, GIVEN, "expected", "great , i enjoyed")
        assert found == targets(model, GIVEN, "all")
        with pytest.raises(InputError, match="another text is explained") as caught:
            targets(model, GIVEN, "expected", "bad")
        assert caught.value.hint == "give what is expected as continuation"
        with pytest.raises(InputError, match="does not say what is expected"):
            targets(model, GIVEN, "expected")

    @pytest.mark.parametrize("setting", [4, "great", "start"])
    def test_unknown(self, writer, setting):
        with pytest.raises(InputError, match="causal-lm has no target") as caught:
            targets(writer("gpt2", CAUSAL), GIVEN, setting)
        assert "0 to 3" in caught.value.hint

    def test_another_token_at_the_same_place(self, writer):
        model = writer("gpt2", CAUSAL)
        encoding, output, prediction = predict(model, GIVEN)
        target = model.task.targets(1, prediction, encoding, None)[0]
        drawn = {model.task.other(target, encoding, seed) for seed in range(40)}
        assert len(drawn) > 20
        for other in drawn:
            assert other.position == target.position
            assert other.index not in (target.index, model.tokenizer.eos_token_id)
            logit = output.logits[0, target.position, other.index]
            assert model.task.scalar(output, 0, other) == logit
