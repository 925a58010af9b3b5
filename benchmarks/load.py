"""A load generator on raw sockets: so many connections, one request at a time on each; run as a process of its own.

Prints one JSON line: requests per second, and the 50th and 99th percentile of the latency in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

ALERT = (
    '{"version":"4","groupKey":"g","truncatedAlerts":0,"status":"firing","receiver":"r","groupLabels":{},'
    '"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am","alerts":[{"status":"firing","labels":'
    '{"alertname":"DiskSpaceLow","instance":"web1:9100","mountpoint":"/var","severity":"warning"},"annotations":'
    '{"summary":"disk"},"startsAt":"2026-11-20T01:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"",'
    '"fingerprint":"%016x"}]}'
)


def request(port: int, number: int) -> bytes:
    body = (ALERT % number).encode()
    head = (
        f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer is there, until the time is up."""

    def __init__(self, load: Load) -> None:
        self.load, self.transport, self.sent_at = load, None, 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self) -> None:
        if not self.load.goes_on():
            self.done.done() or self.done.set_result(None)
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request(self.load.port, self.load.next()))

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"not accepted: {data[:200]!r}")
        self.load.latencies.append(time.perf_counter() - self.sent_at)
        self.send()

    def connection_lost(self, error) -> None:
        self.done.done() or self.done.set_result(None)


class Load:
    """What all connections share."""

    def __init__(self, port: int, seconds: float, first: int, most: int) -> None:
        self.port, self.number, self.most = port, first, first + most
        self.end = time.perf_counter() + seconds
        self.latencies: list[float] = []

    def goes_on(self) -> bool:
        return time.perf_counter() < self.end and self.number < self.most

    def next(self) -> int:
        self.number += 1
        return self.number


async def drive(port: int, connections: int, seconds: float, first: int, most: int) -> None:
    load, loop = Load(port, seconds, first, most), asyncio.get_running_loop()
    start = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in made))
    took = time.perf_counter() - start
    for transport, _ in made:
        transport.close()
    ordered = sorted(load.latencies)
    figures = {
        "per_second": len(ordered) / took,
        "count": len(ordered),
        "p50": ordered[len(ordered) // 2] * 1e3,
        "p99": ordered[int(len(ordered) * 0.99)] * 1e3,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    port, connections, seconds, first, most = sys.argv[1:6]
    asyncio.run(drive(int(port), int(connections), float(seconds), int(first), int(most)))
