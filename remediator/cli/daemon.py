"""`serve` and `demo`: the daemon itself. All of it is imported only here, when it starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import check_hint, config_option


@click.command()
@config_option
@click.option("--web.listen-address", "listen", metavar="HOST:PORT", help="Where to listen.")
@click.option(
    "--log.level",
    "log_level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
)
@click.option(
    "--log.format",
    "log_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def serve(config_file: str | None, listen: str | None, log_level: str, log_format: str) -> None:
    """Run the daemon.

    Without a settings file it uses ./playbooks where that stands, keeps SQLite in
    ./remediator-data, listens on 127.0.0.1:9095, and everything is a dry run. It says so
    when it begins, and what to paste into Alertmanager.

    \b
    Examples:
      remediator serve
      remediator serve --config.file /etc/remediator/remediator.yaml --log.format json
    """
    from remediator.app import serve as run

    path = Path(config_file) if config_file else None
    _run(
        lambda: run(config_file=path, listen=listen, log_level=log_level, log_format=log_format),
        check_hint(config_file),
    )


@click.command()
def demo() -> None:
    """Take a minute's tour, with nothing of yours involved.

    A simulated host fills up, is planned for, asked about, cleaned and verified.

    \b
    Examples:
      remediator demo
      NO_COLOR=1 remediator demo | less
    """
    from remediator.app import demo as run

    _run(run)


def _run(function: Callable[[], int], hint: str = "") -> None:
    """Run until it ends, with the exit code that it returns. Settings that are wrong are exit code 2."""
    from remediator.core.errors import InputError, StoreUnavailable

    try:
        ended = function()
    except InputError as error:
        raise Failure(str(error), hint=hint, exit_code=USAGE) from error
    except StoreUnavailable as error:
        raise Failure(str(error)) from error
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None
    raise click.exceptions.Exit(ended)
