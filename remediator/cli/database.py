"""`db`: what an operator does to the database. Works on the store itself, not through a running daemon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import check_hint, config_option
from remediator.cli.terminal import say

T = TypeVar("T")


@click.group()
def db() -> None:
    """Look after the database.

    \b
    Examples:
      remediator db upgrade --config.file /etc/remediator/remediator.yaml
      remediator db check
    """


@db.command()
@config_option
def upgrade(config_file: str | None) -> None:
    """Bring the schema up to this program's; SQLite is backed up first.

    SQLite is upgraded by `serve` itself. A PostgreSQL database that holds an older schema waits for this
    command, so that replicas of the older program are not surprised.

    \b
    Examples:
      remediator db upgrade --config.file /etc/remediator/remediator.yaml
      remediator db upgrade
    """
    from remediator.app import upgrade_database

    place = _done(upgrade_database, config_file)
    say(f"{place} has this program's schema.")


@db.command()
@config_option
def check(config_file: str | None) -> None:
    """Follow the hash chains of all journals, and name every run whose journal is not what was written, or the site.

    Reads only, also beside a running daemon; run it as the user that the daemon runs as. Exit code 1 where anything
    is wrong.

    \b
    Examples:
      remediator db check --config.file /etc/remediator/remediator.yaml
      remediator db check
    """
    from remediator.app import check_database

    found = _done(check_database, config_file)
    for each in found.breaks:
        say(f"{each.run_id}: entry {each.seq} is not what was written.")
    seen = (
        f"{found.runs.entries} entries of {found.runs.runs} runs, {found.site.entries} of the site"
    )
    if found.breaks:
        hint = "docs/operations.md, RemediatorChainBroken"
        raise Failure(f"{len(found.breaks)} journals are broken, of {seen}", hint=hint)
    say(f"{seen}: every journal is what was written.")
    for look in (found.runs, found.site):
        if look.entries:
            head = look.head
            say(f"The last is entry {head.seq} of {head.run_id}, with the hash {head.hash}.")


def _done(command: Callable[[Path | None], T], config_file: str | None) -> T:
    from remediator.core.errors import InputError, StoreUnavailable

    try:
        return command(Path(config_file) if config_file else None)
    except InputError as error:
        raise Failure(str(error), hint=check_hint(config_file), exit_code=USAGE) from error
    except StoreUnavailable as error:
        raise Failure(str(error)) from error
