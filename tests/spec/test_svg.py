"""SVG logos: what drawing programs write is taken, what would run or load anything is refused."""

from __future__ import annotations

from time import perf_counter

import pytest

from reportgen.errors import ReportgenError
from reportgen.spec.logo import check_logo
from reportgen.spec.svg import check_svg

PNG = "data:image/png;base64,iVBORw0KGgo="

INKSCAPE = """\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->

<svg
   width="60mm"
   viewBox="0 0 60 20"
   version="1.1"
   id="svg1"
   inkscape:version="1.4 (e7c3feb, 2024-10-09)"
   sodipodi:docname="logo.svg"
   inkscape:export-filename="C:\\Users\\us\\logo.png"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns:xlink="http://www.w3.org/1999/xlink"
   xmlns="http://www.w3.org/2000/svg"
   xmlns:svg="http://www.w3.org/2000/svg"
   xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
   xmlns:cc="http://creativecommons.org/ns#"
   xmlns:dc="http://purl.org/dc/elements/1.1/">
  <sodipodi:namedview id="namedview1" pagecolor="#ffffff" inkscape:pageopacity="0.0">
    <inkscape:grid type="xygrid" originx="0" />
  </sodipodi:namedview>
  <metadata>
    <rdf:RDF>
      <cc:Work rdf:about="">
        <dc:format>image/svg+xml</dc:format>
        <dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage" />
        <cc:license rdf:resource="http://creativecommons.org/licenses/by/4.0/" />
      </cc:Work>
    </rdf:RDF>
  </metadata>
  <defs id="defs1">
    <inkscape:path-effect effect="fillet_chamfer" id="path-effect1" only_selected="false" />
    <linearGradient inkscape:collect="always" id="a">
      <stop style="stop-color:#0b6e4f;stop-opacity:1" offset="0" id="stop1" />
    </linearGradient>
    <linearGradient inkscape:collect="always" xlink:href="#a" id="b" x1="0" x2="60" />
  </defs>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1">
    <path style="fill:url(#b);stroke:none" d="M 0,0 H 60 V 20 Z" id="path1" />
    <text xml:space="preserve" style="font-family:Sans;\
-inkscape-font-specification:'Sans, Normal'" x="2" y="12">Us &amp; you</text>
  </g>
</svg>
"""

HONEST = {
    "of one line": '<svg xmlns="http://www.w3.org/2000/svg" width="8"/>',
    "of Inkscape": INKSCAPE,
    "with the document type of SVG 1.1 and a prefix": (
        '\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
        '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:circle r="4" /></s:svg>'
    ),
    "with style rules": (
        '<svg xmlns="http://www.w3.org/2000/svg"><style><![CDATA[\n'
        ".a:not(.b) { fill: rgb(1 2 3); mask: url( '#m' ) }\n"
        "@media (prefers-color-scheme: dark) { .a { fill: #fff } }\n"
        "]]></style><g class='a b' id='url(x)' style=\"filter: url('#f')\"/></svg>"
    ),
    "with a shape used again and a picture": (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink">'
        '<defs><path id="a" d="M0 0h8"/><clipPath id="c"><use href="#a"/></clipPath></defs>'
        f'<use l:href=" #a"/><image href="{PNG}\n" clip-path="url(#c)"/>'
        '<text data-note="@import \\" aria-label="javascript: the good parts">url(x)</text></svg>'
    ),
    "with a filter": (
        '<svg xmlns="http://www.w3.org/2000/svg"><filter id="f"><feGaussianBlur '
        'stdDeviation="2"/><feMerge><feMergeNode in="SourceGraphic"/></feMerge></filter></svg>'
    ),
}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_what_only_draws_is_taken(text):
    assert check_logo(text.encode()).type == "svg"


