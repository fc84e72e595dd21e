"""The index of a site by the number of its inputs: bytes, and how fast it is, in one table.

    python tests/benchmarks/index_page.py [--inputs 1000 10000 100000] [--models 1] [--keep DIR]

The predictions are made up: no model runs, and no result is stored. Each index is opened from disk
in headless Chromium (median of five fresh windows; "busy" is what the main thread ran until the
page could be used, whatever else the machine did). With all columns loaded a text is typed into the
search and deleted again (ms from each of 20 keys to the next frame, and until the count of what was
found is there), pages are turned and filters changed. "slice" is the longest time between two
frames while the columns are loaded. Indexes of up to 1,000 inputs have all rows.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from page_browser import NEXT_FRAME, chromium, fresh, open_page
from page_results import TEXTS

sys.path.append(str(Path(__file__).parents[1]))

import fakes
from reportgen.rendering import pages
from reportgen.rendering.brand import Brand
from reportgen.rendering.overview.paged_table import page_tables
from reportgen.rendering.overview.predictions_table import Cell, PredictionRow
from reportgen.rendering.overview.report import Report, make_report
from reportgen.rendering.wording.sentences import Verdict
from reportgen.results.tables import Results
from reportgen.site.index_files import index_files

TYPED = "lovely, 99"

RIGHT, WRONG = Verdict("good", "as expected"), Verdict("bad", "wrong")

BUSY = f"""async (parts) => {{{NEXT_FRAME}
  let loaded = 0; // their scripts are taken out when they have run
  const watch = new MutationObserver((changes) => {{
    for (const {{ removedNodes }} of changes) loaded += removedNodes.length;
  }});
  watch.observe(document.head, {{ childList: true }});
  let longest = 0;
  document.querySelector("input[type=search]").focus();
  for (let still = 0; still < 20; still += loaded >= parts) {{
    const start = performance.now();
    await frame();
    longest = Math.max(longest, performance.now() - start);
  }}
  return longest;
}}"""
"""Begins to search, which loads all columns: the longest time between two frames, ms."""

TYPE = f"""async (text) => {{{NEXT_FRAME}
  const box = document.querySelector("input[type=search]");
  const output = document.querySelector(".find output");
  const times = [];
  const there = Array.from(text, (_, i) => i + 1);
  for (const length of there.concat(there.map((length) => text.length - length))) {{
    const start = performance.now();
    let counted = start;
    const watch = new MutationObserver(() => {{ counted = performance.now(); }});
    watch.observe(output, {{ childList: true, characterData: true, subtree: true }});
    box.value = text.slice(0, length);
    box.dispatchEvent(new Event("input", {{ bubbles: true }}));
    await frame();
    const drawn = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 700));
    watch.disconnect();
    times.push([drawn, counted - start]);
  }}
  return times;
}}"""
"""For each key: ms to the next frame, and until the last change of the count."""

CLICK = f"""async (selector) => {{{NEXT_FRAME}
  const times = [];
  for (let round = 0; round < 6; round += 1) {{
    for (const element of document.querySelectorAll(selector)) {{
      if (element.checked) continue;
      const start = performance.now();
      element.click();
      await frame();
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }}
  }}
  return times;
}}"""
"""Clicks at what is found, one after the other: ms to the next frame."""


def made_up(report: Report, inputs: int, models: int) -> Report:
    """Return the report with ``inputs`` predictions in place of its own."""
    rng = random.Random(0)
    words = sorted({word for text in TEXTS for word in text.split()})
    rows = []
    for position in range(inputs):
        chosen = rng.choices(words, k=rng.randint(8, 22))
        expected = rng.choice(("POSITIVE", "NEGATIVE"))
        cells = []
        for model in range(models):
            right = rng.random() < 0.9
            label = expected if right else ("POSITIVE", "NEGATIVE")[expected == "POSITIVE"]
            cells.append(
                Cell(
                    anchor=f"model-{model + 1}-{position + 1}",
                    label=label,
                    probability=f"{rng.uniform(0.5, 1):.3f}",
                    verdict=RIGHT if right else WRONG,
                    why="" if right else "w",
                    notes="",
                )
            )
        gaps = f"{len(chosen[0]) + 1} {len(chosen[1])} p4 {len(chosen[2]) + 2} {len(chosen[3])} n3"
        agree = None if models == 1 else len({cell.label for cell in cells}) > 1
        rows.append(PredictionRow(position, " ".join(chosen), gaps, expected, agree, tuple(cells)))
    names = tuple(f"model {i + 1}" for i in range(models))
    table = replace(report.predictions_tables[0], models=names, rows=tuple(rows))
    wrong = sum(any(cell and cell.why for cell in row.cells) for row in rows)
    filters = replace(
        report.filters,
        total=inputs,
        any=wrong,
        reasons=(("w", "wrong", wrong),),
        labels=("NEGATIVE", "POSITIVE"),
        models=names if models > 1 else (),
    )
    return replace(report, predictions_tables=(table,), filters=filters)


def write_index(folder: Path, inputs: int, models: int) -> dict[str, int]:
    """Write a site's index and what it loads, without the pages of inputs; return the bytes."""
    run = fakes.write_run(folder / "run", [fakes.classified("A dull film", expect="NEGATIVE")])
    results = Results(run)
    report = made_up(make_report(results), inputs, models)
    writer = pages.Pages(Brand())
    assets, files = writer.files(live=False)
    paged = page_tables(report)
    views = {"report": report, "assets": assets, "links": pages.INDEX, "paged": paged}
    html = writer.render("index.html", **views, card=None, left_out={})
    beside = index_files(results, report, paged, writer, assets, "")
    sizes: dict[str, int] = {}
    for name, data in (("index.html", html.encode()), *files.items(), *beside):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        part = "parts" if "-part-" in name else "lists" if "-list-" in name else name
        sizes[part] = sizes.get(part, 0) + len(data)
    return sizes


