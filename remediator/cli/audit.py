"""`audit`: what people and daemons did that belongs to no run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from remediator.cli.client import Client
from remediator.cli.options import asks_daemon, output_option
from remediator.cli.terminal import clock, dump, say
from remediator.core.plaintext import one_line

_LONGEST = 400


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=25, show_default=True)
@click.option("--before", metavar="NUMBER", help="Go on where the last list ended.")
@asks_daemon
@output_option
def audit(client: Client, output: str, **filters: Any) -> None:
    """List the site's journal, newest first: pauses, reloads, starts, decisions about runs that had ended.

    What belongs to a run stands in that run's journal: `remediator runs show`. Neither can be changed unnoticed:
    `remediator db check` follows their hash chains.

    \b
    Examples:
      remediator audit
      remediator audit --limit 500 --output json
    """
    answer = client.get("/audit", filters)
    if output != "table":
        dump(answer, output)
        return
    now = datetime.now(UTC)
    for entry in answer["items"]:
        say(
            f"{entry['number']:>6}  {clock(entry['at'], now):>20}  {one_line(entry['text'], _LONGEST)}"
        )
    if not answer["items"]:
        say("Nothing was written down yet.")
    if answer["next"]:
        say(f"more: --before {answer['next']}", err=True)
