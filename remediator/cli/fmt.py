"""`fmt`: playbooks with their keys in one order; comments are kept, and no meaning is changed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from remediator.cli.failures import NO, USAGE, Failure
from remediator.cli.options import PLAYBOOKS_HERE, config_option
from remediator.cli.terminal import say


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit code 1 for what would be."
)
@config_option
def fmt(paths: tuple[Path, ...], only_check: bool, config_file: str | None) -> None:
    """Put the keys of playbooks in one order, as the documentation has them.

    Comments, quotes and line breaks stay as they are, and go with their keys; blanks at the ends
    of lines go. A file whose meaning would change is left alone. PATH is a playbook or a folder;
    without one the settings' folders, else ./playbooks; - reads one and prints it.

    \b
    Examples:
      remediator fmt
      remediator fmt --check playbooks/
    """
    if paths == (Path("-"),):
        _pass_through()
        return
    changed = 0
    for path, real in _files(paths, config_file):
        changed += _format(path, real, only_check=only_check)
    if only_check and changed:
        raise Failure(f"{changed} to be formatted", hint="remediator fmt", exit_code=NO)


def _pass_through() -> None:
    from remediator.config.formatting import formatted

    after, problems = formatted("-", sys.stdin.buffer.read())
    if problems:
        raise Failure("\n".join(map(str, problems)))
    click.echo(after, nl=False)


def _files(paths: tuple[Path, ...], config_file: str | None) -> Iterator[tuple[Path, Path]]:
    from remediator.config.playbook_files import PlaybookFolder

    for path in paths or _folders(config_file):
        folder = PlaybookFolder(path)
        folder.look()
        if folder.problems:
            raise Failure("\n".join(map(str, folder.problems)))
        yield from ((file.named, file.real) for file in folder.files)


def _folders(config_file: str | None) -> tuple[Path, ...]:
    if config_file is None:
        if not Path(PLAYBOOKS_HERE).is_dir():
            raise click.UsageError("there is nothing here to format: give PATHS or --config.file")
        return (Path(PLAYBOOKS_HERE),)
    from remediator.config.catalog import find_catalog
    from remediator.config.settings_reader import load_settings
    from remediator.core.errors import InputError

    try:
        return tuple(load_settings(Path(config_file), find_catalog()).checked().playbooks)
    except InputError as error:
        raise Failure(str(error), exit_code=USAGE) from error


def _format(path: Path, real: Path, *, only_check: bool) -> bool:
    """Format one file; say whether that changes it."""
    from remediator.config.formatting import formatted
    from remediator.documents.regular_file import read_regular

    try:
        raw = read_regular(real)
        after, problems = formatted(str(path), raw)
        if problems:
            raise Failure("\n".join(map(str, problems)))
        if after != raw and not only_check:
            _replace(real, after)
    except OSError as error:
        raise Failure(f"cannot format {path}: {error.strerror}", exit_code=USAGE) from error
    if after != raw:
        say(f"{'would format' if only_check else 'formatted'}  {path}")
    return after != raw


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside it and put it in its place, so that nobody ever reads half of one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
