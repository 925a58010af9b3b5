"""`audit`: the site's journal, for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.core.site_events import BreakerClosed
from remediator.testing.builders import MOMENT
from tests.cli.command import as_json, remediator
from tests.http.daemon import running

pytestmark = pytest.mark.slow  # real stores and sockets


async def test_what_people_did_is_told_newest_first(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        empty = await remediator(daemon, "audit")
        await remediator(daemon, "pause", "--for", "2h", "--reason", "moving\n     9  ana did it")
        await remediator(daemon, "resume")
        told = await remediator(daemon, "audit")
        raw = as_json(await remediator(daemon, "audit", "-o", "json"))

    assert empty.stdout == "Nothing was written down yet.\n"
    ended, paused = told.stdout.splitlines()
    assert ended.split()[0] == "2"
    assert ended.endswith("local resumed everything")
    assert "local paused everything until " in paused
    assert paused.endswith(" UTC: moving 9 ana did it")
    assert [entry["kind"] for entry in raw["items"]] == ["pause_ended", "pause_set"]


async def test_a_list_says_how_to_go_on(tmp_path: Path) -> None:
    async with running(tmp_path) as daemon:
        at = MOMENT
        for name in "abc":
            event = BreakerClosed(playbook=name, who="ana")
            await daemon.store.submit(lambda tx, e=event: tx.append_site(at, e))
        page = await remediator(daemon, "audit", "--limit", "2")
        rest = await remediator(daemon, "audit", "--limit", "2", "--before", "2")

    assert page.stderr == "more: --before 2\n"
    assert [line.split()[0] for line in page.stdout.splitlines()] == ["3", "2"]
    assert rest.stdout.endswith("ana closed the breaker of playbook a\n")
    assert rest.stderr == ""
