"""The section `hosts`: which machines may be touched, which names are one machine, and how they are reached."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictStr

from remediator.core.errors import InvalidTarget
from remediator.core.identity import MACHINES
from remediator.core.pattern import compiled, read_replacement
from remediator.core.target import Target, typed_target
from remediator.documents.model_reader import Flag, Part, Shape, Word, read_shape
from remediator.documents.problem import did_you_mean
from remediator.documents.report import is_pattern
from remediator.documents.secret import Secret
from remediator.documents.value_types import UNSAID, File, Path_, Port, Words, written_as
from remediator.documents.yaml_source import KeyPath
from remediator.integrations.hosts.settings.hosts import HostResolver, HostRule, RuleKind
from remediator.integrations.hosts.settings.inventory import read_inventory
from remediator.ports.sections import Section, SectionReading

_Machines = Annotated[tuple[Annotated[Words, Field(min_length=2)], ...], Field(max_length=10_000)]


class SshSettings(Shape):
    """How hosts are reached; None is left to `config_file` (OpenSSH's format), then to OpenSSH's default.

    A host whose key is not in `known_hosts` is not talked to. `sudo` puts `sudo -n` before commands that need it,
    unless the user is root. `receipts` is a directory on the hosts that only the user may read; it is made where it is
    missing.
    """

    user: Word | None = None
    port: Port | None = None
    config_file: File | None = None
    known_hosts: File | None = None
    private_key_file: File | None = None
    certificate_file: File | None = None
    passphrase: Annotated[Secret | None, written_as(Path_ | None)] = Field(
        default=None, alias="passphrase_file"
    )
    sudo: Flag = False
    receipts: Annotated[StrictStr, Field(pattern=r"^/[A-Za-z0-9/._-]+$")] = (
        "/var/lib/remediator/receipts"
    )


class HostsSettings(Shape):
    """Which machines may be touched, which names are one machine (`same`), and how they are reached."""

    resolve: Annotated[tuple[HostRule, ...], written_as(list[Any]), UNSAID] = (
        HostRule(kind=RuleKind.STRIP_PORT),
    )
    allow: Words | None = None
    same: Annotated[tuple[tuple[Target, ...], ...], written_as(_Machines)] = ()
    ssh: SshSettings = SshSettings()

    @property
    def resolver(self) -> HostResolver:
        """What makes a host of an `instance`."""
        return HostResolver(rules=self.resolve, allow=self.allow)


class Rewrite(Shape):
    """A rule `rewrite` under `hosts.resolve`."""

    match: Word
    to: Word


def _read(reading: SectionReading, written: HostsSettings) -> HostsSettings:
    for index, pattern in enumerate(written.allow or ()):
        is_pattern(reading.report, ("hosts", "allow", index), pattern)
    path: KeyPath = ("hosts", "resolve")
    rules = [_rule(reading, (*path, n), each) for n, each in enumerate(written.resolve)]
    found = {
        "resolve": tuple(rule for rule in rules if rule),
        "same": tuple(_machine(reading, n, names) for n, names in enumerate(written.same)),
        "ssh": _ssh(reading, written.ssh),
    }
    return written.model_copy(update=found)


def _ssh(reading: SectionReading, written: SshSettings) -> SshSettings:
    file: Any = written.passphrase
    if file is None:
        return written
    secret = reading.secrets.file(("hosts", "ssh", "passphrase_file"), file)
    return written.model_copy(update={"passphrase": secret})


def _machine(reading: SectionReading, number: int, names: Any) -> tuple[Target, ...]:
    found: list[Target] = []
    for index, name in enumerate(names):
        path: KeyPath = ("hosts", "same", number, index)
        try:
            found.append(typed_target(name))
        except InvalidTarget as error:
            reading.report.error(path, "target", str(error))
            continue
        if found[-1].kind not in MACHINES:
            message = f"{found[-1]} is no machine: expected host/NAME, instance/ID or node/NAME"
            reading.report.error(path, "target", message)
    return tuple(found)


def _rule(reading: SectionReading, path: KeyPath, raw: Any) -> HostRule | None:
    if isinstance(raw, HostRule):
        return raw
    if raw == "strip_port":
        return HostRule(kind=RuleKind.STRIP_PORT)
    if not isinstance(raw, dict) or len(raw) != 1:
        words = "label, rewrite, ansible_inventory or strip_port"
        reading.report.error(path, "rule", f"expected one of {words}")
        return None
    name, written = next(iter(raw.items()))
    if name == "rewrite":
        return _rewrite(reading, (*path, name), written)
    if name not in ("label", "ansible_inventory") or not isinstance(written, str):
        hint = did_you_mean(name, list(RuleKind))
        message = f"`{name[:80]}` is not a rule with such a value"
        reading.report.error((*path, name), "rule", message, hint, at_key=True)
        return None
    if name == "label":
        return HostRule(kind=RuleKind.LABEL, label=written)
    return _inventory(reading, (*path, name), written)


def _rewrite(reading: SectionReading, path: KeyPath, raw: Any) -> HostRule | None:
    rule = read_shape(reading.report, path, raw, Rewrite, Part("`rewrite`"))
    if rule is None or not is_pattern(reading.report, (*path, "match"), rule.match):
        return None
    try:
        read_replacement(rule.to, compiled(rule.match))
    except ValueError as error:
        reading.report.error((*path, "to"), "pattern", str(error))
        return None
    return HostRule(kind=RuleKind.REWRITE, match=rule.match, to=rule.to)


def _inventory(reading: SectionReading, path: KeyPath, file: str) -> HostRule | None:
    try:
        inventory = read_inventory(reading.folder / file)
    except ValueError as error:
        hint = "Write it with `ansible-inventory --list --output FILE`."
        reading.report.error(path, "inventory", str(error), hint)
        return None
    return HostRule(kind=RuleKind.INVENTORY, inventory=inventory)


HOSTS_SECTION: Section[HostsSettings] = Section(
    key="hosts",
    shape=HostsSettings,
    read=_read,
    absent=HostsSettings(),
)
