"""The names that a cluster gives a machine: a Node's `spec.providerID` and `status.addresses`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from remediator.core.machine_names import hosts_of
from remediator.core.target import Target

_PROVIDER_ID = re.compile(r"aws:///(?:[^/]*/)*(i-[0-9a-fA-F]{8,17})")


def node_names(raw: Mapping[str, Any]) -> tuple[Target, ...]:
    """Return a node's addresses, host names and, at AWS, its instance."""
    status, spec = raw.get("status") or {}, raw.get("spec") or {}
    found = _PROVIDER_ID.fullmatch(str(spec.get("providerID") or ""))
    instance = (Target("instance", found[1]),) if found else ()
    listed: Sequence[Mapping[str, Any]] = status.get("addresses") or ()
    return (*instance, *hosts_of(each.get("address") for each in listed))
