"""`db`: what an operator does to the database. Works on the store itself, not through a running daemon."""

from __future__ import annotations

from pathlib import Path

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import check_hint, config_option
from remediator.cli.terminal import say


@click.group()
def db() -> None:
    """Look after the database.

    \b
    Examples:
      remediator db upgrade --config.file /etc/remediator/remediator.yaml
      remediator db upgrade
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
    from remediator.core.errors import InputError, StoreUnavailable

    try:
        place = upgrade_database(Path(config_file) if config_file else None)
    except InputError as error:
        raise Failure(str(error), hint=check_hint(config_file), exit_code=USAGE) from error
    except StoreUnavailable as error:
        raise Failure(str(error)) from error
    say(f"{place} has this program's schema.")
