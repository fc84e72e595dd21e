"""How many planted label errors self-influence finds, beside random and the model's own doubt.

    python tests/benchmarks/label_errors.py [--data vaderSentiment-3.3.2.tar.gz] [--noise 0.05]

The student of examples/pull-request is trained on the labelled texts of vaderSentiment (MIT), of
which a share has the other label. Of the examples that come first by each measure, as many as
were planted, the share that is planted is printed: precision at 5 % for a noise of 5 %. Errors
that the texts' own human labels have count as false. About two minutes on one core.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import random
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

from reportgen.engine.models.loaded_model import load
from reportgen.engine.training.examples import TrainingSet, training_set
from reportgen.methods.influence import Influence
from reportgen.plan import make_plan
from reportgen.resources import folder
from reportgen.spec.loader import load_spec

MARGIN = 3.5
"""The log-odds that the student is taught for a label, as in the example."""


def load_script() -> ModuleType:
    """Load the example's train.py, which has a name that others have, too."""
    path = folder("examples") / "pull-request" / "train.py"
    spec = importlib.util.spec_from_file_location("pull_request_train", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def noisy(signs: list[float], share: float, seed: int) -> tuple[list[float], np.ndarray]:
    """Return the labels with a share of them turned around, and which (n,) these are."""
    rng = random.Random(seed)
    turned = np.zeros(len(signs), dtype=bool)
    turned[rng.sample(range(len(signs)), round(share * len(signs)))] = True
    return [1 - sign if wrong else sign for sign, wrong in zip(signs, turned, strict=True)], turned


def read_examples(place: Path, texts: list[str], signs: list[float]) -> TrainingSet:
    """Read the training examples with the model that was trained on them, as a run does."""
    with (place / "train.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        rows = zip(texts, signs, strict=True)
        writer.writerows((text, ("NEGATIVE", "POSITIVE")[int(sign)]) for text, sign in rows)
    spec = {
        "models": [{"id": "student", "path": "./model"}],
        "inputs": [{"text": "A film."}],
        "methods": [{"influence": {"train": "train.csv"}}],
    }
    plan = make_plan(load_spec(spec, place), place)
    (settings,) = plan.methods
    assert isinstance(settings, Influence)
    return training_set(load(plan.models[0]), settings)


def precision(scores: np.ndarray, turned: np.ndarray) -> float:
    """Return the share of planted ones among as many as were planted, the largest scores first."""
    first = np.argsort(-scores, kind="stable")[: turned.sum()]
    return float(turned[first].mean())


def main() -> None:
    """Parse the arguments, train and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--noise", type=float, default=0.05)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    example = load_script()
    rng = example.common.set_up(args.seed, args.threads)
    corpus = example.load_corpus(args.data)
    texts = [row.text for row in corpus.train]
    signs, turned = noisy([float(row.positive) for row in corpus.train], args.noise, args.seed)
    margins = [MARGIN if sign else -MARGIN for sign in signs]
    teacher, source = example.load_teacher()
    model, tokenizer = example.make_student(teacher, source)
    with tempfile.TemporaryDirectory() as name:
        args.out = Path(name) / "model"
        example.sentiment.train_student(
            model, tokenizer, (texts, signs, margins), corpus, args, rng
        )
        found = read_examples(Path(name), texts, signs)
    own = found.own.probabilities[np.arange(len(texts)), found.labels]
    random_scores = np.random.default_rng(args.seed).random(len(texts))
    print(f"{len(texts):,} training examples, {turned.sum():,} with the other label")
    print("| ranking | precision at as many as were planted |")
    print("|---|---|")
    for title, scores in (
        ("self-influence", found.on_itself),
        ("1 − probability of the label", 1 - own),
        ("random", random_scores),
    ):
        print(f"| {title} | {100 * precision(scores, turned):.1f} % |")


if __name__ == "__main__":
    main()
