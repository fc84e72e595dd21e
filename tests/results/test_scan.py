"""What a scan finds in inputs made by hand, and that it finds nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from fake_observations import codes, observations
from reportgen.results.dataset.attribution_differs import attribution_differs
from reportgen.results.dataset.candidates import candidates, gathered, length_range
from reportgen.results.dataset.findings import FindingKind, Tried
from reportgen.results.dataset.intervals import proportion
from reportgen.results.dataset.permutation import null_of, p_values, permuted, strata_of, sums
from reportgen.results.dataset.scan import scan
from reportgen.results.dataset.weak_slices import weak_slices

LABELS = ("POSITIVE", "NEGATIVE")


def texts_of(drawn: np.random.Generator, n: int, share: float = 0.2) -> list[list[str]]:
    """Texts of frequent words, of which a share has the word “not”."""
    return [
        [*(f"w{word}" for word in np.flatnonzero(drawn.uniform(size=12) < 0.3)), "so"]
        + ["not"] * (drawn.uniform() < share)
        for _ in range(n)
    ]


def outcomes(drawn: np.random.Generator, wrong: np.ndarray) -> list[float]:
    """1 where an input is right, given the probability that it is wrong."""
    return (drawn.uniform(size=len(wrong)) >= wrong).astype(float).tolist()


def expecting_one(correct: list[float], **given):
    """Inputs that were all expected to be the same: no label is harder."""
    return observations(correct, expected=["POSITIVE"] * len(correct), **given)


def told(found):
    return [(one.about, one.also) for one in found]


def test_one_weak_word_is_one_finding_with_its_accuracy():
    drawn = np.random.default_rng(1)
    texts = texts_of(drawn, 600)
    has = np.array(["not" in text for text in texts])
    found = expecting_one(outcomes(drawn, np.where(has, 0.5, 0.1)), texts=texts)
    findings, tried = weak_slices(found, seed=0)
    assert told(findings) == [(("word", "not"), None)]
    (one,) = findings
    right = int(found.correct[has].sum())
    assert one.estimate == proportion(right, int(has.sum()))
    assert one.against == proportion(int(found.correct[~has].sum()), int((~has).sum()))
    assert one.p <= 0.01
    assert set(one.places.tolist()) == set(np.flatnonzero(has).tolist())
    wrong = int(has.sum()) - right
    assert (found.correct[one.places] == 0).tolist() == [True] * wrong + [False] * right
    assert tried.inputs == 600
    assert tried.candidates > 20


def test_a_word_that_nearly_coincides_is_not_told_again():
    drawn = np.random.default_rng(2)
    texts = texts_of(drawn, 600)
    texts = [[*text, "no"] if "not" in text and drawn.uniform() < 0.9 else text for text in texts]
    wrong = np.array([0.5 if "not" in text else 0.1 for text in texts])
    findings, _ = weak_slices(expecting_one(outcomes(drawn, wrong), texts=texts), seed=0)
    assert told(findings) in ([(("word", "not"), None)], [(("word", "no"), None)])


def test_values_of_columns_and_pairs_are_found():
    drawn = np.random.default_rng(3)
    n = 2_000
    columns = {
        name: [f"{name}{code}" for code in drawn.integers(0, 4, n)] for name in ("source", "age")
    }
    source, age = (np.array(columns[name]) for name in ("source", "age"))
    one = expecting_one(outcomes(drawn, np.where(source == "source1", 0.3, 0.1)), columns=columns)
    assert told(weak_slices(one, 0)[0]) == [(("source", "source1"), None)]
    both = (source == "source2") & (age == "age3")
    pair = expecting_one(outcomes(drawn, np.where(both, 0.5, 0.1)), columns=columns)
    (found,), _ = weak_slices(pair, 0)
    assert {found.about, found.also} == {("source", "source2"), ("age", "age3")}
    assert found.estimate.count == both.sum()


def test_a_range_of_lengths_is_found_and_named():
    drawn = np.random.default_rng(4)
    lengths = drawn.integers(1, 21, 2_000)
    long = lengths >= 17
    found = expecting_one(outcomes(drawn, np.where(long, 0.4, 0.1)), lengths=lengths.tolist())
    assert told(weak_slices(found, 0)[0]) == [(("length", "17 or more"), None)]


def test_texts_that_were_cut_to_one_length_are_a_range_of_their_own():
    drawn = np.random.default_rng(15)
    lengths = np.minimum(drawn.integers(1, 30, 1_500), 24)
    found = expecting_one(
        outcomes(drawn, np.where(lengths == 24, 0.4, 0.1)), lengths=lengths.tolist()
    )
    assert told(weak_slices(found, 0)[0]) == [(("length", "24"), None)]


@pytest.mark.parametrize(
    ("chosen", "name"),
    [((3, 4, 5), "3 to 5"), ((1, 2), "2 or fewer"), ((8, 9), "8 or more"), ((4,), "4")],
)
def test_names_of_ranges(chosen, name):
    lengths = np.arange(1, 10)
    assert length_range(lengths, np.flatnonzero(np.isin(lengths, chosen))) == name


def test_words_of_a_harder_label_are_no_news_but_the_label_is():
    drawn = np.random.default_rng(5)
    n = 1_000
    expected = [LABELS[code] for code in drawn.integers(0, 2, n)]
    hard = np.array(expected) == "NEGATIVE"
    texts = [
        ["bad", *text] if bad else text for bad, text in zip(hard, texts_of(drawn, n), strict=True)
    ]
    right = outcomes(drawn, np.where(hard, 0.3, 0.1))
    predicted = [
        label if value else LABELS[label == "POSITIVE"]
        for label, value in zip(expected, right, strict=True)
    ]
    found = observations(right, texts=texts, expected=expected, predicted=predicted)
    assert told(weak_slices(found, 0)[0]) == [(("label", "NEGATIVE"), None)]


def test_nothing_is_found_where_there_is_nothing():
    drawn = np.random.default_rng(6)
    texts = texts_of(drawn, 400)
    found = expecting_one(outcomes(drawn, np.full(400, 0.2)), texts=texts)
    findings, tried = weak_slices(found, 0)
    assert findings == ()
    assert tried.candidates > 20


@pytest.mark.parametrize("correct", [[1.0] * 60, [0.0] * 60, [np.nan] * 60, [1.0, 0.0] * 6])
def test_where_nothing_can_be_told_nothing_is_tried(correct):
    findings, tried = weak_slices(observations(correct), 0)
    assert findings == ()
    assert (tried.kind, tried.candidates) == (FindingKind.WEAK_SLICE, 0)


def test_answers_that_all_differ_are_compared_with_each_other():
    drawn = np.random.default_rng(7)
    texts = texts_of(drawn, 600)
    wrong = np.array([0.5 if "not" in text else 0.1 for text in texts])
    found = observations(
        outcomes(drawn, wrong),
        texts=texts,
        expected=[f"answer {i}" for i in range(600)],
        predicted=[f"said {i}" for i in range(600)],
    )
    assert told(weak_slices(found, 0)[0]) == [(("word", "not"), None)]


def test_equal_seeds_find_the_same_and_inputs_without_expectation_do_not_count():
    drawn = np.random.default_rng(8)
    texts = texts_of(drawn, 500)
    correct = outcomes(drawn, np.array([0.5 if "not" in text else 0.1 for text in texts]))
    found = expecting_one(correct, texts=texts)
    more = expecting_one([*correct, *[np.nan] * 50], texts=[*texts, *[["not"]] * 50])
    one, again, other = scan(found, 3), scan(found, 3), scan(more, 3)
    assert told(one.findings) == told(again.findings) == told(other.findings)
    assert [f.p for f in one.findings] == [f.p for f in again.findings]
    assert other.findings[0].estimate == one.findings[0].estimate
    assert {f.places.max() < 500 for f in other.findings} == {True}


def test_the_null_of_a_group_is_that_of_all_permutations():
    drawn = np.random.default_rng(9)
    strata = strata_of(np.array([0] * 30 + [4] * 20))
    outcome = (drawn.uniform(size=50) < np.where(strata, 0.5, 0.2)).astype(float)
    groups = gathered([((("word", "a"),), np.arange(8, 36)), ((("word", "b"),), np.arange(3))])
    null = null_of(groups, outcome, strata)
    (block,) = permuted(outcome, strata, np.random.default_rng(0), times=20_000)
    assert (block[:30].sum(axis=0) == outcome[:30].sum()).all()
    ((_, found),) = sums(groups, block)
    assert found.mean(axis=1) == pytest.approx(null.mean, abs=0.03)
    assert found.std(axis=1) == pytest.approx(null.deviation, rel=0.03)
    centred = (found - null.mean[:, None]) / null.deviation[:, None]
    assert (centred**3).mean(axis=1) == pytest.approx(null.skewness, abs=0.1)


def test_p_values_count_the_run_itself():
    assert p_values(np.array([5.0, 2.0]), np.array([1.0, 2.0, 3.0])).tolist() == [0.25, 0.75]


def test_candidates_do_not_depend_on_what_is_right():
    drawn = np.random.default_rng(10)
    texts, expected = texts_of(drawn, 200), [LABELS[i % 2] for i in range(200)]
    among = np.arange(200)
    one, other = (
        observations(outcomes(drawn, np.full(200, share)), texts=texts, expected=expected)
        for share in (0.1, 0.6)
    )
    groups = [candidates(found, among, codes(expected)) for found in (one, other)]
    assert groups[0].conditions == groups[1].conditions
    assert (groups[0].members == groups[1].members).all()


def scored(drawn, n, more):
    """Inputs whose words have scores; of “not”, ``more`` is added where it is wrong."""
    texts = texts_of(drawn, n, share=0.5)
    right = outcomes(drawn, np.full(n, 0.3))
    scores = [
        [drawn.normal() + (more if word == "not" and not value else 0) for word in text]
        for text, value in zip(texts, right, strict=True)
    ]
    return observations(right, texts=texts, scores=scores, predicted=["NEGATIVE"] * n)


def test_a_word_that_adds_more_where_it_is_wrong():
    found = scored(np.random.default_rng(11), 400, more=1.0)
    (one,), tried = attribution_differs(found, 0)
    assert (one.about, one.also) == (("word", "not"), ("predicted", "NEGATIVE"))
    held = found.words.ids == found.words.vocabulary.index("not")
    rows, own = found.words.rows[held], found.words.scores[held]
    wrong = found.correct[rows] == 0
    assert one.estimate.value == pytest.approx(own[wrong].mean())
    assert one.against.value == pytest.approx(own[~wrong].mean())
    assert (one.estimate.count, one.against.count) == (wrong.sum(), (~wrong).sum())
    assert one.places[0] == rows[wrong][own[wrong].argmax()]
    assert tried == Tried(FindingKind.ATTRIBUTION_DIFFERS, 14, 400)


def test_no_word_differs_by_chance():
    found = scored(np.random.default_rng(12), 400, more=0.0)
    findings, tried = attribution_differs(found, 0)
    assert (findings, tried.candidates) == ((), 14)


def test_a_word_of_the_other_label_is_no_news():
    """Where “good” is for POSITIVE, it is against NEGATIVE wherever that is predicted."""
    drawn = np.random.default_rng(13)
    n = 600
    predicted = [LABELS[code] for code in drawn.integers(0, 2, n)]
    right = [float(drawn.uniform() < (0.9 if label == "POSITIVE" else 0.5)) for label in predicted]
    scores = [[(1 if label == "POSITIVE" else -1) + 0.1 * drawn.normal()] for label in predicted]
    found = observations(right, texts=[["good"]] * n, scores=scores, predicted=predicted)
    findings, tried = attribution_differs(found, 0)
    assert (findings, tried.candidates) == ((), 2)


def test_a_word_needs_ten_wrong_inputs_and_an_explanation():
    few = observations([0.0] * 9 + [1.0] * 60, texts=[["a"]] * 69, scores=[[1.0]] * 69)
    assert attribution_differs(few, 0)[1].candidates == 0
    unexplained = observations([0.0, 1.0] * 30, texts=[["a"]] * 60)
    assert attribution_differs(unexplained, 0) == (
        (),
        Tried(FindingKind.ATTRIBUTION_DIFFERS, 0, 0),
    )


def test_at_most_ten_are_told_the_surest_first():
    drawn = np.random.default_rng(14)
    n, words = 3_000, [f"bad{i}" for i in range(14)]
    texts = [[word for word in words if drawn.uniform() < 0.05] + ["so"] for _ in range(n)]
    wrong = np.array([0.05 if len(text) == 1 else 0.6 for text in texts])
    found = scan(expecting_one(outcomes(drawn, wrong), texts=texts, lengths=[5] * n), 0)
    assert len(found.findings) == 10
    assert [one.p for one in found.findings] == sorted(one.p for one in found.findings)
