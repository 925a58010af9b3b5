"""Reads `users.people`: which names of tokens, of the proxy's people and of outside systems are one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from remediator.config.settings_shape import PersonShape
from remediator.core.people import DeclaredPerson
from remediator.core.person_names import canonical_person, is_printable_name
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath

_PATH: KeyPath = ("users", "people")


class PeopleReader:
    """Reads the declared people; `tokens` are the names of all tokens, `systems` the keys of those that know people."""

    def __init__(self, report: Report, tokens: Sequence[str], systems: Sequence[str]) -> None:
        self._report = report
        self._systems = systems
        self._tokens = {canonical_person(name): name for name in tokens}
        self._owners: dict[tuple[str, str], int] = {}

    def check_tokens(self) -> None:
        """Report tokens whose names nobody can read."""
        for index, name in enumerate(self._tokens.values()):
            self._check_readable(("users", "tokens", index, "name"), name)

    def read(self, shapes: Iterable[PersonShape]) -> tuple[DeclaredPerson, ...]:
        """Return the people; each name belongs to one of them."""
        return tuple(self._person(n, shape) for n, shape in enumerate(shapes))

    def _person(self, number: int, shape: PersonShape) -> DeclaredPerson:
        path: KeyPath = (*_PATH, number)
        members: dict[str, tuple[str, ...]] = {key: getattr(shape, key) for key in self._systems}
        person = DeclaredPerson(
            name=shape.name, tokens=shape.tokens, proxy=shape.proxy, members=members
        )
        self._claim(number, (*path, "name"), "name", shape.name)
        for proof, names in person.names.items():
            for index, name in enumerate(names):
                self._claim(number, (*path, str(proof), index), str(proof), name)
        for index, name in enumerate(shape.tokens):
            self._check_token((*path, "tokens", index), name)
        self._check_own_token(path, shape)
        return person

    def _claim(self, number: int, path: KeyPath, kind: str, name: str) -> None:
        self._check_readable(path, name)
        if self._owners.setdefault((kind, canonical_person(name)), number) != number:
            message = f"`{name[:80]}` is somebody else already: a name is one person's"
            self._report.error(path, "duplicate-name", message)

    def _check_token(self, path: KeyPath, name: str) -> None:
        if canonical_person(name) not in self._tokens:
            hint = did_you_mean(name, list(self._tokens.values()))
            message = f"there is no token named `{name[:80]}`"
            self._report.error(path, "unknown-token", message, hint)

    def _check_own_token(self, path: KeyPath, shape: PersonShape) -> None:
        """A token by a person's very name is theirs, or one of the two has the wrong name."""
        token = self._tokens.get(canonical_person(shape.name))
        if token and canonical_person(token) not in map(canonical_person, shape.tokens):
            message = f"the token `{token}` has this name, and is not among its `tokens`"
            self._report.error((*path, "name"), "unlinked-token", message)

    def _check_readable(self, path: KeyPath, name: str) -> None:
        if not is_printable_name(name):
            message = "a name must be text that people can read: no control or invisible characters"
            self._report.error(path, "unreadable-name", message)
