"""Build a spec again and again, killed at random moments, then once to its end.

    python tests/killed_builds.py SPEC OUT KILLS SEED

Prints as JSON how many results there were after each kill, which of them were written more than
once, and what a page that was rendered then says of the run. Each build is a fork of this process,
which has loaded torch already.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import reportgen.engine.executors.local  # noqa: F401  (loads torch once, for all builds)
from reportgen import cli


def main(spec: str, out: str, kills: str, seed: str) -> None:
    rng = random.Random(int(seed))
    results = Path(out) / "results"
    known: dict[str, tuple[int, int]] = {}
    counts, again, left, pages = [], set(), [], []
    for _ in range(int(kills)):
        child = start(spec, out)
        time.sleep(rng.uniform(0.05, 2.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        note(results, known, again)
        counts.append(len(known))
        left.append(len(list(Path(out).rglob("*.tmp"))))
        pages.append(page(out))
    _, status = os.waitpid(start(spec, out), 0)
    note(results, known, again)
    print(
        json.dumps(
            {
                "status": os.waitstatus_to_exitcode(status),
                "counts": counts,
                "again": sorted(again),
                "left": left,
                "pages": pages,
            }
        )
    )


def page(out: str) -> str:
    """Render the run as it is; return what its page opens with, or that nothing was begun."""
    if not any(Path(out, "results").glob("*.json*")):
        return "not begun"
    pages = f"{out}-pages"
    _, status = os.waitpid(command("render", out, "--out", pages), 0)
    if os.waitstatus_to_exitcode(status):
        return "failed"
    html = Path(pages, "report.html").read_text(encoding="utf-8")
    found = re.search(r"Unfinished: ([^;,]*)", html)
    return found[1] if found else "finished"


def start(spec: str, out: str) -> int:
    return command("build", spec, "--out", out)


def command(*words: str) -> int:
    """Run a command in a fork of this process, without its output; return its id."""
    child = os.fork()
    if child:
        return child
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    sys.argv = ["reportgen", *words]
    try:
        cli.main()
    except SystemExit as stop:
        os._exit(stop.code or 0)
    os._exit(0)


def note(results: Path, known: dict[str, tuple[int, int]], again: set[str]) -> None:
    """Remember which results there are; add to ``again`` those that were written anew."""
    for path in results.glob("*.safetensors"):
        found = path.stat().st_ino, path.stat().st_mtime_ns
        if known.setdefault(path.name, found) != found:
            again.add(path.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
