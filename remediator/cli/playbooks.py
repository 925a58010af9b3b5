"""`playbooks`: what is loaded, what became of it, and whether it is ready for the next mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import click

from remediator.cli.client import Client, path_of
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.run_status import Json
from remediator.cli.terminal import clock, dump, say, say_table
from remediator.core.duration import format_duration
from remediator.core.vocabulary import counted

_HEADINGS = ("PLAYBOOK", "MODE", "RUNS", "ACTED", "VERIFIED", "CAME BACK", "NEXT MODE")
_PAGE = 50


@click.group(invoke_without_command=True)
@click.pass_context
def playbooks(ctx: click.Context) -> None:
    """Show the playbooks in use, what became of their runs, and whether they are ready for more.

    A mode is a line in the playbook's file; no command changes it.

    \b
    Examples:
      remediator playbooks
      remediator playbooks show disk-space-low
    """
    if ctx.invoked_subcommand is None:
        with list_playbooks.make_context("list", [], parent=ctx) as listing:
            list_playbooks.invoke(listing)


@playbooks.command("list")
@asks_daemon
@output_option
def list_playbooks(client: Client, output: str) -> None:
    """List the playbooks with their records. Those that do worse than they did are named.

    \b
    Examples:
      remediator playbooks list
      remediator playbooks list --output json
    """
    found = list(_all_records(client))
    if output != "table":
        dump(found, output)
        return
    say_table(_HEADINGS, map(_row, found), empty="No playbooks are loaded.")
    for each in found:
        for words in each["worse"]:
            say(f"{each['playbook']} does worse: {words}", colour="red")


@playbooks.command("show")
@click.argument("name")
@asks_daemon
@output_option
def show_playbook(name: str, client: Client, output: str) -> None:
    """Show one playbook's record, and the reasons for and against its next mode.

    \b
    Examples:
      remediator playbooks show disk-space-low
      remediator playbooks show disk-space-low -o json
    """
    found = client.get(path_of("playbooks", name, "record"))
    if output != "table":
        dump(found, output)
        return
    say(f"{found['playbook']}: mode {found['mode']}", bold=True)
    for line in _lines(found, datetime.now(UTC)):
        say(f"  {line}" if line else "")


def _all_records(client: Client) -> Iterator[Json]:
    after: str | None = ""
    while after is not None:
        page = client.get("/records", {"limit": _PAGE, "after": after or None})
        yield from page["items"]
        after = page["next"]


def _row(found: Json) -> tuple[object, ...]:
    record = found["record"]
    runs = f"{record['runs']}{'' if record['is_all'] else '+'}"
    numbers = (record["acted"], record["verified"], record["came_back"])
    return found["playbook"], found["mode"], runs, *numbers, _next(found)


def _next(found: Json) -> str:
    if not found["next_mode"]:
        return "-"
    against = [each["text"] for each in found["reasons"] if not each["holds"]]
    return (
        f"not {found['next_mode']}: {against[0]}" if against else f"ready for {found['next_mode']}"
    )


def _lines(found: Json, now: datetime) -> Iterator[str]:
    yield from _story(found["record"], found["without_run"], now)
    yield ""
    yield from _verdict(found)


def _story(record: Json, without_run: Mapping[str, int], now: datetime) -> Iterator[str]:
    """Say what became of the runs, each line only where there is something to say."""
    since = f", since {clock(record['since'], now)}" if record["since"] else ""
    newest = "" if record["is_all"] else "the newest "
    yield f"looked at         {newest}{counted(record['runs'], 'run')}{since}"
    if without_run:
        refused = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in without_run.items())
        yield f"alerts, no run    {refused}"
    yield f"would have acted  {record['would_have_acted']} (dry runs)"
    if record["unplanned"]:
        yield f"not plannable     {record['unplanned']}"
    if record["held"]:
        yield f"held by guards    {', '.join(f'{g} {n}' for g, n in record['held'].items())}"
    yield f"people            {_answers(record)}"
    for each in record["rejections"]:
        yield f"                  {each['by']} rejected {each['run']}: {each['why'] or 'no reason'}"
    yield f"acted             {_outcomes(record)}"
    yield f"came back         {record['came_back']} of {record['verified']} within a day"
    yield f"alert to fixed    {_time(record['with_changes'])} where it acted, {_time(record['without'])} elsewhere"


def _answers(record: Json) -> str:
    return (
        f"{record['approved']} approved, {record['rejected']} rejected, {record['expired']} expired"
    )


def _outcomes(record: Json) -> str:
    others = (
        (record["not_fixed"], "not fixed"),
        (record["failed"], "failed"),
        (record["unknown"], "unknown"),
    )
    words = [f"{record['verified']} verified", *(f"{n} {what}" for n, what in others if n)]
    return f"{record['acted']}: {', '.join(words)}"


def _time(times: Json) -> str:
    if times["middle"] is None:
        return "nothing known"
    return f"{format_duration(timedelta(seconds=times['middle']))} ({counted(times['alerts'], 'alert')})"


def _verdict(found: Json) -> Iterator[str]:
    for words in found["worse"]:
        yield f"WORSE: {words}"
    if not found["next_mode"]:
        yield "It goes as far as there is."
        return
    yield f"Ready for {found['next_mode']}? {'yes' if found['is_ready'] else 'not yet'}"
    for reason in found["reasons"]:
        yield f"  {'+' if reason['holds'] else '-'} {reason['text']}"
    if found["is_ready"]:
        yield f"To go on: write `mode: {found['next_mode']}` into its file. Nothing else changes it."
