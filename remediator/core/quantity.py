"""Kubernetes quantities of storage (`10Gi`, `500M`, `1.5Gi`) as bytes and back. Used by `kubernetes.expand_volume`."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

GIBIBYTE = 1024**3
_QUANTITY = re.compile(
    r"(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|(m|k|[KMGTPE]i|[MGTPE]))?", re.ASCII
)
_POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def parse_quantity(text: str) -> int:
    """Return the bytes that a quantity means, rounded up; ValueError for anything else."""
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is not a quantity such as 10Gi")
    number, exponent, unit = found.groups()
    size = Decimal(number + (exponent or ""))
    if unit == "m":
        size /= 1000
    elif unit:
        size *= Decimal(1024 if unit.endswith("i") else 1000) ** _POWERS[unit[0]]
    return int(size.to_integral_value(rounding=ROUND_CEILING))


def format_quantity(size: int) -> str:
    """Return the shortest binary quantity of exactly this many bytes."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def grown(size: int, percent: int) -> int:
    """Return the size, grown by a percentage and rounded up to whole GiB, as storage is sold."""
    more = -(-size * (100 + percent) // 100)
    return -(-more // GIBIBYTE) * GIBIBYTE
