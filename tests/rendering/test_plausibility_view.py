"""What people marked beside the words with the highest scores: text, sentence, tables."""

from __future__ import annotations

import pytest

import fakes
from reportgen.rendering.input.plausibility import plausibility_view
from reportgen.rendering.overview.report import make_report
from reportgen.results.plausibility import plausibility
from reportgen.results.tables import Results

TEXT = "A dull and sad story"
SCORES = (0.1, 0.9, 0.4, 0.3, -0.5)
MARKED = {"text": ((2, 6), (11, 14))}


def run(folder, jobs, rationales):
    return Results(fakes.checked_run(folder, jobs, rationales=rationales))


def view(folder, job, rationale):
    results = run(folder, [job], {0: rationale})
    ((entry, result),) = results.entries
    judged = tuple(plausibility(results.store, result, entry.rationale))
    return plausibility_view(result, entry.rationale, judged)


def test_marked_words_are_underlined_and_top_words_shaded(tmp_path):
    one = view(tmp_path, fakes.scored(TEXT, SCORES), MARKED)
    (text,) = one.texts
    assert [(piece.text, piece.shade) for piece in text.words] == [
        ("A", ""),
        ("dull", "people p4"),
        ("and", "p4"),
        ("sad", "people"),
        ("story", ""),
    ]
    assert one.marks == "2 of 5 words are marked."
    assert one.found == (
        "Shaded: the 2 words with the highest scores for POSITIVE (integrated gradients). "
        "Both: dull. Only people: sad. Only the scores: and."
    )


def test_a_top_word_that_speaks_against_the_output_is_blue(tmp_path):
    one = view(tmp_path, fakes.scored(TEXT, (-0.1, -0.9, -0.4, -0.3, -0.5)), {"text": ((0, 1),)})
    assert one.texts[0].words[0].shade == "people n4"
    assert one.marks == "1 of 5 words is marked."
    assert one.found == (
        "Shaded: the word with the highest score for POSITIVE (integrated gradients). Both: A."
    )


def test_the_table_has_each_method_and_what_chance_comes_to(tmp_path):
    one = view(tmp_path, fakes.scored(TEXT, SCORES), MARKED)
    assert one.table.columns == ("method", "AUPRC", "F1", "IOU")
    assert one.table.rows[0] == ("integrated gradients", "0.83", "0.50", "0.33")
    assert one.table.rows[-1] == ("scores at random, about", "0.40", "0.40", "–")
    assert one.each is None


def test_a_method_that_did_not_converge_says_so(tmp_path):
    job = fakes.scored(TEXT, SCORES, converged=False)
    one = view(tmp_path, job, MARKED)
    assert one.table.rows[0][0] == "integrated gradients (not converged)"


def test_of_several_outputs_there_is_the_mean_and_each_one(tmp_path):
    header, arrays = fakes.answered("Who is it?", "It is Ada here.")
    one = view(tmp_path, (header, arrays), {"context": ((6, 9),)})
    assert one.outputs == 2
    assert [row[0] for row in one.each.rows][:1] == ["start"]
    mine = [row for row in one.each.rows if row[1] == "integrated gradients"]
    assert [row[0] for row in mine] == ["start", "end"]
    mean = sum(float(row[2]) for row in mine) / 2
    assert float(one.table.rows[0][1]) == pytest.approx(mean, abs=0.011)


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        (((0, 20),), "All of the 5 words that the model read are marked, so that nothing is "
         "judged."),
        (((1, 2),), "None of the 5 words that the model read is marked, so that nothing is "
         "judged."),
    ],
)  # fmt: skip
def test_where_nothing_is_judged_the_page_says_why(tmp_path, spans, told):
    one = view(tmp_path, fakes.scored(TEXT, SCORES), {"text": spans})
    assert one.marks == told
    assert (one.found, one.table) == ("", None)


def test_marks_behind_what_was_read_are_told(tmp_path):
    header, arrays = fakes.scored(TEXT, SCORES)
    header = header.model_copy(update={"fields": {"text": f"{TEXT} without end"}})
    one = view(tmp_path, (header, arrays), {"text": ((2, 6), (30, 32))})
    assert one.doubts == (
        "Some of what people marked was not read by the model, and does not count.",
    )
    assert one.texts[0].rest == "without end"


def test_where_the_model_is_wrong_people_speak_of_another_output(tmp_path):
    header, arrays = fakes.scored(TEXT, SCORES, expect="NEGATIVE")
    wrong = {"correct": False, "expected": "NEGATIVE"}
    header = header.model_copy(update={"prediction": header.prediction.model_copy(update=wrong)})
    one = view(tmp_path, (header, arrays), MARKED)
    assert one.doubts == (
        "The model is wrong here: what people marked may be the reason for another output.",
    )


def test_an_input_without_a_rationale_has_no_section(tmp_path):
    assert view(tmp_path, fakes.scored(TEXT, SCORES), {}) is None


def over_inputs(folder, amount):
    jobs = [fakes.scored(TEXT, SCORES, fakes.job_id(n, "fake"), position=n) for n in range(amount)]
    results = run(folder, jobs, dict.fromkeys(range(amount), MARKED))
    return make_report(results).rationales


def test_one_input_has_no_mean(tmp_path):
    assert over_inputs(tmp_path, 1) == ()


def test_of_few_inputs_there_is_the_mean(tmp_path):
    (one,) = over_inputs(tmp_path, 2)
    assert one.table.rows[0] == ("integrated gradients", "2", "0.83", "0.50", "0.33")
    assert one.table.rows[-1] == ("scores at random, about", "2", "0.40", "0.40", "–")
    assert not one.intervals


def test_of_more_inputs_the_mean_has_an_interval(tmp_path):
    (one,) = over_inputs(tmp_path, 6)
    assert one.table.rows[0][2:] == ("0.83 (0.83–0.83)", "0.50 (0.50–0.50)", "0.33 (0.33–0.33)")
    assert one.intervals
