"""Which explanation to believe: methods ranked by what they show of removing words."""

from __future__ import annotations

import pytest

import fakes
import reportgen
from fake_games import measured_run, removal, shown_input, with_removals
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results
from statements import check_page, dom

NBSP = "\N{NO-BREAK SPACE}"

SHOWN = [
    {"random": 0.3, "integrated_gradients": 0.9, "attention": 0.35, "vector_norms": 0.1},
    {"random": 0.3, "integrated_gradients": 0.5, "attention": 0.25, "vector_norms": 0.2},
    {"random": 0.3, "integrated_gradients": 0.7, "attention": 0.45, "vector_norms": 0.2},
]


def view(folder):
    return make_report(Results(folder)).faithful_methods


@pytest.fixture
def run(tmp_path):
    return measured_run(tmp_path / "run", *SHOWN)


def test_the_method_that_shows_most_comes_first_and_chance_stands_among_them(run):
    (model,) = view(run).models
    assert [row.title for row in model.rows] == [
        "integrated gradients",
        "attention",
        "random orders",
        "vector norms",
    ]
    assert [row.random for row in model.rows] == [False, False, True, False]
    assert model.columns == ("masked", "deleted")
    assert model.random == 30.0
    assert model.rows[0].cells == (f"70{NBSP}% (50 to 90)",) * 2
    dot = model.rows[0].dots[0]
    assert (dot.at, dot.low, dot.high) == pytest.approx((70, 50, 90))


def test_the_sentence_names_the_best_and_chance(run):
    (model,) = view(run).models
    assert model.summary.replace(NBSP, " ") == (
        "Over 3 inputs integrated gradients show 70 % (50 to 90) of what removing words could "
        "show, random orders 30 %."
    )


def test_a_method_that_is_not_better_than_chance_is_marked_in_words(run):
    (model,) = view(run).models
    remarks = {row.title: row.remark for row in model.rows}
    assert remarks == {
        "integrated gradients": "",
        "attention": "not clearly better than random orders",
        "random orders": "",
        "vector norms": "not clearly better than random orders",
    }


def test_a_method_may_be_no_better_with_one_way_to_remove_only(tmp_path):
    header, arrays = fakes.classified("Not a bad film")
    games = [
        removal(header, {"random": 0.3, "attention": 0.2}),
        removal(header, {"random": 0.3, "attention": 0.6}, operator="attention"),
    ]
    run = fakes.write_run(tmp_path, [with_removals((header, arrays), *games)])
    (model,) = view(run).models
    remarks = [row.remark for row in model.rows]
    assert remarks == ["", "not clearly better than random orders where words are masked"]
    assert model.columns == ("masked", "hidden")
    assert model.summary.endswith(" No explanation is clearly better than random orders.")


def test_one_input_has_no_interval(tmp_path):
    (model,) = view(measured_run(tmp_path, SHOWN[0])).models
    assert model.summary.replace(NBSP, " ") == (
        "On a single input integrated gradients show 90 % of what removing words could show, "
        "random orders 30 %."
    )
    assert model.rows[0].cells == (f"90{NBSP}%",) * 2


def test_methods_of_fewer_inputs_say_so(tmp_path):
    rows = [*SHOWN[:2], {"random": 0.3, "integrated_gradients": 0.7, "attention": None}]
    (model,) = view(measured_run(tmp_path, *rows)).models
    remarks = {row.title: row.remark for row in model.rows}
    assert remarks["attention"] == "not clearly better than random orders; over 2 inputs"
    assert remarks["integrated gradients"] == ""


def test_the_cards_of_methods_follow_what_they_show(run, tmp_path):
    titles = [card.title for card in make_report(Results(run)).methods]
    assert titles == ["Integrated gradients", "Attention", "Vector norms", "Removing words"]
    html = reportgen.render(run, tmp_path / "out").path.read_text(encoding="utf-8")
    assert "Those that show most of what removing words could show come first" in html


def test_without_removals_nothing_is_said(sample, sample_folder, tmp_path):
    assert make_report(sample).faithful_methods is None
    html = reportgen.render(sample_folder, tmp_path).path.read_text(encoding="utf-8")
    assert "Which explanation to believe" not in html
    assert "come first" not in html.partition('id="methods"')[2]


@pytest.mark.parametrize("inputs", [1, 3])
def test_every_number_of_it_is_what_the_tables_say(tmp_path, inputs):
    others = [shown_input(i, shown, "other") for i, shown in enumerate(SHOWN)]
    run = measured_run(tmp_path / "run", *SHOWN[:inputs], more=others)
    text = reportgen.render(run, tmp_path / "out").path.read_text(encoding="utf-8")
    page = dom.read(text)
    assert len(page.all("div.faithful")) == 2
    assert check_page(page, Results(run)) == []


def test_a_wrong_number_of_it_is_told(run, tmp_path):
    text = reportgen.render(run, tmp_path / "out").path.read_text(encoding="utf-8")
    good = f"<td>70{NBSP}% (50 to 90)</td>"
    assert good in text
    page = dom.read(text.replace(good, f"<td>71{NBSP}% (50 to 90)</td>", 1))
    assert any("says 71, the tables 70" in problem for problem in check_page(page, Results(run)))


def many(folder, second: float):
    """Twelve inputs: attention shows ``second`` less than integrated gradients, more or less."""
    rows = [
        {
            "random": 0.3,
            "integrated_gradients": 0.8 + 0.01 * (i % 3),
            "attention": 0.8 - second + 0.1 * (-1) ** i,
        }
        for i in range(12)
    ]
    return measured_run(folder, *rows)


def test_of_many_inputs_it_is_said_whether_the_first_is_better_than_the_next(tmp_path):
    (model,) = view(many(tmp_path, 0.3)).models
    summary = model.summary.replace(NBSP, " ")
    assert summary.startswith(
        "Over 12 inputs integrated gradients show 81 % (81 to 81) of what removing words could "
        "show, random orders 30 %. The next, attention, is at 50 % ("
    )
    assert "): clearly less, by 31.0 points (" in summary
    assert summary.endswith(") input by input. The first is clearly better than random orders.")


def test_methods_that_may_be_alike_are_not_ranked_in_words(tmp_path):
    (model,) = view(many(tmp_path, 0.0)).models
    assert ": which of the two is better cannot be told, they are 1.0 points (" in model.summary


@pytest.mark.parametrize("second", [0.0, 0.3])
def test_what_is_said_of_many_inputs_is_what_the_tables_say(tmp_path, second):
    run = many(tmp_path / "run", second)
    text = reportgen.render(run, tmp_path / "out").path.read_text(encoding="utf-8")
    assert check_page(dom.read(text), Results(run)) == []
