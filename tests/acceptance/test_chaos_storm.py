"""Five thousand alerts in seconds over eight connections: none lost, none doubled, one notice, doors stay open."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.machine import is_settled, steps_playbook
from tests.acceptance.rawhttp import query
from tests.acceptance.site import SOURCE, Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ALERTS, CONNECTIONS, WITHIN = 5000, 8, 10.0
ALLOWED = 10
PATIENCE = 10  # Alertmanager waits for a receiver for ten seconds at the least


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Nothing is reachable here: a run that is not stopped by the storm guard could only fail."""
    playbook = {
        **steps_playbook(),
        "target": "host/web1",
        "steps": [{"service.restart": {"unit": "x.service"}}],
    }
    settings = {
        "guards": {"storm": {"runs": ALLOWED, "per": "10m", "quiet": "10m"}},
        "hosts": {"allow": ["web1"], "ssh": {"known_hosts": "known_hosts"}},
    }
    site = Site(settings=settings, playbooks={"steps": playbook})
    site.write("known_hosts", "web1 ssh-ed25519 AAAA\n")
    with site:
        yield site


class Sender(threading.Thread):
    """Posts its groups over one kept connection, evenly over the time; notes each answer and its wait."""

    def __init__(self, site: Site, groups: list[bytes]) -> None:
        super().__init__()
        self._site, self._groups = site, groups
        self.answers: list[tuple[int, float]] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=60)
        headers = {**self._site.bearer(SOURCE), "Content-Type": "application/json"}
        started = time.monotonic()
        for number, body in enumerate(self._groups):
            pause = started + number * WITHIN / len(self._groups) - time.monotonic()
            time.sleep(max(pause, 0))
            began = time.monotonic()
            connection.request("POST", "/webhooks/alertmanager", body, headers)
            with connection.getresponse() as answer:
                answer.read()
                self.answers.append((answer.status, time.monotonic() - began))
        connection.close()


@pytest.fixture(scope="module")
def storm(site: Site) -> list[tuple[int, float]]:
    """All answers. Every alert is sent twice, by different connections: Alertmanagers in a cluster do that."""
    dice = random.Random(5000)
    alerts = [an_alert(_labels(number)) for number in range(ALERTS)]
    senders = []
    for _ in range(CONNECTIONS // 4):
        dice.shuffle(alerts)
        groups = list(_groups(alerts, dice))
        senders += [Sender(site, groups[n::4]) for n in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    site.wait_for(lambda: is_settled(site), 180, "every run ended")
    return [answer for sender in senders for answer in sender.answers]


def _labels(number: int) -> Mapping[str, str]:
    return {"alertname": "Sick", "instance": f"web{number}", "case": str(number)}


def _groups(alerts: list[dict[str, object]], dice: random.Random) -> Iterator[bytes]:
    """Groups of 1 to 40 alerts."""
    start = 0
    while start < len(alerts):
        size = dice.choice((1, 2, 5, 10, 20, 40))
        yield json.dumps(a_group(alerts[start : start + size])).encode()
        start += size


def test_every_notification_is_accepted_at_once(storm: list[tuple[int, float]]) -> None:
    waits = sorted(wait for _, wait in storm)
    assert Counter(status for status, _ in storm) == {202: len(storm)}
    assert waits[-1] < PATIENCE


def test_every_alert_has_one_episode_and_one_run(
    site: Site, storm: list[tuple[int, float]]
) -> None:
    cases = "select alert ->> '$.labels.case' from episode"
    episodes = Counter(case for (case,) in query(site, cases))
    assert episodes == Counter(str(number) for number in range(ALERTS))

    (runs,) = query(site, "select count(*), count(distinct episode) from run")
    assert runs == (ALERTS, ALERTS)
    assert query(site, "select count(*) from inbox where state != 'done'") == [(0,)]


def test_every_run_but_the_first_few_is_blocked_by_the_storm_guard(
    site: Site, storm: list[tuple[int, float]]
) -> None:
    outcomes = Counter(site_row for (site_row,) in query(site, "select outcome from run"))
    assert outcomes["blocked"] >= ALERTS - ALLOWED
    assert sum(outcomes.values()) == ALERTS

    blocked = site.runs(outcome="blocked")[0]
    assert blocked["reason"].startswith("storm: ")
    why = site.get(f"/why/{blocked['alert']['fingerprint']}")
    assert any(d["decision"] == "blocked" and d["by"] == "storm" for d in why["decisions"])


def test_people_are_told_of_the_storm_once(site: Site, storm: list[tuple[int, float]]) -> None:
    site.wait_for(lambda: site.get("/status")["outbox_pending"] == 0, 30, "everything told")

    notices = [message for message in site.told() if message["kind"] == "notice"]

    assert 1 <= len(notices) <= 2  # two where the hour changed meanwhile
    assert len({message["deduplication"] for message in notices}) == len(notices)
    assert "storm" in notices[0]["title"].lower()
    assert len(site.told()) <= 5 * ALLOWED


def test_the_doors_answer_while_the_storm_is_remembered(
    site: Site, storm: list[tuple[int, float]]
) -> None:
    for path in ("/runs?limit=500", "/decisions?limit=500", "/status", "/approvals", "/playbooks"):
        began = time.monotonic()
        site.get(path)
        assert time.monotonic() - began < PATIENCE
    assert site.is_ready()
