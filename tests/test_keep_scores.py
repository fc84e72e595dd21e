"""``keep: scores``: results without maps, whose tables and words are those of ``keep: all``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import reportgen
from reportgen.errors import ResultsError
from reportgen.results.map_scores import is_map
from reportgen.results.store import Store
from reportgen.results.tables import Results
from reportgen.spec.loader import load_spec
from statements import dom
from tiny_models import CLASSIFY, save_tiny

TABLES = (
    *("tokens", "words", "agreement", "heads", "random_logit", "plausibility", "predictions"),
    *("faithfulness", "removals", "sanity", "checks", "convergence"),
)
METHODS = (
    *("integrated_gradients", "layer_conductance", "attention_attribution", "attention"),
    *("vector_norms", "residual_norms", "attention_rollout", "value_zeroing", "head_ablation"),
    *("random_logit", "faithfulness"),
)
TEXT = "the movie was great , i really enjoyed it ."


def spec_of(kind: str, folder: Path) -> dict:
    if kind == "classifier":
        path = save_tiny(folder / "classifier", "bert", CLASSIFY)
        entry = {"text": TEXT, "rationale": ["great"], "expect": "LABEL_0"}
        model = {}
    else:  # which reads an output from each of several tokens
        path = save_tiny(folder / "gpt2", "gpt2", "causal-lm")
        entry, model = {"prompt": "the movie was"}, {"max_new_tokens": 3}
    return {
        "title": "Kept",
        "models": [{"id": "m", "path": str(path), "device": "cpu"} | model],
        "inputs": [entry],
        "methods": list(METHODS),
        "checks": [{"convergence": {"max": 0.5}}],
    }


@pytest.fixture(scope="module", params=["classifier", "language-model"])
def both(request, once) -> tuple[Path, Path]:
    """The folders of one run with all its arrays, and with scores only."""

    def make(folder: Path) -> None:
        spec = spec_of(request.param, folder / "models")
        for keep in ("all", "scores"):
            run = reportgen.run(spec | {"keep": keep}, folder / keep)
            reportgen.render(run, folder / keep)

    folder = once(f"kept-{request.param}", make)
    return folder / "all", folder / "scores"


def arrays(folder: Path) -> dict[str, np.ndarray]:
    run = Results(folder)
    (entry, _), *_ = run.entries
    names = run.store.array_names(entry.id)
    return {name: run.store.read_array(entry.id, name) for name in names}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_the_same(both, table):
    whole, scores = (getattr(Results(folder), table)() for folder in both)
    pd.testing.assert_frame_equal(whole, scores, check_exact=True)
    assert len(whole) or table in ("plausibility", "predictions")


def test_no_array_has_pairs_of_tokens_or_features(both):
    whole, scores = map(arrays, both)
    n = len(Results(both[0]).entries[0][1].tokens)
    assert all(array.shape.count(n) <= 1 and array.ndim <= 2 for array in scores.values())
    left_out = whole.keys() - scores.keys()
    assert {"attention", "attention_norm", "vector_norms/f", "vector_norms/alpha_f"} < left_out
    assert all(is_map(name) for name in left_out)
    for name in whole.keys() & scores.keys():
        np.testing.assert_array_equal(whole[name], scores[name])


def sections(folder: Path) -> dict[str, str]:
    page = dom.read((folder / "report.html").read_text("utf-8"))
    (card,) = page.all("article.card")
    found = {
        node.attrs["id"].rpartition("-")[2]: node.text
        for node in card.all("section")
        if "id" in node.attrs
    }
    found["answer"] = card.one("div.answer").text
    found["overview"] = page.one("div.task").text
    return found


def test_the_page_is_the_same_but_for_maps_of_which_it_says_so(both):
    whole, scores = map(sections, both)
    drawn = whole.keys() - scores.keys()
    assert "features" in drawn
    trust = (found.pop("trust") for found in (whole, scores))  # it names an array, and seconds
    assert all(trust)
    assert {name: whole[name] for name in scores} == scores
    note = "Maps were not kept (keep: scores): those of layer conductance, attention, "
    pages = [(folder / "report.html").read_text("utf-8") for folder in both]
    assert [page.count(note) for page in pages] == [0, 1]
    assert [page.count('class="explorer') > 0 for page in pages] == [True, False]


def test_coloured_texts_are_the_same(both):
    texts = []
    for folder in both:
        page = dom.read((folder / "report.html").read_text("utf-8"))
        marks = [node for node in page.one("article.card").all("p.text span") if node.classes]
        texts.append([(sorted(node.classes), node.text) for node in marks])
    assert texts[0] == texts[1]
    assert texts[0]


def test_a_map_that_is_asked_for_is_told_not_to_be_there(both):
    with pytest.raises(ResultsError, match="no array 'attention' in this result"):
        Results(both[1]).matrix("m", 0, "attention")


def test_a_row_that_is_missing_is_damage(both, tmp_path):
    run = Results(both[1])
    (entry, result), *_ = run.entries
    kept = arrays(both[1])
    del kept["map_rows/attention/0"]
    store = Store(tmp_path)
    store.write(result, kept)
    with pytest.raises(ResultsError, match="the rows kept of 'attention' are not those that"):
        store.read(entry.id)


def test_ids_of_results_with_all_arrays_are_what_they_were(both, tmp_path):
    """So that a spec that does not say what to keep finds its results again, and no others."""
    whole, scores = (Results(folder) for folder in both)
    spec = dict(whole.manifest.spec)
    assert "keep" not in spec
    assert scores.manifest.spec["keep"] == "scores"
    assert whole.manifest.jobs[0].id != scores.manifest.jobs[0].id
    assert whole.manifest.jobs[0].subject != scores.manifest.jobs[0].subject
    assert (whole.entries[0][1].keep, scores.entries[0][1].keep) == ("all", "scores")


def test_other_words_are_an_error_with_its_line(command, tmp_path):
    path = tmp_path / "audit.yaml"
    spec = spec_of("classifier", tmp_path)
    path.write_text(yaml.safe_dump(spec | {"keep": "score"}), encoding="utf-8")
    code, _, errors = command("validate", path)
    assert code == 1
    assert f"{path}:" in errors
    assert "keep: expected 'all' or 'scores', found 'score'\n  did you mean 'scores'?" in errors
    path.write_text(yaml.safe_dump(spec | {"keep": "scores"}), encoding="utf-8")
    assert load_spec(path).keep == "scores"
