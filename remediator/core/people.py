"""Who is who over all doors, as `users.people` in the settings declares it. Used by every door that lets people in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from remediator.core.person import Person
from remediator.core.person_names import canonical_person


class Proof(StrEnum):
    """What a person proves their name with."""

    TOKENS = "tokens"
    PROXY = "proxy"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPerson:
    """One person, and by what names each door knows them: names of tokens, the proxy's names, Slack's ids and
    e-mails."""

    name: str
    tokens: tuple[str, ...] = ()
    proxy: tuple[str, ...] = ()
    slack: tuple[str, ...] = ()

    def names(self, proof: Proof) -> tuple[str, ...]:
        """Return the names by one proof."""
        return {Proof.TOKENS: self.tokens, Proof.PROXY: self.proxy, Proof.SLACK: self.slack}[proof]

    @property
    def known_as(self) -> tuple[str, ...]:
        """All names of this person, each once."""
        return tuple(dict.fromkeys((self.name, *self.tokens, *self.proxy, *self.slack)))


class People:
    """Knows the declared people."""

    def __init__(self, declared: Iterable[DeclaredPerson] = ()) -> None:
        self._known: Mapping[tuple[Proof, str], DeclaredPerson] = {
            (proof, canonical_person(name)): person
            for person in declared
            for proof in Proof
            for name in person.names(proof)
        }

    def recognise(self, person: Person, proof: Proof) -> Person:
        """Return a person under their declared name, known by all their names; others as they came."""
        spelled = (canonical_person(name) for name in person.known_as)
        found = next((self._known[proof, s] for s in spelled if (proof, s) in self._known), None)
        if found is None:
            return person
        own = person.identities or (person.name,)
        identities = tuple(dict.fromkeys((*own, *found.known_as)))
        return replace(person, name=found.name, identities=identities, declared=found.name)
