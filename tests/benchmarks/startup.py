"""How long each command takes on a small stored run, against ``import reportgen`` alone.

    python tests/benchmarks/startup.py [--repeat 7]

The run is made up (tests/fakes.py): two inputs with the arrays of all methods, and a
check. Every command is a process of its own, as a shell starts it, with its modules compiled
as an installed package has them. The commands take turns, so that a busy machine slows all of them
alike. Ratios are of the minima; seconds are of the wall clock, and ``processor`` those that all
cores together spent, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS))

import fakes  # noqa: E402

DEMO = TESTS.parent / "examples" / "demo" / "audit.yaml"

IMPORT = "import reportgen"


def make_runs(folder: Path) -> None:
    """Store two runs that differ in one input."""
    for name, seed in (("base", 1), ("head", 4)):
        jobs = [
            fakes.with_everything(fakes.classified("Not a bad film, but hardly a great one.")),
            fakes.with_everything(
                fakes.classified("A film.", "b" * 32, position=1, seed=seed), seed=seed
            ),
        ]
        fakes.checked_run(folder / name, jobs, [{"prediction": {"equals": "POSITIVE"}}])


def commands() -> dict[str, list[str]]:
    """Return every command that needs no model's answer, by the name it has in the table."""
    return {
        "--version": ["--version"],
        "--help": ["--help"],
        "init": ["init", "{new}.yaml"],
        "methods": ["methods"],
        "schema": ["schema"],
        "validate": ["validate", str(DEMO)],
        "build --dry-run": ["build", str(DEMO), "--out", "{new}", "--dry-run"],
        "check": ["check", "head"],
        "check --base": ["check", "head", "--base", "base", "--junit", "{new}.xml"],
        "compare": ["compare", "base", "head", "--out", "{new}"],
        "digest": ["digest", "head"],
        "digest --base": ["digest", "head", "--base", "base"],
        "digest --chart": ["digest", "head", "--chart", "{new}.svg"],
        "export": ["export", "head", "--format", "json", "--out", "{new}"],
        "render": ["render", "head", "--out", "{new}"],
        "site": ["site", "base", "head", "--out", "{new}"],
        "verify": ["verify", "page/report.html", "--results", "head"],
    }


def run(words: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; return the seconds that it took, and those of processors."""
    given = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    before, begun = spent(), time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=given, text=True, **pipes)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return seconds, spent() - before


def spent() -> float:
    """Return the seconds of processors that all commands took so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_runs(folder)
        python, command = [sys.executable], [sys.executable, "-m", "reportgen"]
        run([*command, "render", "head", "--out", "page"], folder)
        all_words = {IMPORT: [*python, "-c", IMPORT]}
        all_words |= {name: [*command, *words] for name, words in commands().items()}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in all_words}
        for turn in range(-1, repeat):
            for number, (name, words) in enumerate(all_words.items()):
                new = f"new-{turn}-{number}"
                found = run([word.format(new=new) for word in words], folder)
                if turn >= 0:  # the first turn compiles
                    times[name].append(found)
    ones = min(seconds for seconds, _ in times[IMPORT]), min(cpu for _, cpu in times[IMPORT])
    print(f"{'command':18}{'seconds':>9}{'median':>9}{'ratio':>8}{'processor':>11}{'ratio':>8}")
    for name, found in times.items():
        seconds, busy = (tuple(column) for column in zip(*found, strict=True))
        print(
            f"{name:18}{min(seconds):9.2f}{statistics.median(seconds):9.2f}"
            f"{min(seconds) / ones[0]:8.1f}{min(busy):11.2f}{min(busy) / ones[1]:8.1f}"
        )


if __name__ == "__main__":
    main()
