"""Attacks on the door of a real daemon, with a good webhook beside them: its worst answer stays short, and the daemon
stops when it is told to."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.command import PYTHON, environment
from tests.acceptance.machine import steps_playbook
from tests.acceptance.rawhttp import connect, good_body, head, inbox, query, request
from tests.acceptance.site import SOURCE, Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
HOOK = "/webhooks/alertmanager"
MEBIBYTE = 1024 * 1024
SHORT = 2.0
"""Of a second that is asked for, on a machine where others are tested beside it."""
STEPS = {
    **steps_playbook(),
    "target": "host/web1",
    "steps": [{"service.restart": {"unit": "x.service"}}],
}
START = b'{"version":"4","alerts":[],"x":'


def keys(count: int, *, twice: bool) -> bytes:
    names = b",".join(b'"k%d":1' % n for n in range(count))
    last = b',"k%d":2' % (count - 1) if twice else b""
    return START + b"{" + names + last + b"}}"


class Bounded(Site):
    """A site whose daemon has limits: the options of `prlimit`."""

    def __init__(self, *limits: str, **more: Any) -> None:
        super().__init__(**more)
        self._limits = limits

    def start(self) -> None:
        config = self.write("remediator.yaml", json.dumps(self.settings))
        argv = ["prlimit", *self._limits, PYTHON, "-m", "remediator", "serve"]
        argv += ["--config.file", str(config), "--log.format", "json"]
        self._server.start(argv, self.is_ready, env=environment())


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(playbooks={"steps": STEPS}) as site:
        yield site


def post(site: Site, body: bytes) -> int:
    try:
        return site.call("POST", HOOK, body, headers=site.bearer(SOURCE)).status
    except OSError:
        return 0  # hung up


def beside(site: Site, attack: Callable[[], object], *, least: int = 10) -> float:
    """Run an attack; the longest that a good webhook waited meanwhile. Every one of them must be taken."""
    attacking = threading.Thread(target=attack)
    attacking.start()
    waits: list[float] = []
    while attacking.is_alive() or len(waits) < least:
        began = time.monotonic()
        assert post(site, good_body(f"beside-{len(waits)}")) == 202
        waits.append(time.monotonic() - began)
        time.sleep(0.02)
    attacking.join()
    return max(waits)


def all_at_once(site: Site, bodies: list[bytes]) -> list[int]:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda b=body: found.append(post(site, b))) for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def assert_stops(site: Site) -> None:
    began = time.monotonic()
    site.send(signal.SIGTERM)
    site.wait_for(lambda: not site.is_running, 25, "the end")
    assert time.monotonic() - began < 25
    assert "daemon_stopped" in site.full_log()


ATTACKS = {
    "230 KB of keys, three of them": [keys(23_000, twice=True)] * 3,
    "thirteen mebibytes, eight of them": [keys(900_000, twice=True)] * 8,
    "as many keys as are read, four of them": [keys(450_000, twice=True)] * 4,
    "sixteen mebibytes of {},": [START + b"[" + b"{}," * 5_500_000 + b"{}]}"] * 3,
    "a quarter mebibyte of {},": [START + b"[" + b"{}," * 85_000 + b"{}]}"] * 10,
    "sixteen mebibytes of []": [START + b"[" * 8_000_000 + b"]" * 8_000_000 + b"}"] * 2,
    "a number without an end": [START + b"1" * 15_000_000 + b"}"] * 3,
    "fractions": [START + b"[" + b"0.12345," * 1_900_000 + b"1]}"] * 4,
    "surrogates": [START + b'["' + b"\\\\ud83d\\\\udca9" * 30_000 + b'"]}'] * 4,
    "ten thousand odd alerts": [
        json.dumps(
            {**a_group([]), "alerts": [{"labels": {"a": n}} for n in range(10_000)]}
        ).encode()
    ]
    * 2,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_good_webhook_is_answered_quickly_beside(site: Site, name: str) -> None:
    bodies = ATTACKS[name]
    statuses: list[int] = []

    worst = beside(site, lambda: statuses.extend(all_at_once(site, bodies)))

    assert worst < SHORT
    assert set(statuses) <= {202, 400, 503}
    assert site.api("GET", "/status").status == 200
    assert_stops(site)


def test_a_reload_and_the_end_do_not_wait_for_hostile_bodies(site: Site) -> None:
    bodies = [keys(450_000, twice=False)] * 8
    attack = threading.Thread(target=all_at_once, args=(site, bodies))
    attack.start()
    time.sleep(1)

    began = time.monotonic()
    assert site.call("POST", "/-/reload", headers=site.bearer("ana")).status == 200
    assert time.monotonic() - began < 10
    pid = site.pid
    assert_stops(site)
    attack.join()
    assert not _children(pid)


def test_what_was_accepted_and_is_costly_to_read_holds_up_nobody_after_a_restart(
    site: Site,
) -> None:
    site.kill()
    for number in range(4):
        _put_into_inbox(site, f"ntf_evil{number}", keys(450_000, twice=True))
    alerts = [an_alert({"alertname": "Nobody", "case": f"{n}"}) for n in range(5_000)]
    _put_into_inbox(site, "ntf_large", json.dumps(a_group(alerts)).encode())
    site.start()

    def all_read() -> bool:
        return query(site, "select count(*) from inbox where state = 'new'") == [(0,)]

    worst = beside(site, lambda: site.wait_for(all_read, 100, "an empty inbox"))

    assert worst < SHORT
    assert query(site, "select count(*) from inbox where state = 'bad'") == [(4,)]
    assert query(site, "select count(*) from episode")[0][0] >= 5_000
    assert_stops(site)


def test_idle_again_no_process_for_bodies_is_left(site: Site) -> None:
    assert _children(site.pid) == []
    assert post(site, keys(60_000, twice=False)) == 202
    assert len(_children(site.pid)) == 1

    site.wait_for(lambda: not _children(site.pid), 40, "the end of the reading process")


def test_a_thousand_slow_bodies_and_900_half_open_connections_stand_beside_good_traffic(
    site: Site,
) -> None:
    slow = request(site, good_body("slow"))
    with ExitStack() as stack:
        for number in range(1_900):
            connection = stack.enter_context(connect(site))
            connection.sendall(slow[: len(slow) - 5] if number < 1_000 else slow[:40])

        worst = beside(site, lambda: time.sleep(5))

        assert worst < SHORT
        assert site.is_ready()
        assert_stops(site)


def test_a_hundred_half_open_connections_on_64_descriptors_leave_room_and_a_short_log() -> None:
    with (
        Bounded("--nofile=64:64", playbooks={"steps": STEPS}) as site,
        ExitStack() as stack,
    ):
        before = len(site.full_log())

        def flood() -> None:
            for _ in range(100):
                connection = stack.enter_context(connect(site))
                with contextlib.suppress(OSError):
                    connection.sendall(head(site)[:30])
            time.sleep(5)

        worst = beside(site, flood)

        assert worst < SHORT
        assert site.is_ready()
        assert len(site.full_log()) - before < 50_000
        assert "Traceback" not in site.full_log()
        assert_stops(site)


def test_under_a_limit_of_memory_everybody_gets_an_answer_or_the_daemon_ends_cleanly() -> None:
    with Bounded(f"--as={1_200 * MEBIBYTE}", playbooks={"steps": STEPS}) as site:
        statuses = all_at_once(site, [keys(450_000, twice=True)] * 4)
        statuses += all_at_once(site, [START + b'"' + b"x" * 15 * MEBIBYTE + b'"}'] * 8)

        assert set(statuses) <= {202, 400, 503}
        assert post(site, good_body("after")) == 202
        assert_stops(site)


def test_an_odd_alert_is_shown_by_why_and_the_good_one_beside_it_is_answered(site: Site) -> None:
    good, odd = an_alert({"alertname": "Nobody", "case": "good"}), an_alert({"alertname": "Odd"})
    odd["generatorURL"] = "http://prometheus.example/" + "x" * 10_000

    reply = site.call("POST", HOOK, a_group([good, odd]), headers=site.bearer(SOURCE))

    assert (reply.status, reply.body["alerts"], reply.body["refused"]) == (202, 1, 1)
    site.wait_for(lambda: query(site, "select count(*) from episode") == [(1,)], 20, "the good one")
    for subject in (odd["fingerprint"], reply.body["notification"]):
        said = site.cli("why", str(subject)).stdout
        assert "`generatorURL` has" in said
        assert "Odd" in said
    assert 'remediator_alerts_refused_total{oddity="url"} 1.0' in site.call("GET", "/metrics").body
    assert "alerts_refused" in site.full_log()


def test_a_notification_of_odd_alerts_only_is_400_and_explained_all_the_same(site: Site) -> None:
    odd = {**an_alert({"alertname": "Odd"}), "status": "pending"}

    reply = site.call("POST", HOOK, {**a_group([]), "alerts": [odd]}, headers=site.bearer(SOURCE))

    assert reply.status == 400
    assert inbox(site)["bad"] == 1
    assert "neither firing nor resolved" in site.cli("why", str(odd["fingerprint"])).stdout
    ((notification,),) = query(site, "select id from inbox")
    assert "nothing of it was taken" in site.cli("why", notification).stdout


def _children(pid: int) -> list[str]:
    argv = ["pgrep", "-f", "-P", str(pid), "remediator.http.apart"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.split()


def _put_into_inbox(site: Site, notification_id: str, body: bytes) -> None:

    file = Path(site.directory) / "state/remediator.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute(
            "insert into inbox (id, source, kind, body, received_at, state, error)"
            " values (?, ?, 'alertmanager', ?, ?, 'new', '')",
            (notification_id, SOURCE, body, time.time_ns() // 1000),
        )
        database.commit()
