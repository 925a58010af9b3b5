"""What `df` says about a file system, and the arithmetic of freed space; used by host actions, probes and checks.

Pure: reads text, returns values. Freed space is always the difference of two of these, never a cleaner's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remediator.core.duration import format_size
from remediator.core.pattern import compiled

# `df -P -B1`: names may hold spaces, so the four columns between them are what to look for.
_ROW = compiled(r"(\S.*?)\s+(\d{1,20})\s+(\d{1,20})\s+(-?\d{1,20})\s+(?:\d+%|-)\s+(/.*)")
_LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """One mounted file system, in bytes (or in inodes where `df -i` was asked)."""

    device: str
    mountpoint: str
    size: int
    used: int
    available: int

    @property
    def identity(self) -> str:
        """What stays the same while it fills and grows: two paths with one identity share their space."""
        return f"{self.device}@{self.mountpoint}"

    def shares_space_with(self, other: FileSystem) -> bool:
        """Say whether what is freed here is free there: one mount, or one device that is mounted in two places. Names
        without a slash (`tmpfs`, `overlay`) are kinds, of which there are many."""
        if self.identity == other.identity:
            return True
        return self.device == other.device and "/" in self.device

    @property
    def used_percent(self) -> float:
        """Use as `df` shows it: of what may be used, so that root's reserve counts as neither."""
        usable = self.used + self.available
        return 100 * self.used / usable if usable > 0 else 0.0

    @property
    def free_percent(self) -> float:
        """Available of the whole size, as in `node_filesystem_avail_bytes / node_filesystem_size_bytes`."""
        return 100 * self.available / self.size if self.size else 0.0

    def as_facts(self) -> Mapping[str, Any]:
        """Return what a change keeps as the state before."""
        return {
            "device": self.device,
            "mountpoint": self.mountpoint,
            "size_bytes": self.size,
            "used_bytes": self.used,
            "available_bytes": self.available,
        }


def df_words(path: str, *, inodes: bool = False) -> list[str]:
    """Return the command whose output `parse_df` reads; GNU's df and busybox's know it."""
    return ["df", "-P", "-i" if inodes else "-B1", "--", path]


def parse_df(text: str) -> FileSystem | None:
    """Read the first file system of `df -P`; None where there is none."""
    for line in text.splitlines()[1:]:
        if row := _ROW.groups(line.rstrip()):
            _, device, size, used, available, mountpoint = row
            return FileSystem(
                device=device,
                mountpoint=mountpoint,
                size=int(size),
                used=int(used),
                available=int(available),
            )
    return None


def from_facts(facts: Mapping[str, Any]) -> FileSystem | None:
    """Read what `as_facts` wrote; None where a fact is missing."""
    try:
        return FileSystem(
            device=str(facts["device"]),
            mountpoint=str(facts["mountpoint"]),
            size=int(facts["size_bytes"]),
            used=int(facts["used_bytes"]),
            available=int(facts["available_bytes"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def freed_bytes(before: FileSystem, after: FileSystem) -> int:
    """Return how much more is available; never negative, for others write meanwhile."""
    return max(0, after.available - before.available)


def freed_words(before: FileSystem, after: FileSystem) -> str:
    """Return the sentence for people: `freed 1.1 GB (/var 94 % -> 71 %)`."""
    return (
        f"freed {format_size(freed_bytes(before, after))}"
        f" ({before.mountpoint} {before.used_percent:.0f} % -> {after.used_percent:.0f} %)"
    )


def generous_bound(estimate: int) -> int:
    """Return a bound that a later estimate of the same thing stays within: a power of two over a quarter more."""
    return int(max(64 * 1024 * 1024, 2 ** (estimate * 5 // 4).bit_length()))


def absolute_path(text: str) -> str:
    """Return a path that may be given to a command; ValueError for what is not plainly absolute."""
    if not text.startswith("/") or len(text) > _LONGEST_PATH or not text.isprintable():
        raise ValueError(f"{text[:80]!r} is not an absolute path")
    if ".." in text.split("/"):
        raise ValueError(f"{text[:80]!r} leads upwards")
    return text
