"""What came of one thing that a person did: how the app answered the request, and what the person was shown after."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Self

from remediator.integrations.slack.fake.messages import Ephemeral
from remediator.integrations.slack.fake.workspace import World

_GLANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sending of it. `error` is what Slack shows the person ("" for nothing wrong); `took` is in seconds."""

    by: str  # "socket" or "http"
    took: float
    error: str = ""
    status: int = 0
    body: str = ""
    url: str = ""
    sent: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Delivery:
    """Await it, or call `wait`, until the app has answered; `answered` waits for what the person is shown."""

    def __init__(self, world: World, user: str, payload: Mapping[str, object]) -> None:
        self.user = user
        self.payload = payload
        self.attempts: list[Attempt] = []
        self.id = world.next_id("I")
        self._world = world
        self._began = world.next_number()
        self._done: Future[None] | None = None

    def begin(self, done: Future[None]) -> Self:
        """Remember what to wait for."""
        self._done = done
        return self

    def __await__(self) -> Generator[object, None, Self]:
        if self._done is not None:
            yield from asyncio.wrap_future(self._done).__await__()
        return self

    def wait(self, timeout: float = 10) -> Self:
        """Wait until the app has answered the request, or Slack has lost patience."""
        if self._done is not None:
            self._done.result(timeout)
        return self

    async def answered(self, timeout: float = 5, count: int = 1) -> tuple[Ephemeral, ...]:
        """Wait until the person was shown so many answers; return them. Raise TimeoutError."""
        async with asyncio.timeout(timeout):
            while len(self.answers) < count:  # noqa: ASYNC110 - it comes from another thread
                await asyncio.sleep(_GLANCE)
        return self.answers

    def wait_for_answer(self, timeout: float = 5, count: int = 1) -> tuple[Ephemeral, ...]:
        """Wait like `answered`, without a loop."""
        end = time.monotonic() + timeout
        while len(self.answers) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"no answer to {self.payload.get('type', 'the command')}")
            time.sleep(_GLANCE)
        return self.answers

    @property
    def answers(self) -> tuple[Ephemeral, ...]:
        """What the person alone was shown for it: by its response URL, in the answer, or by postEphemeral since."""
        return tuple(
            one
            for one in tuple(self._world.ephemerals)
            if one.interaction == self.id
            or (one.by == "postEphemeral" and one.user == self.user and one.number > self._began)
        )

    @property
    def first(self) -> Attempt:
        """The first sending."""
        return self.attempts[0]

    @property
    def error(self) -> str:
        """What Slack showed the person instead: `operation_timeout`, `dispatch_failed`, `http_500`…; "" for nothing."""
        return self.first.error

    @property
    def acknowledged(self) -> bool:
        """Whether the app took it within three seconds."""
        return not self.first.error

    @property
    def status(self) -> int:
        """The HTTP status of the answer; 0 on a socket."""
        return self.first.status

    @property
    def body(self) -> str:
        """The body of the answer; on a socket the acknowledgement's payload, as JSON."""
        return self.first.body

    @property
    def took(self) -> float:
        """Seconds until the answer."""
        return self.first.took

    @property
    def ack(self) -> object:
        """The body, read as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None
