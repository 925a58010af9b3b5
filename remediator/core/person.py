"""Who did something: a person as a door knows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who did something, and by which door (`api`, `cli`, `slack`, `web`).

    `name` is for people to read. `identities` are what the door vouches for (an immutable id, a proven e-mail); where
    there are none, the name itself is what the door vouches for.
    """

    name: str
    door: str
    groups: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()

    @property
    def known_as(self) -> frozenset[str]:
        """What a list of people may name this person by."""
        return frozenset(self.identities or (self.name,))

    def is_same(self, other: Person) -> bool:
        """Say whether two doors vouch for one and the same person."""
        return bool(self.known_as & other.known_as)
