"""The index of a large run: what of its tables is on the page, in columns and in lists."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

import fakes
from reportgen.rendering.overview.paged_table import column_files, page_tables
from reportgen.rendering.overview.predictions_table import PredictionRow
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results
from reportgen.site.folder import OURS


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Two models on two inputs; the second did not read the second one."""
    said = "👩‍👩‍👧 Not a\nbad film"
    jobs = [
        fakes.scored(
            said, [0, 0.1, 0.1, -0.9, 0.5], fakes.job_id(1), model="a b", expect="POSITIVE"
        ),
        fakes.classified(said, fakes.job_id(2), model="other", converged=False),
        fakes.failed("", fakes.job_id(3), position=1, model="a b"),
    ]
    return make_report(Results(fakes.write_run(tmp_path_factory.mktemp("paged"), jobs)))


def with_rows(report, amount):
    """The report of a run whose rows are those of ``report`` over and over."""
    (table,) = report.predictions_tables
    rows = tuple(replace(table.rows[i % 2], position=i) for i in range(amount))
    filters = replace(report.filters, total=amount)
    return replace(report, predictions_tables=(replace(table, rows=rows),), filters=filters)


def columns_of(paged):
    """Return what each file of columns hands over, by its name."""
    found = {}
    for name, text in column_files(paged):
        given, columns = re.fullmatch(r'reportgenRows\("([^"]+)",(.*)\);\n', text).groups()
        assert given == name
        found[name] = json.loads(columns)
    return found


def test_a_run_of_a_thousand_inputs_has_all_of_them_on_its_index(report):
    assert page_tables(with_rows(report, 1_000)) == ()
    assert len(page_tables(with_rows(report, 1_001))) == 1


def test_every_row_is_in_one_list_and_in_one_part(report):
    large = with_rows(report, 5_250)
    (paged,) = page_tables(large)
    assert paged.rows == large.predictions_tables[0].rows[:100]
    lists = paged.lists
    assert [row.position for one in lists for row in one.rows] == list(range(5_250))
    assert (lists[-1].first, lists[-1].last) == (5_001, 5_250)
    assert [one.name for one in lists[:2]] == ["index/1-list-0001.html", "index/1-list-0002.html"]
    assert (lists[0].previous, lists[0].next) == ("", "1-list-0002.html")
    assert (lists[-1].previous, lists[-1].next) == ("1-list-0010.html", "")
    parts = columns_of(paged)
    assert list(parts) == ["index/1-part-0001.js", "index/1-part-0002.js"]
    positions = [position for part in parts.values() for position in part["positions"]]
    assert positions == list(range(5_250))
    version = f"?{report.provenance.digest[:8]}"
    assert paged.data["parts"] == [f"{name}{version}" for name in parts]
    assert paged.data["links"] == ["a-b", "other"]
    # A site that is written anew without them removes them.
    assert all(OURS.fullmatch(name) for name in (*parts, *(one.name for one in lists)))


def test_columns_hold_what_the_table_shows(report):
    (paged,) = page_tables(with_rows(report, 1_002))
    (columns,) = columns_of(paged).values()
    assert columns["texts"][:2] == ["👩‍👩‍👧 Not a bad film", ""]
    # the family is eight characters, of which three are two units of a script
    assert columns["colours"][0].startswith("15 3 n")
    first, second = paged.table.rows[:2]
    assert first.colours.startswith("12 3 n")
    assert columns["disagree"][:2] == [0, -1]
    own, other = columns["models"]
    assert own["labels"] == {"values": ["POSITIVE", "not explained"], "codes": [0, 1] * 501}
    assert other["labels"]["codes"][:2] == [0, -1]
    assert own["checks"]["values"] == [
        ["", []],
        ["e", [["bad", "✗\N{NO-BREAK SPACE}error"]]],
    ]
    assert other["checks"]["values"] == [["c", [["bad", "!\N{NO-BREAK SPACE}not converged"]]]]
    assert second.cells[1] is None


def test_a_coloured_text_loses_no_character():
    row = PredictionRow(0, "Not a bad film", "6 3 n4 1 2 p7", "", None, ())
    assert [(p.gap, p.text, p.shade) for p in row.coloured] == [
        ("Not a ", "bad", "n4"),
        (" ", "fi", "p7"),
        ("lm", "", ""),
    ]
    assert "".join(piece.gap + piece.text for piece in row.coloured) == row.text
