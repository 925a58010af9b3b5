"""Quantities of storage are read and written as the API server does."""

import pytest

from remediator.integrations.kubernetes.knowledge.quantity import (
    format_quantity,
    grown,
    parse_quantity,
)

GI = 1024**3


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10Gi", 10 * GI),
        ("1.5Gi", GI + GI // 2),
        ("500M", 500_000_000),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1024", 1024),
        ("1e3", 1000),
        ("5E", 5 * 10**18),
        ("1500m", 2),
        ("1Ti", 1024 * GI),
        ("1.", 1),
        ("5000000000n", 5),
    ],
)
def test_a_quantity_is_so_many_bytes(text: str, size: int) -> None:
    assert parse_quantity(text) == size


@pytest.mark.parametrize(
    "text", ["", "10GB", "-1Gi", "1 Gi", "Gi", "1K", "10gi", "1e999", "\u0663Gi"]
)
def test_anything_else_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(10 * GI, "10Gi"), (GI + GI // 2, "1536Mi"), (1024 * GI, "1Ti"), (1000, "1000"), (0, "0")],
)
def test_bytes_are_written_exactly(size: int, text: str) -> None:
    assert format_quantity(size) == text
    assert parse_quantity(text) == size


@pytest.mark.parametrize(
    ("size", "percent", "expected"),
    [(10 * GI, 20, 12 * GI), (10 * GI, 25, 13 * GI), (GI, 1, 2 * GI), (500_000_000, 50, GI)],
)
def test_growth_is_rounded_up_to_whole_gibibytes(size: int, percent: int, expected: int) -> None:
    assert grown(size, percent) == expected
