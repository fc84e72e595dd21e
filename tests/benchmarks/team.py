"""What a team's commands take on 1,000 inputs read by two models, and a history of 50 runs.

    python tests/benchmarks/team.py

The results are made up (tests/fakes.py), so that only the commands are timed: judging five checks,
comparing two such runs and writing the page, a digest, exporting every table, and the index over
many runs, the first time and again.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS))

import fakes  # noqa: E402
import reportgen  # noqa: E402
from reportgen.rendering.markdown.digest import digest  # noqa: E402
from reportgen.rendering.markdown.digest_tables import subject  # noqa: E402
from reportgen.results.checks.evaluation import evaluate_checks  # noqa: E402
from reportgen.results.export import export  # noqa: E402
from reportgen.results.store import Store  # noqa: E402
from reportgen.site.history import collect  # noqa: E402

CHECKS = [
    {"prediction": {"equals": "POSITIVE"}},
    {"probability": {"min": 0.5}},
    {"convergence": {"max": 0.05}},
    {"attribution_share": {"words": ["good"], "max": 0.9}},
    {"top_words": {"contain": ["good"], "k": 5}},
]
TEXT = "a good film with a plot that drags and two actors who are a joy to watch again"


def write_run(folder: Path, inputs: int, models: tuple[str, ...], seed: int) -> Path:
    """Store a run of short texts, of which nothing but integrated gradients is kept."""
    jobs = []
    for model in models:
        for position in range(inputs):
            text = f"{TEXT[2 * (position % 5) :]} {position}"
            job = fakes.job_id(model, seed, position)
            header, arrays = fakes.classified(
                text, job, position=position, model=model, seed=seed + position
            )
            name = "integrated_gradients/POSITIVE"
            jobs.append((header, {name: arrays[name]}))
    fakes.write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    day = f"2026-01-{1 + seed % 28:02}T00:{seed // 28:02}:00+00:00"
    given = {"spec": {"checks": CHECKS}, "created": day}
    store.write_manifest(manifest.model_copy(update=given))
    return folder


def timed(what: str, act: Callable[[], object]) -> None:
    begun = time.perf_counter()
    act()
    seconds = time.perf_counter() - begun
    print(f"{what:44} {seconds:7.2f} s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        base, head = (write_run(root / n, 1000, ("v1", "v2"), s) for n, s in (("a", 0), ("b", 7)))
        timed("judge 5 checks (10,000 outcomes)", lambda: evaluate_checks(reportgen.load(head)))
        timed(
            "compare two runs and write the page",
            lambda: reportgen.render_comparison(reportgen.compare(base, head), root / "compare"),
        )
        page = root / "compare" / "compare.html"
        print(f"{'  the page':44} {page.stat().st_size / 1e3:7.0f} kB")
        results = reportgen.load(base), reportgen.load(head)
        timed("digest with a base run", lambda: digest(subject(results[1], results[0])))
        timed("export as Parquet", lambda: export(results[1], root / "export", "parquet"))
        runs = [write_run(root / "runs" / f"{n:02}", 25, ("v1", "v2"), n) for n in range(50)]
        timed("index over 50 runs of 25 inputs, new", lambda: collect(runs, root / "site"))
        timed("the same again", lambda: collect(runs, root / "site"))
        megabytes = sum(f.stat().st_size for f in (root / "site").rglob("*") if f.is_file()) / 1e6
        print(f"{'  the whole history':44} {megabytes:7.0f} MB")


if __name__ == "__main__":
    main()
