"""Which version of a kind of object a cluster serves: the one that is asked for, or what it has. Used by `cluster`.

Kinds move from version to version (policy/v1beta1 to v1, batch/v1beta1 to v1), and custom ones may not be there at all.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from remediator.integrations.kubernetes.api import Resource
from remediator.integrations.kubernetes.gateway.paths import version_path

Ask = Callable[[str], Awaitable[Mapping[str, object] | None]]
"""Asks for a path's JSON; None where there is no such path."""

_BUILT_IN = {("", "v1"), ("apps", "v1"), ("authorization.k8s.io", "v1"), ("storage.k8s.io", "v1")}
KNOWN_SECONDS = 600.0


class Versions:
    """Looks up what one cluster serves, and remembers it for ten minutes."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, Mapping[str, object] | None]] = {}

    async def served(self, resource: Resource) -> Resource | None:
        """Return the resource in a version that the cluster serves, or None where it serves none."""
        if (resource.group, resource.version) in _BUILT_IN:
            return resource
        for version in await self._versions(resource):
            kinds = await self._look(version_path(resource.group, version)) or {}
            if any(kind.get("name") == resource.plural for kind in kinds.get("resources", ())):
                return replace(resource, version=version)
        return None

    async def eviction(self) -> str:
        """Return the `apiVersion` of an Eviction's body."""
        for kind in (await self._look("/api/v1") or {}).get("resources", ()):
            if kind.get("name") == "pods/eviction":
                return f"{kind.get('group', 'policy')}/{kind.get('version', 'v1')}"
        return "policy/v1"

    async def _versions(self, resource: Resource) -> list[str]:
        """Every version of the group: first the one asked for, then the cluster's own order."""
        group = await self._look(f"/apis/{resource.group}") if resource.group else None
        listed = [each["version"] for each in (group or {}).get("versions", ())]
        return sorted(listed, key=lambda version: version != resource.version)

    async def _look(self, path: str) -> Mapping[str, Any] | None:
        now = time.monotonic()
        until, found = self._known.get(path, (float("-inf"), None))
        if now >= until:
            found = await self._ask(path)
            self._known[path] = (now + KNOWN_SECONDS, found)
        return found
