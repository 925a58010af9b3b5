"""The alert rules of an outside system, the routes that alerts take to us, and who reads them: what `coverage` and
`new` are told. Everything here is read, nothing is asked of an alert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from remediator.core.errors import InputError
from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.ports.gateways import Reads


class NoRules(InputError):
    """Refuse a file that is no file of rules at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One rule that makes alerts. `place` is where it stands: FILE:LINE, or a server and a group; `line` is 0 there.

    `labels` is what is known of its alerts' labels, `remark` why so little where the expression could not be read.
    """

    name: str
    place: str
    labels: KnownLabels
    file: str = ""
    line: int = 0
    expression: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """Whoever knows rules: `read` those of a file, `fetch` those of the system that the settings name (None where
    they name none). They raise InputError (NoRules for a file of
    another kind), `fetch` also Transient and Permanent."""

    read: Callable[[str, bytes], Sequence[AlertRule]]
    fetch: Callable[[Reads], Awaitable[Sequence[AlertRule]] | None]


class Routing(Protocol):
    """The routes of one configuration."""

    @property
    def receivers(self) -> tuple[str, ...]:
        """The receivers that post to us; empty where none does, or nobody can tell which."""
        ...

    def reach(self, labels: KnownLabels) -> Known:
        """Say whether alerts with these labels are sent to us."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingSource:
    """Whoever knows routes, as RuleSource. The names are those of the receivers that post to us; without any, they are
    found by their addresses."""

    read: Callable[[str, bytes, Sequence[str]], Routing]
    fetch: Callable[[Reads, Sequence[str]], Awaitable[Routing] | None]
