"""Kubernetes quantities of storage (`10Gi`, `500M`, `1.5Gi`) as bytes and back. Used by `kubernetes.expand_volume`."""

from __future__ import annotations

from decimal import ROUND_CEILING

from remediator.integrations.kubernetes.knowledge.usage import parse_usage

GIBIBYTE = 1024**3


def parse_quantity(text: str) -> int:
    """Return the bytes that a quantity means, rounded up; ValueError for anything else."""
    size = parse_usage(text)
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
