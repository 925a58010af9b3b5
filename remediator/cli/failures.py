"""How commands fail: one line of what, one line of what would help, and the exit code that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

NO = 1
USAGE = 2
UNREACHABLE = 3


class Failure(click.ClickException):
    """End the command with an exit code, a sentence and a hint, all on standard error."""

    def __init__(self, message: str, *, hint: str = "", exit_code: int = NO) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to standard error, without what could steer a terminal."""
        from remediator.core.plaintext import clean

        click.echo(f"error: {clean(self.message)}", err=True)
        if self.hint:
            click.echo(f"hint: {clean(self.hint)}", err=True)


@contextmanager
def asks_without_daemon(hint: str) -> Iterator[None]:
    """End the command where a question to settings and engine is refused, or what was given is wrong; the hint is for
    the latter."""
    from remediator.core.errors import InputError, Refused

    try:
        yield
    except Refused as refusal:
        raise Failure(str(refusal), hint=refusal.hint) from refusal
    except InputError as error:
        raise Failure(str(error), hint=hint, exit_code=USAGE) from error


def require_integration(command: str, name: str) -> None:
    """Fail where the outside system that a command is about is not installed."""
    from remediator.config.catalog import find_integrations

    if name not in {each.name for each in find_integrations()}:
        raise Failure(
            f"`{command}` comes with the integration `{name}`, which is not installed",
            exit_code=USAGE,
        )
