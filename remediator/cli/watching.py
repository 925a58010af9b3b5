"""`runs watch` without a run: all of them, a line whenever one stands elsewhere than before."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NoReturn

import click

from remediator.cli.client import Client
from remediator.cli.run_status import Json
from remediator.cli.story import state
from remediator.cli.terminal import say
from remediator.core.plaintext import one_line

_MOST = 200
_INTERRUPTED = 130


def watch_all(client: Client, every: float) -> NoReturn:
    """Print what is open, and then what changes, until somebody presses Ctrl-C."""
    stood: Mapping[str, str] | None = None
    try:
        while True:
            found = client.get("/runs", {"limit": _MOST})["items"]
            for run in news(stood, found):
                say(f"{datetime.now(UTC):%H:%M:%S}  {standing(run)}")
            if stood is None:
                say("Waiting for what comes next; Ctrl-C ends this.", err=True)
            stood = {run["id"]: state(run) for run in found}
            time.sleep(every)
    except KeyboardInterrupt:
        raise click.exceptions.Exit(_INTERRUPTED) from None


def news(stood: Mapping[str, str] | None, found: Sequence[Json]) -> list[Json]:
    """Return the runs that stand elsewhere than before, the oldest first; at first, those that are open."""
    oldest_first = reversed(found)
    if stood is None:
        return [run for run in oldest_first if run["outcome"] is None]
    return [run for run in oldest_first if stood.get(run["id"]) != state(run)]


def standing(run: Json) -> str:
    """Say in one line which run it is and where it stands."""
    reason = f": {one_line(run['reason'], 120)}" if run["outcome"] and run["reason"] else ""
    return f"{run['id']}  {run['playbook']} on {run['target']}  {state(run)}{reason}"
