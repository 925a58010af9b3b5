"""At which value published alerting rules fire, so that a guard that asks for more can be told. Pure.

Facts of node-mixin, kubernetes-mixin and awesome-prometheus-alerts in their default configuration: of a rule that comes
as warning and as critical, the one that fires first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remediator.integrations.prometheus.knowledge.promql_tree import (
    Binary,
    Leaf,
    Part,
    inside,
    number_of,
    parse_promql,
)

_SPACE = "node_filesystem_avail_bytes / node_filesystem_size_bytes"
_FILES = "node_filesystem_files_free / node_filesystem_files"
_VOLUME = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes"
_INODES = "kubelet_volume_stats_inodes_free / kubelet_volume_stats_inodes"
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A quantity (a metric, or one divided by another) and the number beyond which an alert fires."""

    quantity: str
    operator: str
    number: float

    def __str__(self) -> str:
        return f"{self.quantity} {self.operator} {self.number:g}"

    def is_stricter(self, other: Threshold) -> bool:
        """Say whether something between the two passes the other and not this one."""
        if (self.quantity, self.operator[0]) != (other.quantity, other.operator[0]):
            return False
        if self.operator[0] == "<":
            return self.number < other.number
        return self.number > other.number


PUBLISHED = {
    "NodeFilesystemSpaceFillingUp": Threshold(_SPACE, "<", 0.4),
    "NodeFilesystemAlmostOutOfSpace": Threshold(_SPACE, "<", 0.05),
    "HostOutOfDiskSpace": Threshold(_SPACE, "<", 0.1),
    "NodeFilesystemFilesFillingUp": Threshold(_FILES, "<", 0.4),
    "NodeFilesystemAlmostOutOfFiles": Threshold(_FILES, "<", 0.05),
    "HostOutOfInodes": Threshold(_FILES, "<", 0.1),
    "KubePersistentVolumeFillingUp": Threshold(_VOLUME, "<", 0.15),
    "KubernetesVolumeOutOfDiskSpace": Threshold(_VOLUME, "<", 0.1),
    "KubePersistentVolumeInodesFillingUp": Threshold(_INODES, "<", 0.15),
    "HostOutOfMemory": Threshold(
        "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "<", 0.1
    ),
    "NodeFileDescriptorLimit": Threshold("node_filefd_allocated / node_filefd_maximum", ">", 0.7),
    "NodeHighNumberConntrackEntriesUsed": Threshold(
        "node_nf_conntrack_entries / node_nf_conntrack_entries_limit", ">", 0.75
    ),
}


def stricter(query: str, names: Callable[[str], bool]) -> str:
    """Say which threshold of a query is stricter than a published rule's, among those whose name is asked for."""
    whole = parse_promql(query)
    for own in _thresholds(whole) if whole else ():
        for name, published in PUBLISHED.items():
            if names(name) and own.is_stricter(published):
                return (
                    f"`{own}` is stricter than the published rule {name}, which fires at "
                    f"{published.operator} {published.number:g}"
                )
    return ""


def _thresholds(part: Part) -> Iterator[Threshold]:
    """Yield what must hold for a query to return anything; what stands beside an `or` need not."""
    part = inside(part)
    if not isinstance(part, Binary):
        return
    if part.operator in ("and", "unless"):
        yield from _thresholds(part.left)
    if part.operator == "and":
        yield from _thresholds(part.right)
    if part.operator in _FLIPPED and part.is_filter:
        yield from _threshold(part.left, part.operator, part.right)
        yield from _threshold(part.right, _FLIPPED[part.operator], part.left)


def _threshold(side: Part, operator: str, other: Part) -> Iterator[Threshold]:
    number, quantity = number_of(other), _quantity(side)
    if number is not None and quantity is not None:
        name, scale = quantity
        yield Threshold(name, operator, number / scale)


def _quantity(part: Part) -> tuple[str, float] | None:
    """Return a metric, or one divided by another, and by what it is multiplied (100 for percent)."""
    part = inside(part)
    if isinstance(part, Leaf):
        return (part.name, 1.0) if part.name else None
    if not isinstance(part, Binary) or part.operator not in ("*", "/"):
        return None
    if part.operator == "*":
        return _scaled(part.left, part.right) or _scaled(part.right, part.left)
    above, below = _quantity(part.left), _quantity(part.right)
    if above is None or below is None:
        return None
    return f"{above[0]} / {below[0]}", above[1] / below[1]


def _scaled(side: Part, factor: Part) -> tuple[str, float] | None:
    quantity, number = _quantity(side), number_of(factor)
    return (quantity[0], quantity[1] * number) if quantity and number else None
