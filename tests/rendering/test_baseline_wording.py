"""What is said of the baseline that was chosen, and of the token that stays as it is."""

from __future__ import annotations

from collections import Counter

import fakes
import reportgen
from reportgen.rendering.markdown.cells import baselines, counted
from reportgen.rendering.wording.baselines import history, kept
from reportgen.results.checks.evaluation import evaluate_checks
from reportgen.results.model import KeptToken, TriedBaseline
from reportgen.results.tables import Results

IG = "integrated_gradients"
MASK = TriedBaseline(baseline="mask", gap=0.12, steps=257, converged=False)
PAD = TriedBaseline(baseline="pad", gap=0.004, steps=33, converged=True)


def result_of(*tried, baseline="pad", **changes):
    result = fakes.classified("A film.")[0]
    settings = result.settings | {IG: result.settings[IG] | {"baseline": baseline}}
    more = {"settings": settings, "tried": {IG: tried} if tried else {}}
    return result.model_copy(update=more | changes)


def plain(text):
    return text.replace("\u00a0", " ")


def test_a_baseline_that_was_given_has_no_history():
    assert history(result_of(), IG) == ""


def test_the_first_one_is_said_to_be_the_first():
    said = history(result_of(PAD), IG)
    assert said == "The baseline was chosen by auto: pad, the first that it tries."


def test_what_was_left_before_is_named_with_its_gap():
    assert plain(history(result_of(MASK, PAD), IG)) == (
        "Tried (baseline: auto), with the largest gap of any output or layer: mask: 12.0 %, "
        "pad: converged."
    )


def test_a_page_a_table_a_check_and_a_digest_name_what_was_left(tmp_path):
    result = result_of(MASK, PAD)
    arrays = fakes.classified("A film.")[1]
    checks = [{"convergence": {"max": 0.02}}]
    results = Results(fakes.checked_run(tmp_path / "run", [(result, arrays)], checks))
    page = plain(reportgen.render(results, tmp_path / "out").path.read_text(encoding="utf-8"))
    assert "mask: 12.0 %, pad: converged." in page
    assert list(results.convergence()["baseline"]) == ["pad after mask"]
    (outcome,) = evaluate_checks(results)
    assert (outcome.status, outcome.note) == ("passed", "baseline pad after mask")
    assert counted(Counter(baselines(result))) == "`pad after mask` 1"


def test_where_none_converged_the_least_is_named():
    pad = PAD.model_copy(update={"gap": 0.08, "converged": False})
    assert baselines(result_of(MASK, pad)) == ["pad, the least of mask, pad"]


def test_a_token_that_stays_is_told_by_leaving_it_out():
    lead = (
        "The first token, “Once”, was left as it is on the path and has no score there: a causal "
        "model rests its attention on it, whatever it says."
    )
    assert kept(result_of()) == ""

    def said(changes):
        return kept(result_of(kept=KeptToken(text="Once", changes=changes)))

    assert said({}) == lead
    assert said({"a": 1.2}) == f"{lead} Its own share, found by leaving it out, is +1.20 logits."
    assert said({"a": 1.2, "b": -0.5}) == (
        f"{lead} Its own share, found by leaving it out, is +1.20 logits of a and −0.500 logits "
        "of b."
    )
    assert said({str(i): i / 10 for i in range(20)}) == (
        f"{lead} Its own share, found by leaving it out, is from 0 to +1.90 logits of the 20 "
        "outputs."
    )


def test_a_page_says_so_above_its_coloured_words(tmp_path):
    result = result_of(kept=KeptToken(text="Once", changes={"POSITIVE": 1.2}))
    arrays = fakes.classified("A film.")[1]
    results = Results(fakes.write_run(tmp_path / "run", [(result, arrays)]))
    page = reportgen.render(results, tmp_path / "out").path.read_text(encoding="utf-8")
    assert page.count("The first token, “Once”, was left as it is on the path") == 1
