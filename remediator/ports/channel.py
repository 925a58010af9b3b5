"""What a channel is: one way to reach people. Implementations are files or folders in `channels`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from remediator.core.messages import Message
from remediator.ports.parameters import Parameters


class Deliverer(Protocol):
    """One channel, ready to deliver."""

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """Deliver one message and return a receipt; `receipt` is what the run's previous message here returned.

        May be called twice for one message (`deduplication` tells). Raise DeliveryError.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One registered channel: `settings` is what stands behind its name under `notify` and `contacts`."""

    name: str
    doc: str
    settings: type[Parameters]
    shorthand: str
    deliverer: Callable[[Mapping[str, Any], Any], Deliverer]
