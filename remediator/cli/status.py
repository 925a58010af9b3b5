"""`status`: what the daemon does now, and who it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import click

from remediator.cli.client import Client
from remediator.cli.failures import NO
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.run_status import Json
from remediator.cli.terminal import ago, clock, dump, say
from remediator.cli.watching import standing

_MOST = 20
_WORDS = {
    "planning": "planning",
    "awaiting_approval": "waiting for approval",
    "acting": "acting",
    "verifying": "verifying",
}


@click.command()
@asks_daemon
@output_option
def status(client: Client, output: str) -> None:
    """Say what remediator does now, and for whom it waits. Exit code 1 where it is not well.

    \b
    Examples:
      remediator status
      remediator status --output json
    """
    found = client.get("/status")
    is_well = found["healthy"] and found["accepting"]
    if output != "table":
        dump(found, output)
    else:
        now = datetime.now(UTC)
        say(_headline(found, client.url), bold=True, colour="green" if is_well else "red")
        for line in _lines(found, now):
            say(f"  {line}")
        _say_waiting(client.get("/runs", {"phase": "awaiting_approval", "limit": _MOST})["items"])
    raise click.exceptions.Exit(0 if is_well else NO)


def _headline(found: Json, url: str) -> str:
    health = "healthy" if found["healthy"] else "NOT HEALTHY: a loop is stuck, look at its log"
    taking = "takes alerts" if found["accepting"] else "takes no alerts, as it stops"
    return f"remediator {found['version']} at {url}: {health}, {taking}"


def _lines(found: Json, now: datetime) -> Iterator[str]:
    yield f"playbooks      {found['playbooks'] or 'none, so no alert is answered'}"
    yield f"runs           {_active(found['runs_active'])}"
    yield f"notifications  {_queue(found['inbox_new'], 'to be read', found['inbox_oldest_at'], now)}"
    yield f"messages       {_queue(found['outbox_pending'], 'to be told', found['outbox_oldest_at'], now)}"
    yield f"pauses         {'; '.join(_pause(p, now) for p in found['pauses']) or 'none'}"


def _active(numbers: Mapping[str, int]) -> str:
    words = (f"{n} {_WORDS.get(phase, phase)}" for phase, n in numbers.items() if n)
    return ", ".join(words) or "none open"


def _queue(number: int, what: str, oldest: str | None, now: datetime) -> str:
    if not number:
        return f"none {what}"
    since = f", the oldest from {ago(oldest, now)}" if oldest else ""
    return f"{number} {what}{since}"


def _pause(pause: Json, now: datetime) -> str:
    until = f"until {clock(pause['until'], now)}" if pause["until"] else "until somebody resumes"
    reason = f" ({pause['reason']})" if pause["reason"] else ""
    return f"{pause['scope']} {until}, by {pause['who']}{reason}"


def _say_waiting(runs: Sequence[Json]) -> None:
    if not runs:
        return
    say()
    say("Waiting for people", bold=True)
    for run in runs:
        say(f"  {standing(run)}")
    say("  yes or no: remediator approve RUN, remediator reject RUN")
