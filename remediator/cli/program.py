"""`remediator`: puts the commands together. Commands import what they need when they run, so that help is quick."""

from __future__ import annotations

import click

from remediator.cli.actions import actions
from remediator.cli.check import check
from remediator.cli.daemon import demo, serve
from remediator.cli.database import db
from remediator.cli.decide import approve, reject
from remediator.cli.health import healthcheck, version
from remediator.cli.pauses import pause, resume
from remediator.cli.resolve import resolve
from remediator.cli.rights import iam, rbac
from remediator.cli.runs import runs
from remediator.cli.slack import slack
from remediator.cli.why import why

COMMANDS = (
    serve,
    demo,
    check,
    runs,
    why,
    approve,
    reject,
    pause,
    resume,
    actions,
    resolve,
    rbac,
    iam,
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
    main.add_command(_command)
