"""The first story: a disk fills up, is cleaned, measured, verified and told about; in a dry run, only told about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.acceptance.disk import (
    FULL_PERCENT,
    NAME,
    RECEIPTS,
    World,
    fill_up,
    journal_files,
    watched_site,
    world_of,
)
from tests.acceptance.site import Site
from tests.parts import web
from tests.parts.alertmanager import Alertmanager
from tests.parts.host import Host
from tests.parts.require import require

pytestmark = pytest.mark.slow

MEBIBYTE = 1024 * 1024
SENTENCE = re.compile(
    r"Disk space low on host-123\. Cleanup ran\. Space reclaimed: ([0-9.]+) ([MG])B\."
)
UNITS = {"M": 10**6, "G": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A dry run and the world around it."""

    run: Any
    before: World
    after: World
    message: dict[str, Any]
    events: list[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleanup:
    """A run that acted, the world around it, and the site where it happened."""

    site: Site
    alertmanager: Alertmanager
    run: Any
    before: World
    after: World


@pytest.fixture(scope="module")
def full_host(host: Host) -> Host:
    require("prometheus", "promtool", "alertmanager", "amtool")
    fill_up(host)
    return host


@pytest.fixture(scope="module")
def rehearsal(full_host: Host) -> Rehearsal:
    before = world_of(full_host)
    with watched_site(full_host, mode="dry_run") as (site, _):
        run = site.wait_for_run(outcome="dry_run")
        return Rehearsal(
            run=run,
            before=before,
            after=world_of(full_host),
            message=site.wait_for_message("dry_run"),
            events=site.events(run["id"]),
            why=site.cli("why", run["id"]).stdout,
        )


@pytest.fixture(scope="module")
def cleanup(full_host: Host, rehearsal: Rehearsal) -> Iterator[Cleanup]:
    """Begins only after the rehearsal, for it changes what the rehearsal looks at."""
    before = world_of(full_host)
    with watched_site(full_host, mode="auto") as (site, alertmanager):
        run = site.wait_for_run(phase="closed", seconds=90)
        after = world_of(full_host)
        yield Cleanup(site=site, alertmanager=alertmanager, run=run, before=before, after=after)


def test_a_dry_run_changes_nothing_on_the_host(rehearsal: Rehearsal) -> None:
    before, after = rehearsal.before, rehearsal.after

    assert after.images == before.images
    assert journal_files(after) == journal_files(before)
    assert after.files == before.files
    assert after.available == before.available
    assert not [line for line in after.files if line.startswith(RECEIPTS)]
    assert not {"intent_committed", "applied"} & set(rehearsal.events)


def test_a_dry_run_tells_what_would_have_happened(rehearsal: Rehearsal) -> None:
    told = rehearsal.message

    assert told["text"].startswith("Dry run: Disk space low on host-123. Nothing was changed.")
    assert [c["action"] for c in rehearsal.run["plan"]["changes"]] == [
        "journal.vacuum",
        "docker.prune",
    ]
    assert told["facts"]["would have run"] == "automatic"
    assert any("journal.vacuum on host/host-123" in line for line in told["lines"])
    assert any("docker.prune on host/host-123" in line for line in told["lines"])
    assert "dry run" in rehearsal.why


def test_the_real_run_does_what_the_rehearsal_said(rehearsal: Rehearsal, cleanup: Cleanup) -> None:
    def intents(run: Any) -> list[Any]:
        return [(c["step"], c["intent"], c["summary"]) for c in run["plan"]["changes"]]

    assert intents(cleanup.run) == intents(rehearsal.run)


def test_a_full_disk_is_cleaned_and_verified(cleanup: Cleanup) -> None:
    run = cleanup.run

    assert (run["outcome"], run["reason"]) == ("resolved", "verified"), cleanup.site.story()
    assert [(s["action"], s["state"]) for s in run["steps"]] == [
        ("journal.vacuum", "applied"),
        ("docker.prune", "applied"),
    ]
    checks = {a["check"].partition(":")[0]: a["known"] for a in run["verification"]["answers"]}
    assert checks == {"promql": "holds", "alert": "holds"}
    assert cleanup.after.images < cleanup.before.images
    archived = [line for line in journal_files(cleanup.after) if "@" in line]
    assert len(archived) < len([line for line in journal_files(cleanup.before) if "@" in line])


def test_the_space_that_is_told_is_the_space_that_df_sees(cleanup: Cleanup) -> None:
    seen = cleanup.after.available - cleanup.before.available
    told = cleanup.site.wait_for_message("result")

    assert seen > 60 * MEBIBYTE
    assert abs(cleanup.run["freed_bytes"] - seen) < 8 * MEBIBYTE  # the journal goes on
    assert sum(s["freed_bytes"] for s in cleanup.run["steps"]) == cleanup.run["freed_bytes"]
    assert told["body"]["freed_bytes"] == cleanup.run["freed_bytes"]
    found = SENTENCE.fullmatch(told["text"])
    assert found, told["text"]
    assert abs(float(found[1]) * UNITS[found[2]] - cleanup.run["freed_bytes"]) < 5 * 10**6


def test_people_see_what_fills_the_disk(cleanup: Cleanup) -> None:
    lines = [line for one in cleanup.run["evidence"] for line in one["lines"]]

    assert f"/var {FULL_PERCENT} % used" in lines[0]
    assert any(" /var/log/journal/" in line for line in lines), lines
    assert any("/var/lib/docker" in line for line in lines), lines


def test_command_line_api_and_messages_agree(cleanup: Cleanup) -> None:
    site, run = cleanup.site, cleanup.run
    shown, why = site.cli("runs", "show", run["id"]), site.cli("why", run["id"])
    by_alert = site.cli("why", run["alert"]["fingerprint"])

    assert (shown.returncode, why.returncode, by_alert.returncode) == (0, 0, 0)
    assert "RESOLVED" in shown.stdout
    for step in run["steps"]:
        assert step["summary"] in shown.stdout
        assert step["summary"] in why.stdout
    assert "resolved" in why.stdout
    assert f"Disk space low on {NAME}" in by_alert.stdout
    assert [m["kind"] for m in site.told(run=run["id"])][-1] == "result"
    assert [d["decision"] for d in site.get("/decisions")["items"]] == ["run"]


def test_alertmanager_saw_every_notification_accepted(cleanup: Cleanup) -> None:
    def total(name: str) -> float:
        lines = web.get(f"{cleanup.alertmanager.url}/metrics").splitlines()
        hooks = [line for line in lines if 'integration="webhook"' in line]
        return sum(float(line.split()[-1]) for line in hooks if line.startswith(name))

    def both_were_sent() -> bool:  # firing, then resolved, which may come after the run has seen it
        return total("alertmanager_notifications_total") >= 2

    cleanup.site.wait_for(both_were_sent, 60, "the resolved notification")
    assert total("alertmanager_notifications_failed_total") == 0


def test_the_host_keeps_one_receipt_for_each_command(full_host: Host, cleanup: Cleanup) -> None:
    receipts = full_host.run(["find", RECEIPTS, "-type", "l", "-name", "t.*", "-printf", "%l\n"])

    assert receipts.split() == ["done:0"] * len(receipts.split())
    assert (
        len(receipts.split()) == 2
    )  # a vacuum and dangling images: there is nothing else to prune
