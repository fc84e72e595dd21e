"""Sizes and times of the page, beside the pages that bertviz and inseq export, in one table.

    python tests/benchmarks/page.py [--quick] [--peers PYTHON]

The demo's page: its size, and how soon it can be used in headless Chromium (from the start of
the navigation until every script has run and the first view is painted; median of five fresh
windows). A text of 512 tokens and 12 x 12 heads: what it adds to a single file, and how soon the
explorer answers (from the change of a select to the next frame, and to the last frame that
changed a map). A site of 1,000 inputs (100 with ``--quick``): seconds to render, by the command,
and milliseconds from a key in the search box to the next frame. With ``--peers``, an interpreter
that has bertviz and inseq installed, also what they write for the demo's question of Captum's
tutorial: its size, what it asks the network for (there is none here), its first paint, and how
many of the tokens it then shows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

from page_browser import Browser, chromium, explore, open_page, search
from page_results import build_demo, build_long, build_many, without_last

import reportgen
from reportgen.results.store import Store

Row = tuple[str, str, str]
"""What was measured, the number, and the goal."""


def demo_rows(browser: Browser, folder: Path) -> Iterator[Row]:
    written = reportgen.render(folder, out=folder)
    yield "demo: size of the page", size(written.size), "under 2.5 MB"
    for name, part in written.parts:
        yield f"    {name}", size(part), ""
    opened = open_page(browser, written.path)
    yield "demo: first paint", milliseconds(opened.painted), ""
    yield "demo: until it can be used", milliseconds(opened.usable), "under 1,000 ms"
    yield "    main thread until then", milliseconds(opened.busy), ""
    yield "demo: requests made", str(len(opened.requests)), "0"


def long_rows(browser: Browser, folder: Path) -> Iterator[Row]:
    short = without_last(folder, folder / "short")
    before = reportgen.render(short, out=short).size
    written = reportgen.render(folder, out=folder)
    yield "512 tokens, 12 x 12 heads: added to the file", size(written.size - before), "under 3 MB"
    opened = open_page(browser, written.path, repeat=3)
    yield "512 tokens: until the page can be used", milliseconds(opened.usable), ""
    yield "    main thread until then", milliseconds(opened.busy), ""
    for name, times in explore(browser, written.path, "encoder-2").items():
        drawn = [first for first, _ in times]
        whole = [last for _, last in times if last is not None]
        yield f"explorer, next {name}: to the next frame", spread(drawn), "under 100 ms"
        late = f" ({len(times) - len(whole)} of {len(times)} without)" * (len(whole) < len(times))
        yield f"explorer, next {name}: to the finished map", spread(whole) + late, ""


def site_rows(browser: Browser, folder: Path, inputs: int) -> Iterator[Row]:
    out = folder / "site"
    command = [sys.executable, "-m", "reportgen", "render", str(folder), "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([*command, "--format", "site"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    yield (
        f"site of {inputs:,} inputs: render on {os.cpu_count()} cores",
        f"{seconds:.1f} s, {1000 * seconds / inputs:.0f} ms each",
        "under 60 s for 1,000",
    )
    yield "    processor time", f"{processor:.1f} s", ""
    index = out / "index.html"
    yield "site: index page", size(index.stat().st_size), "under 1.5 MB"
    pages = [page.stat().st_size for page in (out / "inputs").iterdir()]
    yield "site: page of an input (median)", size(statistics.median(pages)), ""
    opened = open_page(browser, index, repeat=3)
    yield "site: until the index can be used", milliseconds(opened.usable), ""
    yield "    main thread until then", milliseconds(opened.busy), ""
    times, counts = search(browser, index, "photography lovely")
    yield "site: from a key to the next frame", spread(times), "under 100 ms"
    yield "    inputs found on the way", ", ".join(counts), ""


def peer_rows(browser: Browser, demo: Path, python: str, folder: Path) -> Iterator[Row]:
    """Let the peers write the input of Captum's tutorial, and open what they wrote offline."""
    given = folder / "scores.json"
    scores = tutorial_scores(demo)
    given.write_text(json.dumps(scores), encoding="utf-8")
    script = Path(__file__).with_name("peers.py")
    subprocess.run([python, str(script), str(folder), str(given)], check=True)
    for page in sorted(folder.glob("*.html")):
        opened = open_page(browser, page, repeat=3)
        hosts = Counter(urlparse(url).hostname for url in opened.requests)
        asked = ", ".join(f"{count} to {host}" for host, count in hosts.items())
        yield f"{page.stem}, {len(scores['tokens'])} tokens: size", size(page.stat().st_size), ""
        yield "    requests made", asked or "0", ""
        yield "    first paint, offline", milliseconds(opened.painted), ""
        shown = sum(token in opened.text for token in scores["tokens"])
        yield "    tokens shown, offline", f"{shown} of {len(scores['tokens'])}", ""


def tutorial_scores(demo: Path) -> dict:
    """Return the question of Captum's tutorial, its tokens and their integrated gradients."""
    store = Store(demo / "results")
    for entry in store.read_manifest().jobs:
        header = store.read_header(entry.id)
        if header.fields.get("question") == "What is important to us?":
            return {
                "question": header.fields["question"],
                "context": header.fields["context"],
                "tokens": [token.text for token in header.tokens],
                "scores": {
                    target.name: store.read_array(
                        entry.id, f"integrated_gradients/{target.name}"
                    ).tolist()
                    for target in header.targets
                },
            }
    raise SystemExit("the demo has no question of Captum's tutorial any more")


def size(count: float) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def milliseconds(value: float | None) -> str:
    return "nothing painted" if value is None else f"{value:.0f} ms"


def spread(times: list[float]) -> str:
    if not times:
        return "none"
    return f"median {statistics.median(times):.0f} ms, most {max(times):.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a site of 100 inputs, not 1,000")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with bertviz and inseq")
    options = parser.parse_args()
    inputs = 100 if options.quick else 1000
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        (folder / "peers").mkdir()
        demo = build_demo(folder / "demo")
        show(demo_rows(browser, demo))
        show(long_rows(browser, build_long(folder / "long")))
        show(site_rows(browser, build_many(folder / "many", inputs), inputs))
        if options.peers:
            show(peer_rows(browser, demo, options.peers, folder / "peers"))


def show(rows: Iterator[Row]) -> None:
    for what, measured, goal in rows:
        print(f"{what:<52} {measured:<34} {goal}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
