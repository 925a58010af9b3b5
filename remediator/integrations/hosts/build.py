"""Builds what reaches hosts from the section `hosts.ssh`. SDKs load when first used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remediator.integrations.hosts.settings.inventory import HostAddress
from remediator.integrations.hosts.settings.sections import SshSettings


def build_host_shells(ssh: SshSettings, inventory: Mapping[str, HostAddress]) -> tuple[Any, Any]:
    """Return what looks at hosts, and what can also change something there."""
    from remediator.integrations.hosts.gateway.pool import Pool
    from remediator.integrations.hosts.gateway.settings import Address
    from remediator.integrations.hosts.gateway.settings import SshSettings as Reach
    from remediator.integrations.hosts.gateway.shell import SshLooker, SshShell

    reach = Reach(
        known_hosts=str(ssh.known_hosts),
        user=ssh.user,
        port=ssh.port,
        config_file=_text(ssh.config_file),
        private_key_file=_text(ssh.private_key_file),
        certificate_file=_text(ssh.certificate_file),
        sudo=ssh.sudo,
        passphrase=ssh.passphrase.reveal() if ssh.passphrase else None,
        addresses={n: Address(a.host, a.port, a.user, a.spelled) for n, a in inventory.items()},
        receipts=ssh.receipts,
    )
    pool = Pool(reach)
    return SshLooker(reach, pool), SshShell(reach, pool)


def _text(path: Any) -> str | None:
    return None if path is None else str(path)
