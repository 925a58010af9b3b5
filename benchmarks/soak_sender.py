"""What the endurance run sends: alerts that begin, repeat and end, over a few kept connections, at a steady rate.

A post is sent when its time has come, whether the one before has been answered or not; its wait counts from then.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import deque
from collections.abc import Mapping

from tests.acceptance.alerts import a_group, an_alert

CONNECTIONS = 8
MOST_WAITING = (
    500  # posts; a daemon that far behind will not catch up, and the sender must not grow for ever
)
POSTS = 25  # a second
FIRES_FOR = 60.0
KINDS = ("Sick", "Sick", "Ill")  # two rehearsals for one run that changes something


class Sender:
    """`waits` are those since the last look, in seconds; `accepted` the ids of notifications that were answered 202."""

    def __init__(
        self, *, port: int, headers: Mapping[str, str], alerts: float, resolved: float, hosts: int
    ) -> None:
        self._port, self._hosts = port, hosts
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._firing, self._ending = alerts / POSTS, resolved / POSTS
        self._owed = {"new": 0.0, "repeat": 0.0, "end": 0.0}
        self._number = 0
        self._open: deque[tuple[int, float]] = deque()
        self._dice = random.Random(1)
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self._stopping = False
        self.waits: list[float] = []
        self.accepted: set[str] = set()
        self.fired: set[str] = set()
        self.refused = self.unsent = self._waiting = 0

    def stop(self) -> None:
        """Send nothing more; `run` returns when everything was answered."""
        self._stopping = True

    async def run(self) -> None:
        """Send until it is stopped."""
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))
        began, sent = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                await asyncio.sleep(began + sent / POSTS - time.monotonic())
                sent += 1
                if self._waiting >= MOST_WAITING:
                    self.unsent += 1
                elif alerts := self._group():
                    group.create_task(self._post(alerts))
        while not self._free.empty():
            self._free.get_nowait()[1].close()

    def _group(self) -> list[dict[str, object]]:
        """Return the alerts of one post: as many new ones as repeats, and ends of those that have fired long enough."""
        alerts = []
        for _ in range(self._due("new", self._firing / 2)):
            self._open.append((self._number, time.monotonic()))
            alerts.append(self._alert(self._number))
            self._number += 1
        for _ in range(self._due("repeat", self._firing / 2)):
            alerts.append(self._alert(self._dice.choice(self._open)[0]))
        for _ in range(self._due("end", self._ending)):
            if self._open and time.monotonic() - self._open[0][1] >= FIRES_FOR:
                alerts.append(self._alert(self._open.popleft()[0], is_firing=False))
        return alerts

    def _due(self, what: str, rate: float) -> int:
        self._owed[what] += rate
        count = int(self._owed[what])
        self._owed[what] -= count
        return count

    def _alert(self, number: int, *, is_firing: bool = True) -> dict[str, object]:
        host, kind = f"web{number % self._hosts + 1}:9100", KINDS[number % len(KINDS)]
        labels = {"alertname": kind, "instance": host, "case": f"case-{number}"}
        return an_alert(labels, firing=is_firing)

    async def _post(self, alerts: list[dict[str, object]]) -> None:
        began = time.monotonic()
        self._waiting += 1
        reader, writer = await self._free.get()
        self._waiting -= 1
        try:
            writer.write(self._request(alerts))
            status, body = await _answer(reader)
        except (OSError, EOFError):
            self.refused += 1
            writer.close()
            self._free.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))
            return
        self.waits.append(time.monotonic() - began)
        self._free.put_nowait((reader, writer))
        if status != b"202":
            self.refused += 1
            return
        self.accepted.add(json.loads(body)["notification"])
        self.fired.update(str(a["fingerprint"]) for a in alerts if a["status"] == "firing")

    def _request(self, alerts: list[dict[str, object]]) -> bytes:
        body = json.dumps(a_group(alerts)).encode()
        head = (
            f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{self._headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = re.findall(rb"(?i)content-length: (\d+)", head)
    return head[9:12], await reader.readexactly(int(length))
