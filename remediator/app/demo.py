"""`remediator demo`: the real daemon, its real playbook language, store, guards and messages; only the world
is simulated.

A host's /var fills up. Three scenes: a rehearsal, an approved cleanup that is verified, and a Prometheus that is down.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from remediator.app.configuration import Configuration, load_configuration
from remediator.app.daemon import Daemon
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
from remediator.config.settings import Settings
from remediator.core.alert import Alert
from remediator.core.errors import Transient
from remediator.core.matcher import Matcher
from remediator.integrations.alertmanager.api import ALERTMANAGER, ActiveAlert, Silence
from remediator.integrations.hosts.fake.host import FakeDisk, FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import said
from remediator.integrations.prometheus.api import PROMETHEUS, Sample, Series
from remediator.integrations.shell.api import COMMANDS, LOOKER, SHELL
from remediator.integrations.shell.settings import COMMANDS_SECTION
from remediator.ports.gateways import Reads, Writes
from remediator.ports.integration import Connected
from remediator.telemetry import setup_logging

HOST = "host-123"
GIGABYTE = 1000**3
LABELS = {
    "alertname": "DiskSpaceLow",
    "instance": f"{HOST}:9100",
    "mountpoint": "/var",
    "severity": "warning",
}
BIGGEST = """\
3900000\t/var/lib/docker/overlay2
1600000\t/var/log/journal
18200000\t/var/lib/postgresql
28200000\t/var
"""
SETTINGS = """\
listen: 127.0.0.1:0
data_dir: {folder}/site
playbooks: [{folder}/playbooks]
hosts: {{allow: ['host-\\d+']}}
contacts: {{oncall: [{{console: {{}}}}]}}
environments: [{{name: demo, match: ['env="demo"'], mode: approve}}]
"""
PLAYBOOK = """\
name: disk-space-low
description: Reclaim disk space on a host.
owner: sre-core
runbook_url: https://runbooks.example.com/disk-space-low
match: [alertname="DiskSpaceLow"]
requires: [instance, mountpoint]
target: host/{{ labels.instance | host }}
mode: auto
guards:
  cooldown: 0s
  require:
    - promql: disk_free_ratio{instance="{{ labels.instance }}"} < 0.15
diagnose:
  - disk.usage: {path: "{{ labels.mountpoint }}", top: 3}
steps:
  - journal.vacuum: {keep_time: 2d, keep_size: 500M, path: "{{ labels.mountpoint }}"}
    irreversible: allow
  - docker.prune: {what: [images, build_cache], older_than: 24h, path: "{{ labels.mountpoint }}"}
    irreversible: allow
verify:
  after: 1s
  within: 1m
  every: 1s
  all:
    - promql: disk_free_ratio{instance="{{ labels.instance }}"} > 0.2
on_failure:
  - escalate: [{to: oncall}]
"""


class Monitoring:
    """Prometheus and Alertmanager of the simulated world: they see the machine's disk."""

    def __init__(self, disk: FakeDisk) -> None:
        self._disk = disk
        self.is_down = False

    async def query(self, promql: str) -> tuple[Sample, ...]:
        """Answer `disk_free_ratio … < LIMIT` or `> LIMIT`."""
        if self.is_down:
            raise Transient("Prometheus cannot be reached")
        free = 1 - self._disk.used / self._disk.size
        _, sign, limit = promql.rpartition("<" if "<" in promql else ">")
        holds = free < float(limit) if sign == "<" else free > float(limit)
        return (Sample(labels={}, value=free, at=time.time()),) if holds else ()

    async def query_range(
        self, promql: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """Remember nothing: the demo draws no graphs."""
        return ()

    async def notified(self, receiver: str, labels: Mapping[str, str]) -> tuple[Alert, ...]:
        """Cut nothing off: there is one alert."""
        return ()

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[ActiveAlert, ...]:
        """Return the one alert while the disk is full."""
        if self._disk.used / self._disk.size < 0.85:
            return ()
        return (ActiveAlert(fingerprint="demo", labels=LABELS, state="active"),)

    async def silence(self, silence_id: str) -> Silence:
        """Find none: nobody silences anything here."""
        raise Transient("there are no silences in the demo")

    async def started_at(self) -> datetime:
        """Return a time before every alert: this one never restarts."""
        return datetime.fromtimestamp(0, UTC)


def run_demo() -> int:
    """Tell the story; return 0 when it ended as it should."""
    setup_logging(level="error", log_format="text", secrets=())
    with tempfile.TemporaryDirectory(prefix="remediator-demo-") as folder:
        return asyncio.run(_tell(Path(folder)))


async def _tell(folder: Path) -> int:
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "disk-space-low.yaml").write_text(PLAYBOOK)
    settings = folder / "remediator.yaml"
    settings.write_text(SETTINGS.format(folder=folder))
    disk = FakeDisk(mountpoint="/var", size=30 * GIGABYTE, used=int(28.2 * GIGABYTE))
    machine = FakeMachine(
        disks=[disk],
        journal=int(1.1 * GIGABYTE) + 500 * 1024**2,
        programs={"du": lambda words: said(BIGGEST)},
        docker={"Images": int(3.9 * GIGABYTE), "Containers": 0, "Build Cache": 0},
    )
    monitoring = Monitoring(disk)
    hosts = FakeHosts({HOST: machine})
    world = Reads().having(LOOKER, hosts).having(PROMETHEUS, monitoring)
    world = world.having(ALERTMANAGER, monitoring)
    catalog, conditions = find_catalog(), CelConditions()

    def read() -> Configuration:
        def simulated(settings: Settings) -> Connected:
            reads = world.having(COMMANDS, settings.sections[COMMANDS_SECTION])
            return Connected(reads=reads, writes=Writes().having(SHELL, hosts))

        return load_configuration(settings, catalog, conditions, gateways=simulated)

    daemon = Daemon(read(), catalog, conditions, read)
    running = asyncio.create_task(daemon.run())
    await daemon.started.wait()
    try:
        async with aiohttp.ClientSession(f"http://{daemon.address}") as session:
            return await Story(session, disk, monitoring).tell()
    finally:
        daemon.stop()
        await running


