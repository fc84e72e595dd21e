"""What moves the output of a template, with numbers computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import fakes
from fake_observations import observations
from reportgen.results.dataset.fillings import Fillings, fillings, sign_test
from reportgen.results.dataset.observations import observe
from reportgen.results.dataset.slots import Filled, slot_spans, stored_templates
from reportgen.results.tables import Results
from reportgen.spec.entries import TemplateInput
from reportgen.spec.templates import read_pattern

JOBS, PRONOUNS = ("nurse", "engineer"), ("he", "she", "they")


def filled(output, slots: dict[str, tuple[str, ...]], *, label="POSITIVE", **changes) -> Fillings:
    """The fillings of one template whose probability of ``label`` is ``output``, in order."""
    ways = list(product(*slots.values()))
    columns = {slot: [way[place] for way in ways] for place, slot in enumerate(slots)}
    right = [math.nan] * len(ways)
    if all(changes.get("expected", [None])):
        right = [
            float(a == b) for a, b in zip(changes["predicted"], changes["expected"], strict=True)
        ]
    found = observations(right, columns=columns, **changes)
    shares = {slot: np.full(len(ways), 0.1 * (i + 1)) for i, slot in enumerate(slots)}
    outputs = {label: np.asarray(output, dtype=float)} if label else {}
    made = Filled(np.arange(len(ways)), outputs, shares)
    text = " ".join(f"{{{slot}}}" for slot in slots)
    template = TemplateInput(text=text, fill={slot: list(values) for slot, values in slots.items()})
    (one,) = fillings(replace(found, filled=made), {0: template})
    return one


def test_the_slot_that_moves_the_output_most():
    # Means of jobs .4 and .6, of pronouns .3, .5 and .7 around .5: of the sum of squares of .22
    # 6 × .1² lie between jobs, and 4 × .2² between pronouns.
    one = filled([0.2, 0.4, 0.6, 0.4, 0.6, 0.8], {"job": JOBS, "pronoun": PRONOUNS})
    job, pronoun = one.slots
    assert job.means == pytest.approx([0.4, 0.6])
    assert pronoun.means == pytest.approx([0.3, 0.5, 0.7])
    assert (job.explained, pronoun.explained) == pytest.approx((6 / 22, 16 / 22))
    assert (job.share, pronoun.share) == pytest.approx((0.1, 0.2))
    assert one.shares == pytest.approx([0.3] * 6)
    assert one.by_effect == (1, 0)
    assert (one.label, one.usual, one.others.tolist()) == ("POSITIVE", "POSITIVE", [])


def test_values_are_compared_over_fillings_that_differ_in_nothing_else():
    one = filled([0.2, 0.4, 0.6, 0.4, 0.6, 0.9], {"job": JOBS, "pronoun": PRONOUNS})
    found = {(p.first, p.second): p for p in one.pairs}
    nurse = found["nurse", "engineer"]
    assert nurse.difference.value == pytest.approx((-0.2 - 0.2 - 0.3) / 3)
    assert nurse.difference.count == 3
    assert nurse.clearest == (2, 5)
    they = found["he", "they"]
    assert they.difference.value == pytest.approx((-0.4 - 0.5) / 2)
    assert they.clearest == (3, 5)
    # Fewer than 5 matched fillings say nothing of how sure a difference is.
    assert all(math.isnan(p.difference.low) and math.isnan(p.q) for p in one.pairs)
    assert [p.first for p in one.pairs] == ["he", "she", "nurse", "he"]


def test_pairs_with_five_matched_fillings_have_an_interval_and_a_corrected_p():
    kinds = tuple("abcdef")
    high = [0.5, 0.51, 0.52, 0.53, 0.54, 0.55]
    low = [value - gap for value, gap in zip(high, (0.1, 0.2, 0.1, 0.2, 0.1, 0.2), strict=True)]
    one = filled(high + low, {"word": ("good", "bad"), "kind": kinds})
    first = one.pairs[0]
    assert (first.slot, first.first, first.second) == ("word", "good", "bad")
    assert first.difference.value == pytest.approx(0.15)
    assert 0.0999 <= first.difference.low < 0.15 < first.difference.high <= 0.2
    assert first.p == pytest.approx(2 / 2**6)  # all signs as they are, or all turned
    assert first.q == first.p  # the only one that is tested: kinds have two matched fillings
    assert one.compared == 1 + 6 * 5 / 2
    assert [math.isnan(p.q) for p in one.pairs] == [False, *[True] * 9]  # those that are told


def test_every_way_to_turn_signs_is_tried():
    # Of 3, -1, 2 the sum is 4; 4 or more in size are 4 of 8 ways: ±(3+1+2), ±(3-1+2).
    assert sign_test(np.array([[3.0, -1.0, 2.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])) == (
        pytest.approx([4 / 8, 2 / 8, 1.0])
    )
    many = sign_test(np.ones((1, 40)))
    assert many == pytest.approx([1 / 4096])  # only as they are, of 4,095 drawn and this one


def test_the_sign_test_is_seldom_wrong_where_there_is_no_difference():
    drawn = np.random.default_rng(1).normal(size=(2_000, 8))
    assert np.mean(sign_test(drawn) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_an_output_that_does_not_vary():
    one = filled([0.7] * 6, {"job": JOBS, "pronoun": PRONOUNS})
    assert all(math.isnan(slot.explained) for slot in one.slots)
    assert all(pair.difference.value == 0 for pair in one.pairs)


def test_the_label_that_all_expect_or_that_is_predicted_most_often():
    slots = {"job": JOBS, "pronoun": PRONOUNS}
    said = ["POSITIVE", "NEGATIVE", "NEGATIVE", "POSITIVE", "NEGATIVE", "NEGATIVE"]
    usual = filled([0.5] * 6, slots, label="NEGATIVE", predicted=said, expected=[None] * 6)
    assert (usual.label, usual.usual) == ("NEGATIVE", "NEGATIVE")
    assert usual.others.tolist() == [0, 3]
    expected = filled([0.5] * 6, slots, predicted=said, expected=["POSITIVE"] * 6)
    assert (expected.label, expected.usual) == ("POSITIVE", "NEGATIVE")


def test_where_what_is_expected_depends_on_the_filling_others_are_wrong():
    said, right = ["POSITIVE"] * 6, ["POSITIVE", "NEGATIVE", "POSITIVE"] * 2
    slots = {"job": JOBS, "pronoun": PRONOUNS}
    one = filled([0.5] * 6, slots, predicted=said, expected=right)
    assert (one.label, one.usual) == ("POSITIVE", "")
    assert one.others.tolist() == [1, 4]


def test_where_there_are_no_labels_it_is_how_sure_the_model_is():
    sure = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    one = filled([], {"job": JOBS, "pronoun": PRONOUNS}, label="", confidence=sure)
    assert (one.label, one.output.tolist()) == ("", sure)


def test_a_filling_that_failed_is_left_out():
    output = [0.2, 0.4, 0.6, 0.4, 0.6, math.nan]
    one = filled(output, {"job": JOBS, "pronoun": PRONOUNS})
    assert len(one.rows) == 5
    assert one.slots[1].means == pytest.approx([0.3, 0.5, 0.6])
    assert {(p.first, p.second): p.difference.count for p in one.pairs} == {
        ("nurse", "engineer"): 2, ("he", "she"): 2, ("he", "they"): 1, ("she", "they"): 1,
    }  # fmt: skip


def test_where_slots_stand_in_a_text():
    pattern = read_pattern("{{ The {job}, a {job} of {a}")
    texts = {"text": "{ The cook, a cook of Rome"}
    spans = slot_spans({"text": pattern}, {"job": "cook", "a": "Rome"}, texts)
    assert spans == {"job": [("text", 6, 10), ("text", 14, 18)], "a": [("text", 22, 26)]}
    assert slot_spans({"text": pattern}, {"job": "nurse", "a": "Rome"}, texts) == {}
    assert slot_spans({"text": pattern}, {"job": "cook"}, texts) == {}


def stored(folder, entry, columns):
    """Two fillings whose words have scores, as a run."""
    jobs = [
        fakes.scored("A fine film", (1.0, -2.0, 1.0), "a" * 32, position=0),
        fakes.scored("A dull film", (1.0, 6.0, 1.0), "b" * 32, position=1),
    ]
    return Results(fakes.checked_run(folder, jobs, inputs=[entry], rows=(0, 0), columns=columns))


def test_the_part_of_the_attribution_that_lies_on_a_slot(tmp_path):
    entry = {"text": "A {how} film", "fill": {"how": ["fine", "dull"]}}
    columns = {0: {"how": "fine"}, 1: {"how": "dull"}}
    results = stored(tmp_path, entry, columns)
    (found,) = observe(results).fillings().values()
    assert found.filled.rows.tolist() == [0, 1]
    assert found.filled.shares["how"] == pytest.approx([2 / 4, 6 / 8])
    assert results.columns().to_dict("records") == [
        {"model": "fake", "input": 0, "column": "how", "text": "fine"},
        {"model": "fake", "input": 1, "column": "how", "text": "dull"},
    ]


@pytest.mark.parametrize(
    ("entry", "columns"),
    [
        ({"text": "A {how} film", "fill": 7}, {0: {"how": "fine"}, 1: {"how": "dull"}}),
        ({"text": "A {how film", "fill": {"how": ["fine"]}}, {0: {"how": "fine"}}),
        ({"text": "A {how} film", "fill": {"how": ["fine"]}, "limit": "no"}, {0: {"how": "fine"}}),
        ({"text": "A {how} film", "fill": {"how": ["fine"]}}, {0: {"what": "fine"}}),
        ({"text": "A {how} film", "fill": {"how": ["fine"]}}, {}),
    ],
)
def test_a_stored_entry_that_is_no_template_is_left_alone(tmp_path, entry, columns):
    results = stored(tmp_path, entry, columns)
    observers = observe(results)
    (found,) = (observers.fillings() or observers.inputs()).values()
    assert fillings(found, stored_templates(results.manifest)) == ()


def test_a_text_that_is_not_the_template_s_has_no_share(tmp_path):
    entry = {"text": "The {how} film", "fill": {"how": ["fine", "dull"]}}
    results = stored(tmp_path, entry, {0: {"how": "fine"}, 1: {"how": "dull"}})
    (found,) = observe(results).fillings().values()
    assert np.isnan(found.filled.shares["how"]).all()
    assert len(fillings(found, stored_templates(results.manifest))) == 1
