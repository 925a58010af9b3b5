"""How an alert's `instance` becomes a host that we may touch: ordered rules, an allow list, no guesses.

Used by the template filter `host` and by `remediator resolve`. Whoever can set a label can write any `instance`, so
an answer counts only where the operator's own settings or inventory name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from remediator.core.errors import InvalidTarget
from remediator.core.pattern import compiled, read_replacement
from remediator.core.spelling import canonical_host
from remediator.integrations.hosts.settings.inventory import HostAddress, Inventory

_LONGEST = 256
_FLAGS = re.compile(r"\(\?([a-z]+)\)")
_PLAIN = re.compile(r"[A-Za-z0-9_](\\[.-]|[A-Za-z0-9._-])*")
_ONE_NAME = re.compile(r"[A-Za-z0-9_](\\[.-]|[A-Za-z0-9_-])*")
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9._:-]{0,252}")


class RuleKind(StrEnum):
    """What a rule looks at."""

    LABEL = "label"
    REWRITE = "rewrite"
    INVENTORY = "ansible_inventory"
    STRIP_PORT = "strip_port"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """One way to find a host. `label` is a label's name; `match` and `to` are the two halves of a rewrite."""

    kind: RuleKind
    label: str = ""
    match: str = ""
    to: str = ""
    inventory: Inventory = Inventory()

    def __str__(self) -> str:
        details = {
            RuleKind.LABEL: self.label,
            RuleKind.REWRITE: f"{self.match} to {self.to}",
            RuleKind.INVENTORY: self.inventory.path,
        }
        detail = details.get(self.kind)
        return f"{self.kind}: {detail}" if detail else str(self.kind)

    def hosts(self, instance: str, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return every host that this rule finds."""
        match self.kind:
            case RuleKind.LABEL:
                found = labels.get(self.label, "")
                return (found,) if found else ()
            case RuleKind.REWRITE:
                return self._rewritten(instance)
            case RuleKind.INVENTORY:
                return self.inventory.named(instance)
            case RuleKind.STRIP_PORT:
                bare = strip_port(instance)
                return (bare,) if bare else ()

    def _rewritten(self, instance: str) -> tuple[str, ...]:
        pattern = compiled(self.match)
        groups = pattern.groups(instance) if len(instance) <= _LONGEST else None
        host = read_replacement(self.to, pattern).filled(groups) if groups else ""
        return (host,) if host else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule said about an instance, for `remediator resolve`."""

    rule: str
    hosts: tuple[str, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class HostResolver:
    """Asks the rules in order; the first that finds a host wins. Without `allow`, only an inventory's hosts count.

    What is found is a host in its one spelling (`core.spelling`); `allow` does not care about case either.
    """

    rules: tuple[HostRule, ...] = (HostRule(kind=RuleKind.STRIP_PORT),)
    allow: tuple[str, ...] | None = None

    def resolve(self, instance: str, labels: Mapping[str, str]) -> str:
        """Return the host, or raise InvalidTarget with the reason."""
        if not instance or len(instance) > _LONGEST:
            raise InvalidTarget("an instance must have 1 to 256 characters")
        for rule in self.rules:
            found = rule.hosts(instance, labels)
            if len(found) > 1:
                names = ", ".join(sorted(found)[:5])
                raise InvalidTarget(f"{instance!r} is more than one host by {rule}: {names}")
            if found:
                return self._allowed(found[0], rule)
        raise InvalidTarget(f"{instance!r} is no known host: none of `hosts.resolve` finds it")

    def explain(self, instance: str, labels: Mapping[str, str]) -> tuple[Finding, ...]:
        """Return what each rule says, and which one counts."""
        findings: list[Finding] = []
        decided = False
        for rule in self.rules:
            found = rule.hosts(instance, labels)
            note = "not asked, an earlier rule decided" if decided else self._note(found, rule)
            findings.append(Finding(rule=str(rule), hosts=found, note=note))
            decided = decided or bool(found)
        return tuple(findings)

    def addresses(self) -> Mapping[str, HostAddress]:
        """Return how the inventories' hosts are reached; the first inventory that names a host counts."""
        return self._addresses

    @cached_property
    def _addresses(self) -> Mapping[str, HostAddress]:
        known: dict[str, HostAddress] = {}
        for rule in self.rules:
            known = {**rule.inventory.hosts, **known}
        return known

    def named(self) -> tuple[str, ...]:
        """Return the hosts that the settings name one by one, in inventories and in `allow`, where they are allowed."""
        known = tuple(self.addresses())
        if self.allow is None:
            return known
        plain = (canonical_host(p.replace("\\", "")) for p in self.allow if _PLAIN.fullmatch(p))
        return tuple(name for name in dict.fromkeys((*known, *plain)) if self._is_allowed(name))

    def knows(self, host: str) -> bool:
        """Say whether this host, in its one spelling, may be touched where a rule finds it."""
        return host in self.addresses() if self.allow is None else self._is_allowed(host)

    def _is_allowed(self, host: str) -> bool:
        if len(host) > _LONGEST:
            return False
        return host in self._names or any(compiled(p).matches(host) for p in self._patterns)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The hosts that `allow` spells out: thousands of names are found like one."""
        plain = (p for p in self.allow or () if _PLAIN.fullmatch(p))
        return frozenset(p.replace("\\", "").lower() for p in plain)

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        """What may be more hosts than one; a dot that stands bare is any character."""
        return tuple(_in_any_case(p) for p in self.allow or () if not _ONE_NAME.fullmatch(p))

    def _note(self, found: tuple[str, ...], rule: HostRule) -> str:
        if len(found) > 1:
            return "more than one host, so none"
        if not found:
            return "finds nothing"
        try:
            self._allowed(found[0], rule)
        except InvalidTarget as refusal:
            return str(refusal)
        return "this is the host"

    def _allowed(self, host: str, rule: HostRule) -> str:
        if not _HOST.fullmatch(host) or ".." in host:
            raise InvalidTarget(f"{host[:_LONGEST]!r} (by {rule}) is not a host name")
        known = canonical_host(host)
        if self.allow is None:
            if rule.kind is RuleKind.INVENTORY:
                return known
            raise InvalidTarget(f"{host!r} is not in an inventory and `hosts.allow` is not set")
        if not self._is_allowed(known):
            raise InvalidTarget(f"{host!r} is not allowed by `hosts.allow`")
        return known


def strip_port(instance: str) -> str:
    """Return `web1` for `web1:9100`, `::1` for `[::1]:9100` and for `::1`; nothing for what is neither."""
    if instance.startswith("["):
        address, bracket, port = instance[1:].partition("]")
        return address if bracket and (not port or _is_port(port)) else ""
    if instance.count(":") == 1:
        host, _, port = instance.partition(":")
        return host if _is_port(f":{port}") else ""
    return instance


def _in_any_case(pattern: str) -> str:
    """Return a pattern that does not care about case, beside the flags that it begins with."""
    flags = _FLAGS.match(pattern)
    return (
        f"(?i{flags[1].replace('i', '')}){pattern[flags.end() :]}" if flags else f"(?i:{pattern})"
    )


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and text[1:].isdecimal() and len(text) < 7
