"""What a channel is: one way to reach people. Implementations are files or folders in `channels`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from remediator.core.messages import Message
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters


class Deliverer(Protocol):
    """One channel, ready to deliver."""

    async def deliver(self, message: Message, receipt: str | None) -> str:
        """Deliver one message and return a receipt; `receipt` is what the run's previous message here returned.

        May be called twice for one message (`deduplication` tells). Raise DeliveryError.
        """
        ...


@runtime_checkable
class Bundler(Protocol):
    """A deliverer that takes what has piled up in a thread at once."""

    async def deliver_all(self, messages: Sequence[Message], receipt: str | None) -> str:
        """Deliver messages of one thread, oldest first, as `deliver` would one by one; return one receipt for all.

        Of several DIGESTs only the last comes. Where a DeliveryError is final, they come again one by one.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One registered channel: `settings` is what stands behind its name under `notify` and `contacts`.

    `rest` is how long a thread rests between two deliveries of nothing but PROGRESS. Above `crowd` runs that wait for
    approval, or that were begun to be told within ten minutes, by one way, runs are told together in a DIGEST (0:
    never). With `joins`, all ways of this channel tell one run in one thread: a way without a receipt of its own is
    given another's.

    `needs` is the key of the section without which nobody is told this way, `how_to_set` what to add then; `title` is
    how people call the channel. With `how_to_write`, which tells what may stand there, nothing behind its name is an
    error.
    """

    name: str
    doc: str
    settings: type[Parameters]
    shorthand: str
    deliverer: Callable[[Reads, Parameters], Deliverer]
    rest: timedelta = timedelta(0)
    crowd: int = 0
    joins: bool = False
    title: str = ""
    needs: str = ""
    how_to_set: str = ""
    how_to_write: str = ""