class Story:
    """The scenes, told through the daemon's own doors: the webhook and the API."""

    def __init__(
        self, session: aiohttp.ClientSession, disk: FakeDisk, monitoring: Monitoring
    ) -> None:
        self._session = session
        self._disk = disk
        self._full = disk.used
        self._monitoring = monitoring

    async def tell(self) -> int:
        """Play all scenes; return 0 when each ended as it should."""
        outcomes = (await self._rehearsal(), await self._cleanup(), await self._blind())
        _say("That was it", "Next: `remediator init site`, `remediator serve`, and the README.")
        return 0 if outcomes == ("dry_run", "resolved", "blocked") else 1

    async def _rehearsal(self) -> str:
        _say(
            f"1. {HOST}:/var is {self._percent()} full. Alertmanager posts DiskSpaceLow",
            "No environment of the settings matches this alert, so this is a dry run: "
            "remediator looks, plans, judges and tells, and the code that changes things is not there.",
        )
        run = await self._until_closed(await self._fire("demo-1", env="lab"))
        return str(run["outcome"])

    async def _cleanup(self) -> str:
        _say(
            "2. The same alert where runs need an approval (mode: approve)",
            "The plan waits. An approval signs its digest; if the world moves, people are asked again.",
        )
        waiting = await self._until(await self._fire("demo-2", env="demo"), "awaiting_approval")
        await asyncio.sleep(1.5)
        print(f"\n     $ remediator approve {waiting['id']}     (here: the demo does it for you)\n")
        answer = {"digest": waiting["plan"]["digest"], "reason": "looks right"}
        await self._post(f"/api/v1/runs/{waiting['id']}/approve", answer)
        run = await self._until_closed(waiting["id"])
        await self._settle_down()
        _say(
            f"   /var is now {self._percent()} full",
            "Freed space is measured with df, before and after.",
        )
        return str(run["outcome"])

    async def _blind(self) -> str:
        _say(
            "3. /var fills up again, and Prometheus is down",
            "The playbook requires to see the disk for itself. Unknown means no, and `why` says so.",
        )
        self._disk.used, self._monitoring.is_down = self._full, True
        run_id = await self._fire("demo-3", env="demo")
        run = await self._until_closed(run_id)
        why = await self._get(f"/api/v1/why/{run_id}")
        print(f"     $ remediator why {run_id}")
        print(f"     {why['run']['reason']}\n")
        return str(run["outcome"])

    async def _fire(self, fingerprint: str, **labels: str) -> str:
        """Post the alert as Alertmanager does, and return the id of the run that answers it."""
        await self._post("/webhooks/alertmanager", _notification(fingerprint, labels))
        for _ in range(200):
            page = await self._get(f"/api/v1/runs?fingerprint={fingerprint}")
            if page["items"]:
                return str(page["items"][0]["id"])
            await asyncio.sleep(0.05)
        raise TimeoutError("no run answered the alert")

    async def _until_closed(self, run_id: str) -> Mapping[str, object]:
        run = await self._until(run_id, "closed")
        await self._settle_down()
        return run

    async def _until(self, run_id: str, phase: str) -> Mapping[str, Any]:
        for _ in range(600):
            run = await self._get(f"/api/v1/runs/{run_id}")
            if run["phase"] in (phase, "closed"):
                return dict(run)
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the run did not become {phase}")

    async def _settle_down(self) -> None:
        """Wait until everything that was to be told has been told."""
        for _ in range(100):
            if not (await self._get("/api/v1/status"))["outbox_pending"]:
                return
            await asyncio.sleep(0.05)

    async def _get(self, path: str) -> Any:
        async with self._session.get(path, raise_for_status=True) as answer:
            return await answer.json()

    async def _post(self, path: str, body: Mapping[str, object]) -> object:
        async with self._session.post(path, json=body, raise_for_status=True) as answer:
            return await answer.json()

    def _percent(self) -> str:
        return f"{100 * self._disk.used / self._disk.size:.0f} %"


def _notification(fingerprint: str, labels: Mapping[str, str]) -> Mapping[str, object]:
    now = datetime.now(UTC).isoformat()
    alert = {
        "status": "firing",
        "labels": {**LABELS, **labels},
        "annotations": {"summary": f"/var on {HOST} has less than 15 % free"},
        "startsAt": now,
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": fingerprint,
    }
    return {
        "version": "4",
        "groupKey": "demo",
        "status": "firing",
        "receiver": "remediator",
        "externalURL": "",
        "alerts": [alert],
    }


def _say(title: str, text: str) -> None:
    print(f"\n── {title}\n   {text}\n", flush=True)
