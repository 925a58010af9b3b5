"""What a check is: a read-only question to the world with three answers. Implementations are files in `checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remediator.core.alert import Alert
from remediator.core.facts import Answer
from remediator.core.target import Target
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Rights, no_rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a check is asked about. `alert_seen_at` is when a source last spoke of the alert, `alert_firing`
    what it said."""

    parameters: Parameters
    alert: Alert
    target: Target
    now: datetime
    alert_firing: bool = True
    alert_seen_at: datetime | None = None


class Checker(Protocol):
    """One check, ready to be asked."""

    async def ask(self, question: Question) -> Answer:
        """Answer holds, does not hold or unknown. Never raises for what the world does: that is `unknown`."""
        ...


def never_stricter(parameters: Mapping[str, object], names: Callable[[str], bool]) -> str:
    """Say nothing: what most checks ask stands in no published alerting rule."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is probably wrong with a parameter as a playbook writes it, found without asking the world."""

    parameter: str
    code: str
    message: str
    hint: str = ""


def no_doubts(parameters: Mapping[str, object]) -> Iterable[Doubt]:
    """Say nothing: the types of the parameters say it all."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One registered check. `shorthand` names the parameter that a bare value stands for (`promql: EXPR`).

    `promql` names the parameters whose `{{ … }}` are quoted for PromQL. `stricter` says where a check, as a playbook
    writes it, is stricter than the published rule of an alert that the playbook names, so that it would block it.
    `doubts` reads what is written in another language; templates stand in it as they are.
    """

    name: str
    doc: str
    parameters: type[Parameters]
    shorthand: str
    example: str
    checker: Callable[[Reads], Checker]
    promql: tuple[str, ...] = ()
    rights: Rights = no_rights
    stricter: Callable[[Mapping[str, object], Callable[[str], bool]], str] = never_stricter
    doubts: Callable[[Mapping[str, object]], Iterable[Doubt]] = no_doubts
