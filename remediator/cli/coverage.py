"""`coverage`: which of your alert rules have a playbook, and what the others lack."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remediator.cli.alert_words import labels_of
from remediator.cli.failures import NO, UNREACHABLE, USAGE, Failure
from remediator.cli.options import config_option
from remediator.cli.terminal import say, say_table

if TYPE_CHECKING:
    from remediator.app.coverage import Coverage, Sought

_HEADINGS = ("ALERT", "COVER", "PLAYBOOK", "REACHES US", "REMARKS")
_EXISTING = click.Path(exists=True, path_type=Path)
FAIL_IF = ("uncovered", "skipped", "unreached", "idle")


@click.command()
@config_option
@click.option(
    "--rules", multiple=True, type=_EXISTING, help="Rule files or folders: then nobody is asked."
)
@click.option(
    "--playbooks", multiple=True, type=_EXISTING, help="Instead of the settings' folders."
)
@click.option("--routes", type=_EXISTING, help="Alertmanager's configuration, as a file.")
@click.option(
    "--receiver", "receivers", multiple=True, help="Who posts to us, where URLs are hidden."
)
@click.option("--label", multiple=True, metavar="K=V", help="What Prometheus adds to every alert.")
@click.option("--ignore", metavar="REGEX", help="Alerts that need no playbook, by name.")
@click.option(
    "--fail-if",
    multiple=True,
    type=click.Choice(FAIL_IF),
    help="Exit code 1 where that is so of any rule (idle: of a playbook).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
)
def coverage(
    config_file: str | None, ignore: str | None, fail_if: tuple[str, ...], form: str, **more: Any
) -> None:
    """Say which alert rules have a playbook, and which labels the others lack.

    Rules are those of the Prometheus in the settings, or of --rules, and routes those of its
    Alertmanager, or of --routes. A rule is `answered`; `depends` where that is for the alert's
    labels to say; `skipped` where it does not send a label that the playbook requires; else
    `uncovered`. `unreached` are alerts that have a playbook and are not sent to remediator,
    `idle` playbooks that no rule can set off. Whoever is no rule's business: --ignore Watchdog.

    \b
    Examples:
      remediator coverage
      remediator coverage --rules rules/ --playbooks playbooks/ --fail-if skipped --format github
      remediator coverage --rules rules/ --routes alertmanager.yml --label cluster=eu
    """
    found = _without(_find(_sought(config_file, more)), _pattern(ignore))
    _show(found, form, fail_if)
    from remediator.cli.coverage_lines import IDLE, failings

    failed = {word for each in found.rules for word in failings(each)}
    failed |= {IDLE} if found.idle else set()
    raise click.exceptions.Exit(NO if failed & set(fail_if) else 0)


def _sought(config_file: str | None, more: Any) -> Sought:
    from remediator.app.coverage import Sought

    try:
        labels = labels_of(more["label"])
    except ValueError as error:
        raise Failure(str(error), exit_code=USAGE) from error
    return Sought(
        settings=Path(config_file) if config_file else None,
        playbooks=more["playbooks"],
        rules=more["rules"],
        routes=more["routes"],
        receivers=more["receivers"],
        labels=labels,
    )


def _find(sought: Sought) -> Coverage:
    from remediator.app.coverage import find_coverage
    from remediator.config.catalog import find_catalog
    from remediator.core.errors import ActionError, InputError

    try:
        return find_coverage(sought, find_catalog())
    except InputError as error:
        raise Failure(str(error), exit_code=USAGE) from error
    except ActionError as error:
        hint = "nothing was compared; --rules and --routes take files"
        raise Failure(str(error), hint=hint, exit_code=UNREACHABLE) from error


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise click.UsageError(f"--ignore: not a regular expression: {error}") from error


def _without(found: Coverage, ignored: re.Pattern[str] | None) -> Coverage:
    if ignored is None:
        return found
    kept = tuple(each for each in found.rules if not ignored.fullmatch(each.rule.name))
    return replace(found, rules=kept)


def _show(found: Coverage, form: str, fatal: Collection[str]) -> None:
    from remediator.cli import coverage_lines as lines

    if form == "json":
        click.echo(json.dumps(lines.entries(found), indent=2))
    elif form == "github":
        _echo(list(lines.github_lines(found, fatal)))
    else:
        say_table(_HEADINGS, lines.rows(found), empty="there are no alert rules")
        for line in lines.notes(found):
            say(line)


def _echo(lines: Sequence[str]) -> None:
    for line in lines:
        click.echo(line)
