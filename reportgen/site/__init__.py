"""From results to files: a report, a comparison of two runs, the history of many."""

from reportgen.site.folder import INDEX
from reportgen.site.multi_page import input_digest
from reportgen.site.report import (
    PAGE,
    as_spec,
    notebook,
    own_pages,
    render,
    render_below,
    render_input,
    settings,
)
from reportgen.site.written import Written

__all__ = [
    "INDEX",
    "PAGE",
    "Written",
    "as_spec",
    "input_digest",
    "notebook",
    "own_pages",
    "render",
    "render_below",
    "render_input",
    "settings",
]
