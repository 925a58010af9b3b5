"""How Slack says no: a code, and texts that say where; raised by every part of the fake, written out by `web_api`."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """`ok: false` with this `error`; `messages` go to `response_metadata.messages`."""

    def __init__(self, code: str, *messages: str, **more: object) -> None:
        super().__init__(": ".join((code, *messages)))
        self.code = code
        self.messages = messages
        self.more = more

    def body(self) -> Mapping[str, object]:
        """Return the answer as Slack writes it."""
        told = {"response_metadata": {"messages": list(self.messages)}} if self.messages else {}
        return {"ok": False, "error": self.code, **self.more, **told}


class CannotHappen(AssertionError):
    """The test asks for what no person could do in Slack: press a button that is not there, submit an empty reason."""
