"""`remediator sudoers`: the rules of sudo that the playbooks need on hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from remediator.ports.grants import Granting, GrantOption, Grants, GrantWriter, WrongOption

if TYPE_CHECKING:
    from remediator.integrations.hosts.settings.section import HostsSettings

_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_DEFAULT = "remediator"


def write(granting: Granting) -> Grants:
    """Return the sudoers file, for one host where one is named."""
    from remediator.integrations.hosts.needs import root_needs
    from remediator.integrations.hosts.settings.section import HOSTS_SECTION
    from remediator.integrations.hosts.sudoers import fitting, sudoers_text
    from remediator.integrations.shell.settings import COMMANDS_SECTION

    hosts = granting.sections[HOSTS_SECTION]
    host = _host(granting, hosts)
    needs = fitting(root_needs(granting.needs, granting.sections[COMMANDS_SECTION], host))
    text = sudoers_text(needs, _account(granting, hosts, host), host)
    notes = [f"left out, for {', '.join(by)}: {why}" for why, by in needs.unknown.items()]
    if not needs.granted:
        notes.append("the playbooks run nothing as root on hosts")
    return Grants(text=text, notes=tuple(notes))


def _host(granting: Granting, hosts: HostsSettings) -> str | None:
    from remediator.core.spelling import canonical_host
    from remediator.integrations.hosts.settings.hosts import HostResolver

    wanted = granting.options["host"]
    if wanted is None:
        return None
    host = canonical_host(wanted)
    if hosts.resolver != HostResolver() and not hosts.resolver.knows(host):
        raise WrongOption("host", f"the settings allow no host {host!r}")
    return host


def _account(granting: Granting, hosts: HostsSettings, host: str | None) -> str:
    """Return whose file it is: as asked, or as the settings sign in."""
    known, account = hosts.resolver.addresses().get(host or ""), granting.options["account"]
    if account is None:
        account = (known and known.user) or hosts.ssh.user or _DEFAULT
    if not _ACCOUNT.fullmatch(account):
        raise WrongOption("account", f"{account!r} is not the name of an account")
    return account


GRANTS = (
    GrantWriter(
        command="sudoers",
        what="Print the sudoers file that the playbooks need on hosts.",
        more=(
            "Each rule is a command word for word. What labels decide is no wider than the action's own check, and as"
            " narrow as the playbook's matchers where those name the values. With --config.file, it has the settings'"
            " `commands`."
        ),
        examples=(
            "remediator sudoers --config.file /etc/remediator/remediator.yaml > remediator.sudoers",
            "remediator sudoers playbooks/service-down.yaml --account ops",
        ),
        options=(
            GrantOption(
                name="host", help="Only what is needed on this one of the settings' hosts."
            ),
            GrantOption(
                name="account",
                help="The account on hosts; by default the settings' `hosts.ssh.user`, or `remediator`.",
            ),
        ),
        write=write,
    ),
)
