"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from remediator.cli.client import Client

DEFAULT_URL = "http://127.0.0.1:9095"

_URL = click.option(
    "--url", envvar="REMEDIATOR_URL", default=DEFAULT_URL, show_default=True, help="The daemon."
)
_TOKEN_FILE = click.option(
    "--token-file",
    envvar="REMEDIATOR_TOKEN_FILE",
    type=click.Path(dir_okay=False),
    help="A file with your token.",
)

output_option = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="For people, or for programs.",
)
SETTINGS_HERE = "remediator.yaml"
PLAYBOOKS_HERE = "playbooks"
CONFIG_HELP = f"The settings file; without one, ./{SETTINGS_HERE} where it stands."


def settings_here() -> str | None:
    """Return the settings file that stands in this directory, where there is one."""
    return SETTINGS_HERE if Path(SETTINGS_HERE).is_file() else None


config_option = click.option(
    "--config.file",
    "config_file",
    type=click.Path(dir_okay=False),
    default=settings_here,
    help=CONFIG_HELP,
)


def check_hint(config_file: str | None) -> str:
    """Return the command that shows everything that is wrong with these settings and their playbooks."""
    is_found = config_file in (None, SETTINGS_HERE)
    return "remediator check" + ("" if is_found else f" --config.file {config_file}")


def asks_daemon(function: Callable[..., Any]) -> Callable[..., object]:
    """Give a command --url and --token-file, and hand it a `client`."""

    @_URL
    @_TOKEN_FILE
    @wraps(function)
    def with_client(*args: object, url: str, token_file: str | None, **kwargs: object) -> object:
        return function(*args, client=Client(url, token_file), **kwargs)

    return with_client
