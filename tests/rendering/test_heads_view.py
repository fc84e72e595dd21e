"""Which attention heads matter over all inputs: what the page says of made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest

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
    start = "Of 6 heads, those whose looks are credited most are (rank correlation +"
    assert found.sentence.startswith(start)
    assert (
        "those that look at words most are not (rank correlation −1.00 (−1.00 to" in found.sentence
    )
    assert found.sentence.endswith(
        " those that matter most when switched off, mean over 12 inputs."
    )
    assert found.most == (
        "What the output is moved by most when it is switched off: layer 1, head 2, layer 3, head "
        f"2 and layer 2, head 2; the first is among the three that matter most in 100{NBSP}% of "
        "the inputs."
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
    more = inputs(10, credited=credited, model="other")
    results = run(tmp_path / "run", [*inputs(credited=credited), *more])
    folder = results.store.folder.parent
    text = reportgen.render(folder, tmp_path / "out").path.read_text(encoding="utf-8")
    page = dom.read(text)
    assert len(page.all("div.heads-of")) == 2
    assert check_page(page, results) == []
    wrong = text.replace(f"100{NBSP}% (12)", f"100{NBSP}% (11)", 1)
    assert any("says 11, the tables 12" in one for one in check_page(dom.read(wrong), results))
