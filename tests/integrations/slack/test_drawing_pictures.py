"""The pictures in docs/pictures are of what the code draws now; Chromium is not needed to know that."""

from __future__ import annotations

import json

import pytest

from docs.draw_slack import PICTURES, PRINTS, prints
from docs.slack_page import markup


def test_every_picture_is_of_the_page_that_is_drawn_now() -> None:
    stored = json.loads(PRINTS.read_text(encoding="utf-8"))
    assert stored == prints(), "run `python docs/draw_slack.py`, and look at what it draws"


def test_every_page_has_its_picture_and_every_picture_is_small() -> None:
    sizes = {path.stem: path.stat().st_size for path in PICTURES.glob("slack-*.png")}
    assert set(sizes) == set(prints())
    assert max(sizes.values()) <= 60_000


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* and `a &lt; b`", "<b>bold</b> and <code>a &lt; b</code>"),
        ("5∗4 a*b*c", "5∗4 a*b*c"),
        ("```\n  x\n```", "<pre>  x</pre>"),
        (
            "<!subteam^S1> <@U1>",
            '<span class="mention">@sre</span> <span class="mention">U1</span>',
        ),
        ("<!date^0^{time}|00:00 UTC>", "00:00"),
        ("<https://a.example?x=1&amp;y|query>", '<a href="https://a.example?x=1&amp;y">query</a>'),
        ("a\nb", "a<br>b"),
    ],
)
def test_a_page_reads_mrkdwn_as_slack_does(text: str, html: str) -> None:
    assert markup(text, {"S1": "@sre"}) == html
