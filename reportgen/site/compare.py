"""From two runs to files: a page that says what changed, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from reportgen.rendering import pages
from reportgen.rendering.brand import Brand
from reportgen.rendering.compare.runs import make_comparison
from reportgen.rendering.seal import seal
from reportgen.results.compare.as_json import comparison_data
from reportgen.results.compare.runs import RunComparison
from reportgen.site.folder import keep
from reportgen.site.parts import measure
from reportgen.site.written import Written

PAGE, DATA = "compare.html", "compare.json"


def render_comparison(comparison: RunComparison, out: Path | str) -> Written:
    """Write ``OUT/compare.html``, one page that loads nothing, and ``OUT/compare.json``.

    Raises ``ResultsError`` where a result file cannot be read.
    """
    out = Path(out)
    view = make_comparison(comparison)
    writer = pages.Pages(Brand())
    assets = writer.inline(live=False)
    html = writer.render("compare.html", report=view, links=pages.SINGLE, assets=assets)
    html = seal(html, comparison.base.digest, comparison.head.digest)
    data = html.encode()
    keep(out, PAGE, data)
    text = json.dumps(comparison_data(comparison), indent=1, ensure_ascii=False)
    keep(out, DATA, (text + "\n").encode())
    return Written(
        path=out / PAGE,
        size=len(data),
        pages=1,
        parts=measure(html, assets),
        verdicts=tuple(verdict.text for verdict in view.verdicts),
    )
