"""Which connection goes where there are too many; test_crowds.py has the same with real ones."""

from __future__ import annotations

import asyncio
import resource

import pytest

from remediator.http.connections import (
    BODY_GRACE_SECONDS,
    GRACE_SECONDS,
    Connections,
    most_connections,
)
from remediator.http.server import allow_many_connections

NO_LIMIT = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("files", "most"), [(128, 80), (1024, 768), (20, 8), (65_536, 4096), (NO_LIMIT, 4096)]
)
def test_the_bound_follows_the_limit_of_open_files(
    monkeypatch: pytest.MonkeyPatch, files: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (files, NO_LIMIT))

    assert most_connections() == most


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, 4096),
        (1024, 100_000, 65_536),
        (1024, NO_LIMIT, 65_536),
        (65_536, NO_LIMIT, None),
        (100_000, NO_LIMIT, None),
        (4096, 4096, None),
        (NO_LIMIT, NO_LIMIT, None),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_is_of_use_and_never_lowered(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int | None
) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, wanted: limits.append(wanted))

    allow_many_connections()

    assert limits[1:] == ([(raised, hard)] if raised else [])


class Transport(asyncio.Transport):
    """Remembers that it was ended."""

    is_ended = False

    def abort(self) -> None:
        self.is_ended = True


class Request:
    """A request, as far as the book of connections looks at it."""

    def __init__(self, *, is_whole: bool) -> None:
        self.content = self
        self._is_whole = is_whole

    def is_eof(self) -> bool:
        return self._is_whole


def test_the_one_that_is_worth_least_goes_first_and_one_that_is_worked_for_never() -> None:
    book, transports = Connections(), {name: Transport() for name in "abcdef"}
    for at, name in enumerate("abcdef"):
        book.made(name, transports[name], at)
    book.begins("a", Request(is_whole=True), 6)
    book.begins("b", Request(is_whole=False), 6)
    book.begins("c", Request(is_whole=True), 6)
    book.ends("c")

    order = []
    while book.end_one(now=60):
        order += [name for name, t in transports.items() if t.is_ended and name not in order]

    assert order == ["d", "e", "f", "c", "b"]
    assert len(book) == 1


def test_one_that_has_just_come_keeps_its_place_for_a_moment() -> None:
    book, transport = Connections(), Transport()
    book.made("a", transport, 10.0)
    assert not book.end_one(now=10.05)
    assert book.end_one(now=10.0 + GRACE_SECONDS)

    book.made("b", transport, 20.0)
    book.begins("b", Request(is_whole=False), 20.1)
    assert not book.end_one(now=20.2)
    assert book.end_one(now=20.1 + BODY_GRACE_SECONDS)


def test_who_sends_no_head_in_time_is_ended_and_nobody_else() -> None:
    book, transports = Connections(), {name: Transport() for name in "abc"}
    for at, name in enumerate("abc"):
        book.made(name, transports[name], at)
    book.begins("a", Request(is_whole=True), 2)

    book.end_silent(since=1)

    assert [transports[name].is_ended for name in "abc"] == [False, True, False]
