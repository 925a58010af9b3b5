"""`pause` and `resume`: the brake. It must work at the first try, at three in the morning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from remediator.cli.client import Client
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.terminal import ago, clock, dump, say, say_table
from remediator.ports.verbs import PAUSE, RESUME

LIST = "list"


@click.command()
@click.argument("scope", default="all")
@click.option("--for", "length", metavar="2h", help="How long; else until somebody resumes.")
@click.option("--reason", default="", help="Why, for the people who will ask.")
@asks_daemon
@output_option
def pause(scope: str, length: str | None, reason: str, client: Client, output: str) -> None:
    """Stop new changes: everywhere, or in one SCOPE.

    SCOPE is all, playbook/NAME, target/KIND/NAME or namespace/NAME; `list` shows the
    pauses in force. A change that has begun is finished; nothing new begins.

    \b
    Examples:
      remediator pause --for 2h --reason "network maintenance"
      remediator pause playbook/disk-space-low --reason "prunes too much"
    """
    if scope == LIST:
        _list(client, output)
        return
    body = {"scope": scope, "reason": reason, **({"for": length} if length else {})}
    made = client.post(PAUSE.path_of(scope), body)
    if output != "table":
        dump(made, output)
        return
    now = datetime.now(UTC)
    say(f"Paused {_where(made['scope'])}, {_until(made, now)}.", bold=True, colour="yellow")
    say(f"To end it: remediator resume {made['scope']}")


@click.command()
@click.argument("scope", default="all")
@asks_daemon
@output_option
def resume(scope: str, client: Client, output: str) -> None:
    """End a pause: of a SCOPE, or the one with this id.

    `playbook/NAME` also closes that playbook's breaker.

    \b
    Examples:
      remediator resume
      remediator resume playbook/disk-space-low
    """
    answer = client.delete(RESUME.path_of(scope))
    if output != "table":
        dump(answer, output)
        return
    say(f"Resumed {_where(scope)}.", bold=True)
    left = client.get("/pauses")["items"]
    if left:
        say("Still paused: " + ", ".join(_where(pause["scope"]) for pause in left))


def _list(client: Client, output: str) -> None:
    answer = client.get("/pauses")
    if output != "table":
        dump(answer, output)
        return
    now = datetime.now(UTC)
    rows = (
        (p["scope"], p["who"], ago(p["since"], now), clock(p["until"], now), p["reason"], p["id"])
        for p in answer["items"]
    )
    headings = ("SCOPE", "WHO", "SINCE", "UNTIL", "REASON", "ID")
    say_table(headings, rows, empty="Nothing is paused.")


def _where(scope: str) -> str:
    return "everything" if scope == "all" else scope


def _until(made: dict[str, Any], now: datetime) -> str:
    if made["until"] is None:
        return "until somebody resumes"
    return f"until {clock(made['until'], now)} ({ago(made['until'], now)})"
