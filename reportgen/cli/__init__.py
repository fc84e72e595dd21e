"""The commands. Each imports what it needs when it runs, so that ``--help`` stays instant."""

from __future__ import annotations

import sys

from reportgen.cli import (
    build,
    check,
    compare,
    digest,
    explain,
    export,
    merge,
    pdf,
    reference,
    serve,
    site,
    verify,
)
from reportgen.cli.app import INTERRUPTED, WRONG, app, tell
from reportgen.cli.system import all_printed, system_error
from reportgen.errors import ReportgenError

__all__ = [
    "INTERRUPTED",
    "app",
    "build",
    "check",
    "compare",
    "digest",
    "explain",
    "export",
    "main",
    "merge",
    "pdf",
    "reference",
    "serve",
    "site",
    "verify",
]


def main() -> None:
    """Run the command line; errors a user can cause end in a message, never in a traceback."""
    try:
        with all_printed():
            app()
    except ReportgenError as error:
        tell(error)
        sys.exit(WRONG)
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.exit(WRONG)
    except OSError as error:
        tell(system_error(error))
        sys.exit(WRONG)
