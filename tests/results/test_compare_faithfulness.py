"""How faithful explanations are in two runs: in the data, the page, the sentences, the digest."""

from __future__ import annotations

import pytest

import fakes
from document import Document
from fake_games import measured_run, removal, shown_input, with_removals
from reportgen.rendering.compare.runs import make_comparison
from reportgen.rendering.compare.summary import lead, verdicts
from reportgen.rendering.markdown.digest import digest
from reportgen.rendering.markdown.digest_tables import subject
from reportgen.results.compare.as_json import comparison_data
from reportgen.results.compare.runs import compare
from reportgen.results.removal import RemovalOutcome
from reportgen.results.tables import Results
from reportgen.site.compare import render_comparison

NBSP = "\N{NO-BREAK SPACE}"


def rows(*gradients: float) -> list[dict]:
    """What the methods show, input by input; attention always the same."""
    return [{"random": 0.3, "integrated_gradients": g, "attention": 0.5} for g in gradients]


def compared(folder, before, after, **more):
    runs = [
        Results(measured_run(folder / name, *found))
        for name, found in (("before", before), ("after", after))
    ]
    return compare(*runs, **more)


LESS = (rows(0.9, 0.7, 0.8), rows(0.7, 0.4, 0.6))


def test_methods_are_compared_over_the_inputs_of_both_runs(tmp_path):
    found = compared(tmp_path, rows(0.9, 0.7, 0.8, 0.1), LESS[1])
    (model,) = found.models
    attention, gradients = sorted(model.faithfulness, key=lambda one: one.method)
    assert (gradients.before, gradients.after) == pytest.approx((0.8, 17 / 30))
    assert (gradients.inputs, gradients.operator) == (3, "mask")
    assert gradients.interval == pytest.approx((-0.3, -0.2))
    assert (gradients.less, gradients.more) == (True, False)
    assert attention.interval == (0, 0)
    assert not attention.less
    (data,) = comparison_data(found)["models"]
    assert [one["method"] for one in data["faithfulness"]] == ["integrated_gradients", "attention"]
    assert data["faithfulness"][0]["interval"] == pytest.approx([-0.3, -0.2])


def test_a_method_that_shows_less_is_a_finding(tmp_path):
    found = compared(tmp_path, *LESS)
    text = lead(found).replace(NBSP, " ")
    assert text.startswith("All 3 predictions are the same")
    assert text.endswith(
        " The order of integrated gradients shows less of what removing words could show: "
        "57 %, before 80 %."
    )
    assert ("warn", "1 method less faithful") in {(v.kind, v.text) for v in verdicts(found)}


def test_a_method_that_shows_more_is_told_and_no_alarm(tmp_path):
    found = compared(tmp_path, *LESS[::-1])
    assert "faith" not in lead(found)
    assert "could show" not in lead(found)
    assert ("good", "1 method more faithful") in {(v.kind, v.text) for v in verdicts(found)}


@pytest.mark.parametrize(
    "after",
    [rows(0.6, 0.8, 0.8), rows(0.9, 0.9, 0.1), rows(0.9, 0.7, 0.8)],
)
def test_what_other_inputs_could_have_changed_is_no_finding(tmp_path, after):
    found = compared(tmp_path, LESS[0], after)
    assert not any("faithful" in verdict.text for verdict in verdicts(found))
    assert lead(found).startswith("No change: ")


def test_one_input_is_shown_without_an_interval_and_is_no_finding(tmp_path):
    found = compared(tmp_path, rows(0.9), rows(0.1))
    gradients = next(one for m in found.models for one in m.faithfulness if one.after == 0.1)
    assert gradients.interval is None
    assert not any("faithful" in verdict.text for verdict in verdicts(found))


def test_other_ways_to_remove_are_not_compared(tmp_path):
    header, arrays = fakes.classified("Not a bad film")
    runs = [
        Results(
            fakes.write_run(
                tmp_path / name,
                [with_removals((header, arrays), removal(header, operator=name))],
            )
        )
        for name in ("mask", "delete")
    ]
    (model,) = compare(*runs).models
    assert model.faithfulness == ()


