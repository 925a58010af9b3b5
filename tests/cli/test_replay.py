"""`replay`: from stored notifications and from a real Prometheus to an account, a difference and a page."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remediator.ports.store import Notification
from remediator.stores.store import open_store, sqlite_url
from tests.cli.command import offline
from tests.parts.cluster import wait_until
from tests.parts.prometheus import Prometheus
from tests.parts.require import require

PLAYBOOK = """\
name: disk
match: ['alertname="DiskSpaceLow"']
requires: [instance]
target: host/{{ labels.instance | host }}
mode: auto
guards: {cooldown: 0s, limits: [{max: MOST, per: 6h, by: target}]}
steps:
  - journal.vacuum: {keep_time: 2d}
    irreversible: allow
verify: {after: 30s, within: 5m, all: [{promql: up == 1}]}
"""
SETTINGS = """\
data_dir: data
playbooks: [playbooks]
hosts: {allow: ['web\\d+']}
environments: [{name: all, match: [], mode: auto}]
"""


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    for name, most in (("playbooks", "2"), ("strict", "1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "disk.yaml").write_text(PLAYBOOK.replace("MOST", most))
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return tmp_path


def replay(site: Path, *words: str) -> Any:
    result = offline("replay", "--config.file", str(site / "settings.yaml"), *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def account(site: Path, *words: str) -> Any:
    return json.loads(replay(site, "--output", "json", *words))


def body(name: str, host: str, status: str, starts_at: datetime) -> bytes:
    alert = {
        "status": status,
        "labels": {"alertname": name, "instance": f"{host}:9100"},
        "annotations": {},
        "startsAt": starts_at.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": f"{hash((name, host)) & 0xFFFFFFFFFFFFFFFF:016x}",
    }
    whole = {"version": "4", "groupKey": "g", "truncatedAlerts": 0, "status": status}
    more = {"receiver": "r", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}}
    return json.dumps({**whole, **more, "externalURL": "", "alerts": [alert]}).encode()


def store(site: Path, *words: tuple[timedelta, str, str, str]) -> None:
    """Keep notifications: how long ago, which alert, where, and its status."""
    now = datetime.now(UTC)

    async def keep() -> None:
        (site / "data").mkdir(mode=0o700)
        kept = await open_store(sqlite_url(site / "data"))
        notifications = [
            Notification(
                id=f"ntf_{number}",
                source="",
                kind="alertmanager",
                body=body(name, host, status, now - ago),
                received_at=now - ago,
            )
            for number, (ago, name, host, status) in enumerate(words)
        ]
        await kept.submit(lambda tx: tx.accept(*notifications))
        await kept.close()

    asyncio.run(keep())


def three_times(name: str = "DiskSpaceLow", host: str = "web1") -> list[Any]:
    """The alert fires three times, half an hour each, an hour apart."""
    words = []
    for number in (3, 2, 1):
        words.append((timedelta(hours=number), name, host, "firing"))
        words.append((timedelta(hours=number, minutes=-30), name, host, "resolved"))
    return words


def test_stored_notifications_are_replayed(site: Path) -> None:
    store(site, *three_times(), (timedelta(hours=2), "Other", "web1", "firing"))

    found = account(site)

    assert (found["alerts"], found["without_a_playbook"]) == (4, 1)
    (disk,) = found["playbooks"]
    assert (disk["matched"], disk["ran"], disk["asked"]) == (3, 2, 0)
    assert disk["held_back_by"] == {"limits": 1}
    assert disk["ends"] == {"ran": 2, "blocked by limits": 1}
    assert found["busiest_targets"] == [{"target": "host/web1", "runs": 2}]
    assert any("every step takes 60s and works" in each for each in found["not_known"])


def test_a_host_that_is_not_allowed_gets_no_run(site: Path) -> None:
    store(site, *three_times(host="db1"))

    (disk,) = account(site)["playbooks"]

    assert (disk["matched"], disk["ran"], disk["refused"]) == (3, 0, {"target": 3})


def test_only_the_time_that_is_asked_about_counts(site: Path) -> None:
    store(site, *three_times())

    assert account(site, "--since", "100m")["playbooks"][0]["matched"] == 1


def test_two_sets_of_playbooks_are_compared(site: Path) -> None:
    store(site, *three_times())

    found = account(site, "--playbooks", str(site / "strict"), "--diff", str(site / "playbooks"))
    text = replay(site, "--playbooks", str(site / "strict"), "--diff", str(site / "playbooks"))

    assert found["playbooks"][0]["ran"] == 1
    assert [(each["before"], each["now"]) for each in found["changes"]] == [
        ("ran", "blocked by limits")
    ]
    assert "1 would have been otherwise" in text
    assert "ran → blocked by limits" in text


def test_a_lower_mode_and_silent_people(site: Path) -> None:
    store(site, *three_times())

    rehearsed = account(site, "--mode", "dry_run")["playbooks"][0]
    unanswered = account(site, "--mode", "approve", "--nobody-answers")["playbooks"][0]
    answered = account(site, "--mode", "approve")["playbooks"][0]

    assert (rehearsed["rehearsed"], rehearsed["ran"]) == (3, 0)
    assert (unanswered["asked"], unanswered["ran"]) == (3, 0)
    assert (answered["asked"], answered["ran"]) == (2, 2)


def test_the_page_says_it_all_and_escapes_what_is_hostile(site: Path) -> None:
    store(site, *three_times(), *three_times(name="<script>alert(1)</script>"))
    file = site / "playbooks" / "disk.yaml"
    file.write_text(file.read_text().replace('="DiskSpaceLow"', '=~".+"'))

    page = replay(site, "--output", "html", "--diff", str(site / "strict"))

    assert page.startswith("<!doctype html>")
    assert "What a replay cannot know" in page
    assert "host/web1" in page
    assert "<script" not in page


def test_the_secret_of_a_stranger_is_not_shown(site: Path) -> None:
    store(site, *three_times(name="password=hunter2hunter2"))
    file = site / "playbooks" / "disk.yaml"
    file.write_text(file.read_text().replace('="DiskSpaceLow"', '=~".+"'))

    text = replay(site, "--diff", str(site / "strict"))

    assert "3 would have been otherwise" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "soon"], "is not a duration"),
        (["--since", "0s"], "must be longer"),
        (["--label", "x"], "--label is NAME=VALUE"),
        (["--from", "alertmanager"], "there are store, prometheus"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(site: Path, words: list[str], said: str) -> None:
    result = offline("replay", "--config.file", str(site / "settings.yaml"), *words)

    assert result.exit_code == 2
    assert said in result.output


def test_without_a_store_there_is_nothing_to_replay(site: Path) -> None:
    result = offline("replay", "--config.file", str(site / "settings.yaml"))

    assert result.exit_code == 1
    assert "nothing was ever stored" in result.output


RULES = """\
groups:
  - name: all
    interval: 1s
    rules:
      - {record: up, expr: vector(1), labels: {instance: "web9:9100"}}
      - {alert: DiskSpaceLow, expr: "vector(1)", labels: {instance: "web1:9100"}}
"""


@pytest.fixture(name="prometheus_rules")
def _rules(site: Path) -> Iterator[Prometheus]:
    require("prometheus", "promtool")
    with Prometheus(rules=RULES) as real:
        more = f"prometheus: {{url: '{real.url}'}}\n"
        (site / "settings.yaml").write_text(SETTINGS + more)
        yield real


@pytest.mark.slow
def test_a_real_prometheus_is_asked_what_fired(site: Path, prometheus_rules: Prometheus) -> None:
    """The alert fires while somebody looks; the first day has no other memory."""
    real = prometheus_rules
    firing = 'ALERTS{alertstate="firing"} offset 2s'
    wait_until(lambda: bool(real.query(firing)), "an alert that fires")
    began = time.time()
    wait_until(lambda: time.time() - began > 65, "more than a step")

    found = account(site, "--from", "prometheus", "--since", "5m")

    (disk,) = found["playbooks"]
    assert (found["alerts"], disk["matched"], disk["ran"]) == (1, 1, 1)
    assert any("Prometheus keeps no annotations" in each for each in found["not_known"])
