"""The commands that print exactly what the loaded playbooks must be allowed to do, as integrations write it down.

They ask nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import CONFIG_HELP, PLAYBOOKS_HERE, check_hint, settings_here
from remediator.cli.terminal import say
from remediator.ports.grants import Granting, GrantWriter, WrongOption

if TYPE_CHECKING:
    from remediator.config.settings import Settings
    from remediator.ports.rights import Need

_PATHS = (
    "PATH is a playbook or a folder of them; without one, the settings' folders are read, "
    "and ./playbooks where there are no settings."
)


def command_of(writer: GrantWriter) -> click.Command:
    """Return the command of what writes grants."""

    def run(paths: tuple[Path, ...], config_file: str | None, **options: str | None) -> None:
        settings, needs = _needs(paths, config_file)
        asked = Granting(needs=needs, sections=settings.sections, options=options)
        try:
            grants = writer.write(asked)
        except WrongOption as error:
            hint = f"--{error.option}"
            raise click.BadParameter(str(error), param_hint=hint) from error
        for note in grants.notes:
            say(note, err=True)
        click.echo(grants.text, nl=False)

    return click.Command(
        writer.command, callback=run, params=_parameters(writer), help=_help(writer)
    )


def _parameters(writer: GrantWriter) -> list[click.Parameter]:
    options = (
        click.Option(
            [f"--{each.name}"],
            help=each.help,
            default=each.default,
            show_default=bool(each.default),
        )
        for each in writer.options
    )
    return [
        click.Argument(["paths"], nargs=-1, type=click.Path(exists=True, path_type=Path)),
        click.Option(
            ["--config.file", "config_file"],
            type=click.Path(dir_okay=False),
            default=settings_here,
            help=CONFIG_HELP,
        ),
        *options,
    ]


def _help(writer: GrantWriter) -> str:
    examples = "".join(f"\n  {example}" for example in writer.examples)
    return f"{writer.what}\n\n{_PATHS}\n{writer.more}\n\n\b\nExamples:{examples}\n"


def _playbooks_here() -> tuple[Path, ...]:
    here = Path(PLAYBOOKS_HERE)
    if not here.is_dir():
        raise click.UsageError("which playbooks? give PATHS or --config.file")
    return (here,)


def _needs(paths: tuple[Path, ...], config_file: str | None) -> tuple[Settings, tuple[Need, ...]]:
    """Return the settings and what their playbooks (or those of `paths`) need; raise what is wrong with them."""
    from remediator.config.catalog import find_catalog
    from remediator.config.needs import find_needs
    from remediator.config.playbooks import PlaybookLoader
    from remediator.config.settings import Settings
    from remediator.config.settings_reader import load_settings
    from remediator.config.templates import Templates
    from remediator.core.errors import InputError

    if not paths and config_file is None:
        paths = _playbooks_here()
    catalog = find_catalog()
    try:
        if config_file is None:
            return Settings(), find_needs(PlaybookLoader(catalog).load(paths).checked(), catalog)
        settings = load_settings(Path(config_file), catalog).checked()
        templates = Templates(catalog.filters(settings.sections))
        loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
        book = loader.load(paths or settings.playbooks).checked()
        return settings, find_needs(book, catalog)
    except InputError as error:
        raise Failure(str(error), hint=check_hint(config_file), exit_code=USAGE) from error
