"""Which attention heads matter over all inputs: what the page says of made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest
from test_words_view import page, problems

import reportgen
from fake_heads import head_input
from pairs import run
from reportgen.rendering.overview.report import make_report
from statements import check_page, dom

NBSP = "\N{NO-BREAK SPACE}"


def inputs(amount: int = 12, *, credited: bool = True, model: str = "fake"):
    """The second head of the first layer matters most, and is credited most."""
    rng = np.random.default_rng(2)
    found = []
    for number in range(amount):
        effects = np.array([[0.5, -3.0], [0.25, 1.0], [0.0, 2.0]]) + rng.normal(0, 0.02, (3, 2))
        attributed = np.abs(effects) + rng.uniform(0, 0.1, (3, 2)) if credited else None
        on_words = 1 - np.abs(effects) / 4 if credited else None
        found.append(head_input(number, effects, attributed, on_words, model=model))
    return found


def view(results):
    views = (one.view for one in make_report(results).dataset if one.id == "heads")
    return next(views, None)


def test_one_sentence_says_which_measures_agree(tmp_path):
    (found,) = view(run(tmp_path, inputs())).models
    assert found.sentence.startswith(
        "The heads that matter most when switched off are those whose looks are credited most "
        "(rank correlation +"
    )
    assert found.sentence.endswith(
        ") and not those that look at words most (rank correlation −1.00, −1.00 to −1.00): over 6 "
        "heads, mean over 12 inputs."
    )
    assert found.most == (
        "Switching off layer 1, head 2, layer 3, head 2 and layer 2, head 2 moves the output most; "
        f"the first of them is among the three that matter most in 100{NBSP}% of the inputs."
    )


def test_heads_are_mapped_and_listed(tmp_path):
    (found,) = view(run(tmp_path, inputs())).models
    assert [one.title for one in found.maps] == [
        "Switched off",
        "Attribution",
        "Attention on words",
    ]
    assert found.maps[0].heat.rows[0][1][1][0] == "n9"
    assert [head.name for head in found.heads[:3]] == [
        "layer 1, head 2",
        "layer 3, head 2",
        "layer 2, head 2",
    ]
    assert len(found.heads[0].examples) == 3


def test_of_heads_that_were_only_switched_off_nothing_else_is_said(tmp_path):
    (found,) = view(run(tmp_path, inputs(credited=False))).models
    assert found.sentence == ""
    assert [one.title for one in found.maps] == ["Switched off"]
    assert found.agreement is None


def test_few_inputs_are_not_enough(tmp_path):
    assert view(run(tmp_path, inputs(9))) is None


@pytest.mark.parametrize("credited", [True, False])
def test_every_number_of_it_is_what_the_tables_say(tmp_path, credited):
    results = run(tmp_path / "run", inputs(credited=credited))
    folder = results.store.folder.parent
    text = reportgen.render(folder, tmp_path / "out").path.read_text(encoding="utf-8")
    assert check_page(dom.read(text), results) == []
    wrong = dom.read(text.replace(f"100{NBSP}% (12)", f"100{NBSP}% (11)", 1))
    assert any("says 11, the tables 12" in one for one in check_page(wrong, results))


def test_models_are_shown_one_after_another(tmp_path):
    results = run(tmp_path / "run", [*inputs(), *inputs(10, model="other")])
    shown = page(results, tmp_path / "out")
    assert [one.text for one in shown.all("div.heads-of > h3")] == ["fake", "other"]
    assert problems(shown, results, "heads") == []
