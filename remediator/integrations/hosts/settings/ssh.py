"""How hosts are reached: `hosts.ssh` as a value."""

from __future__ import annotations

from dataclasses import dataclass
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
