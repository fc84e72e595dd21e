"""Small changes over a data set: what turns, accuracy, words that decide nothing, findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fakes
from fake_observations import observations
from reportgen.results.dataset.findings import FindingKind
from reportgen.results.dataset.observations import observe
from reportgen.results.dataset.perturbations import (
    at_least,
    at_most,
    holm,
    paired,
    perturbation_findings,
    sensitivity,
    words_without_information,
)
from reportgen.results.dataset.perturbed import Variants
from reportgen.results.perturbation import Perturbation
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.results.validation import misfit


def variant(kind="case", *, turned=False, correct=None, change=0.0, word=None):
    told = {"label": "POSITIVE", "probability": 0.5, "correct": correct}
    return Perturbation(kind=kind, word=word, changed=turned, change=change, **told)


def with_variants(found, variants):
    """Give each input its list of variants."""
    seen = Variants()
    for row, mine in enumerate(variants):
        seen.see(row, mine)
    return replace(found, perturbations=seen.perturbed())


def words_of(n, *, heavy="film", turned=0, wrong=0):
    """Inputs in which ``heavy`` has most of the attribution; some turn without it."""
    texts = [[heavy, "the", "of", f"word{i % 3}"] for i in range(n)]
    found = observations([1] * n, texts=texts, scores=[[6.0, 1.0, 0.5, -0.5]] * n)
    return with_variants(
        found,
        [
            [
                variant("word", word=heavy, turned=i < turned, correct=i >= wrong, change=-0.01),
                variant("word", word="the", correct=True),
            ]
            for i in range(n)
        ],
    )


def test_an_input_turns_where_any_of_its_variants_does():
    found = with_variants(
        observations([1, 1, 0, 0]),
        [
            [variant(turned=True, correct=False, change=-0.6), variant(correct=True)],
            [variant(correct=True), variant(correct=True)],
            [variant(correct=False)],
            [variant(turned=True, correct=True, change=-0.2)],
        ],
    )
    (case,) = sensitivity(found)
    assert (case.kind, case.variants) == ("case", 6)
    assert (case.changed.value, case.changed.count) == (0.5, 4)
    assert case.before.value == 0.5
    assert case.after == pytest.approx((0.5 + 1 + 0 + 1) / 4)
    assert case.difference.value == pytest.approx(0.125)
    assert case.change == pytest.approx(-0.8 / 6)
    assert case.places.tolist() == [0, 3]  # the one that is wrong now comes first


def test_what_was_not_read_counts_nowhere():
    same = Perturbation(kind="case", reason="same")
    found = with_variants(observations([1, 1]), [[same, variant()], [same]])
    (case,) = sensitivity(found)
    assert case.changed.count == 1
    assert case.before is None  # whether the variant is right is not known


def test_nothing_is_said_without_variants():
    found = observations([1] * 20)
    assert sensitivity(found) == ()
    assert words_without_information(found) == ()
    assert perturbation_findings(found) == ((), ())


def test_a_heavy_word_that_turns_nothing_in_many_inputs_decides_nothing():
    film, the = words_without_information(words_of(100))
    assert (film.word, film.count) == ("film", 100)
    assert film.share == pytest.approx(6 / 8)
    assert film.weight == pytest.approx(4 * 6 / 8)
    assert film.p == pytest.approx(0.95**100)
    assert film.change == pytest.approx(0.01)
    assert film.uninformative
    assert not the.heavy
    assert not the.uninformative  # it weighs little: nothing is claimed


@pytest.mark.parametrize(
    "few",
    [words_of(40), words_of(100, turned=5), words_of(400, turned=5, wrong=40)],
    ids=["too few inputs", "it may turn 5 %", "accuracy falls"],
)
def test_it_is_not_claimed_otherwise(few):
    film = words_without_information(few)[0]
    assert film.word == "film"
    assert film.heavy
    assert not film.uninformative


def test_a_word_in_nine_inputs_is_not_looked_at():
    assert words_without_information(words_of(9)) == ()


def test_a_word_that_is_not_explained_is_not_looked_at():
    found = words_of(100)
    unexplained = replace(found.words, scores=np.full_like(found.words.scores, np.nan))
    assert words_without_information(replace(found, words=unexplained)) == ()


def test_findings_name_the_kinds_that_turn_more_than_is_tolerated():
    found = with_variants(
        observations([1] * 100),
        [
            [
                variant("case", turned=i < 5, correct=True),
                variant("typos", turned=i < 30, correct=True),
                variant("padding", turned=i == 7, correct=True),
            ]
            for i in range(100)
        ],
    )
    findings, tried = perturbation_findings(found)
    assert [one.about for one in findings] == [
        ("perturbation", "typos"),
        ("perturbation", "padding"),
    ]
    assert {one.kind for one in findings} == {FindingKind.SENSITIVE}
    assert findings[0].estimate.value == 0.3
    assert len(findings[0].places) == 30
    assert findings[1].p == 0
    assert [(one.candidates, one.inputs) for one in tried] == [(0, 100), (3, 100)]


def test_words_that_decide_nothing_are_findings():
    findings, tried = perturbation_findings(words_of(100))
    (one,) = findings
    assert (one.kind, one.about) == (FindingKind.UNINFORMATIVE_WORD, ("word", "film"))
    assert tried[0].candidates == 1


def test_by_chance_alone_there_is_a_finding_in_at_most_five_of_a_hundred():
    """At the edge of what is tolerated: 5 % of predictions turn by each of three kinds."""
    draw, wrong = np.random.default_rng(3), 0
    for _ in range(200):
        turned = draw.random((120, 3)) < 0.05
        found = with_variants(
            observations([1] * 120),
            [
                [
                    variant(kind, turned=bool(row[i]), correct=True)
                    for i, kind in enumerate(("case", "punctuation", "typos"))
                ]
                for row in turned
            ],
        )
        wrong += bool(perturbation_findings(found)[0])
    assert wrong <= 16  # 10 are expected at most


@pytest.mark.parametrize(("count", "share"), [(10, 0.05), (200, 0.3)])
def test_binomial_tails_are_scipy_s(count, share):
    binom = pytest.importorskip("scipy.stats").binom
    for k in range(0, count + 1, 5):
        assert at_most(k, count, share) == pytest.approx(binom.cdf(k, count, share))
        assert at_least(k, count, share) == pytest.approx(binom.sf(k - 1, count, share), abs=1e-12)


def test_holm_corrects_for_how_many_there_are():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).tolist() == []


def test_a_difference_of_none_that_changed_is_not_certain_to_be_none():
    held = paired(np.ones(20), np.ones(20))
    assert held.value == 0
    assert held.low == -held.high
    assert 0.1 < held.high < 0.2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "word"}, "perturbations[0]: only where a word was removed there is one"),
        ({"word": "film"}, "perturbations[0]: only where a word was removed there is one"),
        ({"label": None}, "perturbations[0]: it is neither predicted nor left out for a reason"),
        ({"reason": "same"}, "perturbations[0]: it is neither predicted nor left out for a reason"),
        (
            {"label": None, "reason": "same"},
            "perturbations[0]: it is not predicted, and yet there is more of it",
        ),
        ({"texts": {"title": "x"}}, "perturbations[0]: there is no text 'title'"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, problem):
    header, _ = fakes.classified("A film.")
    one = variant().model_copy(update=changes)
    assert misfit(header.model_copy(update={"perturbations": (variant(),)}), {}) == ""
    assert misfit(header.model_copy(update={"perturbations": (one,)}), {}) == problem


def test_the_table_and_the_observations_have_what_is_stored(tmp_path):
    header, arrays = fakes.classified("A good film.")
    stored = (
        Perturbation(kind="case", reason="same"),
        variant("typos", turned=True, change=-0.4).model_copy(update={"texts": {"text": "A godo"}}),
        variant("word", word="film", correct=False),
    )
    changed = header.model_copy(update={"perturbations": stored})
    results = Results(fakes.write_run(tmp_path, [(changed, arrays)]))
    table = results.perturbations()
    assert list(table.columns) == [
        *("model", "input", "kind", "word", "label", "probability", "correct", "changed"),
        *("change", "reason"),
    ]
    assert table["kind"].tolist() == ["case", "typos", "word"]
    assert table["reason"].fillna("").tolist() == ["same", "", ""]
    assert table["changed"].tolist() == [None, True, False]
    seen = observe(results).inputs()["fake"].perturbations
    assert seen.vocabulary == ("film",)
    assert seen.rows.tolist() == [0, 0]
    assert seen.words.tolist() == [-1, 0]
    assert seen.correct.tolist() == [-1, 0]
    assert seen.changed.tolist() == [1, 0]


def test_results_without_variants_are_stored_as_before(tmp_path):
    header, arrays = fakes.classified("A film.")
    store = Store(tmp_path)
    store.write(header, arrays)
    assert "perturbations" not in header.model_dump()
    assert store.read_header(header.job).perturbations == ()
