"""From which baselines the paths of a causal language model converge, as a table.

    python tests/benchmarks/causal_baselines.py MODEL [--device cuda] [--prompts N]

``MODEL`` is a folder. For each prompt the logit of the token that the model likes best as the next
one is explained, from every baseline, with the first token kept as it is and with all tokens moved:
by Gauss-Legendre quadrature on 96 nodes, and by the adaptive quadrature of ``steps: auto``. A gap
is what the scores miss of the change of the logit, relative to it; a path converges where that is
within 1 %, for the adaptive quadrature on every stretch of it. The last lines say for how many
prompts the first token kept and one baseline or another converges, which is what ``baseline: auto``
gives. The prompts are in ``causal_prompts.json`` beside this file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests" / "engine")]

from reportgen.engine.models.loaded_model import LoadedModel, load  # noqa: E402
from reportgen.engine.path.baseline import candidates, with_vector  # noqa: E402
from reportgen.engine.path.embedding_path import EmbeddingPath, InterpolatedEmbedding  # noqa: E402
from reportgen.engine.path.integral import SMALLEST_CHANGE  # noqa: E402
from reportgen.engine.path.node_values import Needs, evaluate_nodes  # noqa: E402
from reportgen.engine.path.quadrature import gauss_legendre  # noqa: E402
from reportgen.engine.path.sweep import integrate  # noqa: E402
from reportgen.engine.tokens import Encoding, full_stop  # noqa: E402
from reportgen.results.model import Target  # noqa: E402
from tiny_models import plan_model  # noqa: E402

PROMPTS = Path(__file__).with_name("causal_prompts.json")
TOLERANCE = 0.01
NODES = 96
AT_ONCE = {"cpu": 16, "cuda": 512}
"""Nodes of one pass of the fixed rule."""

TOGETHER = 16
"""Prompts of one adaptive sweep, as many as a run takes."""


@dataclass(frozen=True)
class Outcome:
    """How one path ended."""

    gap: float
    nodes: int
    converged: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--prompts", type=int, help="so many of the prompts, evenly chosen")
    parser.add_argument("--max-steps", type=int, default=257)
    parser.add_argument("--only", nargs="*", help="names of baselines, as the table has them")
    options = parser.parse_args()
    loaded = load(plan_model(options.model, "causal-lm", device=options.device))
    prompts = json.loads(PROMPTS.read_text(encoding="utf-8"))
    if options.prompts:
        chosen = np.linspace(0, len(prompts) - 1, min(options.prompts, len(prompts)))
        prompts = [prompts[int(i)] for i in chosen]
    questions = sorted((ask(loaded, prompt) for prompt in prompts), key=lambda q: len(q[0]))
    rows, found = [], {}
    for name, vector in baselines(loaded).items():
        if options.only and name not in options.only:
            continue
        for kept in (True, False):
            paths = [make(loaded, *question, vector, kept) for question in questions]
            started = time.perf_counter()
            fixed = list(by_fixed_nodes(loaded, paths))
            middle = time.perf_counter()
            adaptive = list(by_adaptive_nodes(loaded, paths, options.max_steps))
            seconds = middle - started, time.perf_counter() - middle
            print(f"{name}, kept {kept}: {seconds[0]:.0f} s, {seconds[1]:.0f} s", flush=True)
            rows.append((name, kept, f"{NODES} fixed", fixed))
            rows.append((name, kept, "adaptive", adaptive))
            if kept:
                found[name] = [outcome.converged for outcome in adaptive]
    print(f"\n{options.model.name}, {len(questions)} prompts, at most {options.max_steps} nodes\n")
    print("| baseline | first token | nodes | gap, median | gap, 90th percentile | converged |")
    print("|---|---|---|---|---|---|")
    for name, kept, rule, outcomes in rows:
        print(line(name, kept, rule, outcomes))
    print()
    for order in orders(loaded, list(found)):
        reached = np.any([found[name] for name in order], axis=0)
        print(f"first token kept, {', then '.join(order)}: {reached.sum()} of {reached.size}")


def ask(loaded: LoadedModel, prompt: str) -> tuple[Encoding, Target]:
    """Return a prompt and the likeliest token after it, as the output to explain."""
    encoding = loaded.task.encode(loaded.tokenizer, {"prompt": prompt}, loaded.max_length)
    with torch.no_grad():
        logits = loaded.forward([encoding]).logits[0, -1]
    return encoding, Target(name="next", index=int(logits.argmax()), position=len(encoding) - 1)


def baselines(loaded: LoadedModel) -> dict[str, Tensor]:
    """Return the vectors (d,) that stand in for tokens, by name."""
    tokenizer = loaded.tokenizer
    ids = {
        "full_stop": full_stop(tokenizer),
        "pad": tokenizer.pad_token_id,
        "end token": tokenizer.eos_token_id,
        "mask": getattr(tokenizer, "mask_token_id", None),
    }
    if ids["pad"] == ids["end token"]:
        ids["pad = end token"], ids["pad"], ids["end token"] = ids["pad"], None, None
    mean = loaded.mean_embedding
    known = {name: one for name, one in ids.items() if one is not None}
    tokens = {name: loaded.embed(torch.tensor([one]))[0] for name, one in known.items()}
    return {"mean": mean} | tokens | {"zero": torch.zeros_like(mean)}


def make(
    loaded: LoadedModel, encoding: Encoding, target: Target, vector: Tensor, kept: bool
) -> EmbeddingPath:
    here = loaded.embed(encoding.ids)
    moved = np.arange(int(kept), len(encoding))
    words = InterpolatedEmbedding("word", loaded.embedding, with_vector(here, moved, vector), here)
    return EmbeddingPath(encoding, (target,), (words,), "mean")


def by_fixed_nodes(loaded: LoadedModel, paths: Sequence[EmbeddingPath]) -> Iterator[Outcome]:
    """Integrate every path on the same nodes; the ends are evaluated beside them."""
    nodes, weights = gauss_legendre(NODES)
    places = [(path, node) for path in paths for node in (0.0, 1.0, *nodes)]
    values = []
    with loaded.attention("sdpa"):
        step = AT_ONCE[loaded.model.device.type]
        for first in range(0, len(places), step):
            values += evaluate_nodes(loaded, places[first : first + step], Needs())
    for number, path in enumerate(paths):
        start, end, *inside = values[number * (NODES + 2) : (number + 1) * (NODES + 2)]
        (words,) = path.embeddings
        gradient = sum(
            weight * at_node.gradients[0].embeddings[0].double()
            for weight, at_node in zip(weights, inside, strict=True)
        )
        change = (end.outputs - start.outputs).item()
        missed = abs((gradient * words.change.double()).sum().item() - change)
        gap = missed / max(abs(change), SMALLEST_CHANGE)
        yield Outcome(gap, NODES, gap <= TOLERANCE)


def by_adaptive_nodes(
    loaded: LoadedModel, paths: Sequence[EmbeddingPath], max_steps: int
) -> Iterator[Outcome]:
    for first in range(0, len(paths), TOGETHER):
        group = paths[first : first + TOGETHER]
        for found in integrate(loaded, group, Needs(), tolerance=TOLERANCE, max_steps=max_steps):
            gap = found.largest_gap() if found.finite else float("inf")
            converged = gap <= TOLERANCE and bool(found.resolved.all())
            yield Outcome(gap, found.steps, converged)


def line(name: str, kept: bool, rule: str, outcomes: Sequence[Outcome]) -> str:
    """Write one row of the table; what is not finite misses more than anything else."""
    gaps = np.sort([one.gap if np.isfinite(one.gap) else np.inf for one in outcomes])
    median, most = (gaps[int(np.ceil(share * len(gaps))) - 1] for share in (0.5, 0.9))
    nodes = rule if "fixed" in rule else f"{np.median([one.nodes for one in outcomes]):.0f} {rule}"
    converged = sum(one.converged for one in outcomes)
    return (
        f"| {name} | {'kept' if kept else 'moved'} | {nodes} | {percent(median)} | "
        f"{percent(most)} | {converged} of {len(outcomes)} |"
    )


def percent(gap: float) -> str:
    return f"{100 * gap:.3g} %" if np.isfinite(gap) else "not finite"


def orders(loaded: LoadedModel, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield what ``auto`` tries, and its first ones; as far as they were measured."""
    now = [str(name) for name in candidates(loaded) if name in names]
    yield from (now[: i + 1] for i in range(len(now)))


if __name__ == "__main__":
    main()
