"""Runs, specs and templates whose pages are made with something of the user's own."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import yaml

import fakes
from document import Document
from reportgen.resources import folder
from rewriting import rewrite_manifest

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8"/>'
OTHER = SVG.replace(b"8", b"9")
FOOTER = (
    '{% extends "reportgen/page.html" %}{% block footer %}<p>© Ours & yours</p>{% endblock %}\n'
)

MODEL = folder("examples") / "models" / "sentiment"


def write_run(place: Path, *, report: object = None, **changes: object) -> Path:
    """Store a run whose manifest says ``report`` and has ``changes``."""
    run = fakes.write_run(place / "run", [fakes.classified("Hello", "1" * 32)])
    spec = {"report": report if report is not None else {}}
    rewrite_manifest(run, lambda manifest: manifest.update({"spec": spec} | changes))
    return run


def write_spec(place: Path, **report: str) -> Path:
    """Write a spec that can be read, whose pages are made as ``report`` says."""
    place.mkdir(parents=True, exist_ok=True)
    spec = {
        "models": [{"id": "fake", "path": str(MODEL)}],
        "inputs": [{"text": "Hello"}],
        "methods": ["attention"],
        "report": report,
    }
    (place / "audit.yaml").write_text(yaml.safe_dump(spec))
    return place / "audit.yaml"


def write_templates(place: Path, **files: str) -> Path:
    """Write templates; ``__`` in a name stands for a folder, ``_html`` for the ending."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = place / re.sub(r"_(html|css|js)$", r".\1", name).replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


def stored(data: bytes, type: str = "svg") -> dict[str, str]:
    return {"type": type, "data": base64.b64encode(data).decode()}


def logos(page: Path) -> list[bytes]:
    """Return the pictures that are beside the title of a single page."""
    sources = Document(page.read_text(encoding="utf-8")).attributes("src")
    found = [one for one in sources if one.startswith("data:image/svg+xml;base64,")]
    return [base64.b64decode(one.partition(",")[2]) for one in found]


def running(place: Path) -> str:
    """Return a template that makes a file where Jinja does not keep it from doing so."""
    command = f"touch {place / 'ran'}"
    return f'{{{{ cycler.__init__.__globals__.os.popen("{command}").read() }}}}'
