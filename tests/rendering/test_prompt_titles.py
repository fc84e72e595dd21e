"""What stands for an input whose text goes on: the end of a prompt, the last message of a chat."""

from __future__ import annotations

import json

import numpy as np

import fakes
from reportgen import site
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.wording.labels import ENDING, heading
from reportgen.results.tables import Results

PROMPT = "The lighthouse on the coast of Brittany was built long ago, and it still stands on"
END = "…coast of Brittany was built long ago, and it still stands on"


def test_a_long_prompt_is_called_by_its_end_and_a_short_one_by_itself():
    assert heading({"prompt": PROMPT, "continuation": " a rock"}) == END
    assert heading({"prompt": "The lighthouse stands on"}) == "The lighthouse stands on"
    long = "x" * 200
    assert heading({"prompt": long}) == f"…{'x' * ENDING}"


def test_other_texts_are_called_by_themselves():
    assert heading({"text": PROMPT}) == PROMPT
    assert heading({"question": "Who?", "context": PROMPT}) == "Who?"


def test_a_chat_is_called_by_its_last_message():
    chat = [
        {"role": "user", "content": "Who came?"},
        {"role": "assistant", "content": "Ada."},
        {"role": "user", "content": "When?"},
    ]
    assert heading({"messages": json.dumps(chat), "continuation": "Late."}) == "When?"


def test_titles_lists_and_coloured_rows_show_it(tmp_path):
    header, arrays = fakes.continued(PROMPT, " a rock")
    name = header.targets[0].name
    scores = np.zeros(len(header.tokens))
    scores[[1, -3]] = 2.0, 3.0  # "lighthouse" is not in the title, "on" at its end is
    arrays = arrays | {f"integrated_gradients/{name}": scores}
    results = Results(fakes.checked_run(tmp_path / "run", [(header, arrays)]))
    ((row,),) = (table.rows for table in make_report(results).predictions_tables)
    assert "".join(piece.gap + piece.text for piece in row.coloured) == END
    assert [(p.text, p.shade) for p in row.coloured if p.text] == [("on", "p9")]
    page = site.render(results, out=tmp_path / "out").path.read_text(encoding="utf-8")
    assert f"<span>{END}</span></h2>" in page
    assert f"<span class='clip ending'><bdi>{END}</bdi></span>" in page
    pages = site.render(results, out=tmp_path / "site", format="site").path.parent
    (one,) = (pages / "inputs").glob("*.html")
    assert f"<title>{END}: " in one.read_text(encoding="utf-8")
