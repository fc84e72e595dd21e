"""What the documentation's site has beside docs/: pages of the repository, and the demo.

Files keep their places in the repository, so that a link leads to the same file there and here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

TAKEN = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "action.yml"),
    *("docs/*.md", "docs/*.png", "docs/site.css", "examples/**/*.md", "examples/**/*.png"),
    *("examples/pull-request/*.yml", "examples/sample/**/*.html", "examples/sample/assets/*"),
    *("reportgen/methods/integrated_gradients.py", "templates/css/base.css"),
    *("templates/js/types.d.ts", "tests/benchmarks/*.py"),
)
"""Pages, what they link to and what they show; a link to anything else ends a strict build."""

DEMO = "reportgen-demo"
"""Where the demo is, as the command writes it."""

AUDIT = "audit"
"""Where the example of a data audit is, as the command of its README writes it."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    found = {path.relative_to(ROOT).as_posix(): path for name in TAKEN for path in ROOT.glob(name)}
    found[f"{DEMO}/report.html"] = demo() / "report.html"
    found[f"{AUDIT}/report.html"] = audit() / "report.html"
    theme = [file for file in files if file.src_dir != config.docs_dir]
    own = [File.generated(config, name, abs_src_path=str(found[name])) for name in sorted(found)]
    return Files([*theme, *own])


def demo() -> Path:
    """Return the folder that ``REPORTGEN_DEMO`` names, or build the demo, what of it is missing."""
    if given := os.environ.get("REPORTGEN_DEMO"):
        return Path(given)
    folder = ROOT / DEMO
    subprocess.run([sys.executable, "-m", "reportgen", "demo", "--out", folder], check=True)
    return folder


def audit() -> Path:
    """Return the folder that ``REPORTGEN_AUDIT`` names, or build the example, what is missing."""
    if given := os.environ.get("REPORTGEN_AUDIT"):
        return Path(given)
    spec, folder = ROOT / "examples" / "data-audit" / "audit.yaml", ROOT / AUDIT
    subprocess.run([sys.executable, "-m", "reportgen", "build", spec, "--out", folder], check=True)
    return folder
