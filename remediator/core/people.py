"""Who is who over all doors, as `users.people` in the settings declares it. Used by every door that lets people in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from remediator.core.person import Person
from remediator.core.person_names import canonical_person


class Proof(StrEnum):
    """What a person proves their name with at our own doors; any other proof has the key of an outside system."""

    TOKENS = "tokens"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPerson:
    """One person, and by what names each door knows them: names of tokens, the proxy's names, and those of outside
    systems by the system's key."""

    name: str
    tokens: tuple[str, ...] = ()
    proxy: tuple[str, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The names by what proves them."""
        return {Proof.TOKENS: self.tokens, Proof.PROXY: self.proxy, **self.members}

    @property
    def known_as(self) -> tuple[str, ...]:
        """All names of this person, each once."""
        return tuple(
            dict.fromkeys((self.name, *(name for names in self.names.values() for name in names)))
        )


class People:
    """Knows the declared people."""

    def __init__(self, declared: Iterable[DeclaredPerson] = ()) -> None:
        self._known: Mapping[tuple[str, str], DeclaredPerson] = {
            (proof, canonical_person(name)): person
            for person in declared
            for proof, names in person.names.items()
            for name in names
        }

    def recognise(self, person: Person, proof: str) -> Person:
        """Return a person under their declared name, known by all their names; others as they came."""
        spelled = (canonical_person(name) for name in person.known_as)
        found = next((self._known[proof, s] for s in spelled if (proof, s) in self._known), None)
        if found is None:
            return person
        own = person.identities or (person.name,)
        identities = tuple(dict.fromkeys((*own, *found.known_as)))
        return replace(person, name=found.name, identities=identities, declared=found.name)
