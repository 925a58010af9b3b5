"""What is known of the labels that a rule's alerts will carry, before any of them fires. Pure.

Read from the rule's expression by whoever knows its language, asked by `coverage` and by Alertmanager's routes. A
question that the rule does not settle is unknown: it depends on the alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from remediator.core.facts import Known
from remediator.core.matcher import Matcher, MatchOp


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLabels:
    """`values` are the labels whose value is known ("": it is surely not there), `present` those that are surely there
    with a value that nobody knows, `perhaps` those that may be there. `is_open` says that any other may be there, too.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    is_open: bool = False

    def has(self, label: str) -> Known:
        """Say whether the alerts carry a label."""
        if label in self.values:
            return Known.HOLDS if self.values[label] else Known.FAILS
        if label in self.present:
            return Known.HOLDS
        return Known.UNKNOWN if self.is_open or label in self.perhaps else Known.FAILS

    def meet(self, matcher: Matcher) -> Known:
        """Say whether the alerts meet a condition."""
        label = matcher.label
        if label in self.values or self.has(label) is Known.FAILS:
            return _known(matcher.matches({label: self.values.get(label, "")}))
        wants_none = matcher.literals() == ("",)
        if label in self.present and (wants_none or _wants_any(matcher)):
            return _known(not wants_none)
        return Known.UNKNOWN

    def carried(self) -> tuple[str, ...]:
        """Return the labels that are surely there, by name."""
        return tuple(sorted(self.present | {name for name, value in self.values.items() if value}))

    def only(self, names: Iterable[str]) -> KnownLabels:
        """Return what is known where all labels but these are dropped."""
        kept = frozenset(names)
        maybe = {name for name in kept if self.has(name) is Known.UNKNOWN}
        return KnownLabels(
            values={name: value for name, value in self.values.items() if name in kept},
            present=self.present & kept,
            perhaps=frozenset(maybe),
        )

    def without(self, names: Iterable[str]) -> KnownLabels:
        """Return what is known where these labels are dropped."""
        return self.with_values(dict.fromkeys(names, ""))

    def with_values(self, values: Mapping[str, str]) -> KnownLabels:
        """Return what is known where these labels are set."""
        names = frozenset(values)
        return replace(
            self,
            values={**self.values, **values},
            present=self.present - names,
            perhaps=self.perhaps - names,
        )

    def with_defaults(self, values: Mapping[str, str]) -> KnownLabels:
        """Return what is known where these labels are set unless they are there."""
        missing = {name: text for name, text in values.items() if self.has(name) is not Known.HOLDS}
        return self.with_values(missing)

    def with_present(self, names: Iterable[str]) -> KnownLabels:
        """Return what is known where these labels are set to what nobody knows."""
        found = frozenset(names)
        values = {name: value for name, value in self.values.items() if name not in found}
        return replace(
            self, values=values, present=self.present | found, perhaps=self.perhaps - found
        )

    def either(self, other: KnownLabels) -> KnownLabels:
        """Return what is known where an alert may be of this or of another kind."""
        same = {n: v for n, v in self.values.items() if other.values.get(n) == v}
        names = {*self.values, *other.values, *self.present, *other.present}
        names |= self.perhaps | other.perhaps
        both = {n for n in names if self.has(n) is other.has(n) is Known.HOLDS} - same.keys()
        absent = {n for n in names if self.has(n) is other.has(n) is Known.FAILS}
        is_open = self.is_open or other.is_open
        return KnownLabels(
            values=same | (dict.fromkeys(absent, "") if is_open else {}),
            present=frozenset(both),
            perhaps=frozenset(names - both - absent - same.keys()),
            is_open=is_open,
        )

    def both(self, other: KnownLabels) -> KnownLabels:
        """Return what is known where the alert's labels are those of this and of another kind at once."""
        values = {**other.values, **self.values}
        present = (self.present | other.present) - values.keys()
        known = present | values.keys()
        if self.is_open and other.is_open:
            return KnownLabels(values=values, present=present, perhaps=frozenset(), is_open=True)
        closed = other if self.is_open else self
        return KnownLabels(values=values, present=present, perhaps=closed.perhaps - known)


_ANY = frozenset(
    {
        (MatchOp.NOT_EQUAL, ""),
        (MatchOp.NOT_REGEX, ""),
        (MatchOp.NOT_REGEX, "^$"),
        (MatchOp.REGEX, ".+"),
        (MatchOp.REGEX, "..*"),
    }
)


def _wants_any(matcher: Matcher) -> bool:
    """Say whether a matcher asks for nothing but that there be a value."""
    return (matcher.op, matcher.value) in _ANY


def _known(holds: bool) -> Known:
    return Known.HOLDS if holds else Known.FAILS
