"""Durable intake (202 after the commit, SQLite, 64 connections, one alert each) against a bare aiohttp handler.

Goals: at least 0.45 of the bare handler's rate, p99 under 40 ms.
"""

from __future__ import annotations

import statistics
import time

from measuring import ROUNDS, finish, report
from servers import bare_server, daemon, get, load

SECONDS, CONNECTIONS = 2.0, 64

ratios, rates, bare_rates, slowest = [], [], [], []


def wait_until_drained(port: int) -> None:
    """Let the daemon finish what it took in, so that it does not slow the bare handler's turn."""
    while get(port, "/api/v1/status")["inbox_new"]:
        time.sleep(0.1)


with bare_server() as bare, daemon() as (port, _, _):
    load(bare, connections=CONNECTIONS, seconds=0.5)
    load(port, connections=CONNECTIONS, seconds=0.5)
    for n in range(1, ROUNDS + 1):
        wait_until_drained(port)
        reference = load(bare, connections=CONNECTIONS, seconds=SECONDS)
        ours = load(port, connections=CONNECTIONS, seconds=SECONDS, first=n * 10**7)
        ratios.append(ours["per_second"] / reference["per_second"])
        rates.append(ours["per_second"])
        bare_rates.append(reference["per_second"])
        slowest.append(ours["p99"])

ratio, p99 = statistics.median(ratios), statistics.median(slowest)
rate, bare_rate = statistics.median(rates), statistics.median(bare_rates)
beside = f"{rate:.0f} of {bare_rate:.0f} posts/s"
finish(
    report(
        "durable intake against a bare handler",
        ratio,
        "x",
        ">= 0.45",
        is_met=ratio >= 0.45,
        beside=beside,
    ),
    report("its 99th percentile", p99, "ms", "< 40", is_met=p99 < 40),
)
