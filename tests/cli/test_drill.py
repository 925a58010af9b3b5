"""`drill`: on real hosts without a daemon, and what a daemon found, drawn for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from remediator.core.drill import DrillReport, DrillResult, Help
from remediator.testing.builders import MOMENT
from tests.acceptance.hosts import hosts_at
from tests.cli.command import as_json, offline, remediator
from tests.http.daemon import running
from tests.parts.sshd import Sshd

PLAYBOOK = """\
name: NAME
match: [alertname=Full]
requires: [instance]
mode: auto
target: host/{{ labels.instance | host }}
guards: {require: [{promql: 'up{instance="{{ labels.instance }}"} == 1'}]}
steps: [{host.command: {name: COMMAND}, irreversible: allow}]
verify: {all: [{alert: resolved}]}
"""


class Site:
    """Settings over one real sshd that is web1, and a db1 behind a port where nobody listens."""

    def __init__(self, folder: Path, sshd: Sshd, *names: str, **more: Any) -> None:
        self.mark = folder / "changed"
        reach = hosts_at(folder, sshd, "web1")
        inventory = json.loads((folder / "inventory.json").read_text())
        inventory["_meta"]["hostvars"]["db1"] = {"ansible_host": sshd.host, "ansible_port": 1}
        (folder / "inventory.json").write_text(json.dumps(inventory))
        books = folder / "playbooks"
        books.mkdir()
        for name in names:
            text = PLAYBOOK.replace("NAME", name).replace("COMMAND", name)
            (books / f"{name}.yaml").write_text(text)
        check = {"argv": ["test", "-e", str(self.mark)]}
        commands = {
            "fix": {"argv": ["touch", str(self.mark)], "check": check},
            "absent": {"argv": ["/nowhere/tool"], "check": {"argv": ["/nowhere/tool", "--ok"]}},
        }
        settings = {
            "playbooks": [str(books)],
            "data_dir": str(folder / "data"),
            "hosts": reach,
            "commands": {name: commands[name] for name in names},
            "environments": [{"name": "all", "match": [], "mode": "auto"}],
            "drill": {"each": "20s"},
            **more,
        }
        self.file = folder / "remediator.yaml"
        self.file.write_text(json.dumps(settings))

    def drill(self, *words: str) -> Any:
        return offline("drill", "--config.file", str(self.file), *words)


@pytest.mark.slow
def test_every_host_of_the_settings_is_really_asked_and_nothing_is_changed(
    tmp_path: Path, sshd: Sshd
) -> None:
    site = Site(tmp_path, sshd, "fix")

    told = site.drill()

    assert told.exit_code == 1, told.output
    assert "of 2 targets of 1 playbook 1 could not be helped" in told.stdout
    assert "fix cannot help host/db1: " in told.stdout
    assert "Nothing was changed" in told.stdout
    assert not site.mark.exists()
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_host_that_can_be_helped_is_exit_code_0_with_the_change_in_json(
    tmp_path: Path, sshd: Sshd
) -> None:
    site = Site(tmp_path, sshd, "fix")

    found = as_json(site.drill("--target", "host/web1", "-o", "json"))

    (result,) = found["results"]
    assert (result["playbook"], result["target"], result["help"]) == ("fix", "host/web1", "full")
    assert "touch" in result["steps"][0]["text"]
    assert not site.mark.exists()


@pytest.mark.slow
def test_a_tool_that_is_not_there_is_found_before_the_night(tmp_path: Path, sshd: Sshd) -> None:
    site = Site(tmp_path, sshd, "absent", "fix")

    told = site.drill("--target", "host/web1")

    assert told.exit_code == 1, told.output
    assert "absent cannot help host/web1: " in told.stdout
    assert "fix cannot" not in told.stdout


@pytest.mark.slow
def test_a_protected_host_is_kept_out_and_that_is_no_failure(tmp_path: Path, sshd: Sshd) -> None:
    site = Site(tmp_path, sshd, "fix", protected=["host/db1"])

    told = site.drill()

    assert told.exit_code == 0, told.output
    assert "fix is kept out of host/db1: " in told.stdout


@pytest.mark.slow
def test_a_playbook_or_a_target_that_is_none_is_refused(tmp_path: Path, sshd: Sshd) -> None:
    site = Site(tmp_path, sshd, "fix")

    assert site.drill("--playbook", "nope").exit_code == 1
    bad = site.drill("--target", "web1")
    assert (bad.exit_code, "expected KIND/NAME" in bad.stderr) == (2, True)


def a_report(**more: Any) -> DrillReport:
    bad = DrillResult(playbook="disk", target="host/web1", help=Help.NONE, reason="no way in")
    night = {"night": "2026-03-14", "began_at": MOMENT, "ended_at": MOMENT}
    return DrillReport(**{**night, "results": (bad,), "worse": (bad,), "is_first": False, **more})


@pytest.mark.slow  # a real store and socket
async def test_the_last_nightly_drill_is_shown_with_what_got_worse_first(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        none = await remediator(daemon, "drill")
        await daemon.store.submit(lambda tx: tx.begin_drill("2026-03-14", MOMENT))
        await daemon.store.submit(lambda tx: tx.end_drill(a_report()))
        told = await remediator(daemon, "drill")

    assert (none.exit_code, "drill.at" in none.stderr) == (1, True)
    assert told.exit_code == 1
    assert "WORSE  disk cannot help host/web1: no way in" in told.stdout


@pytest.mark.slow
async def test_a_daemon_drills_now_where_it_is_asked_to(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        found = as_json(await remediator(daemon, "drill", "--playbook", "x", "-o", "json"))

    assert [each["playbook"] for each in found["results"]] == ["x"]
