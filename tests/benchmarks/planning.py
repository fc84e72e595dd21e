"""How long reading and planning inputs takes for each kind of data file, and how much memory.

    python tests/benchmarks/planning.py [--rows 10000 100000] [--checks]

The rows are made up: texts of 8 to 24 words for the bundled sentiment model. Each line of the
table is a process of its own, so that its peak of memory is that of one file; what the first
line has without any rows (`none`) is what Python and its modules take. `load_spec` reads the file
once and checks it; planning goes over all jobs, which reads a file again that is not small. With
`--checks` the spec asks for all that a job's id is slow to make of: faithfulness, checks
that name words, tests of the first inputs. Memory is the peak of the process,
mapped files (`arrow`) with it. Times are of the processor, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODEL = Path(__file__).parents[2] / "examples" / "models" / "sentiment"

WORDS = """
the film a plot acting script never truly warm dull bright tedious moving funny sad great charming
lead character scene music ending long short boring wonderful awful poor story with
"""

KINDS = ("csv", "jsonl", "parquet", "arrow")

MANY = {
    "methods": [
        "integrated_gradients",
        "attention",
        "vector_norms",
        "faithfulness",
        {"parameter_randomization": {"inputs": 5}},
        "numerical_stability",
    ],
    "checks": [
        {"flips_without": {"words": ["great", "wonderful"]}},
        {"stable_without": {"words": ["he", "she"]}},
        {"stable_without": {"words": ["the", "a"]}},
    ],
}


def write(folder: Path, kind: str, amount: int) -> str:
    """Write a data file of made-up reviews and return its name."""
    chance, words = random.Random(0), WORDS.split()
    rows = [
        {
            "review": " ".join(chance.choices(words, k=chance.randint(8, 24))),
            "sentiment": chance.choice(["POSITIVE", "NEGATIVE"]),
        }
        for _ in range(amount)
    ]
    name = f"reviews-{amount}.{kind}" if kind != "arrow" else f"reviews-{amount}"
    if kind == "csv":
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return name
    if kind == "jsonl":
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return name
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pylist(rows)
    if kind == "parquet":
        pyarrow.parquet.write_table(table, folder / name)
        return name
    (folder / name).mkdir()
    with pyarrow.ipc.new_stream(folder / name / "data-00000-of-00001.arrow", table.schema) as file:
        file.write_table(table, max_chunksize=1000)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (folder / name / "state.json").write_text(json.dumps(state))
    return name


def measure(name: str, checks: bool) -> dict[str, float]:
    """Load a spec whose inputs are those of a file, and go over its plan."""
    from reportgen.plan import make_plan
    from reportgen.spec.loader import load_spec

    part = {"text": "A film."} if name == "none" else {"file": name, "text": "review"}
    if "file" in part:
        part["label"] = "sentiment"
    data = {
        "models": [{"id": "film", "path": str(MODEL)}],
        "inputs": [part],
        "methods": ["integrated_gradients"],
    } | (MANY if checks else {})
    start = time.process_time()
    spec = load_spec(data)
    loaded = time.process_time()
    plan = make_plan(spec)
    made = time.process_time()
    amount = sum(1 for _ in plan.jobs)
    planned = time.process_time()
    return {
        "rows": len(plan.inputs),
        "load": 1000 * (loaded - start) / amount,
        "plan": 1000 * (planned - made) / amount,
        "peak": peak(),
    }


def peak() -> float:
    """Return the most memory that this process had, in MB; Linux counts it from its start."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--checks", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.checks)))
        return
    print("| file | rows | load_spec, ms a row | planning, ms a job | peak memory, MB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        names = [("none", "none")]
        for amount in options.rows:
            names += [(kind, write(Path(folder), kind, amount)) for kind in KINDS]
        for kind, name in names:
            command = [sys.executable, str(Path(__file__).resolve()), "--measure", name]
            command += ["--checks"] if options.checks else []
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            print(
                f"| {kind} | {found['rows']:,} | {found['load']:.3f} | {found['plan']:.3f} "
                f"| {found['peak']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
