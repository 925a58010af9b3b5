"""How the fake reads texts: mentions, links, and what a person sees."""

import pytest

from remediator.integrations.slack.fake.mrkdwn import Read, encode, read, read_blocks

NAMES = {"U1": "@ana", "S1": "@sre", "C1": "#ops"}
READ: list[tuple[str, Read]] = [
    ("plain", Read(plain="plain")),
    ("a &lt;b&gt; &amp;amp; c", Read(plain="a <b> &amp; c")),
    ("<!channel> up", Read(mentions=("<!channel>",), plain="@channel up")),
    ("<!here|here>", Read(mentions=("<!here>",), plain="here")),
    ("<@U1> and <@U9>", Read(mentions=("<@U1>", "<@U9>"), plain="@ana and @U9")),
    ("<!subteam^S1>", Read(mentions=("<!subteam^S1>",), plain="@sre")),
    ("<!subteam^S1|@sre>", Read(mentions=("<!subteam^S1>",), plain="@sre")),
    ("`<!channel>`", Read(mentions=("<!channel>",), plain="`@channel`")),
    ("<https://a.b/c|here>", Read(links=("https://a.b/c",), plain="here")),
    ("<mailto:a@b.cd>", Read(links=("mailto:a@b.cd",), plain="mailto:a@b.cd")),
    ("<#C1>", Read(links=("#C1",), plain="#ops")),
    ("<!date^1795262903^{time}|14:32 UTC>", Read(plain="14:32 UTC")),
    ("see https://a.b/c now", Read(links=("https://a.b/c",), plain="see https://a.b/c now")),
    ("`https://a.b/c`", Read(plain="`https://a.b/c`")),
    ("to ana@example.com", Read(links=("ana@example.com",), plain="to ana@example.com")),
    ("@here now", Read(mentions=("<!here>",), plain="@here now")),
    ("me@here", Read(plain="me@here")),
    ("&lt;!channel&gt;", Read(plain="<!channel>")),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_text_is_read_as_slack_reads_it(text: str, expected: Read) -> None:
    assert read(text, names=NAMES) == expected


def test_verbatim_texts_make_no_links_of_themselves() -> None:
    assert read("https://a.b @here", verbatim=True) == Read(plain="https://a.b @here")
    assert read("https://a.b @here", finds_names=False).mentions == ()
    assert read("https://a.b @here", finds_names=False).links == ("https://a.b",)
    assert read("<!here>", verbatim=True).mentions == ("<!here>",)


@pytest.mark.parametrize("text", ["<!channel>", "a & b", "&lt;", "<@U1|x>"])
def test_what_was_encoded_is_read_back(text: str) -> None:
    assert read(encode(text), verbatim=True) == Read(plain=text)


def test_blocks_are_read_without_closed_dialogs_and_without_markup_in_plain_texts() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Go"},
                    "confirm": {"text": {"type": "mrkdwn", "text": "<!here>"}},
                }
            ],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<@U1>"}]},
    ]
    assert read_blocks(blocks, NAMES) == Read(mentions=("<@U1>",), plain="<!channel>\nGo\n@ana")
