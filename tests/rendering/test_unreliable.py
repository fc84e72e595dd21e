"""An explanation that did not converge: the page opens with that, and claims nothing by it."""

from __future__ import annotations

import json
import re

import pytest

import fakes
import reportgen
from reportgen.rendering.input.brief import make_brief
from reportgen.rendering.input.card import make_card
from reportgen.rendering.input.unreliable import NOTE, unreliable
from reportgen.rendering.markdown.cells import top_contributions
from reportgen.results.model import JobResult, TriedBaseline
from reportgen.results.tables import Results

IG = "integrated_gradients"


def failed(**settings) -> JobResult:
    """Return a result of which the scores miss 40 % of the change, run with ``settings``."""
    result = fakes.classified("A film.", converged=False)[0]
    asked = result.settings[IG] | settings
    return result.model_copy(update={"settings": result.settings | {IG: asked}})


def with_row(result: JobResult, **changes) -> JobResult:
    row = result.convergence[0].model_copy(update=changes)
    return result.model_copy(update={"convergence": (row,)})


@pytest.fixture
def pages(tmp_path):
    """Two inputs, of which the first did not converge; the folder of their site."""
    jobs = [
        fakes.classified("A warm film.", "1" * 32, converged=False),
        fakes.classified("A dull film.", "2" * 32, position=1),
    ]
    results = Results(fakes.write_run(tmp_path / "run", jobs))
    return results, reportgen.render(results, tmp_path / "site", format="site").path.parent


def test_the_page_opens_with_the_failure_and_what_to_try(pages):
    bad, good = (path.read_text() for path in sorted((pages[1] / "inputs").glob("*.html")))
    said = bad.index("did not add up")
    assert bad.index("<h2") < said < bad.index('<div class="answer">')
    assert "Do not rely on it." in bad
    assert "did not add up" not in good
    assert "Do not rely" not in good


def test_what_its_scores_say_is_behind_a_warning(pages):
    bad, good = (path.read_text() for path in sorted((pages[1] / "inputs").glob("*.html")))
    folded = re.search(r'<details class="unreliable">.*?</details>', bad, re.DOTALL)
    assert "What its scores say, not to be relied on" in folded[0]
    assert "pushed up by" in folded[0]
    assert "pushed up by" not in bad.replace(folded[0], "")
    assert "pushed up by" in good
    assert "unreliable" not in good


def test_its_colours_are_muted_and_say_so(pages):
    bad = sorted((pages[1] / "inputs").glob("*.html"))[0].read_text()
    assert bad.count('class="strip unreliable"') == 1  # attention did not fail
    assert f"{NOTE}; red pushed" in bad
    (card, other) = (
        make_card(make_brief(entry, result, "m"), pages[0].store)
        for entry, result in pages[0].entries
    )
    groups = card.token_data["groups"]
    assert [group.get("unreliable") for group in groups if group["title"].startswith("Integ")] == [
        {0: NOTE}
    ]
    assert "unreliable" not in json.dumps(other.token_data)


def test_its_rows_are_muted_and_say_so(pages):
    (card, other) = (
        make_card(make_brief(entry, result, "m"), pages[0].store)
        for entry, result in pages[0].entries
    )

    def doubted(card):
        layers = card.methods_side_by_side.layers
        rows = dict(card.methods_side_by_side.methods.rows) | {
            one.title: one.range for one in layers
        }
        return [name for name, range in rows.items() if range.endswith(", not converged")]

    assert doubted(card) == ["Integrated gradients"]
    assert doubted(other) == []


def test_of_many_failures_one_is_told():
    result = failed()
    rows = [fakes.path_check(IG, t.name, converged=False) for t in result.targets]
    rows = [rows[0].model_copy(update={"target": f"{rows[0].target}{i}"}) for i in range(5)]
    found = unreliable(result.model_copy(update={"convergence": tuple(rows)}), IG)
    assert len(found.failures) == 2
    assert found.failures[1] == "4 more outputs did not converge either."


def test_the_overview_marks_its_row(pages):
    index = (pages[1] / "index.html").read_text()
    assert index.count('<em class="bad">!&nbsp;not converged</em>') == 1