def drawn(inside: str, attributes: str = "") -> str:
    """Return an SVG whose second line is ``inside``."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f"{attributes}>\n{inside}\n</svg>"
    )


# Each row: a whole file, and what its refusal says was found.
HOSTILE = {
    "script": (drawn("<script>alert(1)</script>"), "<script> in line 2"),
    "script of a prefix": (
        drawn("<x:script/>", ' xmlns:x="http://www.w3.org/2000/svg"'),
        "<script> in line 2",
    ),
    "script as XHTML": (
        drawn("<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>"),
        "<script> of http://www.w3.org/1999/xhtml in line 2",
    ),
    "XHTML in the metadata": (
        drawn("<metadata>\n<i xmlns='http://www.w3.org/1999/xhtml'/></metadata>"),
        "<i> of http://www.w3.org/1999/xhtml in line 3",
    ),
    "mathematics": (
        drawn("<math xmlns='http://www.w3.org/1998/Math/MathML' href='#'/>"),
        "<math> of http://www.w3.org/1998/Math/MathML in line 2",
    ),
    "foreignObject": (drawn("<foreignObject/>"), "<foreignObject> in line 2"),
    "handler": (drawn("", ' onload="alert(1)"'), "the attribute onload of <svg> in line 1"),
    "handler in capitals": (
        drawn("<g\nONCLICK='alert(1)'/>"),
        "the attribute ONCLICK of <g> in line 2",
    ),
    "handler on a drawing program's element": (
        drawn("<x:a xmlns:x='http://example.org' onclick='1'/>"),
        "the attribute onclick of <a> in line 2",
    ),
    "handler of XML events": (
        drawn("<g xmlns:e='http://www.w3.org/2001/xml-events' e:event='load'/>"),
        "the attribute event of http://www.w3.org/2001/xml-events of <g> in line 2",
    ),
    "link": (drawn("<a href='#x'/>"), "<a> in line 2"),
    "use of another file": (
        drawn("<use xlink:href='//example.org/a.svg#x'/>"),
        'href="//example.org/a.svg#x" of <use> in line 2',
    ),
    "use of an SVG as data": (
        drawn("<use href='data:image/svg+xml;base64,PHN2Zy8+#x'/>"),
        'href="data:image/svg+xml;base64,PHN2Zy8+#x" of <use> in line 2',
    ),
    "a picture from elsewhere": (
        drawn("<image href='http://example.org/a.png'/>"),
        'href="http://example.org/a.png" of <image> in line 2',
    ),
    "javascript as a link, in references": (
        drawn("<linearGradient xlink:href='&#106;ava&#10;script:alert(1)'/>"),
        'href="java script:alert(1)" of <linearGradient> in line 2',
    ),
    "another base": (
        drawn("<g xml:base='http://example.org/'><use href='#a'/></g>"),
        "the attribute base of http://www.w3.org/XML/1998/namespace of <g> in line 2",
    ),
    "iframe": (drawn("<iframe src='#'/>"), "<iframe> in line 2"),
    "embed": (drawn("<embed src='#'/>"), "<embed> in line 2"),
    "object": (drawn("<object data='#'/>"), "<object> in line 2"),
    "audio": (drawn("<audio src='#'/>"), "<audio> in line 2"),
    "video": (drawn("<video/>"), "<video> in line 2"),
    "set": (drawn("<set attributeName='onmouseover' to='alert(1)'/>"), "<set> in line 2"),
    "animate": (
        drawn("<animate attributeName='xlink:href' values='javascript:alert(1)'/>"),
        "<animate> in line 2",
    ),
    "fill from elsewhere": (
        drawn("<path fill='url(http://example.org/#a)'/>"),
        '"url(http://example.org/#a)" in the attribute fill of <path> in line 2',
    ),
    "fill from elsewhere, hidden": (
        drawn(r"<path fill='u\72l(http://example.org/#a)'/>"),
        r'"\72l(http://example.org/#a)" in the attribute fill of <path> in line 2',
    ),
    "style from elsewhere": (
        drawn("<g style='fill:red; mask: URL( \" //example.org/\" )'/>"),
        '"URL( " //example.org/" )" in the attribute style of <g> in line 2',
    ),
    "style as a script": (
        drawn("<g style='width: expression(alert(1))'/>"),
        '"expression(alert(1))" in the attribute style of <g> in line 2',
    ),
    "style rules from elsewhere": (
        drawn("<style>\n.a { fill: red }\n@IMPORT 'http://example.org/'</style>"),
        "\"@IMPORT 'http://example.org/'\" in <style> in line 4",
    ),
    "style rules that are split": (
        drawn("<style>@imp<!-- -->ort '//a'; url<![CDATA[(//b)]]></style>"),
        "\"@import '//a'; url(//b)\" in <style> in line 2",
    ),
    "style rules that are split by an element": (
        drawn("<style>@imp<g/>ort '//a'</style>"),
        "<g> inside <style> in line 2",
    ),
    "style that loads what a text names": (
        drawn("<style>g { background: image-set('//example.org/a.png' 1x) }</style>"),
        "\"image-set('//example.org/a.png' 1x) }\" in <style> in line 2",
    ),
    "a style sheet": (
        '<?xml-stylesheet href="//example.org/a.css"?>\n' + drawn(""),
        "<?xml-stylesheet?> in line 1",
    ),
    "entities": (
        '<!DOCTYPE svg [\n<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n' + drawn("<text>&b;</text>"),
        "a document type with declarations in line 1",
    ),
    "a file as an entity": (
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + drawn("&a;"),
        "a document type with declarations in line 1",
    ),
    "an entity of nobody": (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n' + drawn("&a;"),
        "the entity &a; in line 3",
    ),
    "a document type from elsewhere": (
        '<!DOCTYPE svg SYSTEM "http://example.org/a.dtd">' + drawn(""),
        "a document type other than SVG's in line 1",
    ),
    "SVG's document type from elsewhere": (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://example.org/a.dtd">' + drawn(""),
        "a document type other than SVG's in line 1",
    ),
    "another encoding": (
        '<?xml version="1.0" encoding="UTF-7"?>' + drawn(""),
        "the encoding UTF-7 in place of UTF-8 in line 1",
    ),
    "a page": (
        "<!DOCTYPE html><html><script>alert(1)</script></html>",
        "<html> of another language as the outermost element in line 1",
    ),
    "a page as XHTML": (
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        "<html> of another language as the outermost element in line 1",
    ),
    "without its namespace": (
        "<svg><script/></svg>",
        "<svg> of another language as the outermost element in line 1",
    ),
    "too deep": (
        drawn("<g>" * 200 + "</g>" * 200),
        "more than 200 elements inside each other in line 2",
    ),
    "cut off": (drawn("")[:-3], "a mistake (unclosed token) in line 3"),
    "two in one": (drawn("") + "<svg/>", "a mistake (junk after document element) in line 3"),
}


@pytest.mark.parametrize(("text", "found"), HOSTILE.values(), ids=HOSTILE)
def test_what_would_run_or_load_is_refused(text, found):
    with pytest.raises(ReportgenError) as caught:
        check_logo(text.encode())
    assert caught.value.message == f"expected an SVG that only draws, found {found}"
    assert "plain SVG" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_only_utf8_is_read(encoding):
    with pytest.raises(ReportgenError, match=r"text that is not UTF-8 in line"):
        check_svg(drawn("<title>ü</title>").encode(encoding))


@pytest.mark.parametrize(
    ("start", "part"),
    [("", "-1"), ("url(", " "), ("url( '", " "), ("javascript", " "), ("", "url(#a)"), ("", "url")],
)
def test_half_a_megabyte_of_anything_is_read_at_once(start, part):
    text = drawn(f"<style>{start}{part * (450_000 // len(part))}#</style>")
    begun = perf_counter()
    check_svg(text.encode())
    assert perf_counter() - begun < 10  # and not for hours, searching every space from every other
