"""Cost of matching one alert with 10,000 playbooks against 10 (goal: a ratio of at most 1.2)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from measuring import finish, median, report

from remediator.core.alert import Alert, AlertStatus
from remediator.core.matcher import parse_matcher
from remediator.core.playbook import Mode, Playbook, VerifyOrder
from remediator.core.selection import Environment, Index, select

LOOPS = 20_000


def playbook(n: int) -> Playbook:
    return Playbook(
        name=f"playbook-{n}",
        digest=str(n),
        document="{}",
        match=((parse_matcher(f'alertname="Alert{n}"'), parse_matcher('job=~"node.*"')),),
        target="host/{{ labels.instance }}",
        mode=Mode.AUTO,
        steps=(),
        verify=VerifyOrder(checks=(), after=timedelta(0)),
    )


def microseconds(count: int) -> float:
    index = Index(playbook(n) for n in range(count))
    everywhere = (Environment(name="all", match=(), mode=Mode.AUTO),)
    labels = {"alertname": "Alert7", "job": "node", "instance": "web1:9100", "severity": "page"}
    now = datetime(2026, 11, 20, tzinfo=UTC)
    alert = Alert(fingerprint="f", status=AlertStatus.FIRING, labels=labels, starts_at=now)
    start = time.perf_counter()
    for _ in range(LOOPS):
        for candidate in index.candidates(alert.labels):
            assert select(candidate, alert, everywhere).is_selected
    return (time.perf_counter() - start) / LOOPS * 1e6


few, many = median(lambda: microseconds(10)), median(lambda: microseconds(10_000))
ratio, beside = many / few, f"{few:.2f} us and {many:.2f} us an alert"
what = "matching, 10,000 playbooks against 10"
finish(report(what, ratio, "x", "<= 1.2", is_met=ratio <= 1.2, beside=beside))
