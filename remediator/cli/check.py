"""`check`: everything that is wrong with settings and playbooks, all at once; only `--online` asks the world."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from remediator.cli.failures import NO
from remediator.cli.options import PLAYBOOKS_HERE, config_option
from remediator.cli.terminal import say


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option(
    "--online",
    is_flag=True,
    help="Also ask Slack, Prometheus, Alertmanager, clusters and AWS. Nothing is changed.",
)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
)
def check(
    paths: tuple[Path, ...], config_file: str | None, online: bool, strict: bool, form: str
) -> None:
    """Check playbooks and settings. Exit code 1 where there are errors.

    PATH is a playbook or a folder of them; without one, the settings' folders are checked,
    and ./playbooks where there are no settings.
    With --online, every server that the settings name is asked as well: do tokens work, is
    anything missing, does everybody exist who is named, what may we do in a cluster and at AWS.

    \b
    Examples:
      remediator check playbooks/
      remediator check --config.file /etc/remediator/remediator.yaml --online
    """
    if not paths and config_file is None and not Path(PLAYBOOKS_HERE).is_dir():
        raise click.UsageError("there is nothing here to check: give PATHS or --config.file")
    from remediator.config.catalog import find_catalog
    from remediator.config.check import ProblemFormat, format_problems, is_acceptable
    from remediator.config.check import check as find_problems

    settings, catalog = Path(config_file) if config_file else None, find_catalog()
    if online and settings is None:
        raise click.UsageError("--online asks what the settings name: give --config.file")
    problems = find_problems(paths, settings, catalog)
    if not online or settings is None:
        text = format_problems(problems, ProblemFormat(form))
        _end(text, form, is_fine=is_acceptable(problems, strict=strict))
    if not is_acceptable(problems):
        say("online: nobody was asked; mend these errors first", err=True)
        _end(format_problems(problems, ProblemFormat(form)), form, is_fine=False)
    from remediator.app.online import inspect_online
    from remediator.config.check_findings import all_acceptable, format_all

    findings = inspect_online(paths, settings, catalog)
    text = format_all(problems, findings, ProblemFormat(form))
    _end(text, form, is_fine=all_acceptable(problems, findings, strict=strict))


def _end(text: str, form: str, *, is_fine: bool) -> NoReturn:
    if form == "text":
        say(text)
    elif text:
        click.echo(text)
    raise click.exceptions.Exit(0 if is_fine else NO)
