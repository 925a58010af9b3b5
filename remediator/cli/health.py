"""`healthcheck` and `version`: what machines ask."""

from __future__ import annotations

import click

from remediator.cli.client import Client
from remediator.cli.failures import Failure
from remediator.cli.options import DEFAULT_URL


@click.command()
@click.option("--url", envvar="REMEDIATOR_URL", default=DEFAULT_URL, show_default=True)
@click.option("--ready", is_flag=True, help="Ask whether it can take notifications.")
def healthcheck(url: str, ready: bool) -> None:
    """Ask a daemon whether it is alive; for containers and scripts.

    \b
    Examples:
      remediator healthcheck
      remediator healthcheck --ready --url http://127.0.0.1:9095
    """
    status, _ = Client(url).send("GET", "/-/ready" if ready else "/-/healthy")
    word = "ready" if ready else "healthy"
    if status != 200:
        raise Failure(f"{url} is not {word} (status {status})")
    click.echo(word)


@click.command()
def version() -> None:
    """Print the version.

    \b
    Examples:
      remediator version
      test "$(remediator version | cut -d' ' -f2)" = 0.1.0
    """
    import platform

    from remediator import __version__

    click.echo(f"remediator {__version__} (Python {platform.python_version()})")
