"""How often a model is right, as a page shows it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import fakes
import reportgen
from judged_inputs import judged
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results
from statements import check_page, dom


@pytest.fixture(scope="module")
def page(once):
    """The page of a run, and the run."""

    def fill(folder):
        fakes.write_run(folder, judged())
        reportgen.render(folder, folder / "page")

    folder = once("judged", fill)
    return dom.read((folder / "page" / "report.html").read_text(encoding="utf-8")), folder


def view(results):
    found = (s.view for s in make_report(results).dataset if s.id == "performance")
    return next(found, None)


def test_it_begins_with_a_sentence(page):
    sentence = page[0].one("section#dataset-performance > p.said").text
    assert re.match(
        r"Right on 14 of 24 inputs \(58\.3 %, 95 % interval 38\.8 to 75\.5 %\)\. ", sentence
    )


def test_every_number_of_it_is_what_the_tables_say(page):
    assert check_page(page[0], Results(page[1])) == []


def test_numbers_of_the_confusion_lead_to_inputs_of_that_kind(page):
    tree, folder = page
    rows = Results(folder).predictions().itertuples()
    told = {row.input + 1: (row.expected, row.label) for row in rows}
    counts = Counter(told.values())
    table = tree.one("section#dataset-performance table.heat")
    columns = [head.text for head in table.heads()[1:]]
    seen = 0
    for label, *cells in table.rows():
        for cell, column in zip(cells, columns, strict=True):
            pair = (label.text, column)
            assert cell.text == str(counts[pair])
            for link in cell.all("a"):
                seen += 1
                assert told[int(link.attrs["href"].rpartition("-")[2])] == pair
    assert seen == len(counts)
    for item in tree.all("details.mistakes li"):
        pair = tuple(bdi.text for bdi in item.all("bdi"))
        links = [int(link.attrs["href"].rpartition("-")[2]) for link in item.all("a")]
        assert {told[number] for number in links} == {pair}
        assert len(links) == min(5, counts[pair])


def test_charts_have_their_numbers_beside_them_and_their_library(page):
    figures = page[0].all("section#dataset-performance figure.chart")
    assert [figure.one("h4").text for figure in figures] == [
        "Is it as sure as it is right?",
        "How sure is it?",
        "How wrong is it where it is surest?",
    ]
    for figure in figures:
        assert figure.all("div.plot svg")
        assert figure.one("details table.data").rows()
        assert figure.one("> script").json["datasets"]
    assert page[0].all("script#vega")


def test_models_of_a_task_are_columns_of_one_table(tmp_path):
    both = [*judged(model="one"), *judged(model="two", seed=2)]
    fakes.write_run(tmp_path, both)
    found = view(Results(tmp_path))
    (table,) = found.numbers
    assert table.columns == ("measure", "one", "two")
    assert [one.model for one in found.models] == ["one", "two"]


def test_without_anything_expected_there_is_only_how_sure_it_is(tmp_path):
    fakes.write_run(tmp_path, judged(expected=False))
    found = view(Results(tmp_path))
    (one,) = found.models
    assert (one.sentence, one.labels, one.confusion) == ("", None, None)
    assert [chart.title for chart in one.charts] == ["How sure is it?"]
    assert [row[0] for row in found.numbers[0].rows] == ["mean confidence"]


def test_few_inputs_have_no_such_section(tmp_path):
    fakes.write_run(tmp_path, judged(9))
    assert view(Results(tmp_path)) is None


def test_a_site_has_the_library_of_its_first_page(tmp_path):
    fakes.write_run(tmp_path / "run", judged())
    reportgen.render(tmp_path / "run", tmp_path / "site", format="site")
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    (name,) = re.findall(r'data-vega="(assets/vega\.\w+\.js)"', index)
    assert (tmp_path / "site" / name).is_file()
