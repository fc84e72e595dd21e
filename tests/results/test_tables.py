"""The Python API over stored results: tables with the documented columns and values."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import fakes
import reportgen
from reportgen.errors import ResultsError
from reportgen.methods import get
from reportgen.results.model import Word
from reportgen.results.scores import (
    SIGNED,
    UNSIGNED,
    by_layer,
    by_word,
    normalize,
    read_rows,
)
from reportgen.results.tables import Results


def test_jobs_tell_what_was_done_and_what_failed(sample):
    jobs = sample.jobs()
    assert list(jobs.columns) == ["model", "input", "status", "error", "seconds"]
    assert list(jobs["status"]) == ["done", "done", "done", "error", "done"]
    assert jobs.loc[3, "error"] == "the text is empty"


def test_a_result_is_told_apart_by_its_line_in_the_manifest(tmp_path):
    """Two inputs with the same text, and one model under two ids, share one result file."""
    header, arrays = fakes.classified("Hello out there", model="one")
    run = fakes.write_run(tmp_path, [(header, arrays)])
    store = Results(run).store
    manifest = store.read_manifest()
    lines = [{"model": "one", "input": 0}, {"model": "one", "input": 3}, {"model": "two"}]
    jobs = tuple(manifest.jobs[0].model_copy(update=line) for line in lines)
    store.write_manifest(manifest.model_copy(update={"jobs": jobs}))
    assert [(r.model, r.input) for _, r in Results(run).entries] == [
        ("one", 0),
        ("one", 3),
        ("two", 0),
    ]


def test_tokens_hold_every_score_at_its_place(sample):
    tokens = sample.tokens()
    assert list(tokens.columns) == [
        "model",
        "input",
        "method",
        "target",
        "rows",
        "index",
        "token",
        "start",
        "end",
        "score",
    ]
    first = tokens[(tokens["model"] == "fake") & (tokens["input"] == 0)]
    raw = sample.matrix("fake", 0, "integrated_gradients/POSITIVE")
    np.testing.assert_allclose(first[first["method"] == "integrated_gradients"]["score"], raw)
    answers = tokens[(tokens["model"] == "fake-qa") & (tokens["rows"] != "all")]
    assert set(answers["target"]) == {"start", "end"}


def test_attention_and_norms_are_the_row_an_output_is_read_from_and_beside_it_the_mean(sample):
    tokens, words = sample.tokens(), sample.words()
    assert tokens[tokens["method"] == "integrated_gradients"]["rows"].isna().all()
    entry, result = next(pair for pair in sample.entries if pair[1].model == "fake-qa")
    maps = {"attention": sample.matrix("fake-qa", entry.input, "attention").mean(axis=1)}
    maps["vector_norms"] = sample.matrix("fake-qa", entry.input, "vector_norms/sum_alpha_f")
    for method, layers in maps.items():
        asked = f"model == 'fake-qa' and input == {entry.input} and method == '{method}'"
        one = tokens.query(asked)
        for target in result.targets:
            read = one[(one["target"] == target.name) & (one["rows"] == "read")]
            np.testing.assert_allclose(
                read["score"], layers[:, target.position].mean(axis=0), rtol=1e-5
            )
        mean = one[one["rows"] == "all"]
        assert mean["target"].isna().all()
        np.testing.assert_allclose(mean["score"], layers.mean(axis=(0, 1)), rtol=1e-5)
        content = one[one["start"].notna()]
        assert words.query(asked)["score"].sum() == pytest.approx(content["score"].sum())


def test_words_add_up_their_tokens(sample):
    words = sample.words()
    one = words.query("model == 'fake' and input == 0 and method == 'integrated_gradients'")
    assert " ".join(one["word"]) == "Not a bad film, but hardly a great one."
    raw = sample.matrix("fake", 0, "integrated_gradients/POSITIVE")
    assert one["score"].sum() == pytest.approx(raw.sum(), abs=1e-5)  # special tokens hold nothing


def test_other_tables_have_the_documented_columns(sample):
    assert list(sample.predictions().columns) == [
        "model",
        "input",
        "label",
        "probability",
        "per_token",
        "expected",
        "correct",
    ]
    assert list(sample.convergence().columns) == [
        "model",
        "input",
        "method",
        "target",
        "baseline",
        "f_input",
        "f_baseline",
        "delta",
        "gap",
        "steps",
        "converged",
        "layer_gaps",
    ]
    assert list(sample.random_logit().columns) == [
        "model",
        "input",
        "method",
        "target",
        "other",
        "layer",
        "value",
    ]
    assert list(sample.sanity().columns) == [
        *("model", "input", "test", "method", "target", "value", "tokens", "verdict"),
    ]
    assert set(sample.agreement()["measure"]) == {"spearman", "top_k_overlap"}


def test_tokens_and_words_hold_every_method_with_one_score_per_token(complete):
    for table in (complete.tokens(), complete.words()):
        one = table[table["model"] == "fake-qa"]
        assert set(one["method"]) == {*SIGNED, *UNSIGNED, "attention", "vector_norms"}
        assert (one[~one["method"].isin(SIGNED)]["score"] >= 0).all()
        assert set(one[one["rows"] != "all"]["target"]) == {"start", "end"}
    tokens = complete.tokens()
    chosen = tokens[
        (tokens["model"] == "fake-qa")
        & (tokens["method"] == "sub_embeddings_position")
        & (tokens["target"] == "end")
    ]
    raw = complete.matrix("fake-qa", 0, "sub_embeddings_position/end")
    np.testing.assert_allclose(chosen["score"], raw)


def test_agreement_tells_heads_from_layers(complete):
    table = complete.agreement()
    one = table[(table["model"] == "fake-qa") & (table["target"] == "start")]
    layers, heads = one[one["head"].isna()], one[one["head"].notna()]
    assert set(layers["measure"]) == {"spearman", "kendall", "top_k_overlap"}
    stored = complete.matrix(
        "fake-qa", 0, "agreement_heads/spearman/integrated_gradients/attention/start"
    )
    pair = heads[heads["method_b"] == "attention"]
    assert len(pair) == stored.size
    assert pair["value"].isna().sum() == np.isnan(stored).sum() == 1
    last = pair[(pair["layer"] == 3) & (pair["head"] == 5)]
    assert last["value"].item() == pytest.approx(stored[3, 5])
    blind = table[table["head"].notna() & table["target"].isna()]
    assert set(zip(blind["method_a"], blind["method_b"], strict=True)) == {
        ("attention", "vector_norms")
    }


def test_random_logit_and_convergence_lose_nothing(complete):
    table = complete.random_logit()
    assert (table[table["method"] == "attention"]["value"] == 1).all()
    assert table[table["method"] == "integrated_gradients"]["layer"].isna().all()
    checks = complete.convergence()
    shared = checks[checks["method"] == "layer_conductance"]
    assert next(iter(shared["layer_gaps"])) == pytest.approx((0.001, 0.002, 0.003, 0.004))


def test_sanity_has_a_verdict_for_every_test_and_method(complete):
    table = complete.sanity()
    one = table[(table["model"] == "fake-qa") & (table["target"] == "start")]
    found = {
        (row.test, row.method): (row.value, row.verdict)
        for row in one.fillna({"method": "none"}).itertuples()
        if row.method in ("none", "integrated_gradients", "attention")
    }
    assert found == {
        ("completeness", "integrated_gradients"): (0.002, "passed"),
        ("random_logit", "integrated_gradients"): (pytest.approx(0.3), "passed"),
        ("parameter_randomization", "integrated_gradients"): (pytest.approx(-0.05), "passed"),
        ("sensitivity", "integrated_gradients"): (0.12, "passed"),
        ("random_logit", "attention"): (1.0, "failed"),
        ("parameter_randomization", "attention"): (0.95, "failed"),
        ("sensitivity", "attention"): (0.4, "warning"),
        ("padding", "none"): (2e-6, "passed"),
        ("dtype", "none"): (0.81, "warning"),
    }
    none = table[(table["model"] == "fake-qa") & table["target"].isna()]
    assert set(none["verdict"]) == {"not applicable"}
    assert ("completeness", "attention") in set(zip(none["test"], none["method"], strict=True))


def test_results_of_the_first_format_are_read(tmp_path):
    header, arrays = fakes.classified("Hello out there")
    targets = tuple(t.model_copy(update={"read_at": None}) for t in header.targets)
    old = header.model_copy(
        update={
            "format": 1,
            "targets": targets,
            "settings": {"integrated_gradients": {"baseline": "pad"}},
        }
    )
    results = Results(fakes.write_run(tmp_path, [(old, arrays)]))
    raw = arrays["integrated_gradients/POSITIVE"]
    tokens = results.tokens()
    gradients = tokens[tokens["method"] == "integrated_gradients"]
    np.testing.assert_allclose(gradients["score"], raw)
    assert set(tokens[tokens["method"] == "attention"]["rows"]) == {"all"}  # not known which


def test_an_unknown_job_names_what_there_is(sample):
    with pytest.raises(ResultsError, match="no result for model 'v9'") as caught:
        sample.matrix("v9", 0, "attention")
    assert "fake, fake-qa" in caught.value.hint


def test_a_run_without_jobs_has_empty_tables(tmp_path):
    results = Results(fakes.write_run(tmp_path, []))
    assert results.tokens().empty
    assert "score" in results.tokens().columns


def test_normalisations_keep_the_sign():
    scores = np.array([3.0, -4.0, 0.5])
    np.testing.assert_array_equal(normalize(scores, "none"), scores)
    assert normalize(scores, "sum").sum() == pytest.approx(-1)  # the total is negative
    assert normalize(-scores, "sum").sum() == pytest.approx(1)
    assert np.linalg.norm(normalize(scores, "l2")) == pytest.approx(1)
    for how in ("sum", "l2"):
        np.testing.assert_array_equal(np.sign(normalize(scores, how)), np.sign(scores))
        np.testing.assert_array_equal(normalize(np.zeros(3), how), np.zeros(3))


def test_rows_that_are_read_are_taken_as_they_are_or_averaged():
    weights = np.array([[0.9, 0.1], [0.5, 0.5]])
    np.testing.assert_allclose(read_rows(weights, (1,)), [0.5, 0.5])
    np.testing.assert_allclose(read_rows(weights, (0, 1)), [0.7, 0.3])
    np.testing.assert_allclose(read_rows(weights, None), [0.7, 0.3])


def test_attribution_received_adds_up_heads_and_queries():
    heads = np.zeros((2, 3, 4, 4))
    heads[1, 0, 2, 3], heads[1, 2, 0, 3] = 0.5, -0.2
    expected = np.zeros((2, 4))
    expected[1, 3] = 0.3
    np.testing.assert_allclose(by_layer(get("attention_attribution").by_layer, heads), expected)


def test_words_of_no_tokens_score_nothing():
    assert by_word(np.ones(3), ()).shape == (0,)


def test_public_names_come_without_torch():
    code = (
        "import sys, reportgen; reportgen.load, reportgen.render, reportgen.load_spec, "
        "reportgen.run; assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        reportgen.rum  # noqa: B018


def test_words_are_means_of_tokens_that_do_not_add_up():
    words = tuple(
        Word(text=text, segment="text", start=0, end=1, first=first, last=last)
        for text, first, last in (("ab", 0, 2), ("c", 2, 3), ("", 3, 3))
    )
    scores = np.array([1.0, 2.0, 4.0], dtype=np.float32)
    assert by_word(scores, words).tolist() == [3.0, 4.0, 0.0]
    assert by_word(scores, words, adds_up=False).tolist() == [1.5, 4.0, 0.0]