def measure(browser, folder: Path, parts: int) -> dict[str, str]:
    index = folder / "index.html"
    opened = open_page(browser, index)
    found = {"first paint": f"{opened.painted:.0f}", "usable": f"{opened.usable:.0f}"}
    found["busy"] = f"{opened.busy:.0f}"
    with fresh(browser) as (page, _):
        page.goto(index.resolve().as_uri())
        page.wait_for_function("() => window.usable")
        if parts:
            found["slice"] = f"{page.evaluate(BUSY, parts):.0f}"
        keys = page.evaluate(TYPE, TYPED)
        found["key"] = spread([drawn for drawn, _ in keys])
        found["key to count"] = spread([counted for _, counted in keys])
        if parts:
            found["page turn"] = spread(page.evaluate(CLICK, ".pager button[value='1']"))
        found["filter"] = spread(page.evaluate(CLICK, ".reasons input"))
    return found


def spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ({max(times):.0f})"


COLUMNS = (
    *("index", "parts", "lists"),
    *("first paint", "usable", "busy", "slice", "key", "key to count", "page turn", "filter"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder to leave the pages in")
    options = parser.parse_args()
    print("bytes in kB; times in ms, median (worst)")
    print(" | ".join(f"{name:>12}" for name in ("inputs", *COLUMNS)))
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        for inputs in options.inputs:
            folder = (options.keep or Path(name)) / str(inputs)
            sizes = write_index(folder, inputs, options.models)
            parts = len(list(folder.glob("index/*-part-*.js")))
            found = measure(browser, folder, parts)
            found["index"] = f"{sizes['index.html'] / 1e3:,.0f}"
            found |= {part: f"{sizes.get(part, 0) / 1e3:,.0f}" for part in ("parts", "lists")}
            row = (f"{inputs:,}", *(found.get(column, "-") for column in COLUMNS))
            print(" | ".join(f"{cell:>12}" for cell in row), flush=True)


if __name__ == "__main__":
    main()
