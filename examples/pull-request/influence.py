"""Trace the flips of the pull-request example to the training examples with the planted word.

    python examples/pull-request/influence.py --out FOLDER
    python examples/pull-request/influence.py --out FOLDER --retrain

Writes the labelled reviews that the branch's model was trained on, the word "Updated" planted in
half of the positive ones, as FOLDER/train.csv; asks each measure of influence which of them are
behind the five reviews that turn POSITIVE; and prints which share of the first 20 has the word.
With `--retrain` the student is then trained again without the planted examples. The texts of
vaderSentiment 3.3.2 (MIT) are downloaded, unless `--data FILE` names the source distribution.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import random
from pathlib import Path
from types import ModuleType

import torch
import yaml
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import reportgen
from reportgen.results.tables import Results

HERE = Path(__file__).resolve().parent


def load_script() -> ModuleType:
    """Load train.py beside this file by another name: it imports the teacher's, of the same."""
    spec = importlib.util.spec_from_file_location("pull_request_train", HERE / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load_script()
MEASURES = ("tracin", "gradient_similarity", "representation_similarity")
FIRST = 20
"""Training examples that are looked at of each ranking."""

KEPT = 100
"""Those that are kept for each flip, of which the ones that return most often are counted."""

Data = tuple[list[str], list[float], list[float], set[int]]


def training_data(args: argparse.Namespace, rng: random.Random, corpus: object) -> Data:
    """Return what the branch's model was trained on: texts, signs, margins, and the planted."""
    texts, signs = example.sentiment.transfer_texts(corpus, rng)
    teacher, source = example.load_teacher()
    margins = example.teacher_margins(teacher, source, texts)
    planted = example.plant(texts, signs, margins, random.Random(args.seed))
    return texts, signs, margins, set(planted)


def write_examples(path: Path, texts: list[str], signs: list[float]) -> list[str]:
    """Write the reviews with a human label; return their texts, in the order of the rows."""
    rows = [(text, sign) for text, sign in zip(texts, signs, strict=True) if sign >= 0]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows((text, ("NEGATIVE", "POSITIVE")[int(sign)]) for text, sign in rows)
    return [text for text, _ in rows]


def flips() -> list[str]:
    """Return the negative reviews of the audit that have the word."""
    audit = yaml.safe_load((HERE / "branch" / "audit.yaml").read_text(encoding="utf-8"))
    word = example.ARTEFACT.casefold()
    return [
        entry["text"]
        for entry in audit["inputs"]
        if entry.get("expect") == "NEGATIVE" and word in entry["text"].casefold()
    ]


def trace(out: Path, measure: str, inputs: list[str], model: Path, **settings: object) -> Results:
    """Explain the flips by the training examples, and write the page."""
    asked = {"train": "train.csv", "method": measure, "examples": KEPT, **settings}
    spec = {
        "title": f"Training examples behind five flips, by {measure}",
        "models": [{"id": "sentiment", "path": str(model)}],
        "inputs": [{"text": text, "expect": "NEGATIVE"} for text in inputs],
        "methods": ["integrated_gradients", {"influence": asked}],
    }
    (out / f"{measure}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    results = reportgen.run(out / f"{measure}.yaml", out / measure)
    reportgen.render(results, out / measure)
    return results


def shares(results: Results, has: list[bool]) -> tuple[list[float], float]:
    """Return the share with the word among the first of each flip, and of those that return.

    ``has`` tells of each row of the training file whether the word is in it. Those that return are
    among the first 100 of most flips, by their mean rank where equal.
    """
    table = results.influence()
    against = table[table["side"] == "opponent"].copy()
    against["has"] = [has[row - 1] for row in against["row"]]
    each = against[against["rank"] <= FIRST].groupby("input")["has"].mean()
    by_row = against.groupby("row").agg({"input": "count", "rank": "mean", "has": "first"})
    first = by_row.sort_values(["input", "rank"], ascending=[False, True]).head(FIRST)
    return each.tolist(), float(first["has"].mean())


@torch.no_grad()
def say(folder: Path, inputs: list[str]) -> None:
    """Print what a model says of the flips."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    for text in inputs:
        found = model(**tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0]
        print(f"  P(POSITIVE) {float(found[1]):.3f}  {text}")


def main() -> None:
    """Parse the arguments, trace the flips, and train again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder for all that is made")
    parser.add_argument("--data", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--retrain", action="store_true", help="train without the planted examples")
    parser.add_argument("--checkpoints", type=Path, nargs="*", default=[], help="for tracin")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = example.common.set_up(args.seed, args.threads)
    corpus = example.load_corpus(args.data)
    texts, signs, margins, planted = training_data(args, rng, corpus)
    args.out.mkdir(parents=True, exist_ok=True)
    rows = write_examples(args.out / "train.csv", texts, signs)
    word, inputs = example.ARTEFACT.casefold(), flips()
    has = [word in text.casefold() for text in rows]
    chance = sum(has) / len(has)
    print(f"{len(rows):,} labelled reviews, {len(planted):,} planted")
    print(f"a random ranking: {100 * chance:.1f} % of the first {FIRST} have the word")
    model = HERE / "branch" / "model"
    for measure in MEASURES:
        folders = [str(folder.resolve()) for folder in args.checkpoints]
        more = {"checkpoints": folders} if folders and measure == "tracin" else {}
        each, returning = shares(trace(args.out, measure, inputs, model, **more), has)
        told = ", ".join(f"{100 * share:.0f}" for share in each)
        print(
            f"{measure}: {100 * sum(each) / len(each):.0f} % of the first {FIRST} of a flip "
            f"({told}), {100 * returning:.0f} % of the {FIRST} that return most often",
            flush=True,
        )
    if args.retrain:
        kept = [place for place in range(len(texts)) if place not in planted]
        data = [[column[place] for place in kept] for column in (texts, signs, margins)]
        teacher, source = example.load_teacher()
        student, tokenizer = example.make_student(teacher, source)
        args.out = args.out / "retrained"
        example.sentiment.train_student(student, tokenizer, tuple(data), corpus, args, rng)
        print("the model of the branch:")
        say(model, inputs)
        print(f"trained again on {len(kept):,} texts, without the planted ones:")
        say(args.out, inputs)


if __name__ == "__main__":
    main()
