"""How long a build takes after each kind of change, beside importing reportgen alone.

    python tests/benchmarks/incremental.py [--inputs 1000]

A spec of short texts for the bundled sentiment model, as a site: the first build, then with
nothing to do, after one input was changed, and after a template of one's own was changed (which may
show anything, so that all pages are made again). Every build is a process of its own, as a shell
starts it. ``computed`` are the results, and ``written`` the pages, that are new after it.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODEL = Path(__file__).parents[2] / "examples" / "models" / "sentiment"

WORDS = (
    *("the", "a", "film", "plot", "acting", "script", "never", "truly", "warm", "dull", "tedious"),
    *("moving", "funny", "sad", "lead", "scene", "music", "ending", "long", "short", "boring"),
    *("wonderful", "awful", "great", "poor", "story", "with", "and", "of", "is", "but", "quite"),
)

FOOTER = '{{% extends "reportgen/page.html" %}}{{% block footer %}}<p>{}</p>{{% endblock %}}\n'


def write_inputs(folder: Path, texts: list[str]) -> None:
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["review"], *([text] for text in texts)])


def write_spec(folder: Path, report: str) -> None:
    (folder / "audit.yaml").write_text(
        f"models: [{{id: film, path: {MODEL}}}]\n"
        "inputs: [{file: texts.csv, text: review}]\n"
        "methods: [integrated_gradients]\n"
        f"report: {report}\n",
        encoding="utf-8",
    )


def timed(*words: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def new(folder: Path, pattern: str, since: float) -> int:
    return sum(path.stat().st_mtime >= since for path in folder.glob(pattern))


def measure(what: str, folder: Path, imported: float) -> None:
    out, started = folder / "audit", time.time()
    spec = str(folder / "audit.yaml")
    seconds = timed("-m", "reportgen", "build", spec, "--out", str(out))
    computed = new(out, "results/*.safetensors", started)
    written = new(out, "inputs/*.html", started)
    beyond = seconds - imported
    print(f"{what:32} {seconds:8.1f} s {beyond:10.1f} s {computed:9,} {written:9,}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1000)
    inputs = parser.parse_args().inputs
    draw = random.Random(0)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(8, 24))) + "." for _ in range(inputs)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, texts)
        write_spec(folder, "{format: site}")
        imported = min(timed("-c", "import reportgen") for _ in range(3))
        print(f"{inputs:,} inputs; import reportgen: {imported:.2f} s")
        print(f"{'build':32} {'whole':>10} {'beyond it':>12} {'computed':>9} {'written':>9}")
        measure("the first", folder, imported)
        measure("nothing to do", folder, imported)
        texts[inputs // 2] = "Something else altogether, and not a bad film."
        write_inputs(folder, texts)
        measure("one input changed", folder, imported)
        (folder / "own").mkdir()
        (folder / "own" / "page.html").write_text(FOOTER.format("Ours"), encoding="utf-8")
        write_spec(folder, "{format: site, templates: own}")
        measure("templates of one's own", folder, imported)
        (folder / "own" / "page.html").write_text(FOOTER.format("Mine"), encoding="utf-8")
        measure("a template changed", folder, imported)
        measure("nothing to do", folder, imported)


if __name__ == "__main__":
    main()
