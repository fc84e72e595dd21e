"""The removal game on models: units, operators, facts, and the measures of methods."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from paths import make_context
from reportgen.engine import job as jobs
from reportgen.engine.measures.removals import play
from reportgen.engine.methods.base import NotApplicable
from reportgen.engine.methods.removal_method import outputs
from reportgen.engine.removal.operators import remove
from reportgen.engine.removal.units import find_units
from reportgen.errors import InputError
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.occlusion import Occlusion
from tiny_models import make_job, make_methods, read

TEXT = "the film was great , and the plot was bad !"
WORDS = ["the", "film", "was", "great", "and", "the", "plot", "was", "bad"]


def spelled(encoding, units):
    """Return the text of each unit."""
    texts = encoding.segments
    return [
        texts[encoding.tokens[a].segment][encoding.tokens[a].start : encoding.tokens[b - 1].end]
        for a, b in units
    ]


def removals(loaded, fields, methods=("occlusion",), **settings):
    """Return the result of an input by methods and ``faithfulness``."""
    wanted = (*make_methods(*methods), Faithfulness(**settings))
    job = make_job(loaded.planned, 0, fields, wanted)
    ((result, arrays),) = jobs.explain(loaded, [(job, jobs.read(loaded, job))])
    assert result.status == "done", result.error
    assert not result.failed, result.failed
    return result, arrays


def test_words_are_removed_and_punctuation_stays(loaded):
    encoding = read(loaded(), TEXT)
    granularity, units = find_units(encoding, "auto", ["text"])
    assert granularity == "word"
    assert spelled(encoding, units) == WORDS


def test_tokens_can_be_removed_one_by_one(loaded):
    encoding = read(loaded(), TEXT)
    _, units = find_units(encoding, "token", ["text"])
    assert [first for first, _ in units] == encoding.content.tolist()


def test_sentences_end_with_their_marks(loaded):
    encoding = read(loaded(), "the film was bad ! was it ? it was .")
    _, units = find_units(encoding, "sentence", ["text"])
    assert spelled(encoding, units) == ["the film was bad !", "was it ?", "it was ."]


def test_one_sentence_cannot_be_told_from_others(loaded):
    with pytest.raises(InputError) as error:
        find_units(read(loaded(), TEXT), "sentence", ["text"])
    assert error.value.message == (
        "granularity: sentence needs a text of several sentences, and this is one"
    )
    assert error.value.hint == "set granularity: word, or auto"


def test_a_text_of_many_words_is_removed_by_sentences(loaded):
    encoding = read(loaded(max_position_embeddings=256), " ".join(["the film was bad ."] * 12))
    granularity, units = find_units(encoding, "auto", ["text"])
    assert (granularity, len(units)) == ("sentence", 12)


@pytest.mark.parametrize("operator", ["mask", "pad", "delete"])
def test_what_is_removed_is_not_read(loaded, operator):
    model = loaded()
    encoding = read(model, TEXT)
    gone = np.zeros(len(encoding), bool)
    gone[[2, 5]] = True
    ids = remove(model, encoding, gone, operator).ids.tolist()
    whole = encoding.ids.tolist()
    if operator == "delete":
        assert ids == [one for place, one in enumerate(whole) if place not in (2, 5)]
    else:
        filler = getattr(model.tokenizer, f"{operator}_token_id")
        assert ids == [filler if place in (2, 5) else one for place, one in enumerate(whole)]


def test_hidden_tokens_change_nothing_for_the_others(loaded):
    """What a token is does not matter where no other may attend to it."""
    model = loaded()
    encoding = read(model, TEXT)
    gone = np.zeros(len(encoding), bool)
    gone[3] = True
    other = replace(encoding, ids=encoding.ids.clone())
    other.ids[3] = encoding.ids[4]
    with torch.no_grad():
        one, two, whole = (
            model.forward([each]).logits
            for each in (
                remove(model, encoding, gone, "attention"),
                remove(model, other, gone, "attention"),
                encoding,
            )
        )
    assert torch.allclose(one, two, atol=1e-6)
    assert not torch.allclose(one, whole, atol=1e-3)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_causal_model_goes_on_from_the_last_word_that_is_left(loaded, architecture):
    """Deleting words of a prompt is giving the model the shorter prompt."""
    model = loaded(architecture, "causal-lm")
    context = make_context(model, "the film was great and the plot was bad", " .")
    found = outputs(context, Occlusion(operator="delete"))
    (target,) = context.targets("predicted")
    sets = np.zeros((3, found.n), bool)
    sets[1, :2] = sets[2, 5:] = True
    logits = found.logits(sets, 0)
    for removed, logit in zip(sets, logits, strict=True):
        kept = [
            place
            for place in range(target.position + 1)
            if not any(
                a <= place < b for (a, b), out in zip(found.units, removed, strict=True) if out
            )
        ]
        with torch.no_grad(), model.attention("sdpa"):
            alone = model.model(input_ids=context.encoding.ids[kept][None]).logits[0, -1]
        assert logit == pytest.approx(alone[target.index].item(), abs=1e-4)


def test_an_answer_is_asked_for_at_the_same_tokens(loaded):
    """Masking keeps indices, and a whole answer's probability is the product of its ends'."""
    model = loaded(task="question-answering")
    question = "what is important to us ?"
    result, _ = removals(
        model, {"question": question, "context": "it is important to include all of it ."}
    )
    (first, second) = result.removals
    assert (first.target, first.operator, second.operator) == (None, "mask", "pad")
    span = result.prediction.spans[0]
    assert first.output == pytest.approx(span.probability, rel=1e-4)
    read_as = [result.tokens[a].segment for a, _ in first.units]
    assert set(read_as) == {"context"}


def test_another_answer_has_gaps_where_its_words_were_removed(loaded):
    model = loaded(task="question-answering")
    context = make_context(model, "what is it ?", "kids loved the great film and plot")
    found = outputs(context, Occlusion())
    words = spelled(context.encoding, found.units)
    every = np.array(list(itertools.product([False, True], repeat=found.n)))
    said = {
        outcome.label: [words[i] for i in outcome.removed]
        for outcome in (found.outcome(one, (0,)) for one in every)
        if outcome.label != context.prediction.label
    }
    assert any("▢" in label for label in said)
    for label, removed in said.items():
        assert not set(removed) & set(label.split())


def brute_force(game, threshold):
    """Return the fewest units that turn an output, and that suffice for it, trying all sets."""
    n = game.n
    every = np.array(list(itertools.product([False, True], repeat=n)))
    margins = game.margins(every, 0)
    flips = every[margins < threshold]
    keeps = every[margins >= threshold]
    flip = flips.sum(1).min() if len(flips) else None
    return flip, (~keeps).sum(1).min() if len(keeps) else None


@pytest.mark.parametrize("text", [TEXT, "it was great", "bad plot , bad film and it was bad"])
def test_facts_are_what_trying_all_sets_finds(loaded, text):
    model = loaded()
    result, _ = removals(model, {"text": text})
    fact = result.removals[0]
    context = make_context(model, text)
    flip, keep = brute_force(outputs(context, Occlusion()), 0)
    assert fact.flip.exact
    assert fact.sufficient.exact
    assert (None if fact.flip.units is None else len(fact.flip.units)) == flip
    assert (None if fact.sufficient.units is None else len(fact.sufficient.units)) == keep
    for single in fact.singles:
        assert single.label != result.prediction.label


def test_what_a_fact_says_is_what_the_model_says(loaded):
    model = loaded()
    result, _ = removals(model, {"text": TEXT}, without=[["bad"], ["absent"], ["The", "plot"]])
    fact = result.removals[0]
    assert [len(outcome.removed) for outcome in fact.asked] == [1, 3]
    for outcome in (*fact.asked, *fact.singles):
        encoding = read(model, TEXT)
        gone = np.zeros(len(encoding), bool)
        for unit in outcome.removed:
            gone[slice(*fact.units[unit])] = True
        ids = encoding.ids.masked_fill(torch.from_numpy(gone), model.tokenizer.mask_token_id)
        with torch.no_grad():
            logits = model.forward([replace(encoding, ids=ids)]).logits[0]
        assert outcome.label == model.task.labels[logits.argmax()]
        assert outcome.probability == pytest.approx(logits.softmax(0).max().item(), abs=1e-5)


def test_measures_of_a_method_are_those_of_its_order(loaded):
    """Comprehensiveness and sufficiency by hand, on the outputs with words masked."""
    model = loaded()
    result, arrays = removals(model, {"text": TEXT})
    fact = result.removals[0]
    (measure, random) = fact.measures
    assert (measure.method, random.method) == ("occlusion", "random")
    (target,) = result.targets
    tokens = arrays[f"occlusion/{target.name}"]
    scores = np.array([tokens[a:b].sum() for a, b in fact.units])
    order = np.argsort(-scores, kind="stable")
    context = make_context(model, TEXT)
    found = outputs(context, Occlusion())

    def value(removed):
        one = np.zeros((1, found.n), bool)
        one[0, list(removed)] = True
        return found.probabilities(one, 0)[0]

    n, whole = found.n, value([])
    sizes = [1, 1, 1, 2, 5]  # 1, 5, 10, 20 and 50 % of nine words, rounded up
    wanted = np.mean([whole - value(order[:k]) for k in sizes])
    assert measure.comprehensiveness == pytest.approx(wanted, abs=1e-6)
    wanted = np.mean([whole - value(order[k:]) for k in sizes])
    assert measure.sufficiency == pytest.approx(wanted, abs=1e-6)
    wanted = sum(whole - value(order[:k]) for k in range(1, n)) / n
    assert measure.aopc_comprehensiveness == pytest.approx(wanted, abs=1e-6)
    assert measure.log_odds == pytest.approx(np.log(value(order[:2]) / whole), abs=1e-6)
    assert measure.leave_one_out == pytest.approx(1.0)
    curve = next(c for c in fact.curves if c.order == "occlusion" and not c.ascending)
    assert curve.values[0] == pytest.approx(fact.output)
    assert curve.values[-1] == pytest.approx(fact.nothing)
    rises = np.mean(np.array(curve.values[:-1]) >= curve.values[1:])
    assert measure.monotonicity == pytest.approx(rises)
    worst, best = fact.bounds
    place = (measure.aopc_comprehensiveness - worst) / (best - worst)
    assert measure.normalized_comprehensiveness == pytest.approx(place)


def test_sums_that_foretell_the_output_exactly_have_no_infidelity(loaded):
    """An output that is a sum over words: its own terms miss nothing, others do."""
    from reportgen.engine.measures.faithfulness import Measured
    from reportgen.engine.removal.game import RemovalGame

    terms = np.array([3.0, -1.0, 0.5, 2.0])

    class Games:
        probability = RemovalGame(4, lambda sets: (~sets) @ terms)
        logit = probability

        class outputs:  # noqa: N801
            n = 4

            class loaded:  # noqa: N801
                class task:  # noqa: N801
                    distribution = "none"

    found = Measured(Games(), {"own": terms, "others": terms[::-1].copy()}, 0)
    own, others, _ = found.measures()
    assert own.infidelity == pytest.approx(0, abs=1e-12)
    assert own.normalized_comprehensiveness == pytest.approx(1)
    assert others.infidelity > 0.1


def test_an_input_of_too_many_words_is_not_begun(loaded):
    model = loaded(max_position_embeddings=256)
    context = make_context(model, " ".join(["bad"] * 50))
    before = model.forward
    settings = Faithfulness(max_evaluations=200)
    with pytest.raises(NotApplicable) as error:
        play(context, settings, {}, context.targets("predicted"))
    assert str(error.value) == (
        "It needs 1,136 evaluations for 50 units of this input, and max_evaluations is 200: "
        "raise it."
    )
    assert before == model.forward


def test_an_operator_needs_its_token(loaded):
    context = make_context(loaded("gpt2"), TEXT)
    with pytest.raises(InputError) as error:
        outputs(context, Occlusion(operator="mask"))
    assert error.value.message == ("operator: mask cannot be used: the tokenizer has no mask token")
    assert error.value.hint == "set operator to delete or attention"


def test_batches_change_no_output(loaded):
    """Sets given to the model one by one, or together with shorter ones."""
    model = loaded()
    context = make_context(model, TEXT)
    together = outputs(context, Occlusion(operator="delete"))
    sets = np.random.default_rng(0).random((40, together.n)) < 0.5
    alone = outputs(make_context(model, TEXT), Occlusion(operator="delete"))
    one_by_one = np.concatenate([alone.logits(one[None], 0) for one in sets])
    assert np.allclose(together.logits(sets, 0), one_by_one, atol=1e-5)
    assert together.evaluations == len(np.unique(sets, axis=0))
