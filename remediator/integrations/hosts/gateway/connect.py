"""Open one SSH connection, and say in our words why it could not be opened; used by the pool only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from remediator.core.errors import Permanent, Transient
from remediator.integrations.hosts.gateway.known_hosts import known_hosts_of
from remediator.integrations.hosts.gateway.trust import known_hosts_problem
from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.section import SshSettings

CONNECT_SECONDS = 10
LOGIN_SECONDS = 15
KEEPALIVE_SECONDS = 15
KEEPALIVES_MISSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How hosts are reached. `addresses` are those of names that do not lead there by themselves; `path` is the PATH
    of every command."""

    ssh: SshSettings
    addresses: Mapping[str, HostAddress] = field(default_factory=dict)
    path: str = "/usr/sbin:/usr/bin:/sbin:/bin"


async def open_connection(reach: Reach, name: str) -> asyncssh.SSHClientConnection:
    """Return a connection to the host of this name; raise Transient or Permanent, for nothing was started yet."""
    if problem := await asyncio.to_thread(_problem, reach.ssh):
        raise Permanent(problem, target=f"host/{name}")
    try:
        address, options = await asyncio.to_thread(_options, reach, name)
        return await asyncssh.connect(address, **options)
    except asyncssh.HostKeyNotVerifiable as error:
        raise Permanent(_stranger(reach.ssh, name, error), target=f"host/{name}") from error
    except (asyncssh.ConfigParseError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as e:
        raise Permanent(f"the SSH settings cannot be used: {e}", target=f"host/{name}") from e
    except asyncssh.PermissionDenied as error:
        detail = f"the host refused our login: {error.reason}"
        raise Transient(detail, target=f"host/{name}") from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        detail = f"could not be reached: {error or type(error).__name__}"
        raise Transient(detail, target=f"host/{name}") from error
    except ValueError as error:  # a line of known_hosts, or an option of the config file
        raise Permanent(
            f"the SSH settings cannot be used: {error}", target=f"host/{name}"
        ) from error


def _problem(ssh: SshSettings) -> str | None:
    if ssh.known_hosts and (problem := known_hosts_problem(ssh.known_hosts)):
        return problem
    named = (ssh.config_file, ssh.private_key_file, ssh.certificate_file)
    missing = [path for path in named if path and not path.is_file()]
    return f"there is no file {missing[0]}" if missing else None


def _options(reach: Reach, name: str) -> tuple[str, dict[str, Any]]:
    ssh = reach.ssh
    if ssh.known_hosts is None:
        raise ValueError("`hosts.ssh.known_hosts` is not set")
    address = reach.addresses.get(name) or HostAddress(name.strip("[]"))
    called = (name, address.spelled) if address.spelled else (name,)
    options: dict[str, Any] = {
        "config": [str(ssh.config_file)] if ssh.config_file else None,
        "known_hosts": known_hosts_of(ssh.known_hosts, *called),
        "connect_timeout": CONNECT_SECONDS,
        "login_timeout": LOGIN_SECONDS,
        "keepalive_interval": KEEPALIVE_SECONDS,
        "keepalive_count_max": KEEPALIVES_MISSED,
        "agent_forwarding": False,
        "x11_forwarding": False,
        "password_auth": False,
        "kbdint_auth": False,
    }
    if name in reach.addresses:
        options["host_key_alias"] = name  # an entry for the name or for the address will do
    return address.host, options | _chosen(ssh, address)


def _chosen(ssh: SshSettings, address: HostAddress) -> dict[str, Any]:
    """Leave out what is not set: for asyncssh None is not the same as not given."""
    options: dict[str, Any] = {
        "port": address.port or ssh.port,
        "username": address.user or ssh.user,
        "passphrase": ssh.passphrase.reveal() if ssh.passphrase else None,
    }
    if ssh.private_key_file:
        options["client_keys"] = [str(ssh.private_key_file)]
    if ssh.certificate_file:
        options["client_certs"] = [str(ssh.certificate_file)]
    return {key: value for key, value in options.items() if value is not None}


def _stranger(ssh: SshSettings, name: str, error: asyncssh.HostKeyNotVerifiable) -> str:
    return (
        f"the host key of {name} is not one that {ssh.known_hosts} knows ({error.reason}); if the host is"
        " new or was rebuilt, compare its fingerprint and add it with ssh-keyscan -H"
    )
