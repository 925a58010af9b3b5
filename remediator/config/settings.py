"""The settings as one value: what the daemon runs with, after the file was read. Used by `app` and the CLI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from remediator.config.channels import Ways
from remediator.config.playbook_report import PlaybookRules
from remediator.config.settings_sections import (
    ListenAddress,
    Retention,
    Source,
    StoreSettings,
    TlsSettings,
    Users,
)
from remediator.core.drill import DrillLimits
from remediator.core.identity import OwnMachine
from remediator.core.selection import Environment
from remediator.core.trust import Thresholds
from remediator.documents.secret import Secret
from remediator.ports.sections import Sections

SEVERITIES: Mapping[str, str] = {"critical": "SEV-2", "warning": "SEV-3", "info": "SEV-4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything. The defaults are what runs without a file: loopback, SQLite, dry runs only.

    `file` is what they were read from, None for the defaults. `handles` is the channel that can call every `@name`,
    also those that are no contact; "" where there is none.
    """

    file: Path | None = None

    listen: ListenAddress = ListenAddress()
    external_url: str = ""
    data_dir: Path = Path("remediator-data")
    store: StoreSettings | None = None
    playbooks: tuple[Path, ...] = ()
    tls: TlsSettings | None = None
    sources: tuple[Source, ...] = (Source(name="default"),)
    users: Users = Users()
    metrics_token: Secret | None = None
    environments: tuple[Environment, ...] = ()
    contacts: Mapping[str, Ways] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=lambda: dict(SEVERITIES))
    notify: Ways = ()
    handles: str = ""
    channel_secrets: tuple[Secret, ...] = ()
    guards: Mapping[str, object] = field(default_factory=dict)
    floors: Mapping[str, object] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    own_machines: tuple[OwnMachine, ...] = ()
    sections: Sections = field(default_factory=Sections)
    mask: tuple[str, ...] = ()
    retention: Retention = Retention()
    trust: Thresholds = Thresholds()
    drill: DrillLimits = DrillLimits()

    @property
    def out_of_reach(self) -> tuple[str | OwnMachine, ...]:
        """What no run may touch."""
        return (*self.protected, *self.own_machines)

    def playbook_rules(self) -> PlaybookRules:
        """Return what playbooks are checked against: without a file, not against what only a file can say."""
        if self.file is None:
            return PlaybookRules(protected=self.protected)
        return PlaybookRules(
            contacts=frozenset(self.contacts),
            is_told=bool(self.notify),
            approving=self.users.approving,
            commands=self.sections.names("commands"),
            protected=self.out_of_reach,
            sections=self.sections,
            severities=frozenset(self.severities.values()),
            guard_defaults=self.guards,
            guard_floors=self.floors,
        )

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value, for the scrubber of log lines and messages."""
        return tuple(dict.fromkeys(secret.reveal() for secret in _secrets_in(self)))


def _secrets_in(value: object) -> tuple[Secret, ...]:
    if isinstance(value, Secret):
        return (value,)
    if isinstance(value, Mapping):
        return _secrets_in(tuple(value.values()))
    if isinstance(value, tuple | list | Sections):
        return tuple(secret for item in value for secret in _secrets_in(item))
    names = getattr(type(value), "model_fields", getattr(value, "__dataclass_fields__", ()))
    return tuple(secret for name in names for secret in _secrets_in(getattr(value, name)))
