"""`schema`: what editors need to check and complete while somebody writes. Needs no daemon."""

from __future__ import annotations

import json

import click

from remediator.cli.terminal import say


@click.command()
@click.argument("kind", type=click.Choice(["playbook", "settings", "test"]), default="playbook")
@click.option(
    "--modeline",
    metavar="PATH",
    help="Print the comments that tell an editor where the schema is, instead.",
)
def schema(kind: str, modeline: str | None) -> None:
    """Print the JSON Schema of playbooks, settings or files of tests.

    It is made from what is installed: every action, check and guard with its parameters, defaults
    and examples. Print it again after an upgrade. A running daemon has it, too:
    GET /api/schema/playbook.json.

    \b
    Examples:
      remediator schema playbook > schemas/playbook.json
      remediator schema --modeline ../schemas/playbook.json
    """
    if modeline:
        from remediator.config.schema.modeline import modelines

        say(modelines(modeline))
        return
    from remediator import __version__
    from remediator.config.catalog import find_catalog
    from remediator.config.schema import schema_of

    click.echo(json.dumps(schema_of(kind, find_catalog(), __version__), indent=2))
