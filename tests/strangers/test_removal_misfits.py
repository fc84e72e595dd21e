"""Stored removal games that do not fit the result they are in: an error card each."""

from __future__ import annotations

import pytest

import fakes
from fake_games import with_removals
from rewriting import result_files, rewrite_result


def of(game: dict, curve: int = 0) -> dict:
    return game["curves"][curve]


MISFITS = {
    "there is no target 'x'": lambda game: game.update(target="x"),
    "a unit lies outside the tokens": lambda game: game["units"][-1].__setitem__(1, 99),
    "before the unit in front of it": lambda game: game["units"].reverse(),
    "it does not have one number for each unit": lambda game: game["effects"].pop(),
    "one number for each unit": lambda game: game.update(shapley=[0.1]),
    "it names a unit that is not there": lambda game: game["flip"].update(units=[4]),
    "names a unit that is not there": lambda game: game["flip"]["outcome"].update(removed=[-1]),
    "a unit that is not there": lambda game: game["singles"][0].update(removed=[9]),
    "unit that is not there": lambda game: game.update(
        asked=[{"removed": [0, 7], "turned": True, "label": "A", "output": 0.5}]
    ),
    "a curve does not have one value more": lambda game: of(game)["values"].pop(),
    "curve does not have one value more": lambda game: of(game, 2)["low"].append(0.5),
    "a probability or a share is not within": lambda game: game.update(output=1.5),
    "probability or a share is not within": lambda game: of(game)["values"].__setitem__(0, -0.1),
    "or a share is not within": lambda game: game["sufficient"]["outcome"].update(probability=2),
    "a share is not within": lambda game: game["measures"][0].update(monotonicity=1.1),
    "a correlation is not within": lambda game: game["measures"][0].update(leave_one_out=-2),
}


@pytest.mark.parametrize("message", MISFITS)
def test_a_game_that_does_not_fit_is_an_error_card(tmp_path, command, message):
    run = fakes.write_run(tmp_path / "run", [with_removals(fakes.classified("Not a bad film"))])
    (file,) = result_files(run)
    rewrite_result(file, lambda header, arrays: MISFITS[message](header["removals"][0]))
    code, _, said = command("render", run, "--out", tmp_path / "out")
    assert code == 1
    assert message in said
    assert (tmp_path / "out" / "report.html").exists()


def test_an_output_that_is_no_probability_may_be_any_number(tmp_path, command):
    run = fakes.write_run(tmp_path / "run", [with_removals(fakes.classified("Not a bad film"))])
    (file,) = result_files(run)

    def regress(header, arrays):
        for game in header["removals"]:
            game.update(probable=False, output=-3.5, nothing=12.0)

    rewrite_result(file, regress)
    code, _, said = command("render", run, "--out", tmp_path / "out")
    assert (code, said) == (0, "")
