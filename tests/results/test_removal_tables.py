"""What removing words did, as tables: the facts, the measures and the curves."""

from __future__ import annotations

import pytest

import fakes
from fake_games import removal, with_removals
from reportgen.results.removal import RemovalOutcome, SmallestUnits
from reportgen.results.tables import Results


@pytest.fixture
def played(tmp_path) -> Results:
    header, arrays = fakes.classified("Not a bad-tempered film.")
    asked = [
        RemovalOutcome(removed=(0, 2), turned=True, label="NEGATIVE", probability=0.7, output=0.3)
    ]
    nothing = SmallestUnits(units=None, exact=False, ruled_out=2)
    games = [
        removal(header, asked=asked),
        removal(header, operator="delete", flip=nothing, sufficient=None, singles=(), curves=()),
    ]
    other = fakes.answered("Who?", "It is them all.", position=1)
    return Results(fakes.write_run(tmp_path, [with_removals((header, arrays), *games), other]))


def test_facts_name_the_words_and_what_the_model_says_then(played):
    table = played.removals()
    assert list(table.columns) == [
        *("model", "input", "target", "operator", "granularity", "units", "kind", "words"),
        *("label", "probability", "output", "exact", "ruled_out"),
    ]
    shown = ["operator", "kind", "words", "label", "probability", "exact", "ruled_out"]
    rows = [tuple(None if v != v else v for v in row) for row in table[shown].to_numpy().tolist()]
    assert rows == [
        ("mask", "flip", ["film."], "NEGATIVE", 0.62, True, 0),
        ("mask", "sufficient", ["film."], "POSITIVE", 0.8, True, 0),
        ("mask", "single", ["film."], "NEGATIVE", 0.62, None, None),
        ("mask", "asked", ["Not", "bad-tempered"], "NEGATIVE", 0.7, None, None),
        ("delete", "flip", [], None, None, False, 2),
    ]
    assert set(table["granularity"]) == {"word"}
    assert set(table["units"]) == {4}
    assert set(zip(table["model"], table["input"], table["target"], strict=True)) == {
        ("fake", 0, "POSITIVE")
    }


def test_every_measure_of_every_method_is_a_column(played):
    table = played.faithfulness()
    assert list(table.columns) == [
        *("model", "input", "target", "operator", "method"),
        *("normalized_comprehensiveness", "normalized_sufficiency"),
        *("aopc_comprehensiveness", "aopc_sufficiency", "comprehensiveness", "sufficiency"),
        *("log_odds", "leave_one_out", "monotonicity", "infidelity"),
    ]
    assert list(table["operator"]) == ["mask"] * 3 + ["delete"] * 3
    shown = table.set_index(["operator", "method"])["normalized_comprehensiveness"]
    assert shown["mask", "integrated_gradients"] == 0.7
    assert shown["delete", "random"] == 0.3


def test_curves_have_a_row_for_each_number_of_words(played):
    table = played.removal_curves()
    one = table[(table["order"] == "integrated_gradients") & ~table["ascending"]]
    assert list(one["removed"]) == [0, 1, 2, 3, 4]
    assert list(one["output"]) == pytest.approx([0.9, 0.775, 0.65, 0.525, 0.4])
    assert one["low"].isna().all()
    drawn = table[table["order"] == "random"]
    assert list(drawn["low"]) == list(drawn["high"]) == list(drawn["output"])


def test_words_of_two_texts_and_whole_stretches_are_told_as_written(tmp_path):
    header, arrays = fakes.answered("Who?", "It is  them all.")
    first, last = header.words[1], header.words[3]
    game = removal(
        header,
        target="start",
        units=((first.first, last.last),),
        granularity="sentence",
        flip=SmallestUnits(units=(0,), exact=True, ruled_out=0),
        sufficient=None,
        singles=(),
        curves=(),
    )
    run = Results(fakes.write_run(tmp_path, [with_removals((header, arrays), game)]))
    assert list(run.removals()["words"]) == [["It is  them"]]
