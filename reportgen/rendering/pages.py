"""HTML from views: Jinja with autoescape, one stylesheet, one script, a strict policy.

Nothing on a page is loaded from elsewhere, and nothing inline runs that the policy does not
name by its hash: text from inputs can never become markup, style or script.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.exceptions import TemplateSyntaxError
from jinja2.ext import Extension
from markupsafe import Markup

from reportgen.errors import ReportgenError
from reportgen.rendering.brand import Brand, data_uri
from reportgen.rendering.drawing import charts
from reportgen.rendering.sandbox import Sandbox
from reportgen.rendering.wording import labels, numbers
from reportgen.resources import folder

STYLES = (
    *("base", "overview", "dataset", "checks", "input", "tokens", "charts", "explorer"),
    *("compare", "media", "brand"),
)
SCRIPTS = ("bundle", "brand")
"""Files of ``templates/css`` and ``templates/js``, in the order in which they are joined; ``brand``
is for templates of one's own. ``npm run bundle`` makes ``bundle.js`` of the modules beside it."""

COMMENT = re.compile(r"^/\*.*?\*/\n", re.MULTILINE | re.DOTALL)

EARLY = 'document.documentElement.className = "scripted";'
"""Tells the stylesheet of a single file that inputs will be shown one at a time."""


SITE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the pages of a site may load: its own files."""


@dataclass(frozen=True)
class Links:
    """Where a page finds the others: ``root`` is the way to the top folder of a site.

    ``index`` is the overview's page, ``pages`` the folder of the inputs' pages. In a single
    file all are places of the same page: both texts are empty and ``pages`` is ``None``.
    ``runs`` is the page of all runs, where there is one. ``kept`` are the inputs that a single file
    has sections of, where it has no room for all.
    """

    root: str = ""
    index: str = ""
    pages: str | None = None
    runs: str = ""
    kept: frozenset[str] | None = None

    def below(self, root: str) -> Links:
        """Return the same links of a site whose assets, and the page of all runs, are at ``root``.

        ``root`` is the way from the site's top folder, ``""`` where it is that folder itself.
        """
        root_of_all = self.root + root
        return replace(self, root=root_of_all, runs=f"{root_of_all}index.html" if root else "")

    def only(self, kept: frozenset[str]) -> Links:
        """Return the links of a single file that has no more than these inputs' sections."""
        return replace(self, kept=kept)

    def input(self, anchor: str) -> str:
        """Return the link to an input's section or page, or to what says why there is none."""
        if self.kept is not None and anchor not in self.kept:
            return "#left-out"
        return f"#{anchor}" if self.pages is None else f"{self.pages}{quote(anchor)}.html"


SINGLE = Links()
INDEX = Links(index="index.html", pages="inputs/")
INPUT = Links(root="../", index="../index.html", pages="")
LIST = Links(root="../", index="../index.html", pages="../inputs/")
"""The links of a single file, of a site's index, of its pages in ``inputs/``, and of the lists in
``index/`` that a large one has."""


@dataclass(frozen=True)
class Assets:
    """The style, the scripts and the logo of a page: as text where ``inline``, else as links.

    ``vega`` is the library that draws the live charts, of pages that have one: ``packed`` where
    ``inline``; it is run only where one is seen. ``early`` runs before the page is laid out.
    """

    style: str
    script: str
    vega: str
    logo: str
    policy: str
    inline: bool
    early: str = ""


