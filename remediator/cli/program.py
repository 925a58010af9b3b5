"""`remediator`: puts the commands together. Commands import what they need when they run, so that help is quick."""

from __future__ import annotations

import click

from remediator.cli.actions import actions
from remediator.cli.audit import audit
from remediator.cli.check import check
from remediator.cli.coverage import coverage
from remediator.cli.daemon import demo, serve
from remediator.cli.database import db
from remediator.cli.decide import approve, reject
from remediator.cli.drill import drill
from remediator.cli.failures import USAGE, Failure
from remediator.cli.health import healthcheck, version
from remediator.cli.init import init
from remediator.cli.new import new
from remediator.cli.pauses import pause, resume
from remediator.cli.plan import plan
from remediator.cli.playbooks import playbooks
from remediator.cli.resolve import resolve
from remediator.cli.rights import command_of
from remediator.cli.runs import runs
from remediator.cli.slack import slack
from remediator.cli.status import status
from remediator.cli.test import test
from remediator.cli.why import why
from remediator.config.folders import find_grant_writers
from remediator.core.errors import InvalidSettings

COMMANDS = (
    demo,
    init,
    serve,
    check,
    plan,
    coverage,
    new,
    test,
    status,
    playbooks,
    drill,
    runs,
    why,
    audit,
    approve,
    reject,
    pause,
    resume,
    actions,
    resolve,
    *map(command_of, find_grant_writers()),
    slack,
    db,
    healthcheck,
    version,
)


class InOrder(click.Group):
    """A group that lists its commands in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names as they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say of one that an integration would bring which that is."""
        from remediator.integrations.shipped import command_comes_with

        if args[0] not in self.commands and (words := command_comes_with(args[0])):
            raise Failure(words, exit_code=USAGE)
        return super().resolve_command(ctx, args)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Answer Prometheus alerts the way a careful engineer would.

    Plan, ask, apply, verify, tell. Commands that ask a running daemon take --url and
    --token-file, or REMEDIATOR_URL and REMEDIATOR_TOKEN_FILE.

    \b
    Exit codes: 0 fine, 1 the answer is no, 2 wrong usage or settings,
    3 the daemon cannot be reached.

    \b
    Examples:
      remediator demo
      remediator runs list --phase awaiting_approval
    """


for _command in COMMANDS:
    if _command.name in main.commands:
        raise InvalidSettings(
            f"an integration brings `{_command.name}`, which is there: it has to go"
        )
    main.add_command(_command)
