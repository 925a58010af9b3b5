"""Kubernetes quantities (`137451n` cores, `250Mi`, `1.5Gi`): as exact numbers, and of storage as bytes and back."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

GIBIBYTE = 1024**3
_QUANTITY = re.compile(
    r"(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE])?)", re.ASCII
)
_BINARY = {letter + "i": Decimal(1024) ** (n + 1) for n, letter in enumerate("KMGTPE")}
_DECIMAL = {letter: Decimal(1000) ** (n + 1) for n, letter in enumerate("kMGTPE")}
_SMALL = {letter: Decimal(1000) ** -(n + 1) for n, letter in enumerate("mun")}
_FACTORS = {**_BINARY, **_DECIMAL, **_SMALL}


def parse_exactly(text: object) -> Decimal | None:
    """Return cores or bytes; None for what is no quantity."""
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        return None
    number, exponent, suffix = found.groups()
    return Decimal(number + (exponent or "")) * _FACTORS.get(suffix or "", Decimal(1))


def parse_quantity(text: str) -> int:
    """Return the bytes that a quantity means, rounded up; ValueError for anything else."""
    size = parse_exactly(text)
    if size is None:
        raise ValueError(f"{text[:40]!r} is not a quantity such as 10Gi")
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