class Unindented(Extension):
    """Leaves out what indents the templates: it is for their readers, not for the pages'."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return unindented(source)


def unindented(text: str) -> str:
    return re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)


class Files(FileSystemLoader):
    """The templates of one folder."""

    def get_source(self, environment: Environment, template: str) -> tuple:
        """Read a template; raise ``ReportgenError`` where it is not text."""
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            raise not_text(Path(self.searchpath[0]) / template) from error


def not_text(path: Path) -> ReportgenError:
    return ReportgenError("not UTF-8 text", where=str(path), hint="save it as UTF-8")


def make_environment(*own: Path) -> Environment:
    """Return what finds templates, in the folders ``own`` first, and renders them."""
    ours = Files(folder("templates"))
    environment = Sandbox(
        loader=ChoiceLoader([*map(Files, own), ours, PrefixLoader({"reportgen": ours})]),
        autoescape=True,
        extensions=[Unindented],
        undefined=StrictUndefined,
        auto_reload=False,  # a site is thousands of pages
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "confidence": labels.confidence,
        "count": numbers.count,
        "json": safe_json,
        "number": numbers.number,
    }
    environment.globals["chart_config"] = charts.CONFIG
    return environment


our_templates = functools.cache(make_environment)
"""They are compiled once in a process: that takes as long as rendering a page of a few inputs."""


class Pages:
    """The templates, those of ``brand`` first, and what they all know."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.environment = make_environment(brand.templates) if brand.templates else our_templates()

    def render(self, template: str, **views: object) -> str:
        """Render one template.

        Raises ``ReportgenError`` where a template of the user's has a mistake.
        """
        try:
            return self.environment.get_template(template).render(**views)
        except ReportgenError:
            raise
        except Exception as error:
            # A template can divide by zero, nest without end or be no text: all are its mistakes.
            if self.brand.templates is None and not isinstance(error, TemplateError):
                raise
            raise self.mistake(error) from error

    def mistake(self, error: Exception) -> ReportgenError:
        """Say in which template and line ``error`` lies: the innermost that Jinja names."""
        message = error.message if isinstance(error, TemplateError) else str(error)
        name: Path | str | None = self.brand.templates
        line = None
        if isinstance(error, TemplateSyntaxError):
            name, line = error.filename or error.name, error.lineno
        trace = error.__traceback__
        while trace is not None and not isinstance(error, TemplateSyntaxError):
            file = trace.tb_frame.f_code.co_filename
            if file.endswith((".html", "<template>")):
                name, line = file, trace.tb_lineno
            trace = trace.tb_next
        return ReportgenError(
            f"the template cannot be rendered: {message or type(error).__name__}",
            where=":".join(str(part) for part in (name, line) if part is not None),
            hint="templates of your own are written in Jinja and use the values that those of "
            "reportgen use",
        )

    def style(self) -> str:
        """Return the stylesheet of all pages, without the comments that have lines of their own."""
        text = "\n".join(self.source(f"css/{name}.css") for name in STYLES)
        return COMMENT.sub("", text) + self.brand.style

    def script(self) -> str:
        """Return the page's own script.

        Raises ``ReportgenError`` where a file of the user's would stand in for one of its modules.
        """
        if own := self.brand.templates:
            for path in sorted((folder("templates") / "js").glob("*.js")):
                if path.stem not in SCRIPTS and (own / "js" / path.name).exists():
                    raise ReportgenError(
                        "pages have js/bundle.js, of which this file is only a part",
                        where=str(own / "js" / path.name),
                        hint="put a script of your own into js/brand.js, or make a bundle.js",
                    )
        return "\n".join(self.source(f"js/{name}.js") for name in SCRIPTS)

    def source(self, name: str) -> str:
        own = self.brand.templates / name if self.brand.templates else None
        path = own if own and own.is_file() else folder("templates") / name
        try:
            return unindented(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise not_text(path) from error

    def inline(self, *, live: bool) -> Assets:
        """Put style and scripts into the page, which the policy allows by their hashes.

        Without the library of the ``live`` charts a page is a megabyte smaller.
        """
        style, script = self.style(), self.script()
        vega = library() if live else ""
        allowed = " ".join(f"'sha256-{digest(code)}'" for code in (EARLY, vega, script) if code)
        policy = (
            f"default-src 'none'; script-src {allowed}; style-src 'sha256-{digest(style)}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        )
        logo = data_uri(self.brand.logo) if self.brand.logo else ""
        texts = Markup(style), Markup(script), packed(vega)
        return Assets(*texts, logo, policy, inline=True, early=Markup(EARLY))

    def files(self, *, live: bool) -> tuple[Assets, dict[str, bytes]]:
        """Return the assets of a site's page and the files they are, by their path.

        Names hold a hash of the content, so that no browser shows a new page with old assets.
        """
        files = {}

        def keep(name: str, data: bytes) -> str:
            stem, _, ending = name.rpartition(".")
            path = f"assets/{stem}.{hashlib.sha256(data).hexdigest()[:8]}.{ending}"
            files[path] = data
            return path

        logo = self.brand.logo
        assets = Assets(
            style=keep("style.css", self.style().encode()),
            script=keep("script.js", self.script().encode()),
            vega=keep("vega.js", library().encode()) if live else "",
            logo=keep(f"logo.{logo.type}", logo.data) if logo else "",
            policy=SITE_POLICY,
            inline=False,
        )
        return assets, files


def library() -> str:
    """Return the script that draws the live charts."""
    from reportgen.rendering.drawing.vega import bundle  # loads Altair, which takes a while

    return bundle()


@functools.cache
def packed(code: str) -> str:
    """Compress a script (zlib, base64), which the page's own script unpacks: half its bytes."""
    return base64.b64encode(zlib.compress(code.encode(), 9)).decode() if code else ""


@functools.cache
def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def safe_json(data: object) -> Markup:
    """Write ``data`` as JSON that is safe inside a script element: no ``<``, ``>`` or ``&``."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
