"""Names of people: spellings of one name, names that look alike, and texts that are no names."""

from __future__ import annotations

import pytest

from remediator.core.people import DeclaredPerson, People, Proof
from remediator.core.person import Person
from remediator.core.person_names import (
    canonical_person,
    is_printable_name,
    look_of,
    printable,
)

ANA = "ana@example.com"
UNREADABLE = [
    *("", "  ", "a\nb", "a\tb", "a\x1bb", "a\u202eb", "a\u200bb", "a\u200fb", "a\u2060b"),
    *("a\ufeffb", "a\u00adb", "a\u034fb", "\u3164", "\u115f", "\u2800", "a\ufe0fb", "a\ud800"),
    *("\ue000", "a" * 257, "a\u2028b", "a\U000e0041b"),
]


@pytest.mark.parametrize(
    "name",
    [
        "Ana@Example.com",
        " ana@example.com ",
        "\uff21\uff2e\uff21@example.com",
        "ANA@EXAMPLE.COM",
    ],
    ids=ascii,
)
def test_a_name_has_one_spelling(name: str) -> None:
    assert canonical_person(name) == ANA
    assert canonical_person(canonical_person(name)) == ANA


def test_spaces_and_special_cases_of_letters_are_folded() -> None:
    assert canonical_person("Ana\u00a0 Pérez") == canonical_person("ana pe\u0301rez")
    assert canonical_person("STRASSE") == canonical_person("straße")


@pytest.mark.parametrize(
    "name",
    ["ana", "Ana@other.example", "\u0430n\u0430", "\u00e1na", "ana+x@example.com", "a.n-a", "@ana"],
    ids=ascii,
)
def test_names_look_alike(name: str) -> None:
    assert look_of(name) == look_of(ANA)


@pytest.mark.parametrize(
    "name", ["bo", "anna", "ana2", "bo@example.com", "sre-core", "\u5b89\u5a1c"]
)
def test_other_names_do_not(name: str) -> None:
    assert look_of(name) != look_of(ANA)


@pytest.mark.parametrize("name", ["...", "@", "", "+", "\u5b89\u5a1c"], ids=ascii)
def test_every_name_looks_like_itself_only(name: str) -> None:
    assert look_of(name) != look_of("!!!")


@pytest.mark.parametrize(
    "name",
    UNREADABLE,
    ids=ascii,
)
def test_what_nobody_can_read_is_no_name(name: str) -> None:
    assert not is_printable_name(name)


@pytest.mark.parametrize("name", ["ana", "Ana Pérez", "安娜", "O'Neill", "ana@example.com"])
def test_what_people_can_read_is_a_name(name: str) -> None:
    assert is_printable_name(name)
    assert printable(name) == name


def test_a_name_for_show_keeps_what_can_be_read() -> None:
    assert printable("Ana\u202e\u200b  Pérez\n\ufe0f ") == "Ana Pérez"
    assert printable("\u202e") == ""


def a(name: str, door: str = "api", *ids: str, declared: str = "") -> Person:
    return Person(name=name, door=door, identities=ids, declared=declared)


@pytest.mark.parametrize(
    ("one", "other", "same", "may_be"),
    [
        (a("Ana@Example.com"), a(ANA, "cli"), True, True),
        (a(ANA), a("Ana", "slack", "U1", "ANA@example.com"), True, True),
        (a("ana"), a("Ana", "slack", "U1"), False, True),
        (a("ana"), a("Someone", "slack", "U1", ANA), False, True),
        (a("ana"), a(ANA), False, True),
        (a("ana"), a("bo", "slack", "U1"), False, False),
        (a("Ana", "slack", "U1"), a("Ana", "slack", "U2"), False, False),
        (a("Ana", "slack", "U1"), a("Bo", "slack", "u1"), True, True),
        (a("x", declared="ana"), a("y", declared="Ana"), True, True),
        (a("ana", declared="a1"), a(ANA, declared="a2"), False, False),
        (a("ana", declared="a1"), a(ANA), False, True),
    ],
)
def test_who_is_and_who_may_be_one_person(
    one: Person, other: Person, same: bool, may_be: bool
) -> None:
    assert (one.is_same(other), other.is_same(one)) == (same, same)
    assert (one.may_be(other), other.may_be(one)) == (may_be, may_be)


def test_declared_people_are_known_by_all_their_names_at_every_door() -> None:
    ana = DeclaredPerson(
        name="ana", tokens=("laptop-7",), proxy=(ANA,), members={"slack": ("U0ANA0000",)}
    )
    people = People([ana])
    by_token = people.recognise(a("Laptop-7"), Proof.TOKENS)
    by_slack = people.recognise(a("Any", "slack", "U0ANA0000"), "slack")

    assert (by_token.name, by_slack.name) == ("ana", "ana")
    assert by_token.is_same(by_slack)
    assert by_slack.is_named([ANA.upper()])
    assert people.recognise(a("laptop-7"), Proof.PROXY) == a("laptop-7")
    assert people.recognise(a("bo"), Proof.TOKENS) == a("bo")
