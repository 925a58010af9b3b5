"""How hosts are reached by SSH; made by the app from `hosts.ssh` and the inventory, used by all of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target's name leads; None is as the settings say for every host. `spelled` is how the inventory spells
    the name: hashed lines of known_hosts are made of that."""

    host: str
    port: int | None = None
    user: str | None = None
    spelled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """One way of reaching hosts. What is None is left to `config_file` (OpenSSH's format), then to OpenSSH's default.

    `known_hosts` is always needed: a host whose key is not in it is not talked to. `addresses` maps a target's name
    to where it leads, where the name alone does not lead there. `passphrase` opens the private key. `sudo` puts
    `sudo -n` before commands that need it, unless the user is root. `receipts` is a directory on the hosts that only
    the user may read; it is made where it is missing. `path` is the PATH of every command.
    """

    known_hosts: str
    user: str | None = None
    port: int | None = None
    config_file: str | None = None
    private_key_file: str | None = None
    certificate_file: str | None = None
    passphrase: str | None = field(default=None, repr=False)
    sudo: bool = False
    addresses: Mapping[str, Address] = field(default_factory=dict)
    receipts: str = "/var/lib/remediator/receipts"
    path: str = "/usr/sbin:/usr/bin:/sbin:/bin"
