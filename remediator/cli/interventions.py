"""`runs cancel`, `runs take-over` and `runs settle`: a person steps in. Put under `runs`."""

from __future__ import annotations

from typing import Any

import click

from remediator.cli.client import Client, path_of
from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.story import state
from remediator.cli.terminal import dump, say

_reason_option = click.option("--reason", default="", help="Why, for the people who will ask.")


@click.command("cancel")
@click.argument("run")
@_reason_option
@asks_daemon
@output_option
def cancel_run(run: str, reason: str, client: Client, output: str) -> None:
    """Stop a run. A change under way is finished and looked at first; nothing new begins.

    \b
    Examples:
      remediator runs cancel run_0199f0c4a1b27c3e8d5f60718293a4b5 --reason "doing it by hand"
      remediator runs cancel run_0199f0c4a1b27c3e8d5f60718293a4b5
    """
    found = client.post(path_of("runs", run, "cancel"), {"reason": reason})
    if output != "table":
        dump(found, output)
        return
    _say_stopping(found)


@click.command("take-over")
@click.argument("run")
@_reason_option
@asks_daemon
@output_option
def take_over_run(run: str, reason: str, client: Client, output: str) -> None:
    """Stop a run because you look after its target now.

    Also stops the escalation, and pauses the target for two hours.

    \b
    Examples:
      remediator runs take-over run_0199f0c4a1b27c3e8d5f60718293a4b5
      remediator runs take-over run_0199f0c4a1b27c3e8d5f60718293a4b5 --reason "moving the data"
    """
    found = client.post(path_of("runs", run, "take-over"), {"reason": reason})
    if output != "table":
        dump(found, output)
        return
    _say_stopping(found)
    scope = f"target/{found['target']}"
    say(f"{found['target']} is yours: paused for two hours. To end that: remediator resume {scope}")


@click.command("settle")
@click.argument("run")
@click.option("--applied", "said", flag_value="applied", help="It was made: the run goes on.")
@click.option(
    "--not-applied", "said", flag_value="not_applied", help="It was not made: the run fails."
)
@click.option(
    "--abandon",
    "said",
    flag_value="abandon",
    help="Nobody can tell: the run ends, its target is let go.",
)
@_reason_option
@asks_daemon
@output_option
def settle_run(run: str, said: str | None, reason: str, client: Client, output: str) -> None:
    """Say what became of a change that nobody could observe. Look at the target first.

    For a run that has ended with an unknown outcome this lets its target go.

    \b
    Examples:
      remediator runs settle run_0199f0c4a1b27c3e8d5f60718293a4b5 --applied --reason "df shows it"
      remediator runs settle run_0199f0c4a1b27c3e8d5f60718293a4b5 --abandon
    """
    if said is None:
        raise Failure("give --applied, --not-applied or --abandon", exit_code=USAGE)
    body = {"settlement": said, "reason": reason}
    found = client.post(path_of("runs", run, "resolve-unknown"), body)
    if output != "table":
        dump(found, output)
        return
    say(f"{found['headline']}: settled ({said.replace('_', ' ')}); {state(found)}.", bold=True)
    if found["outcome"]:
        say(f"{found['target']} is let go.")
        return
    _say_how_to_watch(found)


STEERING = (cancel_run, take_over_run, settle_run)


def _say_stopping(run: Any) -> None:
    if run["outcome"]:
        say(f"{run['headline']}: {state(run)}.", bold=True)
        return
    say(f"{run['headline']}: will stop ({state(run)}).", bold=True)
    _say_how_to_watch(run)


def _say_how_to_watch(run: Any) -> None:
    say(f"To see it end: remediator runs watch {run['id']}")
