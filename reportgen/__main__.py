"""``python -m reportgen``: the same commands."""

from reportgen.cli import main

main()
