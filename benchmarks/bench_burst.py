"""5,000 alerts in 10 s (goal: none lost, none doubled): every accepted alert is one episode and one decision."""

from __future__ import annotations

import sqlite3
import time

from measuring import finish, report
from servers import daemon, get, load

ALERTS, CONNECTIONS = 5000, 8
PLAYBOOK = """\
name: disk-space-low
runbook_url: https://example.com
match: [alertname="DiskSpaceLow"]
target: host/{{ labels.instance | host }}
mode: dry_run
steps: [{journal.vacuum: {keep_size: 500M}}]
verify: {all: [{alert: resolved}]}
"""

with daemon("playbooks: [playbooks]\nhosts: {allow: [web1]}\n", PLAYBOOK) as (port, _, folder):
    began = time.perf_counter()
    answered = load(port, connections=CONNECTIONS, seconds=60, most=ALERTS)
    sent = time.perf_counter() - began
    while get(port, "/api/v1/status")["inbox_new"]:
        time.sleep(0.1)
    done = time.perf_counter() - began
    (file,) = (folder / "site").glob("*.sqlite3")
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    episodes, different = database.execute(
        "select count(*), count(distinct fingerprint) from episode"
    ).fetchone()
    database.close()

print(f"     {answered['count']} answered in {sent:.1f} s, all admitted after {done:.1f} s")
lost, doubled = answered["count"] - different, episodes - different
finish(
    report("time to take 5,000 alerts in", sent, "s", "< 10", is_met=sent < 10),
    report("alerts lost", lost, "", "0", is_met=lost == 0),
    report("alerts doubled", doubled, "", "0", is_met=doubled == 0),
)
