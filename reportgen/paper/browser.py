"""An installed browser that prints: which one, and how it is run.

Every Chromium prints to a file when it is asked to on its command line, so that no package is
needed to drive one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from reportgen.errors import ReportgenError

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
"""Programs that are looked for on ``PATH``."""

PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ),
}
"""Where systems keep them that put no programs on ``PATH``."""

VARIABLE = "CHROME_PATH"
"""Names the browser, as for Lighthouse."""

OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # which is small in containers
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    # No network: nothing of the browser's own, and no name or address can be reached.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",  # the page has its own
    "--generate-pdf-document-outline",
)

DATES = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]*\)")


def find_browser(given: str | None = None) -> str:
    """Return the program that prints: the one that is ``given``, else the first that is there.

    Raises ``ReportgenError`` where there is none, and says what was looked for.
    """
    if given:
        found = shutil.which(given)
        if found is None:
            raise ReportgenError(
                "expected a browser, found no program that can be run",
                where=given,
                hint=f"name Chromium, Chrome or Edge, with --browser or in {VARIABLE}",
            )
        return found
    for name in (*NAMES, *PLACES.get(sys.platform, ())):
        if found := shutil.which(name):
            return found
    raise ReportgenError(
        f"no browser that prints was found on PATH: looked for {', '.join(NAMES)}",
        hint="install Chromium (Debian, Ubuntu: apt install chromium), Chrome or Edge, or name the "
        f"program with --browser or in {VARIABLE}; any browser prints the page itself, too",
    )


def print_html(browser: str, html: str, timeout: float) -> bytes:
    """Return ``html`` as a PDF: the same bytes for the same document, browser and fonts.

    The browser has a profile of its own, which is removed. Raises ``ReportgenError`` where it
    takes longer than ``timeout`` seconds, or prints nothing.
    """
    # On Windows it may still hold files of its profile when it has ended.
    with tempfile.TemporaryDirectory(prefix="reportgen-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "page.html").write_text(html, encoding="utf-8")
        printed = folder / "page.pdf"
        said = run(
            [
                browser,
                *OPTIONS,
                *no_sandbox(),
                f"--user-data-dir={folder / 'profile'}",
                f"--print-to-pdf={printed}",
                (folder / "page.html").as_uri(),
            ],
            timeout,
        )
        data = printed.read_bytes() if printed.is_file() else b""
    if not data.startswith(b"%PDF-"):
        raise ReportgenError(
            f"the browser printed nothing: {gravest(said)}",
            where=browser,
            hint="try another with --browser; one from Snap or Flatpak cannot read the files of "
            "other programs",
        )
    # When it was printed says nothing of the report, and would make every file another.
    return DATES.sub(lambda found: b" " * len(found[0]), data)


def no_sandbox() -> list[str]:
    """Chromium refuses to start as root with its sandbox, as in most containers.

    Only then it goes without: what is printed runs no script and reaches no network.
    """
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if is_root else []


def run(words: list[str], timeout: float) -> str:
    """Run a program in a group of its own, and return what it complained about."""
    browser = words[0]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "name Chromium, Chrome or Edge: --browser PROGRAM"
        raise ReportgenError(f"cannot be run: {reason}", where=browser, hint=hint) from error
    try:
        return process.communicate(timeout=timeout)[1]
    except subprocess.TimeoutExpired as error:
        raise ReportgenError(
            f"the browser has not printed within {timeout:g} seconds",
            where=browser,
            hint="give it longer: --timeout SECONDS",
        ) from error
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a program that is still there, with all that it started."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.communicate()


def gravest(said: str) -> str:
    """Return the line that says why a browser ended, where it has said so."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = (line for line in lines if "FATAL" in line)
    return next(fatal, lines[-1] if lines else "it did not say why")


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF has that Chromium has written."""
    return len(re.findall(rb"/Type /Page\b", pdf))
