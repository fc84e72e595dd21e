"""Which inputs and which models of two runs are the same."""

from __future__ import annotations

import fakes
from pairs import one, run
from reportgen.results.matching import Side, match, pair_models


def matched(folder, before, after):
    sides = (run(folder / name, jobs) for name, jobs in (("base", before), ("head", after)))
    return match(*(Side(results, "fake") for results in sides))


def positions(results) -> list[int]:
    return [result.input for result in results]


def test_inputs_are_paired_by_their_text_wherever_they_stand(tmp_path):
    before = [one("good film", (1, 0), 0), one("bad film", (1, 0), 1)]
    after = [one("bad film", (1, 0), 0), one("new one", (1, 0), 1), one("good film", (1, 0), 2)]
    found = matched(tmp_path, before, after)
    assert [(a.input, b.input) for a, b in found.pairs] == [(1, 0), (0, 2)]
    assert positions(found.new) == [1]
    assert found.gone == ()


def test_equal_inputs_are_paired_in_their_order(tmp_path):
    before = [one("good film", (1, 0), i) for i in range(3)]
    after = [one("good film", (0, 1), i) for i in range(2)]
    found = matched(tmp_path, before, after)
    assert [(a.input, b.input) for a, b in found.pairs] == [(0, 0), (1, 1)]
    assert positions(found.gone) == [2]


def test_every_field_and_the_task_make_an_input_what_it_is(tmp_path):
    pairs = {
        "base": [("Who?", "Ada did"), ("Why?", "Ada did")],
        "head": [("Who?", "Bob did"), ("Why?", "Ada did")],
    }
    sides = [
        Side(
            run(
                tmp_path / name,
                [
                    fakes.answered(*fields, fakes.job_id(i, name), position=i)
                    for i, fields in enumerate(texts)
                ],
            ),
            "fake-qa",
        )
        for name, texts in pairs.items()
    ]
    found = match(*sides)
    assert [(a.input, b.input) for a, b in found.pairs] == [(1, 1)]
    assert (positions(found.new), positions(found.gone)) == ([0], [0])


def of_models(folder, *models):
    return run(folder, [one("good film", (1, 0), model=model) for model in models])


def test_models_are_paired_by_id(tmp_path):
    base, head = of_models(tmp_path / "a", "x", "y"), of_models(tmp_path / "b", "z", "y")
    pairs, new, gone = pair_models(base, head)
    assert [(before.model, after.model) for before, after in pairs] == [("y", "y")]
    assert (new, gone) == (("z",), ("x",))


def test_the_only_models_are_a_pair_whatever_they_are_called(tmp_path):
    pairs, new, gone = pair_models(of_models(tmp_path / "a", "x"), of_models(tmp_path / "b", "y"))
    assert [(before.model, after.model) for before, after in pairs] == [("x", "y")]
    assert new == gone == ()
