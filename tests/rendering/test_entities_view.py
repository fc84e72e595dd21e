"""Taggers on the page: entities in the text, judged as spans; context before a word itself."""

from __future__ import annotations

import re

import numpy as np

import fakes
import reportgen
from reportgen.rendering.markdown.digest import digest
from reportgen.rendering.markdown.digest_tables import subject
from reportgen.rendering.markdown.model_card import write_cards
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.predictions.entities import entity_view
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.entities import expected, explained, predicted, special_labels
from reportgen.rendering.wording.sentences import signed_contributions
from reportgen.results.model import Step
from reportgen.results.tables import Results

TEXT = "Ada Lovelace met Babbage in London ."
SAID = {"Ada": "B-PER", "Lovela": "I-PER", "ce": "I-PER", "London": "B-LOC"}
RIGHT = "B-PER I-PER O O O B-LOC O"
WRONG = "B-PER I-PER O B-PER O B-ORG O"


def result(said=SAID, **given):
    return fakes.labelled(TEXT, said, **given)[0]


def marks(header):
    (shown,) = entity_view(header).texts
    assert "".join(mark.gap + mark.text for mark in shown.marks) + shown.rest == TEXT
    return [(mark.text, mark.kind, mark.probability) for mark in shown.marks]


def test_entities_are_marked_in_the_text():
    found = marks(result(sure={"Ada": 0.9}))
    assert found == [("Ada Lovelace", "PER", "0.900"), ("London", "LOC", "0.970")]
    assert marks(result({})) == []


def test_a_doubtful_entity_is_marked_as_low():
    view = entity_view(result(sure={"Lovela": 0.59}))
    assert [mark.low for mark in view.texts[0].marks] == [True, False]


def test_a_wrong_entity_is_marked_and_a_missed_one_is_named():
    view = entity_view(result(expect=WRONG))
    assert [mark.wrong for mark in view.texts[0].marks] == [False, True]
    assert view.missed == "Babbage PER, London ORG"
    assert view.table.columns == ("entity", "label", "confidence", "explained", "right")
    assert view.table.rows == (
        ("Ada Lovelace", "PER", "0.970", "yes", "yes"),
        ("London", "LOC", "0.970", "yes", "no"),
    )
    assert view.labels.rows[0] == ("Ada", "B-PER", "0.970", "B-PER", "yes")
    assert entity_view(result(expect=RIGHT)).missed == ""


def test_other_predictions_have_no_entities():
    assert presenter(fakes.classified("Hello")[0]).view().template == "bars"


def test_the_headline_names_the_first_entities():
    text = "all at be he is me my no"
    header, _ = fakes.labelled(text, dict.fromkeys(text.split(), "B-LOC"))
    assert predicted(header) == "all LOC, at LOC, be LOC, he LOC, is LOC and 3 more"
    assert entity_view(header).more == " and 3 more"
    assert predicted(result({})) == "no entity"


def test_what_was_expected_is_told_as_entities():
    assert expected(result(expect=WRONG)) == "Ada Lovelace PER, Babbage PER, London ORG"
    assert expected(result(expect="O O O O O O O")) == "no entity"
    assert expected(result()) == ""
    header, _ = fakes.classified("Hello")
    assert expected(header.model_copy(update={"expect": "POSITIVE"})) == "POSITIVE"


def test_entities_that_run_from_right_to_left_are_kept_together():
    header, _ = fakes.labelled("דוד נסע", {"דוד": "B-PER"})
    assert predicted(header) == "\u2068דוד PER\u2069"


def test_unexplained_entities_are_counted():
    header = result()
    assert explained(header) == ""
    assert explained(header.model_copy(update={"targets": header.targets[:1]})) == (
        "1 of 2 entities are explained; to explain all, set target: all (every token of the text)."
    )


def test_special_tokens_with_a_label_are_told_as_a_finding(tmp_path):
    header, arrays = fakes.labelled(TEXT, SAID)
    found = Step(position=0, text="[CLS]", label="B-EMAIL", index=3, probability=0.93)
    prediction = header.prediction.model_copy(update={"specials": (found,)})
    header = header.model_copy(update={"prediction": prediction})
    sentence = (
        "The model labels the special token [CLS] B-EMAIL (0.930). It stands for no text: this is "
        "no entity of the input, and it is not explained."
    )
    assert special_labels(header) == [sentence]
    folder = fakes.write_run(tmp_path, [(header, arrays)])
    verdicts = [verdict.text for verdict in make_report(Results(folder)).verdicts]
    assert "special tokens are labelled as entities in 1 input" in verdicts
    reportgen.render(folder, out=tmp_path / "page")
    assert sentence in (tmp_path / "page" / "report.html").read_text("utf-8")


