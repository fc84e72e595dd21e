"""How many jobs a second one worker does, two, and a Ray cluster of two, in one run.

    python tests/benchmarks/workers.py [--jobs 2000]

Short texts of 8 to 24 words, the bundled sentiment model, integrated gradients. Every worker is
held to one thread, so that two of them have two cores where one has one. Each way is a process of
its own, which starts what it needs: seconds are of the wall clock from the start of that process,
with the loading of torch and models, and the start of the cluster; ``going`` are jobs a second
without that, from the first tenth of the results to the last.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

MODEL = Path(__file__).parents[2] / "examples" / "models" / "sentiment"

WORDS = "the film plot acting never truly warm dull tedious moving funny sad charming wonderful"

WAYS = {"1 worker": ("local", 1), "2 workers": ("local", 2), "Ray, 2 workers": ("ray", 2)}


def write_spec(folder: Path, jobs: int) -> Path:
    rng = random.Random(0)
    words = WORDS.split()
    texts = [" ".join(rng.choices(words, k=rng.randint(8, 24))) + f" {i}." for i in range(jobs)]
    (folder / "texts.csv").write_text("\n".join(["text", *texts]), encoding="utf-8")
    spec = {
        "models": [{"id": "film", "path": str(MODEL)}],
        "inputs": [{"file": "texts.csv", "text": "text"}],
        "methods": ["integrated_gradients"],
    }
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return path


def run(spec: str, out: str, name: str, workers: str) -> None:
    """Run all jobs one way, and print when each had ended."""
    from reportgen.engine.events import Finished
    from reportgen.engine.executors import execute
    from reportgen.executor import Executor
    from reportgen.plan import make_plan
    from reportgen.results.store import Store
    from reportgen.spec.loader import load_spec

    plan, times, wrong = make_plan(load_spec(Path(spec))), [], 0
    for step in execute(iter(plan.jobs), Store(out), Executor(name, int(workers))):
        if isinstance(step, Finished):
            times.append(time.time())
            wrong += step.status != "done"
    print(json.dumps({"times": times, "wrong": wrong}))


def measure(spec: Path, out: Path, name: str, workers: int) -> tuple[float, float, float]:
    """Return the seconds until the first result and the last, and jobs a second between."""
    words = [sys.executable, __file__, "--run", str(spec), str(out), name, str(workers)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    begun = time.time()
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["wrong"]:
        raise SystemExit(f"{found['wrong']} jobs went wrong")
    times, tenth = found["times"], len(found["times"]) // 10
    going = (len(times) - tenth) / (times[-1] - times[tenth - 1])
    return times[0] - begun, times[-1] - begun, going


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run(*given.run)
        return
    if given.jobs < 10:
        parser.error("--jobs: 10 or more")
    print(
        f"{'':16}{'first (s)':>10}{'all (s)':>10}{'jobs/s':>9}{'ratio':>7}{'going':>9}{'ratio':>7}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = write_spec(folder, given.jobs)
        base: tuple[float, float] | None = None
        for number, (way, (executor, workers)) in enumerate(WAYS.items()):
            first, last, going = measure(spec, folder / str(number), executor, workers)
            rate = given.jobs / last
            base = base or (rate, going)
            print(
                f"{way:16}{first:10.1f}{last:10.1f}{rate:9.1f}{rate / base[0]:7.2f}"
                f"{going:9.1f}{going / base[1]:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
