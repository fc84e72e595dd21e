"""Sections for model cards: metadata that the Hub reads, and only what the results hold."""

from __future__ import annotations

import pytest
from huggingface_hub import ModelCard
from test_escape import ACTING, PARSER

from memory_runs import Said, memory_run
from reportgen.rendering.markdown.digest_tables import subject
from reportgen.rendering.markdown.model_card import model_card, write_cards
from reportgen.rendering.overview.report import make_report


def card(run, model: str = "m") -> str:
    return model_card(make_report(run), subject(run), model)


def film(text: str, *scores: float, **changes) -> Said:
    return Said(text, words=tuple(text.split()), scores=scores, **changes)


def twelve(**changes):
    inputs = [film("A fine film", 0.1, 0.8, -0.1, expect="POSITIVE") for _ in range(11)]
    inputs.append(film("A dull film", 0.1, -0.8, 0.1, expect="NEGATIVE", gap=0.4))
    return memory_run({"m": inputs}, title="Films: what & why", **changes)


def test_the_metadata_is_read_by_the_hub():
    data = ModelCard(card(twelve())).data
    assert data.model_name == "m"
    (found,) = data.eval_results
    assert (found.task_type, found.metric_type) == ("text-classification", "accuracy")
    assert found.metric_value == pytest.approx(11 / 12)
    assert found.dataset_name == "Films: what & why (12 audit inputs)"


def test_the_section_counts_what_the_results_hold():
    text = card(twelve(checks=[{"prediction": {"equals": "expect"}}]))
    for part in (
        "## Audit: `Films: what & why`",
        "| Predictions as expected | 11 of 12 |",
        "| Explanations that converged | 11 of 12 |",
        "1 check failed.",
        "| ✗\u00a0failed | Prediction | 12: `A dull film` | prediction is `NEGATIVE` |",
        "Words that push `POSITIVE` most, over 11 inputs",
        "| `fine` | +0.800 | 11 |",
        "1 explanation did not converge and should not be used.",
        f"| Weights, SHA-256 | `{'1' * 64}` |",
        f"SHA-256 is `{'0' * 64}` and seed 0; made with `reportgen 0.1.0`, `Python 3.11.7`",
    ):
        assert part in text, part
    assert "./model" not in text  # where the model lay says nothing about it


def test_nothing_is_claimed_where_nothing_was_judged():
    text = card(memory_run({"m": [film("A film", 1, 2), Said("", error="empty")]}))
    assert text.startswith("## Audit")
    assert ModelCard(text).data.to_dict() == {}
    assert "Predictions as expected" not in text
    assert "Nothing was said about what to expect: no prediction was judged." in text
    assert "The audit asks for no checks." in text
    assert "| Inputs that could not be explained | 1 |" in text


def two_models(*checks: dict):
    """Two models, of which ``a`` says POSITIVE and ``b`` NEGATIVE, and checks of them."""
    said = {"a": [film("A film", 1, 2)], "b": [film("A film", 1, 2, label="NEGATIVE")]}
    return memory_run(said, checks=list(checks))


def test_a_check_of_one_model_stands_in_that_models_card_alone():
    run = two_models(
        {"prediction": {"equals": "POSITIVE"}},
        {"prediction": {"equals": "NEGATIVE", "models": ["b"]}},
    )
    assert "\n1 check passed.\n" in card(run, "a")
    assert "\n2 checks: 1 failed, 1 passed.\n" in card(run, "b")


def test_a_check_that_matched_no_input_of_one_model_is_not_the_other_models():
    run = two_models({"prediction": {"equals": "POSITIVE", "models": ["b"], "group": "none"}})
    assert "\nNo check of the audit is about this model.\n" in card(run, "a")
    assert "\n1 check failed.\n" in card(run, "b")
    assert "nothing could be judged: it matched no input" in card(run, "b")


def test_a_check_of_both_models_stands_in_both_cards():
    run = two_models({"model_agreement": {"models": ["a", "b"], "min": 1}})
    for model in ("a", "b"):
        assert "\n1 check failed.\n" in card(run, model)


def test_only_known_metrics_are_metadata(complete, sample):
    report, about = make_report(complete), subject(complete)
    found = {}
    for info in complete.manifest.models:
        data = ModelCard(model_card(report, about, info.id)).data
        found[info.id] = [one.metric_type for one in data.eval_results or ()]
    assert found.pop("fake-qa") == ["exact_match"]
    assert not any(found.values())


@pytest.mark.parametrize("text", ACTING)
def test_texts_are_shown_as_they_are(text):
    words = tuple(text.split()) or ("a",)
    one = Said(text, label=text, expect="other", words=words, scores=(1.0,) * len(words))
    run = memory_run({text: [one] * 10}, title=text, checks=[{"prediction": {"equals": text}}])
    found = card(run, text)
    data = ModelCard(found).data
    assert data.model_name == text
    body = found.partition("\n---\n")[2]
    parts = [part for token in PARSER.parse(body) for part in token.children or ()]
    assert {part.type for part in parts} <= {
        *("text", "code_inline", "link_open", "link_close", "strong_open", "strong_close"),
        "softbreak",
    }
    links = [part.attrs["href"] for part in parts if part.type == "link_open"]
    assert links == ["https://arxiv.org/abs/1703.01365"]


def test_each_model_has_a_file(tmp_path, sample):
    paths = write_cards(sample, tmp_path)
    assert [path.name for path in paths] == ["fake.md", "fake-qa.md"]
    assert "| Model | `fake-qa` |" in paths[1].read_text(encoding="utf-8")
