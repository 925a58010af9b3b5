"""The nightly drill of a real daemon over a real host."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from remediator.app.configuration import load_configuration
from remediator.app.daemon import Daemon
from remediator.config.catalog import find_catalog
from remediator.config.expressions import CelConditions
from remediator.core.drill import Help
from remediator.stores.store import open_store, sqlite_url
from tests.acceptance.hosts import hosts_at
from tests.cli.test_drill import PLAYBOOK
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow


def settings_at(folder: Path, sshd: Sshd) -> Path:
    """Return settings whose drill is due now."""
    mark = str(folder / "changed")
    (folder / "fix.yaml").write_text(PLAYBOOK.replace("NAME", "fix").replace("COMMAND", "fix"))
    written: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "playbooks": [str(folder / "fix.yaml")],
        "data_dir": str(folder / "data"),
        "hosts": hosts_at(folder, sshd, "web1"),
        "commands": {"fix": {"argv": ["touch", mark], "check": {"argv": ["test", "-e", mark]}}},
        "drill": {"at": f"{datetime.now(UTC):%H:%M}"},
    }
    file = folder / "remediator.yaml"
    file.write_text(json.dumps(written))
    return file


async def metrics_after_a_drill(file: Path) -> str:
    """Run a daemon until its metrics show a drill, and stop it."""
    catalog, conditions = find_catalog(), CelConditions()
    configuration = load_configuration(file, catalog, conditions)
    daemon = Daemon(configuration, catalog, conditions, lambda: configuration)
    running = asyncio.create_task(daemon.run())
    async with asyncio.timeout(60):
        while not running.done() and "remediator_drill_targets{" not in shown(daemon):
            await asyncio.sleep(0.05)
    daemon.stop()
    await running
    return shown(daemon)


def shown(daemon: Daemon) -> str:
    return daemon.telemetry.render()[0].decode()


async def test_a_daemon_drills_at_its_time_once_and_shows_it_after_a_restart(
    tmp_path: Path, sshd: Sshd
) -> None:
    file = settings_at(tmp_path, sshd)

    first = await metrics_after_a_drill(file)
    again = await metrics_after_a_drill(file)

    line = 'remediator_drill_targets{help="full",playbook="fix"} 1.0'
    assert (line in first, line in again) == (True, True)
    assert _ended(first) == _ended(again)  # the second start drilled nothing
    store = await open_store(sqlite_url(tmp_path / "data"))
    report = await store.read(lambda reader: reader.last_drill())
    await store.close()
    assert report
    assert [(each.target, each.help) for each in report.results] == [("host/web1", Help.FULL)]
    assert not (tmp_path / "changed").exists()


def _ended(text: str) -> str:
    lines = text.splitlines()
    return next(line for line in lines if line.startswith("remediator_drill_timestamp_seconds "))
