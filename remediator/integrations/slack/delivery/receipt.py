"""What the deliverer gets back with a run's next message: where the run's root message stands, and whose it is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from remediator.integrations.slack.gateway.api import Posted
from remediator.integrations.slack.settings.ways import SlackWay


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A run's root message. `way` is the channel, and `call` whom to call, as the way that posted it has them.

    `told` is set where a delivery failed half-way: the deduplication keys of the messages that need no more words.
    """

    where: Posted
    way: str
    call: str = ""
    told: tuple[str, ...] = ()

    def is_of(self, way: SlackWay) -> bool:
        """Say whether this way posted it, and so edits it."""
        return (self.way, self.call) == (way.place, way.call)

    def is_open_to(self, way: SlackWay) -> bool:
        """Say whether this way calls people in this thread instead of beginning one of its own."""
        return bool(way.call) and way.place in ("", self.way)


def write_receipt(root: Root) -> str:
    """Return the receipt of a root message."""
    fields = {"channel": root.where.channel, "ts": root.where.ts, "way": root.way}
    more = {"call": root.call, "told": root.told}
    return json.dumps(fields | {name: value for name, value in more.items() if value})


def read_receipt(receipt: str | None) -> Root | None:
    """Read a receipt; None where there is none, or none of a root message (`folded`)."""
    try:
        read = json.loads(receipt or "null")
        where = Posted(channel=str(read["channel"]), ts=str(read["ts"]))
        told = tuple(map(str, read.get("told", ())))
        return Root(where=where, way=str(read["way"]), call=str(read.get("call", "")), told=told)
    except (ValueError, TypeError, KeyError):
        return None
