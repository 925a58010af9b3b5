"""What we ask of Alertmanager: what fires now, and what is silenced or inhibited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from remediator.core.alert import Alert
from remediator.core.matcher import Matcher
from remediator.ports.gateways import ReadKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlert:
    """One alert that Alertmanager holds now. `state` is active, suppressed or unprocessed; `silenced_by` are the ids of
    the silences that suppress it."""

    fingerprint: str
    labels: Mapping[str, str]
    state: str
    silenced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What a person said when silencing."""

    by: str
    comment: str
    ends_at: datetime


class Alertmanager(Protocol):
    """The alerts that are firing now (resolved ones are not listed)."""

    async def alerts(self, matchers: Sequence[Matcher]) -> tuple[ActiveAlert, ...]:
        """Return the alerts that match, from the first Alertmanager that answers; raise Transient where none does."""
        ...

    async def notified(self, receiver: str, labels: Mapping[str, str]) -> tuple[Alert, ...]:
        """Return the alerts that have these labels and of which this receiver is told now (neither silenced nor
        inhibited), from the first Alertmanager that answers; raise Transient where none does."""
        ...

    async def silence(self, silence_id: str) -> Silence:
        """Return a silence, from the first Alertmanager that answers; raise Transient where none does or has it."""
        ...

    async def started_at(self) -> datetime:
        """Return when the youngest Alertmanager that answers started; raise Transient where none does.

        Alerts are not kept over a restart: until Prometheus sends them again, one that fires is not listed.
        """
        ...


ALERTMANAGER: ReadKey[Alertmanager] = ReadKey(
    "alertmanager", "no Alertmanager is set: add `alertmanager.urls` to the settings"
)


class AlertmanagerConfiguration(Protocol):
    """What an Alertmanager was told to do with alerts."""

    async def configuration(self) -> str:
        """Return its configuration as it is written, secrets left out, from the first that answers; raise Transient."""
        ...


ALERTMANAGER_CONFIGURATION: ReadKey[AlertmanagerConfiguration] = ReadKey(
    "alertmanager.configuration", ALERTMANAGER.missing
)
