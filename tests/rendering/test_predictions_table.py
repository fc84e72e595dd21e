"""Who says what about which input, and where models of a task say different things."""

from __future__ import annotations

import pytest

import fakes
from reportgen.rendering.overview.predictions_table import disagreements
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.labels import CUT
from reportgen.results.tables import Results


def saying(label: str, model: str, position: int = 0, **changes):
    """A finished classification whose label is ``label``."""
    header, arrays = fakes.classified(
        "Hello there", fakes.job_id(model, position), position=position, model=model
    )
    prediction = header.prediction.model_copy(update={"label": label} | changes)
    return header.model_copy(update={"prediction": prediction}), arrays


def report_of(jobs, folder):
    return make_report(Results(fakes.write_run(folder, jobs)))


def compared(jobs, folder, labels=None):
    results = Results(fakes.write_run(folder, jobs))
    manifest = results.manifest
    if labels:
        models = tuple(m.model_copy(update={"labels": labels[m.id]}) for m in manifest.models)
        manifest = manifest.model_copy(update={"models": models})
    return disagreements([header for header, _ in jobs], manifest)


def test_models_of_a_task_are_compared_input_by_input(tmp_path):
    jobs = [
        saying("GOOD", "a"),
        saying("good ", "b"),
        saying("GOOD", "a", 1),
        saying("BAD", "b", 1),
    ]
    task = "sequence-classification"
    assert compared(jobs, tmp_path) == {(task, 0): False, (task, 1): True}


def test_what_only_one_model_read_is_not_compared(tmp_path):
    assert compared([saying("GOOD", "a"), saying("BAD", "b", 1)], tmp_path) == {}
    failed = fakes.failed(model="b")
    assert compared([saying("GOOD", "a"), failed], tmp_path) == {}


def test_models_without_a_class_in_common_are_not_compared(tmp_path):
    jobs = [saying("GOOD", "a"), saying("4 stars", "b")]
    labels = {"a": ("GOOD", "BAD"), "b": ("4 stars", "1 star")}
    assert compared(jobs, tmp_path, labels) == {}
    assert compared(jobs, tmp_path, {"a": ("GOOD",), "b": ("good", "4 stars")})


def test_numbers_and_free_texts_are_not_compared(tmp_path):
    jobs = [saying("3.2", "a", kind="regression"), saying("3.3", "b", kind="regression")]
    assert compared(jobs, tmp_path) == {}


def test_a_line_tells_every_answer_its_verdict_and_reasons(tmp_path):
    jobs = [
        saying("GOOD", "a", probability=0.55, correct=True),
        saying("BAD", "b", correct=False),
        fakes.failed("Hello there", model="c"),
    ]
    (table,) = report_of(jobs, tmp_path).predictions_tables
    assert (table.models, table.compares, table.expects) == (("a", "b", "c"), True, False)
    (line,) = table.rows
    assert line.disagree is True
    unsure, wrong, failed = line.cells
    assert (unsure.verdict.text, unsure.why, unsure.notes) == ("right", "dl", "low confidence")
    assert (wrong.verdict.text, wrong.why, wrong.notes) == ("wrong", "wd", "")
    assert (failed.label, failed.verdict.text, failed.why) == ("not explained", "error", "e")


def test_long_texts_are_cut(tmp_path):
    report = report_of([fakes.classified("long words " * 40)], tmp_path)
    (line,) = report.predictions_tables[0].rows
    assert len(line.text) == CUT
    assert line.text.endswith("…")
    assert report.filters.cut == CUT


@pytest.mark.parametrize("amount", [1, 2])
def test_neighbours_and_other_models_are_known(amount, tmp_path):
    jobs = [saying("GOOD", m, i) for m in ("a", "b")[:amount] for i in range(3)]
    report = report_of(jobs, tmp_path)
    anchors = [card.anchor for card in report.briefs]
    neighbours = [report.neighbours[anchor] for anchor in anchors]
    assert [t.next.anchor if t.next else None for t in neighbours] == [*anchors[1:], None]
    assert [t.previous.anchor if t.previous else None for t in neighbours] == [None, *anchors[:-1]]
    for card, around in zip(report.briefs, neighbours, strict=True):
        assert [o.position for o in around.others] == [card.position] * (amount - 1)
        assert card.model not in [o.model for o in around.others]
