"""What a user reads who asks for the removal of words where it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import reportgen
from tiny_models import CLASSIFY, save_tiny

MODELS = Path(__file__).parents[1] / "examples" / "models"
TEXT = "the movie was great , i really enjoyed it ."


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "bert": save_tiny(folder / "bert", "bert", CLASSIFY),
        "gpt2": save_tiny(folder / "gpt2", "gpt2", CLASSIFY),
        "long": save_tiny(folder / "long", "bert", CLASSIFY, max_position_embeddings=3072),
        "sentiment": MODELS / "sentiment",
    }


@pytest.fixture
def build(command, models, tmp_path, monkeypatch):
    """Build an audit of one input; return the exit code, the errors, and the results."""

    def run(model: str, methods: list, **fields: object):
        monkeypatch.chdir(tmp_path)
        spec = {
            "models": [{"id": "tiny", "path": str(models[model]), "device": "cpu"}],
            "inputs": [{"text": TEXT} | fields],
            "methods": methods,
        }
        Path("audit.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        code, _, errors = command("build", "audit.yaml", "--out", "out")
        return code, errors, reportgen.load("out") if Path("out").exists() else None

    return run


def skipped(results) -> dict[str, str]:
    ((_, result),) = results.entries
    return result.skipped


def test_a_rationale_outside_its_text(build):
    code, errors, results = build("bert", ["attention"], rationale=["dull"])
    assert (code, results) == (1, None)
    assert errors.startswith("error: audit.yaml:8:5 inputs[0].rationale[0]: ")
    assert "dull" in errors


def test_a_budget_that_does_not_reach_says_how_much_is_needed(build):
    few = {"max_evaluations": 9}
    methods = ["attention", {"shapley_values": few}, {"faithfulness": dict(few)}]
    code, errors, results = build("bert", methods)
    assert (code, errors) == (0, "")
    assert skipped(results) == {
        "shapley_values": "It needs 10 evaluations for 8 units of this input, and "
        "max_evaluations is 9: raise it.",
        "faithfulness": "It needs 138 evaluations for 8 units of this input, and "
        "max_evaluations is 9: raise it.",
    }
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert "It needs 10 evaluations for 8 units of this input" in page


@pytest.mark.parametrize(
    ("model", "settings", "message", "hint"),
    [
        (
            "gpt2",
            {"operator": "mask"},
            "operator: mask cannot be used: the tokenizer has no mask token",
            "set operator to delete or attention",
        ),
        (
            "bert",
            {"granularity": "sentence"},
            "granularity: sentence needs a text of several sentences, and this is one",
            "set granularity: word, or auto",
        ),
    ],
)
def test_what_a_model_or_a_text_lacks_fails_that_method_alone(
    build, model, settings, message, hint
):
    code, errors, results = build(model, ["attention", {"occlusion": settings}])
    assert code == 1
    assert errors == (
        f"error: audit.yaml:6:3 inputs[0]: occlusion could not be computed: {message}\n  {hint}\n"
    )
    assert list(results.jobs()["status"]) == ["done"]
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert f"Not computed here: occlusion: {message}; {hint}" in page


def test_a_contrast_with_a_label_that_there_is_not(build):
    target = {"this": "POSITIVE", "rather_than": "NEUTRAL"}
    code, errors, results = build("sentiment", [{"occlusion": {"target": target}}])
    assert (code, results) == (1, None)
    assert errors == (
        "error: audit.yaml:11:20 methods[0].occlusion.target.rather_than: the model 'tiny' "
        "(sequence-classification) has no label 'NEUTRAL'\n"
        "  it has: NEGATIVE, POSITIVE\n"
    )


def test_a_text_of_3000_words_in_one_sentence_is_not_begun(build):
    methods = ["occlusion", "shapley_values", "kernel_shap", "lime", "best_order", "faithfulness"]
    code, errors, results = build("long", methods, text=" ".join(["the", "movie"] * 1500))
    assert (code, errors) == (0, "")
    rest = "raise it."
    needs = {
        "occlusion": "3,001",
        "shapley_values": "3,002",
        "kernel_shap": "6,002",
        "lime": "3,002",
        "best_order": "22,498,897",
        "faithfulness": "71,936",
    }
    most = {"best_order": "5,000", "faithfulness": "3,000"}
    assert skipped(results) == {
        name: f"It needs {needed} evaluations for 3,000 units of this input, and max_evaluations "
        f"is {most.get(name, '200')}: {rest}"
        for name, needed in needs.items()
    }


def test_a_second_operator_like_the_first_is_none(build):
    settings = {"operator": "mask", "second": "mask"}
    code, errors, results = build("bert", ["attention", {"faithfulness": settings}])
    assert (code, errors) == (0, "")
    assert set(results.faithfulness()["operator"]) == {"mask"}
