"""The fake played by hand: what is printed, what is obeyed."""

import subprocess
import sys

import pytest
from slack_sdk.web.client import WebClient

from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.fake.__main__ import populate, settings
from remediator.integrations.slack.fake.console import Console

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

TEXT = {"type": "plain_text", "text": "Approve"}
BLOCKS = [
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*Approve* &lt;web1&gt;? <!subteam^S1>"},
    },
    {"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "run.approve"}]},
]


def a_client(slack: FakeSlack) -> WebClient:
    return WebClient(token=slack.app.bot_token, base_url=slack.api_url)


def test_every_version_is_printed_once_as_people_read_it() -> None:
    with FakeSlack() as slack:
        populate(slack)
        console = Console(slack)
        posted = a_client(slack).chat_postMessage(channel="#sre", text="x", blocks=BLOCKS)
        assert list(console.news()) == [
            "--- @remediator in #sre\n    *Approve* <web1>? @sre-oncall\n    Approve\n"
            "    [Approve: click approve]"
        ]
        a_client(slack).chat_update(channel=posted["channel"], ts=posted["ts"], text="done")
        a_client(slack).chat_postEphemeral(channel="#sre", user="U1", text="psst")
        assert list(console.news()) == [
            "--- @remediator in #sre (edited)\n    done",
            "--- only @ana sees\n    psst",
        ]
        assert list(console.news()) == []


LINES = [
    ("", ""),
    ("click approve", "! Slack shows an error: dispatch_failed"),
    ("as U2 click approve", "! Slack shows an error: dispatch_failed"),
    ("/remediator status", "! Slack shows an error: dispatch_failed"),
    ("click reject", "! there is no button reject"),
    ("as U9 click approve", "! there is no U9: add_user first"),
    ("submit because", "! no modal is open for U1"),
    ("close", "! no modal is open for U1"),
]


@pytest.mark.parametrize(("line", "said"), LINES)
def test_a_line_is_obeyed_as_far_as_people_could(line: str, said: str) -> None:
    with FakeSlack() as slack:
        populate(slack)
        a_client(slack).chat_postMessage(channel="#sre", text="x", blocks=BLOCKS)
        assert Console(slack).obey(line) == said


def test_what_is_not_understood_is_said_back_with_help() -> None:
    with FakeSlack() as slack:
        assert "click approve" in Console(slack).obey("dance")


def test_the_module_prints_settings_and_ends_when_told() -> None:
    argv = [sys.executable, "-m", "remediator.integrations.slack.fake"]
    played = subprocess.run(
        argv, check=False, input="help\nquit\n", capture_output=True, text=True, timeout=60
    )
    assert played.returncode == 0, played.stderr
    with FakeSlack() as slack:
        assert settings(slack).splitlines()[:3] == played.stdout.splitlines()[:3]
