"""Shares of words, what of them moved, and words paired between two texts."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.results.model import Word
from reportgen.results.store import Store
from reportgen.results.words import (
    Explanation,
    align,
    moved,
    shares,
    shift,
    targets_explained,
)
from reportgen.spec.text_words import bare


def words(text: str, segment: str = "text") -> tuple[Word, ...]:
    return tuple(fakes.split(text, segment, 0, 0)[0])


def explanation(tmp_path, text, scores, job="a" * 32, *, method="integrated_gradients", **changes):
    """Store an explanation of POSITIVE and read it as one; ``coarse`` is from fewer nodes."""
    coarse = changes.pop("coarse", None)
    target = changes.pop("target", "POSITIVE")
    header, arrays = fakes.scored(text, scores, job, array=method, **changes)
    if target != "POSITIVE":
        arrays[f"{method}/{target}"] = arrays.pop(f"{method}/POSITIVE")
    if coarse is not None:
        arrays[f"{method}_coarse/{target}"] = np.array([0, *coarse, 0], dtype=np.float32)
    store = Store(tmp_path)
    store.write(header, arrays)
    return Explanation(store, store.read_header(job), method, target)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Great!", "great"),
        ("“Don’t…”", "don’t"),
        ("(STRASSE)", "strasse"),
        ("Straße", "strasse"),
        ("well-made,", "well-made"),
        ("...", ""),
        ("", ""),
        ("$5", "$5"),
        ("¿Qué?", "qué"),
        ("U.S.,", "u.s."),
        ("(5%)", "5%"),
        ("film--", "film"),
    ],
)
def test_words_are_compared_bare(word, expected):
    assert bare(word) == expected


def test_shares_are_of_all_sizes_and_keep_their_sign():
    assert shares(np.array([1.0, -3.0])) == pytest.approx([0.25, -0.75])
    assert shares(np.zeros(3)).tolist() == [0, 0, 0]
    assert shares(np.zeros(0)).size == 0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([0.5, 0.5], [0.5, 0.5], 0),
        ([1.0, 0.0], [0.0, 1.0], 1),
        ([0.6, 0.4], [0.4, 0.6], 0.2),
        ([0.6, 0.4], [-0.6, -0.4], 1),
        ([], [], 0),
    ],
)
def test_what_moved_is_half_of_all_differences(before, after, expected):
    assert moved(np.array(before), np.array(after)) == pytest.approx(expected)


def test_a_stretch_of_equal_length_is_paired_word_by_word():
    before, after = words("He is a good man."), words("She is a good woman.")
    found = align(before, np.arange(5.0), after, np.arange(5.0) + 10)
    assert [(w.text, w.before, w.after) for w in found] == [
        ("She", 0, 10),
        ("is", 1, 11),
        ("a", 2, 12),
        ("good", 3, 13),
        ("woman.", 4, 14),
    ]
    assert {w.change for w in found} == {10}


def test_letter_case_and_punctuation_pair_all_the_same():
    found = align(words("Not bad."), np.ones(2), words("not BAD!"), np.ones(2))
    assert [(w.text, w.before, w.after) for w in found] == [("not", 1, 1), ("BAD!", 1, 1)]


def test_words_of_one_text_alone_have_no_partner():
    before, after = words("a good film"), words("a really good film indeed now")
    found = align(before, np.ones(3), after, np.ones(6))
    assert [(w.text, w.before, w.after) for w in found] == [
        ("a", 1, 1),
        ("really", None, 1),
        ("good", 1, 1),
        ("film", 1, 1),
        ("indeed", None, 1),
        ("now", None, 1),
    ]
    gone = align(after, np.ones(6), before, np.ones(3))
    assert [w.text for w in gone if w.after is None] == ["really", "indeed", "now"]


def test_words_that_come_often_are_paired_too():
    text = "he and she " * 80
    found = align(words(text), np.ones(240), words(f"so {text}"), np.ones(241))
    assert [w.text for w in found if w.before is None or w.after is None] == ["so"]


def test_the_same_word_of_another_segment_is_another_word():
    before = words("who", "question") + words("who", "context")
    after = words("who", "context")
    found = align(before, np.ones(2), after, np.ones(1))
    assert [(w.segment, w.after) for w in found] == [("question", None), ("context", 1)]


def test_a_shift_is_written_in_shares(tmp_path):
    before = explanation(tmp_path, "He is good", (1, 1, 2))
    after = explanation(tmp_path, "She is good", (3, 2, 3), "b" * 32)
    found = shift(before, after)
    assert [round(w.change, 3) for w in found.words] == [0.125, 0, -0.125]
    assert found.share_moved == pytest.approx(0.125)
    assert (found.method, found.sizes_only) == ("integrated_gradients", False)


def test_signs_count_where_the_same_output_is_explained(tmp_path):
    before = explanation(tmp_path, "He is good", (1, 1, 2))
    after = explanation(tmp_path, "He is good", (1, 1, -2), "b" * 32)
    assert shift(before, after).share_moved == pytest.approx(0.5)
    other = explanation(tmp_path, "He is good", (1, 1, -2), "d" * 32, target="NEGATIVE")
    found = shift(before, other)
    assert (found.sizes_only, found.share_moved) == (True, pytest.approx(0))
    assert found.correlation == pytest.approx(1)


def test_a_word_that_is_gone_took_its_share_along(tmp_path):
    before = explanation(tmp_path, "very good film", (2, 1, 1))
    after = explanation(tmp_path, "good film", (1, 1), "b" * 32)
    found = shift(before, after)
    assert found.words[0].after is None
    assert found.share_moved == pytest.approx(0.5)
    assert found.correlation is None  # of two words there is none


def test_words_enter_and_leave_the_top(tmp_path):
    before = explanation(tmp_path, "one two three four", (4, 3, 2, 1))
    after = explanation(tmp_path, "One two three five", (4, -1, 2, 3), "b" * 32)
    found = shift(before, after)
    assert found.top(2, after=False) == ("One", "two")
    assert found.top(2, after=True) == ("One", "five")
    assert (found.entered(2), found.left(2)) == (("five",), ("two",))
    assert (found.entered(4), found.left(4)) == ((), ())


def test_words_without_a_share_are_never_on_top(tmp_path):
    one = explanation(tmp_path, "one two three", (1, 0, 0))
    assert shift(one, one).top(3, after=True) == ("one",)


def test_noise_is_what_half_the_nodes_would_have_moved(tmp_path):
    rows = (fakes.path_check("integrated_gradients", "POSITIVE", delta=0.0),)
    fine = explanation(tmp_path, "He is good", (2, 1, 1), coarse=(1, 2, 1), convergence=rows)
    assert fine.noise == pytest.approx(0.25)


def test_noise_is_what_is_missing_where_that_is_more(tmp_path):
    rows = (fakes.path_check("integrated_gradients", "POSITIVE", delta=-2.0),)
    one = explanation(tmp_path, "He is good", (2, 1, 1), coarse=(1, 2, 1), convergence=rows)
    assert one.noise == pytest.approx(0.5)
    assert shift(one, one).noise == pytest.approx(1)
    lost = (fakes.path_check("integrated_gradients", "POSITIVE", delta=40.0),)
    assert explanation(tmp_path, "He is", (2, 1), "b" * 32, convergence=lost).noise == 1


def test_methods_that_integrate_nothing_have_no_noise(tmp_path):
    assert explanation(tmp_path, "He is good", (2, 1, 1), method="alti").noise == 0


def test_only_stored_outputs_are_explained(tmp_path):
    one = explanation(tmp_path, "He is good", (2, 1, 1))
    assert targets_explained(one.store, one.result, "integrated_gradients") == ("POSITIVE",)
    assert targets_explained(one.store, one.result, "alti") == ()
