"""HTML from views: Jinja with autoescape, one stylesheet, one script, a strict policy.

Nothing on a page is loaded from elsewhere, and nothing inline runs that the policy does not
name by its hash: text from inputs can never become markup, style or script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reportgen.rendering import charts, numbers
from reportgen.rendering.card import Card
from reportgen.rendering.overview import Report
from reportgen.resources import folder

STYLES = ("base", "overview", "input", "tokens", "charts", "explorer", "media")
SCRIPTS = ("dom", "state", "charts", "explorer", "tokens", "find", "views", "start")
"""Files of ``templates/css`` and ``templates/js``, in the order in which they are joined."""


@dataclass(frozen=True)
class Assets:
    """The style and the scripts of a page, as text where ``inline``, else as file names."""

    style: str
    scripts: tuple[str, ...]
    policy: str
    inline: bool


@dataclass(frozen=True)
class Links:
    """Where a page finds the others: ``root`` is the way to the top folder of a site.

    ``index`` is the overview's page, ``pages`` the folder of the inputs' pages; both are empty
    in a single file, where everything is a place of the same page.
    """

    root: str = ""
    index: str = ""
    pages: str | None = None

    def input(self, anchor: str) -> str:
        """Return the link to an input's section or page."""
        return f"#{anchor}" if self.pages is None else f"{self.pages}{anchor}.html"


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


def style() -> str:
    return "\n".join(read("css", f"{name}.css") for name in STYLES)


def script() -> str:
    """Return the page's own script: the files in one function, so that no name is global."""
    body = "\n".join(read("js", f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{body}}})();\n'


def read(kind: str, name: str) -> str:
    return (folder("templates") / kind / name).read_text(encoding="utf-8")


def inline_assets() -> Assets:
    """Put style and scripts into the page, which the policy allows by their hashes."""
    text, scripts = style(), (charts.bundle(), script())
    allowed = " ".join(f"'sha256-{digest(code)}'" for code in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{digest(text)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Assets(Markup(text), tuple(map(Markup, scripts)), policy, inline=True)


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def single(report: Report) -> str:
    """Render the whole report as one self-contained HTML document."""
    return render("report.html", report, inline_assets(), Links())


def render(
    template: str, report: Report, assets: Assets, links: Links, card: Card | None = None
) -> str:
    return (
        environment()
        .get_template(template)
        .render(report=report, assets=assets, links=links, card=card, chart_config=charts.CONFIG)
    )
