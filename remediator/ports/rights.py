"""What an action, a check or a probe must be allowed to do outside: declared beside it, so that nobody guesses.

Integrations print the rights of the loaded playbooks (`ports.grants`); `check --online` asks for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use in a playbook: the kind of its target ("" where a template decides) and its parameters as written.

    Texts in `parameters` may still hold `{{ … }}`.
    """

    kind: str
    parameters: Mapping[str, object]


class Right(Protocol):
    """One thing that an outside system must let us do, in that system's words. Equal ones are one right."""

    @property
    def words(self) -> str:
        """The right for people."""
        ...

    @property
    def is_too_much(self) -> bool:
        """Whether nobody who answers alerts should have it: then it is never printed, whoever declares it."""
        ...


BY_LABELS = "{}"
"""What stands in a target where labels decide."""
Rights = Callable[[Use], tuple[Right, ...]]


def no_rights(_use: Use) -> tuple[Right, ...]:
    """Return nothing: what works on hosts, or asks only what the settings already let it."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One right that one playbook needs, for its target as written, with BY_LABELS for each of its templates."""

    right: Right
    playbook: str
    target: str = BY_LABELS
