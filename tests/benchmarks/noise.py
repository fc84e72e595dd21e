"""How much a re-run of the same model moves, against what a comparison would call a change.

    python tests/benchmarks/noise.py

Explains the demo's inputs with integrated gradients at several numbers of steps and with another
seed, and compares every two runs: the largest share of the attribution that moved, the range of
the thresholds, and the largest ratio of the two, which must stay below 1.
"""

from __future__ import annotations

import tempfile
from itertools import combinations
from pathlib import Path

import yaml

import reportgen
from reportgen.spec.loader import load_spec

DEMO = Path(__file__).parents[2] / "examples" / "demo" / "audit.yaml"
RUNS = {
    "auto": ("auto", 0),
    "auto, seed 1": ("auto", 1),
    "9 steps": (9, 0),
    "17 steps": (17, 0),
    "65 steps": (65, 0),
}


def build(folder: Path, steps: object, seed: int) -> reportgen.Results:
    data = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    for entry in data["inputs"]:
        entry.pop("methods", None)
    data |= {"methods": [{"integrated_gradients": {"steps": steps}}], "seed": seed, "checks": []}
    return reportgen.run(load_spec(data, base=DEMO.parent), out=folder)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: build(Path(folder, name), *how) for name, how in RUNS.items()}
        print(f"{'runs':30} {'changed':>7} {'moved at most':>14} {'thresholds':>16} {'ratio':>6}")
        for one, other in combinations(runs, 2):
            found = reportgen.compare(runs[one], runs[other]).changes
            moved = max(change.share_moved for change in found)
            limits = [change.threshold for change in found]
            ratio = max(change.share_moved / change.threshold for change in found)
            changed = sum(change.changed for change in found)
            between = f"{min(limits):.3f} to {max(limits):.3f}"
            print(f"{one + ' / ' + other:30} {changed:7} {moved:14.4f} {between:>16} {ratio:6.2f}")


if __name__ == "__main__":
    main()
