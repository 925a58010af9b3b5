"""Reads `hosts`: which machines may be touched, and how they are reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from remediator.core.errors import InvalidTarget
from remediator.core.identity import MACHINES
from remediator.core.target import Target, typed_target
from remediator.documents.model_reader import Part, read_shape
from remediator.documents.patterns import is_pattern, read_replacement, safe_pattern
from remediator.documents.problem import did_you_mean
from remediator.documents.yaml_source import KeyPath
from remediator.integrations.hosts.settings.hosts import HostResolver, HostRule, RuleKind
from remediator.integrations.hosts.settings.inventory import read_inventory
from remediator.integrations.hosts.settings.shape import (
    HostsShape,
    RewriteShape,
    SshShape,
)
from remediator.integrations.hosts.settings.ssh import SshSettings
from remediator.ports.sections import SectionReading


class HostsReader:
    """Reads everything about hosts."""

    def __init__(self, reading: SectionReading) -> None:
        self._report = reading.report
        self._secrets = reading.secrets
        self._folder = reading.folder

    def resolver(self, shape: HostsShape) -> HostResolver:
        """Read `resolve` and `allow`."""
        for index, pattern in enumerate(shape.allow or ()):
            is_pattern(self._report, ("hosts", "allow", index), pattern)
        if shape.resolve is None:
            return HostResolver(allow=shape.allow)
        path: KeyPath = ("hosts", "resolve")
        found = [self._rule((*path, n), item) for n, item in enumerate(shape.resolve)]
        return HostResolver(rules=tuple(rule for rule in found if rule), allow=shape.allow)

    def same(self, shape: HostsShape) -> tuple[tuple[Target, ...], ...]:
        """Read which names are one machine."""
        path: KeyPath = ("hosts", "same")
        return tuple(self._machine((*path, n), names) for n, names in enumerate(shape.same))

    def ssh(self, shape: SshShape) -> SshSettings:
        """Read how to sign in on hosts."""
        place = ("hosts", "ssh", "passphrase_file")
        file = shape.passphrase_file
        return SshSettings(
            user=shape.user,
            port=shape.port,
            config_file=self._file(shape.config_file),
            known_hosts=self._file(shape.known_hosts),
            private_key_file=self._file(shape.private_key_file),
            certificate_file=self._file(shape.certificate_file),
            passphrase_file=self._file(file),
            passphrase=self._secrets.file(place, file) if file is not None else None,
            sudo=shape.sudo,
            receipts=shape.receipts,
        )

    def _rule(self, path: KeyPath, raw: Any) -> HostRule | None:
        if raw == "strip_port":
            return HostRule(kind=RuleKind.STRIP_PORT)
        if not isinstance(raw, dict) or len(raw) != 1:
            words = "label, rewrite, ansible_inventory or strip_port"
            self._report.error(path, "rule", f"expected one of {words}")
            return None
        name, written = next(iter(raw.items()))
        if name == "rewrite":
            return self._rewrite((*path, name), written)
        if name not in ("label", "ansible_inventory") or not isinstance(written, str):
            hint = did_you_mean(name, list(RuleKind))
            message = f"`{name[:80]}` is not a rule with such a value"
            self._report.error((*path, name), "rule", message, hint, at_key=True)
            return None
        if name == "label":
            return HostRule(kind=RuleKind.LABEL, label=written)
        return self._inventory((*path, name), written)

    def _machine(self, path: KeyPath, names: tuple[str, ...]) -> tuple[Target, ...]:
        found: list[Target] = []
        for index, name in enumerate(names):
            try:
                found.append(typed_target(name))
            except InvalidTarget as error:
                self._report.error((*path, index), "target", str(error))
                continue
            if found[-1].kind not in MACHINES:
                message = f"{found[-1]} is no machine: expected host/NAME, instance/ID or node/NAME"
                self._report.error((*path, index), "target", message)
        return tuple(found)

    def _rewrite(self, path: KeyPath, raw: Any) -> HostRule | None:
        shape = read_shape(self._report, path, raw, RewriteShape, Part("`rewrite`"))
        if shape is None or not is_pattern(self._report, (*path, "match"), shape.match):
            return None
        try:
            read_replacement(shape.to, safe_pattern(shape.match))
        except ValueError as error:
            self._report.error((*path, "to"), "pattern", str(error))
            return None
        return HostRule(kind=RuleKind.REWRITE, match=shape.match, to=shape.to)

    def _inventory(self, path: KeyPath, file: str) -> HostRule | None:
        try:
            inventory = read_inventory(self._folder / file)
        except ValueError as error:
            hint = "Write it with `ansible-inventory --list --output FILE`."
            self._report.error(path, "inventory", str(error), hint)
            return None
        return HostRule(kind=RuleKind.INVENTORY, inventory=inventory)

    def _file(self, text: str | None) -> Path | None:
        return self._folder / Path(text).expanduser() if text is not None else None
