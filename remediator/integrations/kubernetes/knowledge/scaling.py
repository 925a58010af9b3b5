"""How many replicas a step may ask for, and who else rules their number. Used by `kubernetes.scale` and
`kubernetes.hpa_set_min`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PATTERN = r"^[+-]?\d{1,4}$"
_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The fewest and the most replicas that a playbook allows."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"min: {self.least}, max: {self.most}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a number of replicas is not to be had, in a sentence."""

    reason: str


def replicas_wanted(current: int, wanted: str, bounds: Bounds) -> int | Refusal:
    """Return the number that `6`, `+2` or `-1` means now.

    A relative one stops at the bounds and never goes the other way; it is refused where there is nothing left to go.
    An absolute one beyond the bounds is refused.
    """
    if not re.fullmatch(PATTERN, wanted, re.ASCII):
        return Refusal(reason=f"{wanted[:40]!r} is not a number of replicas such as 6, +2 or -1")
    if wanted[0] not in "+-":
        return _absolute(int(wanted), bounds)
    if current == 0:
        return Refusal(
            reason="it is scaled to 0, so somebody switched it off; say how many it is to have"
        )
    step = int(wanted)
    if step > 0 and current >= bounds.most:
        return Refusal(
            reason=f"it has {current} replicas, and this playbook allows no more ({bounds})"
        )
    if step < 0 and current <= bounds.least:
        return Refusal(
            reason=f"it has {current} replicas, and this playbook allows no fewer ({bounds})"
        )
    return min(current + step, bounds.most) if step > 0 else max(current + step, bounds.least)


def as_text(value: object) -> object:
    """Return a number as YAML has it in the form that `replicas_wanted` reads."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def ruler_of(
    kind: str, name: str, autoscalers: Iterable[Mapping[str, Any]]
) -> Mapping[str, object] | None:
    """Return the HorizontalPodAutoscaler or KEDA ScaledObject that rules the replicas of this workload."""
    for each in autoscalers:
        target = each.get("spec", {}).get("scaleTargetRef") or {}
        if target.get("name") == name and target.get("kind", "Deployment") == _KINDS.get(kind):
            return each
    return None


def is_made_by_keda(autoscaler: Mapping[str, Any]) -> bool:
    """Say whether a ScaledObject made this HorizontalPodAutoscaler, and would set it back."""
    owners = autoscaler["metadata"].get("ownerReferences") or ()
    return any(owner.get("kind") == "ScaledObject" for owner in owners)


def _absolute(wanted: int, bounds: Bounds) -> int | Refusal:
    if bounds.least <= wanted <= bounds.most:
        return wanted
    return Refusal(reason=f"{wanted} replicas are beyond what this playbook allows ({bounds})")
