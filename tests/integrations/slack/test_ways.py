"""How ways to tell people by Slack may be written, and what helps where they are written wrongly."""

from typing import Any

import pytest
from pydantic import ValidationError

from remediator.integrations.slack.channel import CHANNELS
from remediator.integrations.slack.settings.destination import SlackDestination

(CHANNEL,) = CHANNELS


@pytest.mark.parametrize(
    ("to", "place", "call"),
    [
        ("#sre", "#sre", ""),
        ("#sre-alerts_2", "#sre-alerts_2", ""),
        ("#störung", "#störung", ""),
        ("C012AB3CD", "C012AB3CD", ""),
        ("G012AB3CD", "G012AB3CD", ""),
        ("@sre-oncall", "", "@sre-oncall"),
        ("S012AB3CD", "", "S012AB3CD"),
        ("U012AB3CD", "", "U012AB3CD"),
        ("W012AB3CD", "", "W012AB3CD"),
        ("ana@example.com", "", "ana@example.com"),
    ],
)
def test_one_word_says_where_to_or_whom(to: str, place: str, call: str) -> None:
    destination = SlackDestination.model_validate({CHANNEL.shorthand: to})

    assert (destination.place, destination.call) == (place, call)


def test_the_long_form_names_both() -> None:
    destination = SlackDestination.model_validate({"channel": "#sre", "mention": "@sre-oncall"})

    assert (destination.place, destination.call) == ("#sre", "@sre-oncall")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "name a channel"),
        ({"to": "sre"}, "written like #sre"),
        ({"to": ""}, "written like #sre"),
        ({"to": "#"}, "written like #sre"),
        ({"to": "#SRE"}, "lower case"),
        ({"to": "#a b"}, "written like #sre"),
        ({"to": "#sre\n"}, "written like #sre"),
        ({"to": "@here"}, "wake everybody"),
        ({"to": "@channel"}, "wake everybody"),
        ({"to": "<!channel>"}, "written like #sre"),
        ({"to": "<@U012AB3CD>"}, "user group like @sre-oncall"),
        ({"to": "Sre"}, "user group like @sre-oncall"),
        ({"to": "#sre", "mention": "@x"}, "stands alone"),
        ({"channel": "@sre"}, "written like #sre"),
        ({"channel": "#sre", "mention": "#sre"}, "user group like @sre-oncall"),
        ({"channel": "#sre", "mention": "@everyone"}, "wake everybody"),
        ({"chanel": "#sre"}, "Extra inputs"),
        ({"to": ["#sre"]}, "valid string"),
    ],
)
def test_what_is_written_wrongly_says_how_to_write_it(written: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SlackDestination.model_validate(written)
