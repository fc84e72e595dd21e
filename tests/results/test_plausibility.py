"""How far scores find what people marked, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakes
from reportgen.results.checks.evaluation import evaluate_checks
from reportgen.results.export import export
from reportgen.results.plausibility import average_precision, marked_words, plausibility
from reportgen.results.tables import Results

TEXT = "A dull and sad story"
SCORES = (0.1, 0.9, 0.4, 0.3, -0.5)
MARKED = {"text": ((2, 6), (11, 14))}
"""dull, sad"""


@pytest.mark.parametrize(
    ("scores", "wanted", "precision"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 0, 0], (1 / 1 + 2 / 3) / 2),
        ([0.1, 0.9, 0.4, 0.3, -0.5], [0, 1, 0, 1, 0], (1 / 1 + 2 / 3) / 2),
        ([0.9, 0.8, -0.7], [0, 0, 1], 1 / 3),
        ([0.9, 0.8, 0.7], [1, 1, 0], 1.0),
        # Equal scores are one step: both places at 0.5 have precision 1/2, those at 0.2 2/4.
        ([0.5, 0.5, 0.2, 0.2], [0, 1, 1, 0], (1 / 2 + 2 / 4) / 2),
        ([0.0, 0.0, 0.0, 0.0, 0.0], [0, 1, 0, 0, 1], 2 / 5),
        # The example in scikit-learn's documentation of average_precision_score.
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.8333333333333333),
    ],
)
def test_average_precision_by_hand(scores, wanted, precision):
    found = average_precision(np.array(scores), np.array(wanted, dtype=bool))
    assert found == pytest.approx(precision)


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=12).filter(
        lambda pairs: any(wanted for _, wanted in pairs)
    ),
    st.randoms(),
)
def test_average_precision_is_the_mean_precision_at_what_is_wanted(pairs, random):
    precisions = []
    for score, wanted in pairs:
        if wanted:
            above = [flag for other, flag in pairs if other >= score]
            precisions.append(sum(above) / len(above))
    random.shuffle(pairs)
    scores, flags = (np.array(column) for column in zip(*pairs, strict=True))
    assert average_precision(scores, flags) == pytest.approx(np.mean(precisions))


def run(folder, jobs, rationales, checks=()):
    return Results(fakes.checked_run(folder, jobs, checks, rationales=rationales))


def test_the_measures_of_one_input_by_hand(tmp_path):
    """Ranked are dull, and, sad, A, story; dull and “and” are the top two."""
    results = run(tmp_path, [fakes.scored(TEXT, SCORES)], {0: MARKED})
    table = results.plausibility()
    assert list(table.columns) == [
        *("model", "input", "target", "method", "auprc", "token_f1", "iou", "chance", "marked")
    ]
    row = table.set_index("method").loc["integrated_gradients"].to_dict()
    assert row == {
        "model": "fake",
        "input": 0,
        "target": "POSITIVE",
        "auprc": pytest.approx((1 / 1 + 2 / 3) / 2),
        "token_f1": 1 / 2,
        "iou": 1 / 3,
        "chance": 2 / 5,
        "marked": 2,
    }


def test_attention_and_norms_are_judged_by_the_row_that_is_read(tmp_path):
    header, arrays = fakes.scored(TEXT, SCORES)
    target = header.targets[0].model_copy(update={"read_at": (0,)})
    header = header.model_copy(update={"targets": (target,)})
    rows = np.array([0.0, 0.1, 0.6, 0.1, 0.2, 0.0, 0.0])  # dull and sad lead
    arrays["attention"] = np.zeros_like(arrays["attention"])
    arrays["attention"][..., 0, :] = rows
    table = run(tmp_path, [(header, arrays)], {0: MARKED}).plausibility()
    row = table.set_index("method").loc["attention"]
    assert (row["auprc"], row["token_f1"], row["iou"]) == (1.0, 1.0, 1.0)


def test_a_word_is_marked_where_any_of_its_characters_is():
    header, _ = fakes.scored(TEXT, SCORES)
    for spans in (((3, 4),), ((1, 7),), ((2, 3), (5, 6))):
        words = marked_words(header, {"text": spans})
        assert words.marked.tolist() == [False, True, False, False, False]
    assert marked_words(header, {"text": ((1, 2),)}).count == 0  # a space
    assert marked_words(header, {"context": ((0, 2),)}).places.tolist() == []


def test_only_the_words_of_texts_with_a_rationale_are_ranked(tmp_path):
    header, arrays = fakes.answered("Who is it?", "It is Ada here.")
    (start, *_) = plausibility_of(tmp_path, header, arrays, {"context": ((6, 9),)})
    segments = {header.words[i].segment for i in start.words.places}
    assert segments == {"context"}
    assert start.words.chance == 1 / sum(word.segment == "context" for word in header.words)


def plausibility_of(folder, header, arrays, rationale):
    results = run(folder, [(header, arrays)], {0: rationale})
    ((entry, result),) = results.entries
    return list(plausibility(results.store, result, entry.rationale))


@pytest.mark.parametrize("spans", [((0, 20),), ((1, 2),), ((90, 99),)])
def test_where_nothing_can_be_told_apart_nothing_is_judged(tmp_path, spans):
    assert plausibility_of(tmp_path, *fakes.scored(TEXT, SCORES), {"text": spans}) == []


def test_inputs_without_a_rationale_and_failed_ones_have_no_rows(tmp_path):
    jobs = [fakes.scored(TEXT, SCORES), fakes.failed("x", position=1)]
    assert run(tmp_path, jobs, {1: {"text": ((0, 1),)}}).plausibility().empty


def test_equal_scores_are_taken_in_the_order_of_the_text(tmp_path):
    (one, *_) = plausibility_of(tmp_path, *fakes.scored(TEXT, (0.0,) * 5), MARKED)
    assert one.top.tolist() == [True, True, False, False, False]
    assert (one.auprc, one.token_f1, one.iou) == (2 / 5, 1 / 2, 1 / 3)


CASES = [
    ({"min_f1": 0.5}, [("passed", 0.5)]),
    ({"min_f1": 0.51}, [("failed", 0.5)]),
    ({"min_f1": 0.51, "severity": "warn"}, [("warning", 0.5)]),
    ({"min_iou": 0.33, "min_auprc": 0.9}, [("failed", 5 / 6), ("passed", 1 / 3)]),
]


@pytest.mark.parametrize(("settings", "wanted"), CASES)
def test_a_check_judges_each_measure_that_it_asks_for(tmp_path, settings, wanted):
    jobs = [fakes.scored(TEXT, SCORES)]
    found = evaluate_checks(run(tmp_path, jobs, {0: MARKED}, [{"rationale": settings}]))
    assert [(one.status, one.found) for one in found] == [
        (status, pytest.approx(value)) for status, value in wanted
    ]


@pytest.mark.parametrize(
    ("rationale", "note"),
    [
        ({}, "the input has no rationale"),
        ({"text": ((0, 20),)}, "all words are marked in its rationale"),
        ({"text": ((40, 45),)}, "no word that was read is marked in its rationale"),
    ],
)
def test_an_input_that_cannot_be_judged_is_skipped(tmp_path, rationale, note):
    jobs = [fakes.scored(TEXT, SCORES, fakes.job_id(n, "fake"), position=n) for n in range(2)]
    check = {"rationale": {"min_f1": 0.1}}
    found = evaluate_checks(run(tmp_path, jobs, {0: rationale, 1: MARKED}, [check]))
    assert found[0].status == "skipped"
    assert found[0].note == note


@pytest.mark.parametrize(
    ("rationale", "settings", "why"),
    [
        ({}, {"severity": "warn"}, "the input has no rationale"),
        (MARKED, {"method": "alti"}, "alti gives no score per word of this input"),
    ],
)
def test_where_no_input_can_be_judged_the_check_fails(tmp_path, rationale, settings, why):
    jobs = [fakes.scored(TEXT, SCORES)]
    check = {"rationale": {"min_f1": 0.1} | settings}
    (found,) = evaluate_checks(run(tmp_path, jobs, {0: rationale}, [check]))
    assert (found.status, found.note) == ("failed", f"nothing could be judged: {why}")


def test_the_table_is_exported_with_its_types(tmp_path):
    results = run(tmp_path / "run", [fakes.scored(TEXT, SCORES)], {0: MARKED})
    export(results, tmp_path / "tables", "csv")
    lines = (tmp_path / "tables" / "plausibility.csv").read_text().splitlines()
    columns = ["model", "input", "target", "method", "auprc", "token_f1", "iou", "chance", "marked"]
    assert lines[0].split(",") == [f'"{name}"' for name in columns]
    assert lines[1].startswith('"fake",0,"POSITIVE","integrated_gradients",0.83333')
    assert lines[1].endswith(",0.5,0.3333333333333333,0.4,2")
