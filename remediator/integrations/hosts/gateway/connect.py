"""Open one SSH connection, and say in our words why it could not be opened; used by the pool only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncssh

from remediator.core.errors import Permanent, Transient
from remediator.integrations.hosts.gateway.known_hosts import known_hosts_of
from remediator.integrations.hosts.gateway.settings import Address, SshSettings
from remediator.integrations.hosts.gateway.trust import known_hosts_problem

CONNECT_SECONDS = 10
LOGIN_SECONDS = 15
KEEPALIVE_SECONDS = 15
KEEPALIVES_MISSED = 3


async def open_connection(settings: SshSettings, name: str) -> asyncssh.SSHClientConnection:
    """Return a connection to the host of this name; raise Transient or Permanent, for nothing was started yet."""
    if problem := await asyncio.to_thread(_problem, settings):
        raise Permanent(problem, target=f"host/{name}")
    try:
        address, options = await asyncio.to_thread(_options, settings, name)
        return await asyncssh.connect(address, **options)
    except asyncssh.HostKeyNotVerifiable as error:
        raise Permanent(_stranger(settings, name, error), target=f"host/{name}") from error
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


def _problem(settings: SshSettings) -> str | None:
    if problem := known_hosts_problem(settings.known_hosts):
        return problem
    named = (settings.config_file, settings.private_key_file, settings.certificate_file)
    missing = [path for path in named if path and not Path(path).is_file()]
    return f"there is no file {missing[0]}" if missing else None


def _options(settings: SshSettings, name: str) -> tuple[str, dict[str, Any]]:
    address = settings.addresses.get(name) or Address(name.strip("[]"))
    called = (name, address.spelled) if address.spelled else (name,)
    options: dict[str, Any] = {
        "config": [settings.config_file] if settings.config_file else None,
        "known_hosts": known_hosts_of(settings.known_hosts, *called),
        "connect_timeout": CONNECT_SECONDS,
        "login_timeout": LOGIN_SECONDS,
        "keepalive_interval": KEEPALIVE_SECONDS,
        "keepalive_count_max": KEEPALIVES_MISSED,
        "agent_forwarding": False,
        "x11_forwarding": False,
        "password_auth": False,
        "kbdint_auth": False,
    }
    if name in settings.addresses:
        options["host_key_alias"] = name  # an entry for the name or for the address will do
    return address.host, options | _chosen(settings, address)


def _chosen(settings: SshSettings, address: Address) -> dict[str, Any]:
    """Leave out what is not set: for asyncssh None is not the same as not given."""
    options: dict[str, Any] = {
        "port": address.port or settings.port,
        "username": address.user or settings.user,
        "passphrase": settings.passphrase,
    }
    if settings.private_key_file:
        options["client_keys"] = [settings.private_key_file]
    if settings.certificate_file:
        options["client_certs"] = [settings.certificate_file]
    return {key: value for key, value in options.items() if value is not None}


def _stranger(settings: SshSettings, name: str, error: asyncssh.HostKeyNotVerifiable) -> str:
    return (
        f"the host key of {name} is not one that {settings.known_hosts} knows ({error.reason}); if the host is"
        " new or was rebuilt, compare its fingerprint and add it with ssh-keyscan -H"
    )