def test_a_digest_says_so_before_its_words(pages):
    results = pages[0]
    said = [top_contributions(results, result) for _, result in results.entries]
    assert said[0].startswith(f"{NOTE}: `POSITIVE`: ")
    assert said[1].startswith("`POSITIVE`: ")


def test_by_how_much_is_said_in_the_numbers_of_the_table():
    result = with_row(failed(), f_input=3.0, f_baseline=1.0, delta=-0.8, gap=0.4, steps=257)
    assert unreliable(result, IG).failures == (
        "This explanation did not add up: its scores come to +1.20 logits, where the output "
        "changed by +2.00. That misses the change by 40.0\u00a0% after 257 points on the path; "
        "allowed: 1.00\u00a0%.",
    )


def test_a_jump_is_not_called_a_gap():
    (said,) = unreliable(with_row(failed(), gap=0.0005), IG).failures
    assert "its scores add up, but the output jumps on the path" in said
    assert "%" not in said


def test_every_failed_output_is_told_and_the_other_is_not():
    result = fakes.answered("Who came?", "Ada came home.")[0]
    rows = {row.target: row for row in result.convergence if row.method == IG}
    end = rows["end"].model_copy(update={"converged": False, "gap": 0.5})
    result = result.model_copy(update={"convergence": (rows["start"], end)})
    found = unreliable(result, IG)
    assert found.targets == ("end",)
    assert found.failures[0].startswith("The answer’s end at “")
    assert found.verdict == "Do not rely on it."


def test_what_converged_or_was_not_integrated_is_not_doubted():
    result = fakes.classified("A film.")[0]
    assert unreliable(result, IG) is None
    assert unreliable(failed(), "attention") is None


@pytest.mark.parametrize(
    ("settings", "steps", "advice"),
    [
        (
            {"max_steps": 257, "baseline": "pad"},
            257,
            (
                "a larger max_steps: 257 points were allowed, and used up",
                "baseline: auto instead of pad: it tries several and takes one that converges",
            ),
        ),
        (
            {"max_steps": 4, "baseline": "mask"},
            3,
            (
                "a larger max_steps: 4 points were allowed, and used up",
                "baseline: auto instead of mask: it tries several and takes one that converges",
            ),
        ),
        (
            {"max_steps": 257, "baseline": "zero"},
            41,
            ("baseline: auto instead of zero: it tries several and takes one that converges",),
        ),
        (
            {"steps": 10, "baseline": {"text": "ok"}},
            11,
            (
                "steps: auto instead of 10, so that points go where the output changes fast",
                "baseline: auto instead of a text: it tries several and takes one that converges",
            ),
        ),
        (
            {"max_steps": 257, "baseline": "pad", "keep_first": False},
            41,
            (
                "leave out keep_first: false, for a causal model rests its attention on that token",
                "baseline: auto instead of pad: it tries several and takes one that converges",
            ),
        ),
        (
            {"notebook_compatible": True, "steps": 50, "baseline": "pad"},
            50,
            ("leave out notebook_compatible: it keeps the steps and the flaws of the notebooks",),
        ),
    ],
)
def test_only_what_can_help_is_advised(settings, steps, advice):
    assert unreliable(with_row(failed(**settings), steps=steps), IG).advice == advice


TRIED = (
    TriedBaseline(baseline="mask", gap=0.12, steps=257, converged=False),
    TriedBaseline(baseline="pad", gap=0.0005, steps=257, converged=False, jump=True),
    TriedBaseline(baseline="mean", gap=0.3, steps=257, converged=False),
    TriedBaseline(baseline="zero", gap=None, steps=9, converged=False),
)


def test_what_auto_tried_is_told_and_a_text_is_what_is_left():
    result = with_row(failed(max_steps=257), steps=41).model_copy(update={"tried": {IG: TRIED}})
    found = unreliable(result, IG)
    assert found.tried.replace("\u00a0", " ") == (
        "Tried (baseline: auto), with the largest gap of any output or layer: mask: 12.0 %, "
        "pad: 0.0500 % and a jump, mean: 30.0 %, zero: not finite. None converged throughout; pad "
        "missed least."
    )
    assert found.advice == (
        'a text of your own that says nothing, baseline: {text: "..."}: auto has tried all others',
    )
