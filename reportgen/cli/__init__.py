"""The commands. Each imports what it needs when it runs, so that ``--help`` stays instant."""

from __future__ import annotations

import sys

from reportgen.cli import build, check, compare, digest, export, reference, serve, site
from reportgen.cli.app import INTERRUPTED, WRONG, app, complain
from reportgen.errors import ReportgenError, SpecError

__all__ = [
    "INTERRUPTED",
    "app",
    "build",
    "check",
    "compare",
    "digest",
    "export",
    "main",
    "reference",
    "serve",
    "site",
]


def main() -> None:
    """Run the command line; errors a user can cause end in a message, never in a traceback."""
    try:
        app()
    except SpecError as error:
        for problem in error.problems:
            complain(f"{problem.where}: {problem.message}", problem.hint)
        sys.exit(WRONG)
    except ReportgenError as error:
        where = f"{error.where}: " if error.where else ""
        complain(f"{where}{error.message}", error.hint)
        sys.exit(WRONG)
    except OSError as error:
        complain(f"{error.filename or 'system'}: {error.strerror or error}")
        sys.exit(WRONG)
