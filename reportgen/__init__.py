"""Static HTML reports that explain what a transformer predicts, and why."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Executor": "reportgen.executor",
    "Look": "reportgen.api",
    "Results": "reportgen.api",
    "compare": "reportgen.api",
    "explain": "reportgen.api",
    "load": "reportgen.api",
    "load_spec": "reportgen.spec.loader",
    "merge": "reportgen.api",
    "render": "reportgen.site.report",
    "render_comparison": "reportgen.site.compare",
    "run": "reportgen.api",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import public names on first use: reading results must not load torch, nor Altair."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
