"""What a source of alerts is: a kind of notification, and who reads its bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from remediator.core.alert import AlertGroup
from remediator.ports.gateways import Reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of notification; it is posted to `/webhooks/KIND`.

    `parse` reads a body or raises InvalidAlert; it is a function of a module, so that a process apart finds it by name.
    `glance` returns the number of alerts of a surely good body, quickly, and None for any other. `fetch` asks the
    sender for the alerts that it cut off from a notification and returns them as a body of the same kind, empty where
    there are none or nobody to ask; it raises Transient or Permanent. `receiver` returns what stands in the sender's
    own configuration so that it posts to a URL.
    """

    kind: str
    doc: str
    parse: Callable[[bytes], AlertGroup]
    glance: Callable[[bytes], int | None]
    fetch: Callable[[Reads, AlertGroup], Awaitable[bytes]] | None = None
    receiver: Callable[[str], str] | None = None

    @property
    def path(self) -> str:
        """Where it is posted to."""
        return f"/webhooks/{self.kind}"

    @property
    def address(self) -> str:
        """Where `parse` is found: `MODULE:NAME`."""
        return f"{self.parse.__module__}:{self.parse.__qualname__}"
