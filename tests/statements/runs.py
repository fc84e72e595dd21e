"""Runs of tiny random models, one of each kind of page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import reportgen
from reportgen.spec.methods import METHODS
from tiny_models import CLASSIFY, save_tiny

TEXT = "the movie was great , i really enjoyed it ."
SHORT = "not bad at all"
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
TOPICS = ("plot", "cast", "music 2", "price", "length")


def named(labels: tuple[str, ...]) -> dict[str, dict]:
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }


def tagger(folder: Path) -> dict[str, Any]:
    path = save_tiny(folder / "tagger", "modernbert", "token-classification", **named(TAGS))
    words = len(TEXT.split())
    expected = ("B-PER", "I-PER", *("O",) * (words - 2))
    inputs = [
        {"text": TEXT, "expect": " ".join(expected), "rationale": ["movie", [0, 3]]},
        {"text": SHORT, "rationale": [SHORT]},
        {"text": "what is important to us ? to us"},
    ]
    return {"models": [{"path": path}], "inputs": inputs}


def language_model(folder: Path) -> dict[str, Any]:
    path = save_tiny(folder / "language-model", "gpt2", "causal-lm")
    inputs = [
        {
            "prompt": "the movie was",
            "methods": ["integrated_gradients", "attention", "vector_norms"],
        },
        {"prompt": "not bad\n\n at all ", "continuation": " at all ."},
    ]
    return {"models": [{"path": path, "max_new_tokens": 20}], "inputs": inputs}


def pair(folder: Path) -> dict[str, Any]:
    path = save_tiny(folder / "pair", "bert", CLASSIFY, **named(("no", "yes")))
    inputs = [
        {"text": TEXT, "text_pair": SHORT, "expect": "yes", "rationale": ["was great", "not"]},
        {
            "text": SHORT,
            "text_pair": "is it not bad ?",
            "expect": "no",
            "rationale": [{"segment": "text_pair", "start": 6, "end": 13}],
        },
    ]
    return {"models": [{"path": path}], "inputs": inputs}


def multi_label(folder: Path) -> dict[str, Any]:
    kind = {"problem_type": "multi_label_classification"}
    path = save_tiny(folder / "topics", "distilbert", CLASSIFY, **kind, **named(TOPICS))
    inputs = [{"text": TEXT, "expect": ["plot", "cast"]}, {"text": SHORT}]
    return {"models": [{"path": path}], "inputs": inputs}


def doubtful(folder: Path) -> dict[str, Any]:
    """No baseline that ``auto`` tries converges."""
    path = save_tiny(folder / "doubtful", "gpt2", "causal-lm")
    strict = {"tolerance": 1e-9, "max_steps": 24}
    methods = [{name: strict} for name in ("integrated_gradients", "layer_conductance")]
    inputs = [{"prompt": "the movie was"}, {"prompt": TEXT * 3, "continuation": " not bad at all"}]
    return {
        "models": [{"path": path, "max_new_tokens": 6}],
        "inputs": inputs,
        "methods": [*methods, "attention", "vector_norms"],
    }


def few_steps(folder: Path) -> dict[str, Any]:
    """So few points that nothing adds up."""
    path = save_tiny(folder / "few-steps", "bert", CLASSIFY)
    settings = {"steps": 3, "tolerance": 1e-7, "baseline": {"text": "1 film at all"}}
    methods = [{name: settings} for name in ("integrated_gradients", "attention_attribution")]
    return {
        "models": [{"path": path}],
        "inputs": [{"text": TEXT}, {"text": SHORT}],
        "methods": [*methods, {"sub_embeddings": settings | {"baseline": "zero"}}, "attention"],
    }


def rivals(folder: Path) -> dict[str, Any]:
    """Two classifiers and so many inputs that something is said about all of them."""
    labels = named(("bad", "good"))
    paths = {
        architecture: save_tiny(folder / architecture, architecture, CLASSIFY, **labels)
        for architecture in ("bert", "electra")
    }
    words = TEXT.split()
    inputs = [
        {
            "text": " ".join(
                (*words[i % 3 :], *words[: i % 3], *("bad", "great")[: i % 2 + 1], str(i))
            )
        }
        | {"expect": ("good", "bad")[i % 2], "rationale": ["enjoyed", "great", "bad"]}
        for i in range(12)
    ]
    inputs[0]["text"] = inputs[0]["text"] + " all" * 80  # is cut
    checks = [
        {"prediction": {"equals": "expect"}},
        {"probability": {"of": "predicted", "min": 0.7, "severity": "warn"}},
        {"attribution_share": {"words": ["movie", "great"], "max": 0.25}},
        {"top_words": {"k": 3, "contain": ["movie"]}},
        {"rank_correlation": {"between": ["integrated_gradients", "attention"], "min": 0.1}},
        {"rationale": {"min_f1": 0.4, "min_iou": 0.95}},
        {"model_agreement": {"models": ["bert", "electra"], "min": 0.9}},
    ]
    methods = ["integrated_gradients", "attention", "vector_norms", "robustness"]
    models = [{"path": path} for path in paths.values()]
    return {"models": models, "inputs": inputs, "methods": methods, "checks": checks}


def contrast(folder: Path) -> dict[str, Any]:
    """The difference of two next tokens, and beside it the token that was written."""
    path = save_tiny(folder / "contrast", "gpt2", "causal-lm")
    sides = {"this": " great", "rather_than": " bad"}
    methods = ["layer_conductance", "attention_attribution", "attention", "attention_rollout"]
    return {
        "models": [{"path": path, "max_new_tokens": 2}],
        "inputs": [{"prompt": "the movie was"}, {"prompt": TEXT}],
        "methods": [{"integrated_gradients": {"target": sides}}, *methods, "random_logit"],
    }


def templates(folder: Path) -> dict[str, Any]:
    """Slots of one, two and three, with values that have digits."""
    path = save_tiny(folder / "templates", "bert", CLASSIFY, **named(("bad", "good")))
    numbers = ["the", "bad", "great", "really", "not", "1"]
    inputs = [
        {
            "text": "the {what} was {how} .",
            "expect": "{how}",
            "fill": {"what": ["movie", "film", 1], "how": ["bad", "good"]},
        },
        {
            "text": "{a} movie was {b} , i {c} it . {{ {a}",
            "expect": "good",
            "fill": {"a": ["the", "all"], "b": numbers, "c": ["enjoyed", "important"]},
        },
        {"text": "not {how} at all", "fill": {"how": ["bad", "great", 1]}},
    ]
    methods = ["integrated_gradients"]
    return {"models": [{"path": path}], "inputs": inputs, "methods": methods}


def traced(folder: Path) -> dict[str, Any]:
    """A classifier whose predictions are traced to the examples of a training file."""
    path = save_tiny(folder / "traced", "bert", CLASSIFY, **named(("bad", "good")))
    words = TEXT.split()
    texts = [" ".join((*words[i % 7 :], *("bad", "great")[: i % 2 + 1], str(i))) for i in range(40)]
    lines = [f'"{text}",{("good", "bad")[i % 2]}' for i, text in enumerate(texts)]
    train = folder / "train.csv"
    train.write_text("\n".join(("text,label", *lines)), encoding="utf-8")
    inputs: list[dict[str, Any]] = [
        {"text": text, "expect": ("good", "bad")[i % 3 > 0]} for i, text in enumerate(texts[:14])
    ]
    inputs += [{"text": SHORT}]
    return {
        "models": [{"path": path}],
        "inputs": inputs,
        "methods": ["attention", {"influence": {"train": str(train), "examples": 4}}],
    }


RUNS = {
    "traced": traced,
    "contrast": contrast,
    "tagger": tagger,
    "language-model": language_model,
    "pair": pair,
    "multi-label": multi_label,
    "doubtful": doubtful,
    "few-steps": few_steps,
    "rivals": rivals,
    "templates": templates,
}


def make(name: str, folder: Path) -> None:
    """Make a model, or two, explain its inputs and write the page."""
    spec = RUNS[name](folder / "models")
    for model in spec["models"]:
        model |= {"id": model["path"].name, "path": str(model["path"]), "device": "cpu"}
    spec = {"title": name, "methods": [m for m in METHODS if m != "influence"]} | spec
    reportgen.render(reportgen.run(spec, folder), folder)
