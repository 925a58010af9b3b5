"""What a system remembers of the past, for `remediator replay`: when alerts fired, what a check would say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from remediator.core.facts import Answer
from remediator.core.order import Order
from remediator.core.playbook import CheckOrder
from remediator.ports.gateways import Reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One stretch of an alert firing; without an end it fires still."""

    labels: Mapping[str, str]
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered, and what is not: one sentence each."""

    stretches: tuple[Stretch, ...]
    not_known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How an integration remembers. `fired` may raise Transient or Permanent; `asked` returns None where it does not
    know."""

    fired: Callable[[Reads, datetime, datetime], Awaitable[Past]]
    asked: Callable[[Reads, CheckOrder, Order, datetime], Awaitable[Answer | None]]
