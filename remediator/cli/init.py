"""`init`: everything for a first hour, in a folder. It asks nothing, and overwrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from remediator.cli.failures import USAGE, Failure
from remediator.cli.options import DEFAULT_URL
from remediator.cli.terminal import say


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write settings, playbooks, and what Alertmanager and Prometheus need, into DIR.

    All of it is commented, passes `check --strict`, and works with `serve` as it stands: as dry runs.
    Files that are there are kept as they are; a folder of playbooks that is there is left alone.

    \b
    Examples:
      remediator init
      remediator init /etc/remediator
    """
    from remediator.config.catalog import find_catalog
    from remediator.config.starter import PLAYBOOKS, starter_files

    wanted = starter_files(find_catalog(), DEFAULT_URL)
    if (folder / PLAYBOOKS).is_dir():
        say(f"kept   {folder / PLAYBOOKS}/")
        wanted = {name: text for name, text in wanted.items() if not name.startswith(PLAYBOOKS)}
    _write_all(folder, wanted)
    _say_next(folder)


def _write_all(folder: Path, wanted: Mapping[str, str]) -> None:
    for name, text in wanted.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            if not path.parent.is_dir():
                raise _failure(path.parent, "it is not a folder") from None
            say(f"kept   {path}")
        except OSError as error:
            raise _failure(path, error.strerror or type(error).__name__) from error
        else:
            say(f"wrote  {path}")


def _failure(path: Path, reason: str) -> Failure:
    hint = "name a folder that you may write to: remediator init DIR"
    return Failure(f"cannot write {path}: {reason}", hint=hint, exit_code=USAGE)


def _say_next(folder: Path) -> None:
    say()
    say("Next:", bold=True)
    if folder != Path():
        say(f"  cd {folder}")
    say("  remediator check --strict     nothing is asked, nothing is changed")
    say("  remediator serve              looks, plans and tells; everything is a dry run")
    say("Merge alertmanager.yml and prometheus-rules.yaml into the configurations that you have.")
