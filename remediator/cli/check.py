"""`check`: everything that is wrong with settings and playbooks, all at once, without touching the world."""

from __future__ import annotations

from pathlib import Path

import click

from remediator.cli.failures import NO
from remediator.cli.options import config_option
from remediator.cli.terminal import say


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
)
def check(paths: tuple[Path, ...], config_file: str | None, strict: bool, form: str) -> None:
    """Check playbooks and settings. Exit code 1 where there are errors.

    PATH is a playbook or a folder of them; without one, the settings' folders are checked.

    \b
    Examples:
      remediator check playbooks/
      remediator check --config.file /etc/remediator/remediator.yaml --format github
    """
    from remediator.config.catalog import find_catalog
    from remediator.config.check import ProblemFormat, format_problems, is_acceptable
    from remediator.config.check import check as find_problems

    settings = Path(config_file) if config_file else None
    problems = find_problems(paths, settings, find_catalog())
    text = format_problems(problems, ProblemFormat(form))
    if form == "text":
        say(text)
    elif text:
        click.echo(text)
    raise click.exceptions.Exit(0 if is_acceptable(problems, strict=strict) else NO)
