"""`remediator`: the program. Commands are imported when they run, so that help is quick."""

from __future__ import annotations

import click

from remediator.cli.commands import all_commands
from remediator.cli.failures import USAGE, Failure

COMMANDS = all_commands()


class InOrder(click.Group):
    """A group that lists its commands in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names as they were added."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, COMMANDS.summary(name).get_short_help_str(width)) for name in COMMANDS]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say of one that an integration would bring which that is."""
        from remediator.integrations.shipped import command_comes_with

        if args[0] not in self.commands and (words := command_comes_with(args[0])):
            raise Failure(words, exit_code=USAGE)
        return super().resolve_command(ctx, args)


@click.group(
    cls=InOrder, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
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
