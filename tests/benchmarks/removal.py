"""Evaluations per second of removals, beside captum's and shap's, on the same model and text.

    python tests/benchmarks/removal.py [--repeat 5] [--shap FOLDER] [--device cuda]

The bundled sentiment classifier reads a text of 40 words, of which 200 sets are replaced by the
mask token: by our game (Shapley values; also where they are deleted), by captum's
``ShapleyValueSampling`` and ``FeatureAblation`` (again, until it has made as many), one evaluation
at a time as is their default and 50 at once, and by shap's text explainer in batches as is its
default and of 50. Beside these integrated gradients of the same text, captum's at 50 steps and
ours. One thread; each in turn, ``--repeat`` times, of which the fastest counts; processor time and
wall time. shap, which is none of our dependencies, is looked for in ``--shap``, where this puts it:

    python -m pip install --target FOLDER --no-deps shap slicer cloudpickle numba llvmlite scipy \
        scikit-learn joblib threadpoolctl
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "engine"))

from paths import make_context  # noqa: E402
from reportgen.engine.methods.base import PredictionContext  # noqa: E402
from reportgen.engine.methods.removal_method import make_outputs  # noqa: E402
from reportgen.engine.models.loaded_model import LoadedModel, load  # noqa: E402
from reportgen.engine.path.embedding_path import make_path  # noqa: E402
from reportgen.engine.path.node_values import Needs  # noqa: E402
from reportgen.engine.path.sweep import integrate  # noqa: E402
from reportgen.engine.removal.output_games import OutputGames  # noqa: E402
from reportgen.engine.removal.outputs import answer_round  # noqa: E402
from reportgen.engine.removal.rounds import play_rounds  # noqa: E402
from reportgen.engine.tokens import substitute  # noqa: E402
from reportgen.methods import Operator  # noqa: E402
from tiny_models import plan_model  # noqa: E402

MODEL = ROOT / "examples" / "models" / "sentiment"

TEXT = (
    "The first half of this film is slow and its jokes are not always as funny as they want to "
    "be but the actors are wonderful and by the time it ends you are glad to have stayed until "
    "then"
)

BUDGET = 200
AT_ONCE = 50
TEXTS = 16
STEPS = 50


@dataclass
class Counted:
    """A model's logits by ids, that counts the texts it has read."""

    loaded: LoadedModel
    index: int
    texts: int = 0

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        self.texts += len(ids)
        mask = torch.ones_like(ids) if mask is None else mask
        with torch.no_grad():
            return self.loaded.model(input_ids=ids, attention_mask=mask).logits[:, self.index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--shap", type=Path, metavar="FOLDER", help="where shap is installed")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    if args.shap:
        sys.path.append(str(args.shap))
    torch.set_num_threads(1)
    assert len(TEXT.split()) == 40
    loaded = load(plan_model(MODEL, device=args.device))
    context = make_context(loaded, TEXT)
    runs = tasks(context)
    for run in runs.values():
        run()  # warm up
    best = dict.fromkeys(runs, (np.inf, np.inf))
    counts = {}
    for _ in range(args.repeat):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            with loaded.attention("sdpa"):  # the fused one, whoever asks
                counts[name] = run()
            took = time.process_time() - processor, time.perf_counter() - wall
            best[name] = tuple(map(min, best[name], took))
    show(best, counts, 0 if args.device == "cpu" else 1)


def tasks(context: PredictionContext) -> dict[str, Callable[[], int]]:
    """Return what is timed, by name: each returns how many evaluations it made."""
    games = {
        "reportgen, Shapley values": partial(ours, context, "mask"),
        "reportgen, Shapley values, words deleted": partial(ours, context, "delete"),
        f"reportgen, Shapley values, {TEXTS} texts in rounds": partial(in_rounds, context),
        **{
            f"captum, {name}, {rows} at once": partial(captum, context, name, rows)
            for name in ("ShapleyValueSampling", "FeatureAblation")
            for rows in (1, AT_ONCE)
        },
    }
    if importlib.util.find_spec("shap"):
        for rows in (10, AT_ONCE):
            games[f"shap, text explainer, {rows} at once"] = partial(shap, context, rows)
    paths = {
        f"captum, integrated gradients, {STEPS} steps": partial(captum_gradients, context),
        "reportgen, integrated gradients": partial(our_gradients, context),
    }
    return games | paths


def ours(context: PredictionContext, operator: Operator) -> int:
    targets = context.targets("predicted")
    found = make_outputs(context, targets, operator, "word", placed=False)
    OutputGames(found, (0,)).logit.shapley(BUDGET)
    return found.evaluations


def in_rounds(context: PredictionContext) -> int:
    """Play as many games at once as a run does, of the same text, which none of them knows."""
    plays = [partial(ours, context, "mask")] * TEXTS
    return sum(play_rounds(plays, answer_round))


def captum(context: PredictionContext, name: str, rows: int) -> int:
    """Attribute to words with captum, as often as it takes to spend the budget."""
    import captum.attr

    target, encoding = context.targets("predicted")[0], context.encoding
    found = make_outputs(context, (target,), "mask", "word", placed=False)
    model = Counted(context.loaded, target.index)
    fixed = torch.full((1, len(encoding)), found.n)
    for unit, (first, last) in enumerate(found.units):
        fixed[0, first:last] = unit
    ids = encoding.ids[None].to(context.loaded.model.device)
    asked: dict[str, Any] = {
        "inputs": ids,
        "baselines": substitute(context.loaded.tokenizer, encoding, "mask")[None].to(ids.device),
        "feature_mask": fixed.to(ids.device),
        "perturbations_per_eval": rows,
    }
    method = getattr(captum.attr, name)(model)
    each = found.n + 1
    if name == "ShapleyValueSampling":
        method.attribute(**asked, n_samples=BUDGET // each)
    else:
        for _ in range(BUDGET // each):
            method.attribute(**asked)
    return model.texts


def shap(context: PredictionContext, rows: int) -> int:
    import shap as package

    tokenizer = context.loaded.tokenizer
    model = Counted(context.loaded, context.targets("predicted")[0].index)

    def read_texts(texts: Sequence[str]) -> np.ndarray:
        batch = tokenizer(list(texts), padding=True, return_tensors="pt")
        device = context.loaded.model.device
        ids, mask = batch["input_ids"].to(device), batch["attention_mask"].to(device)
        return model(ids, mask).cpu().numpy()

    explainer = package.Explainer(read_texts, package.maskers.Text(tokenizer))
    explainer([TEXT], max_evals=BUDGET, batch_size=rows, silent=True)
    return model.texts


def captum_gradients(context: PredictionContext) -> int:
    from captum.attr import LayerIntegratedGradients

    loaded, encoding = context.loaded, context.encoding
    method = LayerIntegratedGradients(
        lambda ids, mask: loaded.model(input_ids=ids, attention_mask=mask).logits, loaded.embedding
    )
    ids = encoding.ids[None].to(loaded.model.device)
    method.attribute(
        ids,
        baselines=substitute(loaded.tokenizer, encoding, "mask")[None].to(ids.device),
        target=context.targets("predicted")[0].index,
        additional_forward_args=(torch.ones_like(ids),),
        n_steps=STEPS,
    )
    return STEPS


def our_gradients(context: PredictionContext) -> int:
    path = make_path(context.loaded, context.encoding, "mask", context.targets("predicted"))
    return integrate(context.loaded, [path], Needs())[0].steps


def show(best: dict[str, tuple[float, float]], counts: dict[str, int], judged: int) -> None:
    """Print processor and wall time, and how much faster ours is at an evaluation.

    By processor time, or by wall time (``judged`` 1), where another device computes.
    """
    (name, own), *others = best.items()
    print(f"{'':46}{'evaluations':>12}{'processor':>11}{'wall':>9}{'a second':>10}{'ratio':>7}")
    rates = {key: counts[key] / took[judged] for key, took in best.items()}
    for key, took in best.items():
        ratio = "" if "gradients" in key else f"{rates[name] / rates[key]:.1f}"
        times = "".join(
            f"{seconds * 1000:{width}.0f} ms" for seconds, width in zip(took, (8, 6), strict=True)
        )
        print(f"{key:46}{counts[key]:12}{times}{rates[key]:10.0f}{ratio:>7}")
    for key, took in others:
        if "gradients" in key:
            print(f"{name}, in times of {key}: {own[judged] / took[judged]:.2f}")


if __name__ == "__main__":
    main()
