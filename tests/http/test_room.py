"""How much of large bodies may be in memory at once: to the byte."""

from __future__ import annotations

import pytest

from remediator.core.errors import Overloaded
from remediator.http.room import FREE, MOST, Room


def test_a_small_body_needs_no_room() -> None:
    with Room(0).share() as share:
        share.grow(FREE)

        with pytest.raises(Overloaded, match="too many large bodies at once"):
            share.grow(1)


def test_large_bodies_share_the_room_and_give_it_back() -> None:
    room = Room(10)
    with room.share() as first, room.share() as second:
        for _ in range(2):
            first.grow(FREE // 2 + 2)
        second.grow(FREE + 6)
        with pytest.raises(Overloaded):
            second.grow(1)
        with pytest.raises(Overloaded):
            first.grow(1)

    with room.share() as third:
        third.grow(FREE + 10)
        with pytest.raises(Overloaded):
            third.grow(1)


def test_a_body_that_found_no_room_takes_none_with_it() -> None:
    room = Room(10)
    with pytest.raises(Overloaded), room.share() as share:
        share.grow(FREE + 11)

    with room.share() as share:
        share.grow(FREE + 10)


def test_all_large_bodies_together_have_what_the_documentation_says() -> None:
    assert (MOST, FREE) == (96 << 20, 256 << 10)
