"""How one cluster is reached, and what of it may be touched; made by `app` from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One cluster. Without `kubeconfig` and `context` it is the one we run in.

    `namespaces` are glob patterns; none allows no namespace, only what has none, such as nodes.
    """

    name: str
    kubeconfig: str | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    gitops: str = "refuse"

    def allows(self, namespace: str) -> bool:
        """Say whether the settings let us touch what is in a namespace."""
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)
