"""The sections `hosts.ssh` and `commands` as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from remediator.documents.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """How hosts are reached; None is left to OpenSSH's configuration. `receipts` is a directory on the hosts."""

    user: str | None = None
    port: int | None = None
    config_file: Path | None = None
    known_hosts: Path | None = None
    private_key_file: Path | None = None
    certificate_file: Path | None = None
    passphrase_file: Path | None = None
    passphrase: Secret | None = None
    sudo: bool = False
    receipts: str = "/var/lib/remediator/receipts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that playbooks may name. `{unit}` in a word stands for a parameter that fully matches its pattern."""

    argv: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    check: tuple[str, ...] | None = None
    reversible: bool = False
