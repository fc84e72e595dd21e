"""How numbers are written: the one place that formats them."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write ``value`` with three significant digits and a true minus sign."""
    if not math.isfinite(value):
        return "not finite"
    rounded = float(f"{value:.3g}")
    if rounded == 0:
        return "0"
    size = abs(rounded)
    if 1e-4 <= size < 1e6:
        digits = max(0, 2 - math.floor(math.log10(size)))
        text = f"{rounded:.{digits}f}"
    else:
        text = f"{rounded:.2e}"
    return text.replace("-", MINUS)


def signed(value: float) -> str:
    """Write ``value`` like ``number``, a plus sign before positive ones."""
    text = number(value)
    return f"+{text}" if value > 0 and text != "0" else text


def percent(share: float) -> str:
    """Write a share as a percentage, a non-breaking space before the sign."""
    value = 100 * share
    if 0 < abs(value) < 0.001:
        return f"under 0.001{NBSP}%"
    return f"{number(value)}{NBSP}%"


def signed_percent(share: float) -> str:
    """Write a share like ``percent``, a plus sign before positive ones."""
    text = percent(share)
    return f"+{text}" if share > 0 and text[0].isdigit() else text


def probability(value: float) -> str:
    """Write a probability so that neither 0 nor 1 is claimed where it is not exact."""
    if 0 < value < 0.0005:
        return "<0.001"
    if 0.9995 <= value < 1:
        return ">0.999"
    return f"{value:.3f}"


def correlation(value: float) -> str:
    """Write a correlation with two decimals and its sign; what rounds to 0 has none."""
    text = fixed(value, 2)
    return f"+{text}" if float(f"{value:.2f}") > 0 else text


def fixed(value: float, decimals: int) -> str:
    """Write ``value`` with that many decimals and a true minus sign, which 0 never has."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", MINUS)


def moment(created: str) -> str:
    """Write a time of UTC, given in ISO 8601, for people: ``2026-01-02 03:04:05 UTC``."""
    return created.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC")


def megabytes(size: int) -> str:
    """Write a size in bytes as kB or MB (powers of ten)."""
    return f"{number(size / 1e6)} MB" if size >= 1e6 else f"{number(size / 1e3)} kB"


def count(amount: int, noun: str, plural: str = "") -> str:
    """Write ``1 input`` or ``3 inputs``."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


NBSP = "\N{NO-BREAK SPACE}"
