"""Kubernetes quantities (`137451n` cores, `250Mi`) as exact numbers; used by the probe `top`, and by `quantity`, which
makes whole bytes of them."""

from __future__ import annotations

import re
from decimal import Decimal

_QUANTITY = re.compile(
    r"(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|([KMGTPE]i|[numkMGTPE])?)", re.ASCII
)
_BINARY = {letter + "i": Decimal(1024) ** (n + 1) for n, letter in enumerate("KMGTPE")}
_DECIMAL = {letter: Decimal(1000) ** (n + 1) for n, letter in enumerate("kMGTPE")}
_SMALL = {letter: Decimal(1000) ** -(n + 1) for n, letter in enumerate("mun")}
_FACTORS = {**_BINARY, **_DECIMAL, **_SMALL}


def parse_usage(text: object) -> Decimal | None:
    """Return cores or bytes; None for what is no quantity."""
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        return None
    number, exponent, suffix = found.groups()
    return Decimal(number + (exponent or "")) * _FACTORS.get(suffix or "", Decimal(1))
