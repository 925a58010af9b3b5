"""`docs playbooks`: runbooks in Markdown, for people who must do by hand what a playbook does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from remediator.cli.failures import NO, USAGE, Failure
from remediator.cli.options import PLAYBOOKS_HERE, check_hint, config_option
from remediator.cli.terminal import say

INDEX = "README.md"


@click.group()
def docs() -> None:
    """Write pages for people.

    \b
    Examples:
      remediator docs playbooks --to runbooks/
      remediator docs playbooks --to runbooks/ --check
    """


@docs.command("playbooks")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Else all is printed."
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit code 1 for what would be."
)
def playbooks(
    paths: tuple[Path, ...], config_file: str | None, folder: Path | None, only_check: bool
) -> None:
    """Write a runbook for each playbook: when, what must be true, what to look at, to do and to prove.

    PATH is a playbook or a folder; without one the settings' folders are read, else ./playbooks.
    With --to, each is a page NAME.md, and README.md leads to all; pages of others are not touched.

    \b
    Examples:
      remediator docs playbooks playbooks/disk-space-low.yaml
      remediator docs playbooks --to runbooks/
      remediator docs playbooks playbooks/ --to runbooks/ --check
    """
    pages = _pages(paths, config_file)
    if folder is None:
        if only_check:
            raise click.UsageError("--check compares with the pages in --to DIR")
        click.echo("\n".join(text for name, text in pages.items() if name != INDEX), nl=False)
        return
    changed = {name: text for name, text in pages.items() if _before(folder / name) != text}
    for name, text in changed.items():
        if not only_check:
            _write(folder / name, text)
        say(f"{'would write' if only_check else 'wrote'}  {folder / name}")
    raise click.exceptions.Exit(NO if only_check and changed else 0)


def _pages(paths: tuple[Path, ...], config_file: str | None) -> Mapping[str, str]:
    from remediator.config.catalog import find_catalog
    from remediator.config.playbooks import PlaybookLoader
    from remediator.config.runbook import index_text, runbook_text
    from remediator.config.settings_reader import load_settings
    from remediator.config.templates import Templates
    from remediator.core.errors import InputError

    if not paths and config_file is None:
        paths = (Path(PLAYBOOKS_HERE),)
    catalog = find_catalog()
    try:
        settings = load_settings(Path(config_file) if config_file else None, catalog).checked()
        templates = Templates(catalog.filters(settings.sections))
        loader = PlaybookLoader(catalog, settings.playbook_rules(), templates=templates)
        book = loader.load(paths or settings.playbooks).checked()
    except InputError as error:
        raise Failure(str(error), hint=check_hint(config_file), exit_code=USAGE) from error
    named = sorted(book, key=lambda each: each.name)
    return {f"{each.name}.md": runbook_text(each, catalog) for each in named} | {
        INDEX: index_text(named)
    }


def _before(path: Path) -> str:
    """Return a page as it stands there; refuse one that somebody else wrote, before anything is written."""
    from remediator.config.runbook import WRITTEN

    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read {path}: {error}", exit_code=USAGE) from error
    if before and not before.startswith(WRITTEN):
        hint = "it was written by somebody else: choose another folder"
        raise Failure(f"{path} is there already", hint=hint, exit_code=USAGE)
    return before


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error}", exit_code=USAGE) from error
