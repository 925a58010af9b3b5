"""`replay`: what a set of playbooks would have decided about the alerts of the past. Nothing is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import check_hint, config_option
from remediator.cli.terminal import dump, say, say_table

if TYPE_CHECKING:
    from remediator.rehearsal.replay.account import Account, Record
    from remediator.rehearsal.replay.command import Wanted

_FOLDER = click.Path(exists=True, path_type=Path)
MOST_CHANGES = 20


@click.command()
@config_option
@click.option("--since", default="30d", show_default=True, help="How far back.")
@click.option(
    "--from",
    "source",
    default="store",
    show_default=True,
    help="`store`: our own notifications; or a system that remembers, such as `prometheus`.",
)
@click.option("--playbooks", multiple=True, type=_FOLDER, help="In place of those of the settings.")
@click.option("--diff", "other", multiple=True, type=_FOLDER, help="Compare with these playbooks.")
@click.option(
    "--mode",
    type=click.Choice(["dry_run", "approve", "auto"]),
    help="As if environments allowed this.",
)
@click.option("--label", "labels", multiple=True, metavar="K=V", help="Add to alerts of the past.")
@click.option("--step-takes", default="1m", show_default=True, help="How long a step lasts.")
@click.option("--nobody-answers", is_flag=True, help="People never say yes; else they do at once.")
@click.option("--no-live-checks", is_flag=True, help="Ask no system about that time: assume.")
@click.option("--output", type=click.Choice(["table", "json", "yaml", "html"]), default="table")
def replay(config_file: str | None, output: str, **asked: Any) -> None:
    """Say what playbooks would have decided about the alerts of the past. Nothing is done.

    Per playbook: how often it would have matched, run, or been held back, and by which guard; the busiest
    targets, storms, and what a replay cannot know. With --diff, what would have been otherwise.
    Alerts come from the notifications that were stored here, or from Prometheus itself, also on the first day.

    \b
    Examples:
      remediator replay --since 30d
      remediator replay --from prometheus --since 15d --playbooks new/ --diff playbooks/
      remediator replay --output html > replay.html
    """
    from remediator.config.catalog import find_catalog
    from remediator.core.errors import ActionError, InputError, StoreUnavailable
    from remediator.rehearsal.replay.command import run_replay

    try:
        wanted = _wanted(config_file, asked)
        account, other = run_replay(wanted, find_catalog())
    except (InputError, ValueError) as error:
        raise Failure(str(error), hint=check_hint(config_file), exit_code=USAGE) from error
    except (ActionError, StoreUnavailable) as error:
        raise Failure(str(error)) from error
    _show(account, other, output, str(asked["since"]))


def _wanted(config_file: str | None, asked: Mapping[str, Any]) -> Wanted:
    from remediator.core.duration import parse_duration
    from remediator.core.playbook import Mode
    from remediator.rehearsal.replay.assumed import Assumptions
    from remediator.rehearsal.replay.command import Wanted

    return Wanted(
        config_file=Path(config_file) if config_file else None,
        since=_positive(parse_duration(asked["since"])),
        source=asked["source"],
        playbooks=asked["playbooks"],
        other=asked["other"],
        mode=Mode(asked["mode"]) if asked["mode"] else None,
        labels=dict(_pair(each) for each in asked["labels"]),
        assumptions=Assumptions(
            step_takes=parse_duration(asked["step_takes"]),
            people_say_yes=not asked["nobody_answers"],
        ),
        asks=not asked["no_live_checks"],
    )


def _positive(length: timedelta) -> timedelta:
    if length <= timedelta(0):
        raise ValueError("--since must be longer than nothing")
    return length


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"--label is NAME=VALUE, not {text!r}")
    return name, value


def _show(account: Account, other: Account | None, output: str, since: str) -> None:
    from remediator.rehearsal.replay.account import changed, plain
    from remediator.rehearsal.replay.page import page

    if output == "html":
        click.echo(page(f"Replay of the last {since}", account, other), nl=False)
        return
    moved = [*changed(account, other)] if other else []
    if output != "table":
        changes = [
            {"at": f.at.isoformat(), "playbook": f.playbook, "alert": f.alert, "target": f.target}
            | {"before": old, "now": new}
            for f, old, new in moved
        ]
        dump({**plain(account), **({"changes": changes} if other else {})}, output)
        return
    _say_account(account)
    if other:
        say(f"\n{len(moved)} would have been otherwise", bold=True)
        for fate, old, new in moved[:MOST_CHANGES]:
            say(
                f"  {fate.at:%Y-%m-%d %H:%M} {fate.playbook} {fate.alert} {fate.target}: {old} → {new}"
            )
        if len(moved) > MOST_CHANGES:
            say(f"  … and {len(moved) - MOST_CHANGES} more: --output json")
    say("\nWhat a replay cannot know", bold=True)
    for each in account.not_known:
        say(f"  - {each}")


def _say_account(account: Account) -> None:
    say(f"{account.alerts} alerts, {account.unmatched} without a playbook. Nothing was done.")
    headings = ("PLAYBOOK", "MATCHED", "RAN", "ASKED", "REHEARSED", "HELD BACK BY", "NO RUN")
    say_table(headings, map(_row, account.records), empty="No playbooks are loaded.")
    if account.targets:
        words = ", ".join(f"{name} {runs}" for name, runs in account.targets)
        say(f"\nBusiest targets: {words}")
    for storm in account.storms:
        say(
            f"Storm {storm.begin:%Y-%m-%d %H:%M} to {storm.end:%H:%M}: {storm.stopped} runs stopped"
        )


def _row(record: Record) -> Sequence[object]:
    numbers = (record.matched, record.ran, record.asked, record.rehearsed)
    return (record.playbook, *map(str, numbers), _counted(record.held), _counted(record.refused))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.most_common())
