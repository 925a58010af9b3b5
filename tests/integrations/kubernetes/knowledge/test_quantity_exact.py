"""What the metrics API measures, as numbers."""

from decimal import Decimal

import pytest

from remediator.integrations.kubernetes.knowledge.quantity import parse_exactly


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", "2"),
        ("250m", "0.25"),
        ("137451n", "0.000137451"),
        ("12u", "0.000012"),
        ("1.5Gi", "1610612736"),
        ("129M", "129000000"),
        ("12e6", "12000000"),
        ("1E", "1000000000000000000"),
        (".5", "0.5"),
        ("1.", "1"),
        (4, "4"),
    ],
)
def test_a_quantity_is_an_exact_number(text: object, value: str) -> None:
    assert parse_exactly(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", None, "Gi", "1 Gi", "1GiB", "1e9999", "0x10", "nan", "-1", "\u0663Gi"]
)
def test_what_is_no_quantity_is_none(text: object) -> None:
    assert parse_exactly(text) is None
