"""An alert storm: 50,000 alerts from 5,000 targets within 60 s, ten to a notification, each target's alert ten times.

Goals: p99 of the webhook under 300 ms; nothing lost or doubled; all admitted within 15 s after the last one, and idle
within 60 s; never over 250 MB. `bench_storm.py SECONDS` sends for so long only, at the same pace.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from bench_admission import PLAYBOOK
from load import ALERT
from measuring import finish, report
from servers import cpu_seconds, daemon, get

SECONDS, PER_SECOND, TOGETHER, TARGETS = 60, 50_000 / 60, 10, 5_000
HEAD, _, TAIL = ALERT.partition('{"status":"firing","labels"')
ONE = f'{{"status":"firing","labels"{TAIL}'.removesuffix("]}")
ADMITTED_WITHIN, IDLE_WITHIN, GIVE_UP = 15, 60, 300


def request(port: int, first: int) -> bytes:
    numbers = (n % TARGETS for n in range(first, first + TOGETHER))
    alerts = ",".join((ONE % n).replace("web1:", f"web{n}:") for n in numbers)
    body = f"{HEAD}{alerts}]}}".encode()
    head = f"POST /webhooks/alertmanager HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    return (
        f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


async def send(port: int, seconds: float) -> None:
    """Send at an even pace, whatever the answers do, and print how late they came."""
    loop, free, late = asyncio.get_running_loop(), [], []
    began = loop.time()

    async def one(number: int) -> None:
        due = began + number * TOGETHER / PER_SECOND
        await asyncio.sleep(due - loop.time())
        reader, writer = free.pop() if free else await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(port, number * TOGETHER))
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", answer)[1])
        await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"not accepted: {answer!r}")
        late.append(loop.time() - due)
        free.append((reader, writer))

    count = int(seconds * PER_SECOND / TOGETHER)
    await asyncio.gather(*(one(number) for number in range(count)))
    late.sort()
    print(json.dumps({"count": count, "p50": late[count // 2], "p99": late[int(count * 0.99)]}))


def peak_megabytes(pid: int) -> float:
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def until(is_so, port: int) -> float:
    """Wait until the daemon's status is so; return how many seconds that took."""
    began = time.perf_counter()
    while not is_so(get(port, "/api/v1/status")):
        if time.perf_counter() - began > GIVE_UP:
            return float("inf")
        time.sleep(0.1)
    return time.perf_counter() - began


def is_idle(status) -> bool:
    return not (
        status["inbox_new"] or status["outbox_pending"] or sum(status["runs_active"].values())
    )


def stored(folder: Path) -> dict[str, int]:
    (file,) = (folder / "site").glob("*.sqlite3")
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    ask = {
        "notifications": "select count(*) from inbox where state = 'done'",
        "episodes": "select count(*) from episode",
        "alerts": "select count(distinct fingerprint) from episode",
        "runs": "select count(*) from run",
        "messages": "select count(*) from outbox",
    }
    return {name: database.execute(question).fetchone()[0] for name, question in ask.items()}


def main(seconds: float) -> None:
    settings = 'playbooks: [playbooks]\nhosts: {allow: ["web[0-9]+"]}\n'
    with daemon(settings, PLAYBOOK) as (port, process, folder):
        began = cpu_seconds(process.pid)
        argv = [sys.executable, __file__, "send", str(port), str(seconds)]
        sent = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
        admitted = until(lambda status: not status["inbox_new"], port)
        took = cpu_seconds(process.pid) - began
        idle = admitted + until(is_idle, port)
        worked, peak, found = (
            cpu_seconds(process.pid) - began,
            peak_megabytes(process.pid),
            stored(folder),
        )
    alerts = min(TARGETS, sent["count"] * TOGETHER)
    lost = sent["count"] - found["notifications"] + alerts - found["alerts"]
    doubled = found["episodes"] - found["alerts"] + max(found["runs"] - alerts, 0)
    p99 = sent["p99"] * 1e3
    print(
        f"     {sent['count'] * TOGETHER} alerts; the median answer took {sent['p50'] * 1e3:.0f} ms; {found}"
    )
    print(f"     {took:.0f} s of the processor until all were admitted, {worked:.0f} s until idle")
    finish(
        report("p99 of the webhook", p99, "ms", "< 300", is_met=p99 < 300),
        report("alerts lost", lost, "", "0", is_met=lost == 0),
        report("alerts doubled", doubled, "", "0", is_met=doubled == 0),
        report(
            "all admitted after",
            admitted,
            "s",
            f"< {ADMITTED_WITHIN}",
            is_met=admitted < ADMITTED_WITHIN,
        ),
        report("idle after", idle, "s", f"< {IDLE_WITHIN}", is_met=idle < IDLE_WITHIN),
        report("most memory", peak, "MB", "< 250", is_met=peak < 250),
    )


if sys.argv[1:2] == ["send"]:
    asyncio.run(send(int(sys.argv[2]), float(sys.argv[3])))
else:
    main(float(sys.argv[1]) if sys.argv[1:] else SECONDS)
