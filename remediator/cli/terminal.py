"""What commands print: cleaned of what could steer a terminal, in colour only for people, or as JSON and YAML.

Everything that comes from a daemon holds label values, and those are hostile.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from remediator.core.plaintext import clean, one_line

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def say(
    text: str = "", *, bold: bool = False, colour: str | None = None, err: bool = False
) -> None:
    """Print a text; bold and colour only where a person looks."""
    cleaned = clean(text)
    if (bold or colour) and is_for_people(sys.stderr if err else sys.stdout):
        cleaned = click.style(cleaned, bold=bold or None, fg=colour)
    click.echo(cleaned, err=err)


def is_for_people(stream: Any) -> bool:
    """Say whether a stream is a terminal on which colour is welcome (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def say_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under headings, columns as wide as they must be; or the sentence for no rows."""
    cells = [[one_line(str(cell), 80) for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    lines = [list(headings), *cells]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    for number, line in enumerate(lines):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip(), bold=number == 0)


def dump(value: object, form: str) -> None:
    """Print a value as JSON or YAML; all that is not plain ASCII is escaped, so nothing can steer a terminal."""
    if form == "json":
        click.echo(json.dumps(value, indent=2))
        return
    import yaml

    click.echo(yaml.safe_dump(value, sort_keys=False), nl=False)


def moment(text: str | None) -> datetime | None:
    """Read a time of the API."""
    return datetime.fromisoformat(text) if text else None


def clock(text: str | None, now: datetime) -> str:
    """Write a time as people say it: with the date where it is not today."""
    at = moment(text)
    if at is None:
        return "-"
    at = at.astimezone(UTC)
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def ago(text: str | None, now: datetime) -> str:
    """Write how long ago, or in how long, a time is: `21 min ago`, `in 12 min`."""
    at = moment(text)
    if at is None:
        return "-"
    seconds = (now - at).total_seconds()
    length = _length(abs(seconds))
    if length == "0 s":
        return "now"
    return f"{length} ago" if seconds > 0 else f"in {length}"


def _length(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
