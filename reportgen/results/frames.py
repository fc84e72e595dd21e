"""Rows to tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def frame(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Make a table of these columns, whatever rows there are."""
    import pandas as pd  # slow to import, and only tables need it

    return pd.DataFrame(list(rows), columns=list(columns))