def test_the_words_around_a_label_come_before_its_own():
    header = result()
    scores = np.array([6.0, 2.0, -1.0, 0.5, 0.0, 0.5, 0.0])
    told = signed_contributions("", "", header.words, scores, 0)
    assert told.towards == (("Lovelace", "+2.00"), ("Babbage", "+0.500"), ("London", "+0.500"))
    assert told.against == (("met", "−1.00"),)
    assert told.own == "60.0\u00a0%"
    assert signed_contributions("", "", header.words, scores).towards[0] == ("Ada", "+6.00")
    against = signed_contributions("", "", header.words, -scores, 0)
    assert against.own == "−60.0\u00a0%"


def test_an_output_is_named_by_the_whole_word():
    header = result({"Lovela": "B-PER", "ce": "I-PER"})
    assert [presenter(header).output(target.name) for target in header.targets] == [
        "The label B-PER of “Lovelace”",
        "The label I-PER of “ce”",
    ]


def run(tmp_path):
    jobs = [
        fakes.labelled(TEXT, SAID, fakes.job_id(i), position=i, expect=expect)
        for i, expect in enumerate((RIGHT, WRONG, None))
    ]
    return fakes.write_run(tmp_path, jobs)


NUMBERS = "precision 0.750 (3 of 4), recall 0.600 (3 of 5), F1 0.667"
SCORES = f"{NUMBERS}, judged by whole spans, as seqeval does"


def test_the_run_has_micro_precision_recall_and_f1(tmp_path):
    results = Results(run(tmp_path))
    report = make_report(results)
    verdicts = [(verdict.kind, verdict.text) for verdict in report.verdicts]
    assert verdicts[:2] == [
        ("warn", "1 of 2 predictions as expected"),
        ("warn", f"entities: {SCORES}"),
    ]
    row = report.predictions_tables[0].rows[1]
    assert row.expected == "Ada Lovelace PER, Babbage PER, London ORG"
    assert row.cells[0].label == "Ada Lovelace PER, London LOC"
    assert row.cells[0].probability == "0.970"


def test_many_judged_texts_have_them_by_label(tmp_path):
    jobs = [
        fakes.labelled(TEXT, SAID, job=f"{i:032d}", position=i, expect=(RIGHT, WRONG)[i % 2])
        for i in range(10)
    ]
    report = make_report(Results(fakes.write_run(tmp_path, jobs)))
    (view,) = (section.view for section in report.dataset if section.id == "performance")
    table = view.models[0].entities
    assert table.columns == (
        *("label", "precision", "recall", "F1", "expected", "predicted", "right"),
    )
    assert [tuple(cell.partition(" (")[0] for cell in row[1:]) for row in table.rows] == [
        ("0.500", "1.000", "0.667", "5", "10", "5"),
        ("–", "0.000", "0.000", "5", "0", "0"),
        ("1.000", "0.667", "0.800", "15", "10", "10"),
        ("0.750", "0.600", "0.667", "25", "20", "15"),
    ]
    assert [row[0] for row in table.rows] == ["LOC", "ORG", "PER", "all (micro average)"]
    assert "F1 of its entities: 0.667" in view.models[0].sentence


def test_digest_and_model_card_have_them_too(tmp_path):
    results = Results(run(tmp_path))
    assert f"1 of 2 predictions as expected. Entities: {SCORES}." in digest(subject(results))
    (card,) = write_cards(results, tmp_path / "cards")
    text = card.read_text("utf-8")
    assert f"| Entities, judged by whole spans, as seqeval does | {NUMBERS} |" in text
    assert "type: token-classification" in text
    values = re.findall(r"- type: (\w+)\n\s+value: ([\d.]+)", text)
    assert [(name, f"{float(value):.3f}") for name, value in values] == [
        ("precision", "0.750"),
        ("recall", "0.600"),
        ("f1", "0.667"),
    ]