def test_the_page_has_a_table_of_both_runs(tmp_path):
    path = render_comparison(compared(tmp_path, *LESS), tmp_path / "out").path
    text = " ".join("".join(Document(path.read_text(encoding="utf-8")).visible).split())
    assert "How faithful the explanations are" in text
    assert 'scope="col">finding</th>' in path.read_text(encoding="utf-8")
    assert "(words masked)" in text
    for part in ("80 %", "57 %", "−23 (−30 to −20)", "less faithful", "attention"):
        assert part in text.replace(NBSP, " ")


def test_of_several_models_each_says_what_became_of_its_own(tmp_path):
    def side(name: str, found: list[dict]) -> Results:
        others = [shown_input(i, shown, "other") for i, shown in enumerate(LESS[0])]
        return Results(measured_run(tmp_path / name, *found, more=others))

    found = compare(side("before", LESS[0]), side("after", LESS[1]))
    first, second = make_comparison(found).models
    assert first.lead.startswith("All 3 predictions are the same")
    assert "The order of integrated gradients shows less" in first.lead
    assert second.lead.startswith("No change: all 3 predictions are the same")
    assert "The order of integrated gradients in “fake” shows less" in lead(found)


def turned(word: int | None):
    """An input whose prediction turns without one word."""
    words = [] if word is None else [word]
    singles = (
        RemovalOutcome(removed=(i,), turned=True, label="NEGATIVE", output=0.4) for i in words
    )
    return shown_input(0, rows(0.8)[0], singles=tuple(singles))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (2, None, "Without “bad” alone the prediction turned, and does not now."),
        (None, 3, "Without “film” alone the prediction turns now, and did not before."),
        (
            2,
            3,
            "Without “bad” alone the prediction turned, and does not now. "
            "Without “film” alone the prediction turns now, and did not before.",
        ),
    ],
)
def test_words_that_turn_a_prediction_in_one_run_only_are_told(tmp_path, before, after, said):
    sides = [
        Results(fakes.write_run(tmp_path / name, [turned(word)]))
        for name, word in (("before", before), ("after", after))
    ]
    path = render_comparison(compare(*sides), tmp_path / "out").path
    text = " ".join("".join(Document(path.read_text(encoding="utf-8")).visible).split())
    assert said in text
    assert said.replace("“", "`").replace("”", "`") in digest(subject(sides[1], sides[0]))


def test_the_same_words_are_no_news(tmp_path):
    runs = [Results(fakes.write_run(tmp_path / name, [turned(2)])) for name in ("before", "after")]
    (model,) = compare(*runs).models
    assert model.turning_words == ()


def test_the_digest_has_a_row_for_each_method_those_that_show_less_first(tmp_path):
    before, after = compared(tmp_path, *LESS).base, compared(tmp_path, *LESS).head
    text = digest(subject(after, before)).replace(NBSP, " ")
    assert "#### How faithful explanations are (2)" in text
    assert (
        "| integrated gradients | 3 | 80 % | 57 % | −23 (−30 to −20) | less faithful |\n"
        "| attention | 3 | 50 % | 50 % | 0 (0 to 0) | – |"
    ) in text


def test_words_that_only_a_check_asked_for_do_not_change_what_scores_mean(tmp_path):
    header, arrays = shown_input(0, rows(0.8)[0])
    asked = {name: dict(values) for name, values in header.settings.items()}
    asked["faithfulness"]["without"] = [["he", "she"], ["not"]]
    runs = [
        Results(fakes.write_run(tmp_path / name, [(one, arrays)]))
        for name, one in (
            ("before", header),
            ("after", header.model_copy(update={"settings": asked})),
        )
    ]
    (model,) = compare(*runs).models
    (difference,) = model.differences
    assert (difference.what, difference.after) == ("faithfulness: without", "he, she, not")
    assert not difference.decisive
