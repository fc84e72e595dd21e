"""The overview's texts in colour: what they show is what the tables of results say."""

from __future__ import annotations

import re
from html import unescape

import fakes
from pairs import one
from reportgen import site
from reportgen.methods import get
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results


def tables(folder, jobs):
    return make_report(Results(fakes.checked_run(folder, jobs))).predictions_tables


def row(folder, text, scores, **changes):
    ((table,),) = (tables(folder, [one(text, scores, **changes)]),)
    return table.rows[0], table


def shades(row):
    return {piece.text: piece.shade for piece in row.coloured if piece.text}


def test_words_are_coloured_by_their_scores_and_the_weakest_are_not(tmp_path):
    found, table = row(tmp_path, "Not a bad film", (-2, 0.1, 4, 1))
    assert shades(found) == {"Not": "n4", "bad": "p9", "film": "p2"}
    assert "".join(piece.gap + piece.text for piece in found.coloured) == "Not a bad film"
    assert table.colours == (
        "Colours: integrated gradients, for what the model says; red words raised its score, "
        "blue ones lowered it. Only the strongest are shown.",
    )


def test_they_are_those_of_the_words_table(tmp_path):
    results = Results(fakes.checked_run(tmp_path, [one("Not a bad film", (-2, 0.1, 4, 1))]))
    words = results.words()
    strongest = words.loc[words["score"].abs().idxmax()]
    ((table,),) = (make_report(results).predictions_tables,)
    darkest = max(shades(table.rows[0]).items(), key=lambda pair: int(pair[1][1:]))
    assert darkest == (strongest["word"], "p9")


def test_without_scores_the_text_is_plain(tmp_path):
    found, _ = row(tmp_path, "Not a bad film", (0, 0, 0, 0))
    assert found.coloured == ()
    assert found.text == "Not a bad film"


def test_an_explanation_that_did_not_converge_is_not_shown(tmp_path):
    header, arrays = one("Not a bad film", (-2, 0.1, 4, 1))
    failed = fakes.path_check("integrated_gradients", "POSITIVE", converged=False)
    job = header.model_copy(update={"convergence": (failed,)}), arrays
    (table,) = tables(tmp_path, [job])
    assert table.rows[0].coloured == ()
    assert table.colours == ()


def test_another_method_that_failed_takes_no_colour_away(tmp_path):
    header, arrays = one("Not a bad film", (-2, 0.1, 4, 1))
    checks = (
        fakes.path_check("integrated_gradients", "POSITIVE"),
        fakes.path_check("sub_embeddings", "POSITIVE", converged=False),
    )
    (table,) = tables(tmp_path, [(header.model_copy(update={"convergence": checks}), arrays)])
    assert shades(table.rows[0]) == {"Not": "n4", "bad": "p9", "film": "p2"}
    assert table.rows[0].cells[0].unreliable.text == "not converged"


def test_long_texts_are_cut_where_they_were(tmp_path):
    text = " ".join(["word"] * 100)
    found, _ = row(tmp_path, text, [1] * 100)
    shown = "".join(piece.gap + piece.text for piece in found.coloured)
    assert shown == found.text
    assert shown.endswith("…")


def test_the_page_has_the_whole_text_of_every_row(complete, tmp_path):
    html = site.render(complete, tmp_path).path.read_text(encoding="utf-8")
    heads = re.findall(r'<th scope="row" dir="auto">(.*?)</th>', html)
    plain = [unescape(re.sub(r"<[^>]+>", "", head)) for head in heads]
    rows = [found for table in make_report(complete).predictions_tables for found in table.rows]
    assert plain[: len(rows)] == [found.text or "(empty)" for found in rows]
    assert any("<span class=" in head for head in heads)


def test_the_colours_of_an_answer_are_those_of_its_start(complete):
    found = {table.task: table.colours for table in make_report(complete).predictions_tables}
    (colours,) = found["question-answering"]
    assert colours.startswith("Colours: integrated gradients, for where the answer starts; red ")


def test_sizes_have_no_direction(tmp_path):
    found, table = row(tmp_path, "Not a bad film", (0.1, 0, 0.8, 0.1), method="alti")
    about = get("alti").score.about
    assert shades(found)["bad"] == "v9"
    assert table.colours == (
        f"Colours: ALTI, for what the model says; the darker, the more: {about}. "
        "Only the strongest are shown.",
    )
