"""Several games in rounds: together, in turns, each with its own answers and errors."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.engine import job as jobs
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.removal import outputs
from reportgen.engine.removal.rounds import alone, ask, play_rounds
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.shapley_values import ShapleyValues
from tiny_models import make_job

TEXTS = (
    "the film was great , and the plot was bad !",
    "it was bad",
    "a great plot and a bad film , it was great !",
)
METHODS = (ShapleyValues(max_evaluations=60), Faithfulness(search=60))


def adds_up(numbers):
    """Return a play that asks for the double of each number in turn, and adds up the answers."""

    def play():
        return sum(ask(number) for number in numbers)

    return play


def test_questions_of_a_round_are_answered_together():
    rounds = []

    def answer(questions):
        rounds.append(list(questions))
        return [2 * question for question in questions]

    assert play_rounds([adds_up([1, 2, 3]), adds_up([]), adds_up([10])], answer) == [12, 0, 20]
    assert rounds == [[1, 10], [2], [3]]


def test_an_answer_that_is_an_error_is_raised_where_it_was_asked_for():
    def careful():
        try:
            return ask(0)
        except ValueError as error:
            return f"caught {error}"

    def answer(questions):
        return [ValueError("none") if question == 0 else question for question in questions]

    assert play_rounds([careful, adds_up([5])], answer) == ["caught none", 5]


def test_what_a_play_raises_is_raised_after_the_others_are_done():
    done = []

    def broken():
        raise KeyError("broken")

    def other():
        done.append(ask(1))

    with pytest.raises(KeyError, match="broken"):
        play_rounds([broken, other], lambda questions: questions)
    assert done == [1]


def test_nothing_waits_where_a_play_is_alone():
    def play():
        with alone():
            return ask(1)

    assert play_rounds([play, play], lambda questions: questions) == [None, None]
    assert ask(1) is None


def explained(model: LoadedModel, texts):
    batch = []
    for index, text in enumerate(texts):
        job = make_job(model.planned, index, {"text": text}, METHODS)
        batch.append((job, jobs.read(model, job)))
    return jobs.explain(model, batch)


def test_inputs_played_together_have_the_results_that_each_has_alone(loaded):
    model = loaded()
    for text, (result, arrays) in zip(TEXTS, explained(model, TEXTS), strict=True):
        ((other, own),) = explained(model, [text])
        assert not result.failed
        assert [one.flip for one in result.removals] == [one.flip for one in other.removals]
        for one, two in zip(result.removals, other.removals, strict=True):
            assert one.evaluations == two.evaluations
            assert np.allclose(one.effects, two.effects, atol=1e-5)
        for name, array in arrays.items():
            assert np.allclose(array, own[name], atol=1e-5), name


def test_inputs_played_together_share_passes(loaded, monkeypatch):
    model, passes = loaded(), []
    forward = LoadedModel.forward

    def counted(self, encodings, *rest, **more):
        passes.append(len(encodings))
        return forward(self, encodings, *rest, **more)

    monkeypatch.setattr(LoadedModel, "forward", counted)
    for text in TEXTS:
        explained(model, [text])
    apart, sets = len(passes), sum(passes)
    passes.clear()
    explained(model, TEXTS)
    assert sum(passes) == sets
    assert len(passes) < 0.7 * apart


def test_one_input_that_cannot_be_read_fails_alone(loaded, monkeypatch):
    model, evaluate = loaded(), outputs.evaluate
    long = max(len(jobs.read(model, make_job(model.planned, 0, {"text": t}, ()))) for t in TEXTS)

    def fails(asked):
        if any(len(encoding) == long for one in asked for encoding in one.encodings):
            raise MemoryError("too long")
        return evaluate(asked)

    monkeypatch.setattr(outputs, "evaluate", fails)
    results = [result for result, _ in explained(model, TEXTS)]
    assert [result.status for result in results].count("error") == 1
    assert all(len(one.tokens) < long for one in results if one.status == "done")
