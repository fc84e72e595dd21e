"""From which tokens an output is read, and that scores of maps are their rows."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.engine import job as jobs
from reportgen.results.ranks import spearman
from test_rollouts import TEXT
from tiny_models import make_job, make_methods

QUESTION = {"question": "what is important to us ?", "context": "it is important to include all ."}


def explain(loaded, fields, methods=("attention", "vector_norms"), **changes):
    """Return the result and the arrays of one input."""
    job = make_job(loaded.planned, 0, fields, make_methods(*methods, **changes))
    ((result, arrays),) = jobs.explain(loaded, [(job, jobs.read(loaded, job))])
    assert result.status == "done", result.error
    return result, arrays


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "roberta", "electra"])
def test_a_classifier_reads_its_first_token(loaded, architecture):
    result, _ = explain(loaded(architecture), {"text": TEXT})
    assert [target.read_at for target in result.targets] == [(0,)]


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_causal_classifier_reads_its_last_token(loaded, architecture):
    result, _ = explain(loaded(architecture), {"text": TEXT})
    assert [target.read_at for target in result.targets] == [(len(result.tokens) - 1,)]


def test_a_classifier_that_pools_reads_all_tokens(loaded):
    result, _ = explain(loaded("modernbert", classifier_pooling="mean"), {"text": TEXT})
    (target,) = result.targets
    assert target.read_at == tuple(range(len(result.tokens)))


def test_every_label_of_a_multi_label_classifier_is_read_from_the_same_token(loaded):
    model = loaded(problem_type="multi_label_classification", num_labels=3)
    result, _ = explain(model, {"text": TEXT})
    assert {target.read_at for target in result.targets} == {(0,)}


def test_an_answer_is_read_from_its_ends(loaded):
    result, _ = explain(loaded(task="question-answering"), QUESTION)
    span = result.prediction.spans[0]
    assert [target.read_at for target in result.targets] == [(span.start,), (span.end,)]


def test_a_filled_in_token_is_read_from_its_mask(loaded):
    model = loaded(task="masked-lm")
    result, _ = explain(model, {"text": f"the {model.tokenizer.mask_token} was great ."})
    mask = next(i for i, token in enumerate(result.tokens) if token.text == "[MASK]")
    assert [target.read_at for target in result.targets] == [(mask,)]


def test_a_written_token_is_read_from_the_one_before_it(loaded):
    model = loaded("gpt2", task="causal-lm")
    result, _ = explain(model, {"prompt": "the movie was", "continuation": " great ."})
    places = [i for i, token in enumerate(result.tokens) if token.segment == "continuation"]
    assert [target.read_at for target in result.targets] == [(place - 1,) for place in places]


def test_what_a_decoder_writes_is_read_from_no_token_of_the_input(loaded):
    model = loaded("t5", task="seq2seq-lm")
    result, _ = explain(model, {"source": TEXT, "target_text": "great"}, ("attention",))
    assert {target.read_at for target in result.targets} == {None}


def test_scores_of_a_tagger_are_the_rows_of_the_tokens_that_it_labels(loaded):
    model = loaded(task="token-classification")
    result, arrays = explain(
        model, {"text": TEXT}, ("integrated_gradients", "attention"), target="all", steps=9
    )
    attention = arrays["attention"].mean(axis=1)
    assert len(result.targets) > 5
    for target in result.targets:
        assert target.read_at == (target.position,)
    rows = attention.mean(axis=0)[[target.position for target in result.targets]]
    assert len({row.tobytes() for row in rows}) == len(rows)
    content = [i for i, token in enumerate(result.tokens) if not token.special]
    values = {
        (row.target, row.layer): row.value
        for row in result.agreement
        if row.measure == "spearman" and row.method_b == "attention"
    }
    for target in result.targets:
        scores = np.abs(arrays[f"integrated_gradients/{target.name}"])[content]
        for layer, maps in enumerate(attention):
            expected = spearman(scores, maps[target.position, content])
            assert values[target.name, layer] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("architecture", ["bert", "deberta-v2", "gpt2", "llama"])
def test_rows_of_attention_add_up_to_1_with_special_tokens(loaded, architecture):
    _, arrays = explain(loaded(architecture), {"text": TEXT}, ("attention",))
    assert arrays["attention"].sum(axis=-1) == pytest.approx(1, abs=1e-5)


def test_maps_are_kept_where_it_cannot_be_found_from_what_the_output_is_read(loaded, monkeypatch):
    def fail(*_):
        raise RuntimeError("no hidden states")

    monkeypatch.setattr("reportgen.engine.methods.read_positions.reached", fail)
    result, arrays = explain(loaded(), {"text": TEXT}, ("attention",))
    assert "attention" in arrays
    assert [target.read_at for target in result.targets] == [None]
    assert result.warnings[-1] == (
        "From which tokens the output is read could not be found, so rows of maps are means over "
        "all (RuntimeError: no hidden states)."
    )
