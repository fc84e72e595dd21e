"""The overview of a large data set with many columns: what it takes to make, and to use.

    python tests/benchmarks/data_audit.py DIR [--inputs 10000] [--columns 20] [--width 768]

A run is made up in DIR, unless there is one: no model runs; each input has scores of words, a
representation and values of the columns. A process of its own then makes the report and writes the
index of its site with the files beside it, but not the inputs' pages. The index is opened in
headless Chromium; filters are chosen once all rows are there, and the time is that until the count
of what was found and the first rows are drawn.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from many_results import peak
from page_browser import NEXT_FRAME, chromium

import fake_audit
from reportgen.rendering import pages
from reportgen.rendering.brand import Brand
from reportgen.rendering.overview.paged_table import page_tables
from reportgen.rendering.overview.report import make_report
from reportgen.results.tables import Results
from reportgen.site.index_files import index_files

GOALS = {"seconds": 60, "MB of memory": 1074, "MB of the page": 1.5, "ms of a filter": 100}

FILTER = f"""async ([name, value]) => {{{NEXT_FRAME}
  const field = document.querySelector(`[name="${{name}}"]`);
  const said = document.querySelector(".find output");
  const before = said.textContent;
  const start = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("input", {{ bubbles: true }}));
  while (said.textContent === before) await frame();
  await frame();
  return performance.now() - start;
}}"""
"""Chooses a value of a column: ms until the rows found are counted and drawn."""


SETTLE = f"async (frames) => {{{NEXT_FRAME} for (let i = 0; i < frames; i += 1) await frame(); }}"
"""Waits until files that are asked for at every frame have come."""


def write_overview(run: Path, out: Path) -> None:
    """Make the report of a run and write its index; print what it took."""
    started = time.perf_counter()
    results = Results(run)
    report = make_report(results)
    made = time.perf_counter() - started
    writer = pages.Pages(Brand())
    assets, files = writer.files(live=report.live)
    paged = page_tables(report)
    files |= dict(index_files(results, report, paged, writer, assets, ""))
    views = {"report": report, "assets": assets, "digest": results.digest, "paged": paged}
    page = writer.render("index.html", **views, links=pages.INDEX, card=None, left_out={})
    files["index.html"] = page.encode()
    for name, data in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    whole = time.perf_counter() - started
    print(made, whole, time.process_time(), peak() / 1e6, len(files["index.html"]) / 1e6)


def filter_times(index: Path, columns: int) -> list[float]:
    """Return the ms that each of some filters takes, all of whose rows are loaded."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(index.as_uri())
        page.get_by_label("Search the inputs").focus()
        parts = page.evaluate(
            "() => JSON.parse(document.querySelector('.task > script').textContent).parts.length"
        )
        page.evaluate(SETTLE, 60 * parts)
        asked = [("in.source", "news"), ("in.source", "")]
        for c in range(1, columns):
            name = f"in.column {c}"
            if page.locator(f'[name="{name}"]').count():
                asked += [(name, "value 1"), (name, "")]
        return [page.evaluate(FILTER, [name, value]) for name, value in asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--write", action="store_true", help="what the process of its own does")
    given = parser.parse_args()
    out = given.folder / "overview"
    if given.write:
        write_overview(given.folder, out)
        return
    if not (given.folder / "results").exists():
        fake_audit.audited(given.folder, given.inputs, columns=given.columns, width=given.width)
    command = [sys.executable, __file__, str(given.folder), "--write"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    made, whole, busy, memory, size = map(float, done.stdout.split())
    times = filter_times(out / "index.html", given.columns)
    print("| what | measured | goal |\n|---|---|---|")
    print(f"| report made | {made:.1f} s | |")
    print(f"| overview written with the files beside it | {whole:.1f} s | {GOALS['seconds']} s |")
    print(f"| of that the processor's time | {busy:.1f} s | |")
    print(f"| memory, peak | {memory:,.0f} MB | {GOALS['MB of memory']:,} MB |")
    print(f"| size of the page | {size:.2f} MB | {GOALS['MB of the page']} MB |")
    most, middle = max(times), statistics.median(times)
    print(f"| a filter, median | {middle:.0f} ms | {GOALS['ms of a filter']} ms |")
    print(f"| a filter, slowest of {len(times)} | {most:.0f} ms | {GOALS['ms of a filter']} ms |")


if __name__ == "__main__":
    main()
