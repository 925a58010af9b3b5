"""Who wrote a workload's pod template last, and when, as the server's own record of field managers has it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONTROLLERS = frozenset({"kube-controller-manager", "remediator"})


def author_of(workload: Mapping[str, Any]) -> str:
    """Return `MANAGER at TIME` of the last writer of the pod template, "" where the server kept no record."""
    entries = workload["metadata"].get("managedFields") or ()
    writers = [
        (str(entry.get("time") or ""), str(entry.get("manager", "")))
        for entry in entries
        if "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
        and entry.get("manager") not in _CONTROLLERS
    ]
    if not writers:
        return ""
    moment, manager = max(writers)
    return f"{manager} at {moment}" if moment else manager
