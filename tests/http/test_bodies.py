"""What is read of requests, up to the last byte that the documentation allows, and not one more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from remediator.http import bodies
from remediator.http.apart import child
from remediator.http.asked import body_of, given_in
from remediator.http.bodies import limit_of, path_id, read_query
from remediator.http.refusal import HttpRefusal
from remediator.ports.verb import Verb
from remediator.ports.verbs import APPROVE, CANCEL, PAUSE
from tests.http.calls import a_call, a_post

API = Path("docs/api.md")
LONG = "x" * 2000


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (bodies.LARGEST_BODY == 16 << 20, "over 16 MiB"),
        (bodies.LARGEST_FORM == 256 << 10, "up to 256 KiB"),
        (child.MOST_MEMORY == 640 << 20, "640 MiB to read"),
        (child.MOST_WORK_SECONDS == 5, "more than 5 s of work"),
    ],
)
def test_the_limits_of_bodies_are_those_of_the_documentation(*, limit: bool, words: str) -> None:
    assert limit
    assert words in API.read_text()


@pytest.mark.parametrize(
    ("query", "limit"), [({}, 50), ({"limit": "1"}, 1), ({"limit": "000000500"}, 500)]
)
def test_a_page_has_50_items_unless_the_query_says_1_to_500(
    query: dict[str, str], limit: int
) -> None:
    assert limit_of(query) == limit


@pytest.mark.parametrize(
    "text", ["", "0", "501", "-1", "1.5", "x", "9" * 23, "0000000500", "\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_a_page_of_any_other_size_is_refused(text: str) -> None:
    with pytest.raises(HttpRefusal, match="from 1 to 500"):
        limit_of({"limit": text})


async def read(given: dict[str, object], verb: Verb = CANCEL) -> dict[str, object]:
    return given_in(verb, await bodies.read_object(a_post(given), body_of(verb)))


@pytest.mark.parametrize(
    ("given", "text"), [({}, ""), ({"reason": " so "}, "so"), ({"reason": LONG}, LONG)]
)
async def test_a_text_is_stripped_and_may_be_2000_characters_long(
    given: dict[str, object], text: str
) -> None:
    assert (await read(given))["reason"] == text


@pytest.mark.parametrize("given", [{"reason": LONG + "x"}, {"reason": 7}, {"reason": ["so"]}])
async def test_what_is_no_text_or_too_long_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(HttpRefusal, match="`reason` must be a text of at most 2000"):
        await read(given)


@pytest.mark.parametrize("given", [{}, {"digest": None}, {"digest": ""}, {"digest": " \n"}])
async def test_a_text_that_must_be_there_is_and_is_not_blank(given: dict[str, object]) -> None:
    with pytest.raises(HttpRefusal, match=r"`digest` must|`digest` is missing"):
        await read(given, APPROVE)


@pytest.mark.parametrize("length", ["soon", "2 h", 7])
async def test_a_duration_is_one_or_nothing(length: object) -> None:
    scope = {"scope": "all"}
    assert (await read({**scope, "for": "90m"}, PAUSE))["duration"] == timedelta(minutes=90)
    assert (await read(scope, PAUSE))["duration"] is None
    with pytest.raises(HttpRefusal, match="`for`"):
        await read({**scope, "for": length}, PAUSE)


@pytest.mark.parametrize("text", ["run_1", "5ef2a9c1d0b34e77", "a:b.c-d", "x" * 128])
def test_an_id_in_a_path_is_taken_as_it_is(text: str) -> None:
    assert path_id(a_call(match=text)) == text


@pytest.mark.parametrize("text", ["", ".", "-x", "a b", "a/b", "\x00", "x" * 129, "run_1\n"])
def test_what_can_be_no_id_is_not_found(text: str) -> None:
    with pytest.raises(HttpRefusal) as refused:
        path_id(a_call(match=text))

    assert (refused.value.status, refused.value.code) == (404, "not_found")


def test_a_query_is_read_as_it_was_sent() -> None:
    call = a_call(f"/?playbook={LONG}&limit=2")

    assert read_query(call, ("limit", "playbook")) == {"playbook": LONG, "limit": "2"}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("plabook=x", "unknown query parameter `plabook`"),
        ("playbook=a&playbook=b", "`playbook` is there 2 times"),
        ("playbook=a%00b", "not a text that can be looked for"),
        (f"playbook={LONG}x", "not a text that can be looked for"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query: str, words: str) -> None:
    with pytest.raises(HttpRefusal, match=words):
        read_query(a_call(f"/?{query}"), ("playbook",))
