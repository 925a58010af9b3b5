"""What `docker system df` says, read with the distrust it has earned; used by `docker.prune`. Pure.

`Reclaimable` counts every unused image (not only dangling and old ones), counts shared layers more than once, and was
negative in some versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remediator.core.duration import parse_size

_SIZE = re.compile(r"(-?)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kKMGTP]?i?B?)")
_KINDS = {"Containers": "containers", "Images": "images", "Build Cache": "build_cache"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One kind of object: how many are unused, and how many bytes that may be at most."""

    unused: int = 0
    reclaimable: int = 0

    @property
    def has_unused(self) -> bool:
        """Whether there may be something to remove, by count or by size: either has been wrong alone."""
        return self.unused > 0 or self.reclaimable > 0


def parse_usage(text: str) -> Mapping[str, Usage]:
    """Read one JSON object per line, by kind; unknown kinds and broken lines are left out."""
    rows = (_row(line) for line in text.splitlines())
    return {_KINDS[row["Type"]]: _usage(row) for row in rows if row.get("Type") in _KINDS}


def parse_bytes(text: str) -> int:
    """Read `44.04MB (100%)`, `0B`, `-1.2GB`; decimal units; 0 for what is no size."""
    found = _SIZE.match(text.strip())
    if not found:
        return 0
    sign, number, unit = found.groups()
    plain = format(float(number), "f")
    size = parse_size(f"{plain}{unit}")
    return -size if sign else size


def _row(line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _usage(row: Mapping[str, Any]) -> Usage:
    total, active = _count(row.get("TotalCount")), _count(row.get("Active"))
    size = max(0, parse_bytes(str(row.get("Size", ""))))
    reclaimable = parse_bytes(str(row.get("Reclaimable", "")))
    return Usage(unused=max(0, total - active), reclaimable=min(size, max(0, reclaimable)))


def _count(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdigit() else 0
