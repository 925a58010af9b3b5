"""What `docker system df -v` lists, read with the distrust it has earned; used by `docker.prune`. Pure.

Its own sum of what is reclaimable counts every unused image, not only dangling and old ones, counts shared layers more
than once, and was negative in some versions. Here the rows are added up that a prune would take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from remediator.core.duration import parse_size

NONE = "<none>"
_SIZE = re.compile(r"(-?)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kKMGTP]?i?B?)")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One image or one record of the build cache. `size` is None where Docker does not say, `at` when an image was made
    or a record last used."""

    is_used: bool
    is_tagged: bool = False
    size: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a prune would take of one kind: how many, and how many bytes at most (None: not known)."""

    count: int = 0
    size: int | None = 0


def read_images(text: str) -> tuple[Row, ...]:
    """Read the lines `image CONTAINERS UNIQUE SIZE REPOSITORY TAG CREATED`; others are left out."""
    return tuple(
        Row(
            is_used=words[1] != "0",
            is_tagged=words[4:6] != [NONE, NONE],
            size=_bytes(words[2]) if _bytes(words[2]) is not None else _bytes(words[3]),
            at=read_time(" ".join(words[6:])),
        )
        for words in _lines(text, "image", 6)
    )


def read_cache(text: str) -> tuple[Row, ...]:
    """Read the lines `cache IN-USE SIZE LAST-USED`; others are left out."""
    return tuple(
        Row(is_used=words[1] != "false", size=_bytes(words[2]), at=read_time(" ".join(words[3:])))
        for words in _lines(text, "cache", 3)
    )


def unused(rows: Iterable[Row], before: datetime, *, tagged: bool = False) -> Usage:
    """Return what a prune up to this moment would take; with `tagged` also what has a name. A time that is not told
    counts as old, as it does for Docker."""
    old = [
        row
        for row in rows
        if not row.is_used and (tagged or not row.is_tagged) and (row.at is None or row.at < before)
    ]
    sizes = [row.size for row in old if row.size is not None]
    return Usage(count=len(old), size=sum(sizes) if len(sizes) == len(old) else None)


def parse_bytes(text: str) -> int:
    """Read `44.04MB (100%)`, `0B`, `-1.2GB`; decimal units; 0 for what is no size."""
    found = _SIZE.match(text.strip())
    if not found:
        return 0
    sign, number, unit = found.groups()
    plain = format(float(number), "f")
    size = parse_size(f"{plain}{unit}")
    return -size if sign else size


def read_time(text: str) -> datetime | None:
    """Read a moment as Go writes it, `2026-10-30 02:38:34.12 +0000 UTC`, or None."""
    found = _TIME.search(text)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3]}") if found else None


def _lines(text: str, kind: str, least: int) -> Iterable[list[str]]:
    rows = (line.split() for line in text.splitlines())
    return (words for words in rows if words[:1] == [kind] and len(words) >= least)


def _bytes(text: str) -> int | None:
    return max(0, parse_bytes(text)) if _SIZE.match(text) else None
