"""Whatever stands in labels, names, reasons and outputs: Slack takes the drawing, and nothing of it becomes markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs import slack_scenes as scene
from docs.slack_scenes import MENTIONS
from remediator.core.card import Card
from remediator.core.messages import Digest, Message
from remediator.core.plaintext import clean
from remediator.integrations.slack.cards.buttons import Pressed
from remediator.integrations.slack.cards.cards import Drawing, draw
from remediator.integrations.slack.cards.digest import draw_digest
from remediator.integrations.slack.cards.limits import cut
from remediator.integrations.slack.cards.modals import details_modal, reject_modal, review_modal
from remediator.integrations.slack.cards.mrkdwn import (
    bold,
    code,
    escape,
    fence,
    link,
    plain,
    sentence,
)
from remediator.integrations.slack.delivery.thread import call, overflow, reply
from remediator.integrations.slack.fake.blocks import problems_of_blocks, texts_are_too_long
from remediator.integrations.slack.fake.modals import problems_of_view
from remediator.integrations.slack.fake.mrkdwn import read, read_blocks, texts_of

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

EVIL = (
    "x *evil* y", "x _evil_ y", "x ~evil~ y", "x `evil` y", "x ```evil``` y", "> quote", "<!channel>", "<!here|all>",
    "<@U1>", "<#C1>", "<!subteam^S9>", "<https://evil.example|ok>", "https://evil.example/a", "www.evil.example",
    "mail@evil.example", "@channel", "@here @everyone", "x :bomb: y", "&lt;!channel&gt;", "&amp;lt;", "a\nb\n> c",
    "\u202ebidi\u202c", "\u200b", "\x1b[31mred", "\x00", "", " ", "é" * 400, "&" * 4000, "`" * 4000, "*" * 4000,
    "<" * 4000, "\n" * 4000, "🚨" * 2000, "{{7*7}}", "\ud800", "x" * 40_000, "a *b" * 900, "<a" * 2000,
)  # fmt: skip
HOSTILE = st.one_of(
    st.sampled_from(EVIL),
    st.lists(st.sampled_from(EVIL), max_size=4).map(" ".join),
    st.text(alphabet=st.sampled_from("*_~`<>&|!@#:/.^ ab\n"), max_size=60),
    st.text(max_size=80),
)
MESSAGES = tuple(
    message
    for story in (
        scene.asked_again(), scene.restart(), scene.resolved(), scene.failed(), scene.rehearsed(),
        scene.withdrawn(), scene.doubted(),
    )
    for message in story.told
)  # fmt: skip
OURS = frozenset({"phase", "outcome", "mode", "digest", "run", "run_id", "kind", "links"})
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def poisoned(value: Any, text: str) -> Any:
    """Return a value with every text in it, at every depth, replaced, save the words that are always ours."""
    if isinstance(value, Enum | datetime):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(poisoned(each, text) for each in value)
    if isinstance(value, Mapping):
        return dict.fromkeys([text], next((poisoned(v, text) for v in value.values()), text))
    if is_dataclass(value) and not isinstance(value, type):
        names = (each.name for each in fields(value) if each.name not in OURS)
        return replace(value, **{n: poisoned(getattr(value, n), text) for n in names})
    return value


def evil(message: Message, text: str) -> Message:
    """Return a message whose every text is hostile; the body is for machines and stays."""
    unknown = message.card.unknown if message.card else ""
    bad: Message = replace(poisoned(message, text), body=message.body)
    if bad.card is None or not unknown:
        return bad if bad.card is None else replace(bad, card=replace(bad.card, unknown=""))
    return bad


def check(drawing: Drawing) -> None:
    assert problems_of_blocks(list(drawing.blocks)) == ()
    assert not texts_are_too_long(drawing.blocks)
    assert 0 < len(drawing.text) <= 3000
    seen, told = read_blocks(drawing.blocks), read(drawing.text)
    assert set(seen.mentions) <= set(MENTIONS.mentions.values())
    assert set(told.mentions) <= set(MENTIONS.mentions.values())
    assert told.links == ()
    assert all("evil" not in link for link in seen.links)
    check_texts(list(drawing.blocks))


def check_texts(blocks: Any) -> None:
    for one in texts_of(blocks):
        if one["type"] == "mrkdwn":
            assert one["verbatim"] is True
            assert_inert(CODE.sub("", str(one["text"])))


def assert_inert(text: str) -> None:
    """Say that outside of code nothing hostile is markup."""
    for markup in ("*evil*", "_evil_", "~evil~", "`evil`", ":bomb:", "\n>", "\n&gt;", "\u202e"):
        assert markup not in text


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE, message=st.sampled_from(MESSAGES))
def test_a_root_and_its_replies_survive_any_text(text: str, message: Message) -> None:
    bad = evil(message, text)
    check(draw(bad, MENTIONS))
    check(call(bad, MENTIONS))
    if drawing := reply([bad, bad], MENTIONS):
        check(drawing)
    assert clean(overflow(bad)) == overflow(bad)


@pytest.mark.parametrize("length", [40, 100, 200, 290, 300, 4000])
def test_all_blocks_together_stay_below_what_slack_takes(length: int) -> None:
    for message in MESSAGES:
        bad = evil(message, "&" * length)
        if bad.card and bad.card.request:
            request = replace(bad.card.request, changed=bad.card.request.reasons * 9)
            bad = replace(bad, card=replace(bad.card, request=request, steps=bad.card.steps * 5))
        check(draw(bad, MENTIONS))


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE, message=st.sampled_from([m for m in MESSAGES if m.card]))
def test_windows_survive_any_text(text: str, message: Message) -> None:
    card = evil(message, text).card
    assert isinstance(card, Card)
    pressed = Pressed(run=card.run, digest="0" * 8)
    views = (
        reject_modal(card, pressed, text),
        review_modal(card, pressed, text),
        details_modal(card),
    )
    for view in views:
        assert problems_of_view(view) == ()
        assert not read_blocks(view["blocks"]).mentions
        check_texts(list(view["blocks"]))


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_a_digest_survives_any_text(text: str) -> None:
    cards = [evil(m, text).card for m in MESSAGES if m.card and m.card.request]
    waiting = tuple(card for card in cards if card) * 3
    check(draw_digest(Digest(waiting=waiting, waits=99, outcomes={text: 3}), MENTIONS))


@given(text=HOSTILE)
def test_an_escaped_text_has_no_markup_mention_or_link(text: str) -> None:
    written = escape(text)
    seen = read(written, verbatim=True)
    assert not (seen.mentions or seen.links)
    assert not set(written) & set("*~`<>\n")
    assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", written)
    assert not written.startswith("&gt;")


@given(text=HOSTILE)
def test_a_notification_links_nothing_by_itself(text: str) -> None:
    seen = read(sentence(text))
    assert not (seen.mentions or seen.links)


@given(text=HOSTILE)
def test_a_value_cannot_leave_its_code(text: str) -> None:
    for written in (code(text), fence([text, text])):
        assert CODE.sub("", written) == ""
        assert not read(written).mentions


@given(text=HOSTILE)
def test_bold_is_one_pair_of_stars_or_nothing(text: str) -> None:
    written = bold(text)
    assert written.count("*") in (0, 2)
    assert written != "**"


@given(text=HOSTILE, most=st.integers(min_value=8, max_value=200))
def test_a_cut_leaves_no_half_of_anything(text: str, most: int) -> None:
    whole = f"{escape(text)} {code(text)} <!date^1^{{time}}|09:57 UTC>"
    short = cut(whole, most)
    assert len(short) <= most
    assert re.sub(r"&(amp|lt|gt);", "", short).count("&") == 0
    assert short.count("<") == short.count(">")
    assert short.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("disk_usage of /var_log is 5*4", "disk_usage of /var_log is 5∗4"),
        ("_private_", "ˍprivateˍ"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("> quoted", "› quoted"),
        ("at 14:29:07 :bomb: fell", "at 14:29:07 ∶bomb: fell"),
        ("two\nlines", "two lines"),
        ("~/.ssh", "∼/.ssh"),
    ],
)
def test_what_people_read_stays_what_was_written(text: str, written: str) -> None:
    assert escape(text) == written


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://p.example/g?a=1&b=2", "<https://p.example/g?a=1&amp;b=2|query>"),
        ("https://p.example/a|b>c<!channel>", "<https://p.example/a%7Cb%3Ec%3C!channel%3E|query>"),
        ("javascript:alert(1)", ""),
        ("https://p.example/" + "x" * 2000, ""),
        ("https://p.example/\ud800", "<https://p.example/?|query>"),
        ("https://p.example/%2F", "<https://p.example/%2F|query>"),
    ],
)
def test_a_link_cannot_leave_its_brackets(url: str, written: str) -> None:
    assert link(url, "query") == written


def test_plain_text_keeps_everything_but_emoji() -> None:
    assert plain("*a* <b> & :bomb:") == "*a* <b> & ∶bomb:"


def test_columns_of_an_output_stay_columns() -> None:
    assert fence(["   6.1 GB  /var", "`rm`"]) == "```\n   6.1 GB  /var\nˋrmˋ\n```"
