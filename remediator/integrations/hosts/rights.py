"""What the account on a host must be allowed to run as root: the commands of actions and probes, word for word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from remediator.integrations.shell.api import shell_rights
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Rights, Use

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRight:
    """One command as root. That of a host's own find (a device, a container) is not among them."""

    argv: tuple[str, ...]

    @property
    def words(self) -> str:
        """The right for people."""
        return f"run `{' '.join(self.argv)}` as root"

    @property
    def is_too_much(self) -> bool:
        """What actions run is fixed in them."""
        return False


def root_rights(parameters: type[P], commands: Callable[[P], Iterable[Sequence[str]]]) -> Rights:
    """Return the rights of what runs these commands on hosts.

    A parameter that labels decide is left out; where it may not be, nobody knows the words, and no right is named.
    """

    def rights(use: Use) -> tuple[Right, ...]:
        if use.kind not in ("host", ""):
            return shell_rights(use)
        known = {key: value for key, value in use.parameters.items() if "{{" not in str(value)}
        try:
            wanted = parameters.model_validate(known)
        except ValidationError:
            return ()
        return tuple(RootRight(argv=tuple(argv)) for argv in commands(wanted))

    return rights
