"""Doors: which of them are open to whom, and what they say while the daemon stops or its disk is full."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediator.http.route import Gate
from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.machine import Machine, is_settled, sick, steps_playbook
from tests.acceptance.rawhttp import good_body, inbox, query
from tests.acceptance.site import SOURCE, Site
from tests.http.routes import ROUTES
from tests.parts.loopfs import LoopFs
from tests.parts.require import require
from tests.parts.server import free_port
from tests.parts.sshd import Sshd

pytestmark = [pytest.mark.slow]
HOOK = "/webhooks/alertmanager"
# What a version can is no secret: an editor, and whoever writes a client, has no token.
DESCRIPTIONS = {("GET", "/api/openapi.json"), ("GET", "/api/schema/{id}")}
OPEN = {("GET", "/-/healthy"), ("GET", "/-/ready"), *DESCRIPTIONS}
SOME_PLAYBOOK = {
    **steps_playbook(),
    "target": "host/web1",
    "steps": [{"service.restart": {"unit": "x.service"}}],
}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Site]:
    site = Site(
        settings={"metrics": {"bearer_token_file": "metrics.token"}},
        playbooks={"steps": SOME_PLAYBOOK},
    )
    site.write("metrics.token", "token-of-the-scraper")
    with site:
        yield site


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_door_but_health_is_closed_without_credentials(guarded: Site, route: object) -> None:
    found = "playbook.json" if "schema" in route.path else "run_1"
    path = route.path.replace("{id}", found).replace("{id:.+}", "all")
    body = None if route.method == "GET" else {}

    bare = guarded.call(route.method, path, body).status
    wrong = guarded.call(route.method, path, body, headers={"Authorization": "Bearer x"}).status

    if (route.method, route.path) in OPEN:
        assert route.access is Gate.ANYONE
        assert bare == 200
        return
    assert (bare, wrong) == (401, 401)


def test_there_is_no_way_around_the_table(guarded: Site) -> None:
    for path in ("/", "/api", "/api/v1/", "/api/v1/runs/", "//api/v1/runs", "/api/v1/../v1/runs"):
        assert guarded.call("GET", path).status in (401, 404)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        assert guarded.call(method, "/api/v1/runs").status in (401, 405)
    upper = guarded.call("GET", "/API/v1/runs", headers=guarded.bearer("ana"))
    assert upper.status == 404


def test_a_page_of_somebody_else_cannot_post_for_a_person(guarded: Site) -> None:
    foreign = {**guarded.bearer("ana"), "Origin": "https://evil.example", "Sec-Fetch-Site": "x"}

    reply = guarded.call("POST", "/api/v1/pauses", {"scope": "all"}, headers=foreign)

    assert reply.status == 403
    assert guarded.get("/pauses")["items"] == []


def test_listening_for_others_without_credentials_does_not_start(tmp_path: Path) -> None:
    site = Site(playbooks={"steps": SOME_PLAYBOOK})
    port = free_port()
    open_settings = {
        "listen": f"0.0.0.0:{port}",
        "data_dir": str(tmp_path),
        "playbooks": [str(site.playbooks)],
    }
    try:
        for missing in ("both", "users", "sources"):
            half = {k: v for k, v in site.settings.items() if k in ("users", "sources")}
            known = {k: v for k, v in half.items() if missing not in ("both", k)}
            config = site.write("open.yaml", json.dumps({**open_settings, **known}))

            told = site.cli("serve", "--config.file", str(config))

            assert told.returncode == 2
            assert "`listen` is not loopback" in told.stderr
            assert "Set credentials, or listen on 127.0.0.1" in told.stderr
        assert list(tmp_path.iterdir()) == []
    finally:
        site.close()


def test_listening_for_others_with_credentials_for_all_does_start() -> None:
    site = Site(playbooks={"steps": SOME_PLAYBOOK})
    site.settings["listen"] = f"0.0.0.0:{site.port}"
    with site:
        assert site.call("GET", "/api/v1/runs").status == 401
        assert site.call("POST", HOOK, json.loads(good_body("x"))).status == 401


def test_while_it_stops_the_daemon_sends_webhooks_away_to_come_again(
    sshd: Sshd, tmp_path: Path
) -> None:
    machine = Machine(tmp_path, sshd, "web1")
    with Site(settings=machine.settings(), playbooks={"steps": steps_playbook(3.0)}) as site:
        site.alert(sick("last", "web1"))
        machine.wait_for_begin("last", "step1")
        before = inbox(site)

        site.send(signal.SIGTERM)
        site.wait_for(lambda: not site.is_ready(), 5, "not ready")
        reply = site.post([an_alert({"alertname": "Late"})])

        assert (reply.status, reply.body["error"]["code"]) == (503, "unavailable")
        site.wait_for(lambda: not site.is_running, 25, "the end")
        assert "daemon_stopped" in site.full_log()
        assert inbox(site) == before
        site.restart()
        site.wait_for_run(outcome="resolved")
        assert machine.begun("last") == ["step1"]


@pytest.mark.timeout(120)
def test_a_full_disk_is_503_and_nothing_accepted_is_lost_when_there_is_space_again() -> None:
    require("mkfs.ext4", root=True)
    with LoopFs(24) as disk:
        site = Site(playbooks={"steps": SOME_PLAYBOOK})
        site.settings["data_dir"] = str(disk.path / "state")
        with site:
            accepted: set[str] = set()
            _post(site, accepted, "before")
            disk.fill(100)
            statuses = [_post(site, accepted, f"full-{number}") for number in range(60)]
            assert statuses[-1] == 503
            assert set(statuses) <= {202, 503}
            site.wait_for(lambda: not site.is_ready(), 5, "not ready, as nothing can be stored")
            assert site.api("GET", "/status").status == 200

            (disk.path / "ballast").unlink()
            site.wait_for(
                lambda: _post(site, accepted, f"after-{time.time_ns()}") == 202, 30, "202"
            )
            site.wait_for(lambda: is_settled(site), 30, "an empty inbox")

            found = {
                case for (case,) in query(site, "select alert ->> '$.labels.case' from episode")
            }
            assert accepted <= found
            site.restart(kill=True)
            assert site.is_ready()
            assert inbox(site)["good"] >= len(accepted)


def _post(site: Site, accepted: set[str], case: str) -> int:
    """A notification of about 100 KiB."""
    labels = {"alertname": "Nobody", "case": case}
    padding = {f"note{n}": "x" * 50_000 for n in range(2)}
    status = site.post([an_alert(labels, annotations=padding)]).status
    if status == 202:
        accepted.add(case)
    return status


def test_a_store_that_fails_under_load_answers_every_sender(guarded: Site) -> None:
    """Eight senders at once, none of them ever without an answer."""
    statuses: list[int] = []

    def send(number: int) -> None:
        for each in range(25):
            alert = an_alert({"alertname": "Nobody", "case": f"{number}-{each}"})
            reply = guarded.call("POST", HOOK, a_group([alert]), headers=guarded.bearer(SOURCE))
            statuses.append(reply.status)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert statuses == [202] * 200
