"""HTML from views: Jinja with autoescape, one stylesheet, one script, a strict policy.

Nothing on the page is loaded from elsewhere, and nothing inline runs that the policy does not
name by its hash: text from inputs can never become markup, style or script.
"""

from __future__ import annotations

import base64
import hashlib
import json

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reportgen.rendering import charts, numbers
from reportgen.rendering.overview import Report
from reportgen.resources import folder


def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(folder("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"count": numbers.count, "json": safe_json, "number": numbers.number}
    return env


def safe_json(data: object) -> Markup:
    """Write ``data`` as JSON that is safe inside a script element: no ``<``, ``>`` or ``&``."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def policy(scripts: list[str], style: str) -> str:
    """Return the content security policy that allows exactly these scripts and this style."""
    allowed = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page(report: Report) -> str:
    """Render the whole report as one self-contained HTML document."""
    style = (folder("templates") / "report.css").read_text(encoding="utf-8")
    script = (folder("templates") / "report.js").read_text(encoding="utf-8")
    scripts = [charts.bundle(), script]
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            style=Markup(style),
            scripts=[Markup(script) for script in scripts],
            policy=policy(scripts, style),
            chart_config=charts.CONFIG,
        )
    )
