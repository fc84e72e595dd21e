"""What a page takes in headless Chromium: until it can be used, and to answer a choice."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page, sync_playwright

READY = """
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.usable = performance.now();
})));
"""
"""Notes when all scripts have run, the first view is painted and the next frame could begin."""

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"

NEXT_FRAME = """
const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
"""
"""Resolves when a frame was drawn."""

EXPLORE = f"""async (name) => {{{NEXT_FRAME}
  const sections = Array.from(document.querySelectorAll(".explorer"));
  const section = sections.find((element) => element.checkVisibility());
  const select = section.querySelector(`select[name=${{name}}]`);
  const probe = document.createElement("canvas");
  probe.width = probe.height = 64;
  const pen = probe.getContext("2d", {{ willReadFrequently: true }});
  const look = () => Array.from(section.querySelectorAll("canvas"), (canvas) => {{
    pen.clearRect(0, 0, 64, 64);
    if (canvas.width && canvas.height) pen.drawImage(canvas, 0, 0, 64, 64);
    return pen.getImageData(0, 0, 64, 64).data.join();
  }}).join();
  const before = look();
  const start = performance.now();
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  select.dispatchEvent(new Event("input", {{ bubbles: true }}));
  select.dispatchEvent(new Event("change", {{ bubbles: true }}));
  await frame();
  const drawn = performance.now() - start;
  let last = look();
  if (last === before) return [drawn, null];
  let whole = drawn;
  for (let still = 0; still < 20; still += 1) {{
    await frame();
    const time = performance.now() - start;
    const now = look();
    if (now !== last) [last, whole, still] = [now, time, 0];
  }}
  return [drawn, whole];
}}"""
"""Chooses the next option: (ms to the next frame, ms to the last frame that changed a map).

The second is null where the next frame shows no other map.
"""

TYPE = f"""async (text) => {{{NEXT_FRAME}
  const box = document.querySelector("input[type=search]");
  const count = () => document.querySelector(".find output").textContent;
  const times = [];
  const counts = new Set([count()]);
  const there = Array.from(text, (_, i) => i + 1);
  const lengths = there.concat(there.map((length) => text.length - length));
  for (const length of lengths) {{
    const start = performance.now();
    box.value = text.slice(0, length);
    box.dispatchEvent(new Event("input", {{ bubbles: true }}));
    await frame();
    times.push(performance.now() - start);
    counts.add(count());
  }}
  return [times, Array.from(counts)];
}}"""
"""Types a text and deletes it again: ms from each key to the next frame, and the counts shown."""


@dataclass(frozen=True)
class Opened:
    """What a page took, in ms: to its first contents, until it could be used, and of the processor.

    ``busy`` is the time that the page's main thread ran until then, whatever else the machine did.
    """

    painted: float | None
    usable: float
    busy: float
    requests: tuple[str, ...]
    text: str


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@contextmanager
def fresh(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """Open a window without network; the list fills with what pages ask for elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    asked: list[str] = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    context.route(lambda url: urlparse(url).scheme in ("http", "https"), refuse)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(READY)
    yield page, asked
    context.close()


def open_page(browser: Browser, path: Path, *, repeat: int = 5) -> Opened:
    """Open a page in fresh windows; medians."""
    found = []
    for _ in range(repeat):
        with fresh(browser) as (page, asked):
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.resolve().as_uri())
            page.wait_for_function("() => window.usable")
            metrics = devtools.send("Performance.getMetrics")["metrics"]
            busy = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
            page.wait_for_timeout(300)
            painted, usable, text = page.evaluate(
                f"[{PAINTED}, window.usable, document.body.innerText]"
            )
            found.append(Opened(painted, usable, 1000 * busy, tuple(asked), text))
    paints = [one.painted for one in found if one.painted is not None]
    return Opened(
        painted=statistics.median(paints) if paints else None,
        usable=statistics.median(one.usable for one in found),
        busy=statistics.median(one.busy for one in found),
        requests=found[0].requests,
        text=found[0].text,
    )


def explore(browser: Browser, path: Path, anchor: str, *, repeat: int = 8) -> dict[str, list]:
    """Choose layers and heads one after another; see ``EXPLORE`` for the two times of each."""
    with fresh(browser) as (page, _):
        page.goto(f"{path.resolve().as_uri()}#{anchor}")
        explorer = page.locator(f"#{anchor} .explorer").first
        explorer.scroll_into_view_if_needed()
        page.wait_for_function(
            "element => 'live' in element.dataset", arg=explorer.element_handle()
        )
        page.wait_for_timeout(2000)
        return {
            name: [page.evaluate(EXPLORE, name) for _ in range(repeat)]
            for name in ("layer", "head")
        }


def search(browser: Browser, path: Path, text: str) -> tuple[list[float], list[str]]:
    """Type ``text`` into the search box of a site's index; see ``TYPE``."""
    with fresh(browser) as (page, _):
        page.goto(path.resolve().as_uri())
        page.wait_for_function("() => window.usable")
        times, counts = page.evaluate(TYPE, text)
        return times, counts
