"""Refuses an SVG that would run or load anything where it is opened as a page of its own.

Elements are allowed by name, so that what browsers learn later is refused too. What is allowed
is what drawing programs write: shapes, text, gradients, filters, style rules, their own notes.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from reportgen.errors import ReportgenError

SVG = "http://www.w3.org/2000/svg"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"

DEEPEST = 200
"""Elements inside each other; readers of XML fail at some depth, and no drawing needs it."""

NAMES = """
    svg g defs symbol use switch title desc metadata style
    path rect circle ellipse line polyline polygon image
    text tspan textPath tref flowRoot flowRegion flowPara flowSpan
    linearGradient radialGradient meshgradient meshrow meshpatch stop solidColor solidcolor
    pattern hatch hatchpath clipPath mask marker view
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
"""
ELEMENTS = frozenset(NAMES.split())
"""Not among them: what runs, frames or links, and what moves, which no page of a report does."""

LIVE = ("http://www.w3.org/", "http://www.mozilla.org/")
"""Where namespaces begin whose elements browsers act on; those of drawing programs are data."""

EVENT = re.compile(r"on[a-z]+", re.I)
WITHIN = re.compile(r"\s*(#.*|data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/=\s]*)", re.S)
"""Links that lead to a place in the same file, or hold a picture of pixels."""

NO_STYLE = ("class", "href", "id")

STYLE_REFUSED = re.compile(
    r"""
    url\s*\((?!\s*+(?:["']\s*+)?\#)
    | (?:src|image(?:-set)?|cross-fade|element|paint)\s*\(  # they load what a plain text names
    | expression\s*\( | javascript\s*: | -moz-binding | (?<![\w-])behavior\s*:
    | @(?!(?:media|supports|font-face)\b)
    | \\                                                   # it can hide any of those above
    """,
    re.I | re.X,
)
"""What no style may have: it loads something, or runs it."""

DOCTYPE = (
    re.compile(r"-//W3C//DTD SVG [\w. ]+//EN"),
    re.compile(r"https?://www\.w3\.org/\S+\.dtd"),
)


def check_svg(data: bytes) -> None:
    """Read ``data`` to its end; raise ``ReportgenError`` with the line of what is not allowed."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused("text that is not UTF-8", line) from error
    try:
        _Reader().parser.Parse(data, True)
    except expat.ExpatError as error:
        raise refused(f"a mistake ({expat.errors.messages[error.code]})", error.lineno) from error


def refused(found: str, line: int) -> ReportgenError:
    return ReportgenError(
        f"expected an SVG that only draws, found {found} in line {line}",
        hint="export it as plain SVG: no scripts, links, animation, entities or files from "
        "elsewhere",
    )


class _Reader:
    """Handlers of one parse: each refuses what it is told of, or lets it pass."""

    def __init__(self) -> None:
        self.depth = 0
        self.style: list[str] | None = None
        self.style_line = 0
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = lambda name, *_: self.refuse(f"the entity {name}")
        parser.SkippedEntityHandler = lambda name, _: self.refuse(f"the entity &{name};")
        parser.ProcessingInstructionHandler = lambda name, _: self.refuse(f"<?{name}?>")
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text

    def refuse(self, found: str, line: int | None = None) -> None:
        raise refused(found, self.parser.CurrentLineNumber if line is None else line)

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            self.refuse(f"the encoding {encoding} in place of UTF-8")

    def doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        if subset:
            self.refuse("a document type with declarations")
        given = zip(DOCTYPE, (public or "", system or ""), strict=True)
        if (system or public) and not all(known.fullmatch(text) for known, text in given):
            self.refuse("a document type other than SVG's")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self.depth == 0 and (space, local) != (SVG, "svg"):
            self.refuse(f"<{local}> of another language as the outermost element")
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} elements inside each other")
        if self.style is not None:
            self.refuse(f"<{local}> inside <style>")
        if space == SVG and local not in ELEMENTS:
            self.refuse(f"<{local}>")
        if space not in (SVG, RDF) and space.startswith(LIVE):
            self.refuse(f"<{local}> of {space}")
        for key, value in attributes.items():
            self.attribute(local, *key.rpartition(" ")[::2], value)
        if (space, local) == (SVG, "style"):
            self.style = []

    def attribute(self, element: str, space: str, name: str, value: str) -> None:
        if EVENT.fullmatch(name):
            self.refuse(f"the attribute {name} of <{element}>")
        if name == "href" and not WITHIN.fullmatch(value):
            self.refuse(f"{name}={shortened(value)} of <{element}>")
        if (space, name) == (XML, "base") or (
            space not in (XML, XLINK, RDF) and space.startswith(LIVE)
        ):
            self.refuse(f"the attribute {name} of {space} of <{element}>")
        # Most attributes of SVG are style, too.
        if not space and name not in NO_STYLE and not name.startswith(("aria-", "data-")):
            self.check_style(value, f"the attribute {name} of <{element}>")

    def check_style(self, style: str, place: str, first: int | None = None) -> None:
        """Look through a style; ``first`` is the line that it begins in, where it has many."""
        if found := STYLE_REFUSED.search(style):
            line = first and first + style.count("\n", 0, found.start())
            self.refuse(f"{shortened(style[found.start() :])} in {place}", line)

    def text(self, text: str) -> None:
        if self.style is not None:
            if not self.style:
                self.style_line = self.parser.CurrentLineNumber
            self.style.append(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.style is not None:
            style, self.style = "".join(self.style), None
            self.check_style(style, "<style>", self.style_line)


def shortened(text: str) -> str:
    text = " ".join(text.split())
    return f'"{text[:40]}…"' if len(text) > 41 else f'"{text}"'
