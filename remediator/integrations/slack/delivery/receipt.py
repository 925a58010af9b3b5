"""What the deliverer gets back with a run's next message: where the run's root message stands, and whose it is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from remediator.integrations.slack.gateway.api import Posted
from remediator.integrations.slack.settings.destination import SlackDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A run's root message. `way` is the channel, and `call` whom to call, as the way that posted it has them.

    `told` is set where a delivery failed half-way: the deduplication keys of the messages that need no more words.
    """

    where: Posted
    destination: str
    call: str = ""
    told: tuple[str, ...] = ()

    def is_of(self, destination: SlackDestination) -> bool:
        """Say whether this way posted it, and so edits it."""
        return (self.destination, self.call) == (destination.place, destination.call)

    def is_open_to(self, destination: SlackDestination) -> bool:
        """Say whether this way calls people in this thread instead of beginning one of its own."""
        return bool(destination.call) and destination.place in ("", self.destination)


def write_receipt(root: Root) -> str:
    """Return the receipt of a root message."""
    fields = {"channel": root.where.channel, "ts": root.where.ts, "way": root.destination}
    more = {"call": root.call, "told": root.told}
    return json.dumps(fields | {name: value for name, value in more.items() if value})


def read_receipt(receipt: str | None) -> Root | None:
    """Read a receipt; None where there is none, or none of a root message (`folded`)."""
    try:
        read = json.loads(receipt or "null")
        where = Posted(channel=str(read["channel"]), ts=str(read["ts"]))
        told = tuple(map(str, read.get("told", ())))
        return Root(
            where=where, destination=str(read["way"]), call=str(read.get("call", "")), told=told
        )
    except (ValueError, TypeError, KeyError):
        return None
