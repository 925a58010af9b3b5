"""A command that the settings allow by name, and its words once its parameters are filled in; for actions. Pure.

A value replaces its `{name}` inside one word and can never become another word, an option or shell text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from remediator.core.errors import Permanent
from remediator.core.pattern import compiled
from remediator.core.plaintext import one_line
from remediator.integrations.shell.settings import PLACEHOLDER, Command

COMMAND_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_LONGEST_VALUE = 256


def allowed(commands: Mapping[str, Command], name: str) -> Command:
    """Return the command of a name; raise Permanent where the settings have none."""
    if name not in commands:
        raise Permanent(f"the settings allow no command {name!r}; see `commands`")
    return commands[name]


def checked_values(patterns: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the values; raise Permanent where one is missing, unknown, an option, or not all of it fits."""
    if wrong := set(patterns) ^ set(values):
        state = "missing" if wrong & set(patterns) else "unknown"
        raise Permanent(f"parameter {one_line(min(wrong), 60)!r} is {state}")
    for name, value in values.items():
        fits = len(value) <= _LONGEST_VALUE and value.isprintable() and not value.startswith("-")
        if not fits or not compiled(patterns[name]).matches(value):
            raise Permanent(f"the value of {name} does not match {patterns[name]!r}")
    return values


def filled(words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return the words with every `{name}` replaced, word by word; raise Permanent for a name without a value."""

    def value(found: re.Match[str]) -> str:
        if found.group(1) not in values:
            raise Permanent(f"the command has no parameter {found.group(1)!r}")
        return values[found.group(1)]

    return [PLACEHOLDER.sub(value, word) for word in words]
