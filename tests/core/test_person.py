"""Who is who: what a door vouches for counts, a name only where the door vouches for nothing else."""

from __future__ import annotations

import pytest

from remediator.core.person import Person

SLACK = Person(name="Ana", door="slack", identities=("U1", "ana@example.com"))
WEB = Person(name="ana", door="web", identities=("ana@example.com",))
TOKEN = Person(name="ana", door="api")


@pytest.mark.parametrize(
    ("person", "names"),
    [(SLACK, {"U1", "ana@example.com"}), (WEB, {"ana@example.com"}), (TOKEN, {"ana"})],
)
def test_lists_name_a_person_by_what_the_door_vouches_for(person: Person, names: set[str]) -> None:
    assert person.known_as == names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (SLACK, WEB, True),
        (WEB, SLACK, True),
        (TOKEN, Person(name="ana", door="cli"), True),
        (SLACK, Person(name="Ana", door="slack", identities=("U2",)), False),
        (TOKEN, Person(name="ana", door="slack", identities=("U1",)), False),
        (TOKEN, Person(name="bo", door="api"), False),
        (Person(name="ana@example.com", door="api"), WEB, True),
    ],
)
def test_two_doors_know_one_person_by_what_both_vouch_for(
    one: Person, other: Person, same: bool
) -> None:
    assert one.is_same(other) is same
    assert other.is_same(one) is same
