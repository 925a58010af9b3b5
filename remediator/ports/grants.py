"""A command that writes down what must be granted in one system, as that system reads it.

An integration has them in its module `grants`, as `GRANTS`; `cli/rights` makes commands of them. That module is
imported for every command line: it imports this one, and all else within its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remediator.ports.rights import Need
    from remediator.ports.sections import Sections


class WrongOption(ValueError):
    """Refuse the value of an option: the text says what is expected."""

    def __init__(self, option: str, text: str) -> None:
        super().__init__(text)
        self.option = option


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOption:
    """An option of the command beside the playbooks and the settings, by its name without dashes."""

    name: str
    help: str
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """What is to be written: all that the playbooks need, of this system or not, the settings, and the options."""

    needs: tuple[Need, ...]
    sections: Sections
    options: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """The text as the system takes it, and what is to be said beside it."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantWriter:
    """One command: `what` it prints in one sentence, `more` of it, at least two `examples`. `write` may raise
    WrongOption."""

    command: str
    what: str
    more: str = ""
    examples: tuple[str, ...] = ()
    options: tuple[GrantOption, ...] = ()
    write: Callable[[Granting], Grants]
