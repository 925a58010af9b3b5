"""Who did something: a person as a door knows them, and as the settings know them over all doors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remediator.core.person_names import canonical_person, look_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who did something, and by which door (`api`, `cli`, `slack`, `web`).

    `name` is for people to read. `identities` are what the door vouches for (an immutable id, a proven e-mail); where
    there are none, the name itself is what the door vouches for. `declared` is the person's name under `users.people`,
    and then `identities` are all that stands there.
    """

    name: str
    door: str
    groups: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    declared: str = ""

    @property
    def known_as(self) -> frozenset[str]:
        """What the door vouches for, as it spells it; compare with `is_named` and `is_same`, which know spellings."""
        return frozenset(self.identities or (self.name,))

    def is_named(self, names: Iterable[str]) -> bool:
        """Say whether a list of people names this person, in whatever spelling."""
        return not self._spelled.isdisjoint(canonical_person(name) for name in names)

    def is_same(self, other: Person) -> bool:
        """Say whether two doors vouch for one and the same person."""
        if self.declared and canonical_person(self.declared) == canonical_person(other.declared):
            return True
        return bool(self._spelled & other._spelled)

    def may_be(self, other: Person) -> bool:
        """Say whether nobody can rule out that these are one person: they look alike, and no settings tell them apart.

        What one door vouches for does tell its people apart.
        """
        if self.is_same(other):
            return True
        by_id = self.door == other.door and self.identities and other.identities
        if by_id or (self.declared and other.declared):
            return False
        return bool(self._looks & other._looks)

    def looks_like(self, name: str) -> bool:
        """Say whether a name that somebody wrote down may be this person's."""
        return self.is_named((name,)) or look_of(name) in self._looks

    @property
    def _spelled(self) -> frozenset[str]:
        return frozenset(canonical_person(name) for name in self.known_as)

    @property
    def _looks(self) -> frozenset[str]:
        return frozenset(look_of(name) for name in (self.name, *self.identities))
