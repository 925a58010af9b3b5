"""`runs`: what remediator is doing and did."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

from remediator.cli.client import Client, path_of
from remediator.cli.failures import NO
from remediator.cli.interventions import steering
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.story import Line, state, story, timeline
from remediator.cli.terminal import ago, dump, say, say_table
from remediator.cli.watching import watch_all
from remediator.core.events import Outcome
from remediator.core.run import Phase
from remediator.ports.verbs import VERBS

FINE = frozenset(("resolved", "handed_over", "dry_run", "withdrawn"))
_PHASES = tuple(phase.value for phase in Phase)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_EVENTS_PER_PAGE = 500


@click.group()
def runs() -> None:
    """Show what remediator is doing and did, stop it, and settle its doubts.

    \b
    Examples:
      remediator runs list --phase awaiting_approval
      remediator runs show run_0199f0c4a1b27c3e8d5f60718293a4b5
    """


@runs.command("list")
@click.option("--playbook", help="Only of this playbook.")
@click.option("--target", metavar="KIND/NAME", help="Only on this target.")
@click.option("--phase", type=click.Choice(_PHASES))
@click.option("--outcome", type=click.Choice(_OUTCOMES))
@click.option("--fingerprint", help="Only for this alert.")
@click.option("--limit", type=click.IntRange(1, 500), default=25, show_default=True)
@click.option("--before", metavar="CURSOR", help="Go on where the last list ended.")
@asks_daemon
@output_option
def list_runs(client: Client, output: str, **filters: Any) -> None:
    """List runs, newest first.

    \b
    Examples:
      remediator runs list --target host/web1
      remediator runs list --outcome failed --output json
    """
    answer = client.get("/runs", filters)
    if output != "table":
        dump(answer, output)
        return
    now = datetime.now(UTC)
    rows = (
        (r["id"], ago(r["created_at"], now), state(r), r["playbook"], r["target"], r["reason"])
        for r in answer["items"]
    )
    headings = ("RUN", "BEGAN", "STATE", "PLAYBOOK", "TARGET", "REASON")
    say_table(headings, rows, empty="There are no such runs.")
    if answer["next"]:
        say(f"more: --before {answer['next']}", err=True)


@runs.command("show")
@click.argument("run")
@asks_daemon
@output_option
def show_run(run: str, client: Client, output: str) -> None:
    """Tell the story of a run: where it stands, what is wrong, the plan, what happened.

    \b
    Examples:
      remediator runs show run_0199f0c4a1b27c3e8d5f60718293a4b5
      remediator runs show run_0199f0c4a1b27c3e8d5f60718293a4b5 --output yaml
    """
    found = client.get(path_of("runs", run))
    events = events_of(client, run)
    if output != "table":
        dump({**found, "events": events}, output)
        return
    say_lines(story(found, events, datetime.now(UTC)))


@runs.command("watch")
@click.argument("run", required=False)
@click.option("--every", type=click.FloatRange(0.1, 60), default=2.0, help="Seconds between looks.")
@asks_daemon
def watch_run(run: str | None, every: float, client: Client) -> None:
    """Follow RUN until it ends; without one, all runs until you press Ctrl-C.

    Exit code 0 where the run ended well, 1 where it did not.

    \b
    Examples:
      remediator runs watch
      remediator runs watch run_0199f0c4a1b27c3e8d5f60718293a4b5 --every 10
    """
    if run is None:
        watch_all(client, every)
    else:
        _watch_one(client, run, every)


def _watch_one(client: Client, run: str, every: float) -> NoReturn:
    seen = 0
    while True:
        found = client.get(path_of("runs", run))  # before its events: what closed it is among them
        news = events_of(client, run, after=seen)
        for line in timeline(news):
            if not (seen and _is_day(line)):
                say(line)
        seen = news[-1]["seq"] if news else seen
        if found["outcome"]:
            break
        time.sleep(every)
    is_fine = found["outcome"] in FINE
    say(f"{state(found)}: {found['reason']}", bold=True, colour="green" if is_fine else "red")
    raise click.exceptions.Exit(0 if is_fine else NO)


for _command in steering(VERBS):
    runs.add_command(_command)


def events_of(client: Client, run: str, after: int = 0) -> list[Any]:
    """Return a run's journal from a number on, page by page."""
    events: list[object] = []
    cursor: str | None = str(after)
    while cursor is not None:
        query: dict[str, str | int | None] = {"limit": _EVENTS_PER_PAGE, "after": cursor}
        page = client.get(path_of("runs", run, "events"), query)
        events += page["items"]
        cursor = page["next"]
    return events


def say_lines(lines: Iterable[Line]) -> None:
    """Print a story."""
    for line in lines:
        say(line.text, bold=line.is_heading)


def _is_day(line: str) -> bool:
    return "  " not in line
