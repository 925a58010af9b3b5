"""Durations in Prometheus's grammar and sizes in bytes; the YAML's words for time and space."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

PATTERN = r"^((\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?|0)$"
SIZE_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*([KMGTPkmgtp][iI]?)?[Bb]?\s*$"
_PARTS = re.compile(r"(\d+)(ms|y|w|d|h|m|s)")
_SECONDS = {
    "y": 31_536_000.0,
    "w": 604_800.0,
    "d": 86_400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 0.001,
}
_LONGEST = timedelta(days=3660)
_LARGEST = 2**63 - 1
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGTP])(i?))?B?", re.ASCII | re.IGNORECASE)
_EXPONENT = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def parse_duration(text: str) -> timedelta:
    """Read `1h30m` as Prometheus does; ValueError for `1.5h`, `-5m`, `1m1h`, an empty text or ten years."""
    if not text or not re.fullmatch(PATTERN, text, re.ASCII):
        raise ValueError(f"{text!r} is not a duration: write it like 30s, 15m or 1h30m")
    seconds = sum(float(n) * _SECONDS[u] for n, u in _PARTS.findall(text))
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{text[:40]!r} is longer than ten years")
    return timedelta(seconds=seconds)


def format_duration(length: timedelta) -> str:
    """Write a duration in Prometheus's grammar, to the second (to the millisecond below one second)."""
    milliseconds = max(round(length.total_seconds() * 1000), 0)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    seconds, text = milliseconds // 1000, ""
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, int(_SECONDS[unit]))
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_size(text: str) -> int:
    """Read `500M`, `5GiB` or `1073741824` as bytes; letters are powers of 1024 as journald has them, `GB` of 1000."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a size: write it like 500M, 5GiB or 1073741824")
    number, unit, binary = match.groups(default="")
    is_decimal = unit and not binary and text.strip().upper().endswith("B")
    size = Decimal(number) * (1000 if is_decimal else 1024) ** _EXPONENT[unit.lower()]
    if size > _LARGEST:
        raise ValueError(f"{text[:40]!r} is larger than anything that can be measured")
    return int(size)


def format_size(size: float) -> str:
    """Write bytes for people, in decimal units as disks are sold: `5.0 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(size) < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return ""
