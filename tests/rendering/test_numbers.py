"""Written numbers: three digits, true minus signs, no false certainty."""

from __future__ import annotations

import pytest

from reportgen.rendering.wording import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.23456, "1.23"),
        (-0.041234, "−0.0412"),
        (0.99999, "1.00"),
        (9.999, "10.0"),
        (1234.5, "1230"),
        (1e-9, "1.00e−09"),
        (2.5e7, "2.50e+07"),
        (float("nan"), "not finite"),
    ],
)
def test_number(value, text):
    assert numbers.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.5, "+0.500"), (-0.5, "−0.500"), (0.0, "0")])
def test_signed(value, text):
    assert numbers.signed(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.05, "+5.00 %"), (-0.05, "−5.00 %"), (0.0, "0 %"), (1e-9, "under 0.001 %")],
)
def test_signed_percent(share, text):
    assert numbers.signed_percent(share).replace(numbers.NBSP, " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (0.0001, "<0.001"), (0.5, "0.500"), (0.9999, ">0.999"), (1.0, "1.000")],
)
def test_probability_claims_certainty_only_where_it_is(value, text):
    assert numbers.probability(value) == text


def test_percent_and_sizes():
    assert numbers.percent(0.1234) == "12.3\N{NO-BREAK SPACE}%"
    assert numbers.percent(1e-9) == "under 0.001\N{NO-BREAK SPACE}%"
    assert numbers.percent(0) == "0\N{NO-BREAK SPACE}%"
    assert numbers.megabytes(2_345_678) == "2.35 MB"
    assert numbers.megabytes(999) == "0.999 kB"
    assert numbers.count(1, "input") == "1 input"
    assert numbers.count(1200, "input") == "1,200 inputs"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "+0.50"),
        (-0.5, "−0.50"),
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (-0.004, "0.00"),
        (0.004, "0.00"),
        (-0.006, "−0.01"),
        (1, "+1.00"),
    ],
)
def test_a_correlation_of_nothing_has_no_sign(value, text):
    assert numbers.correlation(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-0.001, 2, "0.00"), (-0.04, 1, "0.0"), (-1.25, 2, "−1.25"), (0.999, 2, "1.00")],
)
def test_zero_is_never_negative(value, decimals, text):
    assert numbers.fixed(value, decimals) == text


@pytest.mark.parametrize("written", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"])
def test_moments_are_written_for_people(written):
    assert numbers.moment(written) == "2026-01-02 03:04:05 UTC"
