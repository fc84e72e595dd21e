"""What a page says of small changes: one input's variants, and all inputs together."""

from __future__ import annotations

import re

import pytest

import fakes
from reportgen import site
from reportgen.rendering.input.robustness import small_changes
from reportgen.rendering.wording.robustness import interval, of_input
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.perturbation import Perturbation
from reportgen.results.tables import Results
from statements import check_page, dom


def variant(kind, *, word=None, turned=False, change=-0.01, correct=None, **texts):
    label = "NEGATIVE" if turned else "POSITIVE"
    told = {"label": label, "probability": 0.8, "changed": turned, "change": change}
    return Perturbation(kind=kind, word=word, texts=texts, correct=correct, **told)


def varied(number, *, turned=False):
    """An input of ten words, of which "film7" weighs most and changes nothing."""
    words = ["film7", *("good" if i == number else f"w{i}" for i in range(9))]
    text, right = " ".join(words), number % 4 > 0
    scores = [6.0] + [0.5] * 9
    header, arrays = fakes.scored(text, scores, fakes.job_id(number), position=number)
    told = {"correct": right, "expected": None if right else "NEGATIVE"}
    prediction = header.prediction.model_copy(update=told)
    perturbations = (
        variant("case", text=text.upper(), correct=right),
        Perturbation(kind="punctuation", reason="same"),
        variant("typos", text=f"flim{number}", turned=turned, change=-0.7, correct=not turned),
        variant("typos", text=f"fiml{number}", correct=right),
        variant("padding", change=0.0, correct=right),
        *(variant("word", word=word, correct=right, change=-0.001 * i)
          for i, word in enumerate(words)),
    )  # fmt: skip
    update = {"perturbations": perturbations, "prediction": prediction}
    return header.model_copy(update=update), arrays


def render(tmp_path, inputs):
    results = Results(fakes.write_run(tmp_path / "run", inputs))
    page = site.render(results, tmp_path / "out").path.read_text(encoding="utf-8")
    return dom.read(page), results


@pytest.mark.parametrize(
    ("variants", "sentence"),
    [
        (
            [variant("case", turned=True), variant("typos"), variant("word", word="a")],
            "1 of 2 changes of its letters, marks and padding and the loss of 0 of 1 word turn "
            "the prediction.",
        ),
        (
            [variant("word", word="a", turned=True), variant("word", word="b")],
            "The loss of 1 of 2 words turns the prediction.",
        ),
        ([variant("case")] * 3, "None of 3 variants of this input turns the prediction."),
        (
            [Perturbation(kind="case", label="3.2")],
            "1 variant of this input was read. Nothing is chosen here that could turn: what "
            "changes is the output.",
        ),
    ],
)
def test_the_sentence_of_an_input(variants, sentence):
    assert of_input(variants) == sentence


def test_words_that_turn_the_prediction_come_first():
    header, _ = fakes.classified("A film.")
    words = [variant("word", word=f"w{i}", change=-0.01 * i) for i in range(9)]
    words.append(variant("word", word="not", turned=True))
    shown = small_changes(header.model_copy(update={"perturbations": tuple(words)}))
    assert [row.name for row in shown.words[:2]] == ["without “not”", "without “w8”"]
    assert len(shown.words) == 8
    assert [row.name for row in shown.more_words] == ["without “w1”", "without “w0”"]


def test_there_is_no_section_without_variants():
    assert small_changes(fakes.classified("A film.")[0]) is None


def test_a_variant_that_is_the_input_itself_says_so(tmp_path):
    page, _ = render(tmp_path, [varied(1)])
    sections = [s for s in page.all("section") if s.attrs.get("id", "").endswith("-robustness")]
    (section,) = [s for s in sections if s.all("table.variants")]
    table = section.all("table.variants")[0]
    rows = [" | ".join(cell.text for cell in row) for row in table.rows()]
    assert "punctuation left out |  | the text is the same" in rows
    assert "typos | flim1 | POSITIVE | 0.800 | −0.700" in rows


def test_a_difference_is_written_in_points_with_its_interval():
    assert interval(Estimate(-0.0518, -0.086, -0.0192, 400), sign=True) == "−5.2 [−8.6, −1.9]"
    assert interval(Estimate(0.025, 0, 0.1, 40)) == "2.5\N{NO-BREAK SPACE}% [0.0, 10.0]"


def test_over_all_inputs_it_says_what_turns_and_which_words_weigh_much(tmp_path):
    page, results = render(tmp_path, [varied(i, turned=i in (2, 5, 6)) for i in range(12)])
    (section,) = [s for s in page.all("section.overview") if s.attrs.get("id") == "robustness"]
    first, second = section.all("> p")
    assert first.text.replace("\N{NO-BREAK SPACE}", " ") == (
        "Typos turn 25.0 % of 12 predictions. Lower or upper case and padding turn none."
    )
    assert re.fullmatch(
        r"1 of \d+ words of at least 10 inputs weighs much in explanations; of none is it "
        r"certain that it decides next to nothing\.",
        second.text,
    )
    table = section.all("table.robust")[0]
    (typos,) = [row for row in table.rows() if row[0].text == "typos"]
    assert typos[-1].text == "#3, #6, #7"
    assert check_page(page, results) == []


def test_of_nine_inputs_nothing_is_said_together(tmp_path):
    page, results = render(tmp_path, [varied(i) for i in range(9)])
    assert not [s for s in page.all("section.overview") if s.attrs.get("id") == "robustness"]
    assert check_page(page, results) == []
