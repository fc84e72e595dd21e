"""Each number that a page says about completeness, computed again from the stored arrays."""

from __future__ import annotations

import re

import numpy as np
import pytest

import reportgen
from reportgen.resources import folder

SPEC = """\
models:
  - {{id: film, path: {models}/sentiment}}
  - {{id: reader, path: {models}/question-answering}}
inputs:
  - text: The plot is a tedious mess and the jokes are painfully stupid.
  - text: This movie was not bad at all.
  - question: Who built the lighthouse?
    context: The lighthouse was built in 1871 by the engineer Clara Holt.
methods:
  - integrated_gradients: {{{settings}}}
  - sub_embeddings: {{steps: 5}}
  - layer_conductance
  - attention_attribution
  - attention
"""
PARTS = ("word", "position", "token_type")


@pytest.fixture(scope="module", params=["steps: 9", "tolerance: 0.01"])
def run(request, tmp_path_factory):
    """A run with nodes too few to converge, or as many as it takes, and its page."""
    home = tmp_path_factory.mktemp("completeness")
    text = SPEC.format(models=folder("examples") / "models", settings=request.param)
    (home / "audit.yaml").write_text(text, encoding="utf-8")
    results = reportgen.run(home / "audit.yaml", out=home / "out")
    page = reportgen.render(results, out=home / "out").path.read_text(encoding="utf-8")
    cards = re.findall(r'<article class="card view" id="[^"]*".*?</article>', page, re.S)
    return results, list(zip(results.entries, cards, strict=True))


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def number(text):
    """Read a number as pages write it; a percentage as a share."""
    value = float(text.replace("−", "-").replace(",", "").split(" ")[0])
    return value / 100 if "%" in text else value


def near(text, value):
    """Tell whether a number of three digits stands for ``value``."""
    return number(text) == pytest.approx(value, rel=0.006, abs=2e-6)


def rows_of(card):
    table = card.rpartition("Completeness, in logits</caption>")[2].partition("</table>")[0]
    columns, *rows = (
        [plain(cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr.*?</tr>", table, re.S)
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def sums(results, entry, method, target):
    """Return what the scores add up to: once, or at each layer."""
    names = {"words, positions and token types": [f"sub_embeddings_{part}" for part in PARTS]}
    stored = results.store.array_names(entry.id)
    arrays = [
        results.matrix(entry.model, entry.input, f"{name}/{target}").astype(float)
        for name in names.get(method, [method.replace(" ", "_")])
        if f"{name}/{target}" in stored
    ]
    return np.atleast_1d(sum(array.sum(axis=-1) for array in arrays))


def test_every_number_of_the_table(run):
    results, cards = run
    known = results.convergence()
    counted = 0
    for (entry, result), card in cards:
        for row in rows_of(card):
            counted += 1
            method, target = row["method"], row["output"]
            name = "sub_embeddings" if method.startswith("words") else method.replace(" ", "_")
            mine = known[(known.input == entry.input) & (known.model == entry.model)]
            (stored,) = mine[(mine.method == name) & (mine.target == target)].to_dict("records")
            logits = {score.label: score.logit for score in result.prediction.scores}
            assert near(row["F(input)"], logits.get(target, stored["f_input"]))
            assert near(row["F(baseline)"], stored["f_baseline"])
            change = stored["f_input"] - stored["f_baseline"]
            assert near(row["change"], change)
            assert row["points"] == str(stored["steps"])
            assert row["verdict"].startswith("converged") == stored["converged"]
            by_layer = method in ("layer conductance", "attention attribution")
            carries = "layer conductance" if by_layer else method
            found = sums(results, entry, carries, target)
            gaps = np.abs(found - change) / abs(change)
            worst = int(gaps.argmax())
            assert near(row["gap"], gaps[worst])
            for cell in ("gap", "sum of scores"):
                if row[cell] != "–":
                    assert row[cell].endswith(f"(layer {worst + 1})") == by_layer
            if method == "attention attribution":
                assert row["sum of scores"] == "–"
            else:
                assert near(row["sum of scores"], found[worst])
    assert counted == 2 * 4 + 2 * 4


def test_the_verdict_above_the_text(run):
    results, cards = run
    known = results.convergence()
    scores = results.tokens()
    for (entry, _), card in cards:
        said = re.search(
            r"(?:within|by) ([\d.]+ %) (?:\(|after )(\d+) points", plain(card).partition("Words")[0]
        )
        shown = known[(known.input == entry.input) & (known.method == "integrated_gradients")]
        assert int(said[2]) == shown.steps.max()
        mine = scores[(scores.input == entry.input) & (scores.method == "integrated_gradients")]
        gaps = [
            abs(mine[mine.target == row.target].score.sum() / (row.f_input - row.f_baseline) - 1)
            for row in shown.itertuples()
        ]
        assert near(said[1], max(gaps))
        failed = known[(known.input == entry.input) & ~known.converged].method
        others = "Of other methods, " in plain(card)
        assert others == bool(set(failed) - {"integrated_gradients"})
