"""Known secrets: nothing of any spelling is left."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from remediator.core.scrubber import Scrubber

SECRETS = [
    "hunter-22",
    'pass"word',
    "back\\slash",
    "tab\tand\nline",
    "gräßlich",
    "bell\x07ring",
    "it's\"so",
    "a b/c+d",
    "x\ud800y1",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_whole_in_every_spelling(secret: str) -> None:
    hide = Scrubber([secret])
    encoded = base64.b64encode(secret.encode("utf-8", "replace")).decode()
    spellings = (
        secret,
        quote(secret, safe="", errors="replace"),
        encoded.rstrip("="),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
    )

    assert [hide(f"<{text}>") for text in spellings] == ["<***>"] * len(spellings)


def test_a_key_in_a_file_is_masked_line_by_line() -> None:
    lines = ["-----BEGIN KEY-----", "c2VjcmV0IGxpbmUgb25l", "short"]

    hide = Scrubber(["\n".join(lines) + "\n"])

    assert hide(f"a {lines[1]} b") == "a *** b"
    assert hide("a short b") == "a short b"


@pytest.mark.parametrize(("secret", "shown"), [("abcd", "*** abc"), ("abc", "abcd abc")])
def test_what_is_too_short_to_be_a_secret_is_not_masked(secret: str, shown: str) -> None:
    assert Scrubber([secret])("abcd abc") == shown


def test_a_secret_within_a_longer_one_leaves_nothing_of_it() -> None:
    assert Scrubber(["hunter", "hunter-22-red"])("hunter-22-red hunter") == "*** ***"


def test_everything_inside_a_value_is_masked_and_stays_what_it_is() -> None:
    hide = Scrubber(["hunter-22"])

    masked = hide.inside(
        {"hunter-22": ["hunter-22", 7, True, None, 0.5, float("inf")], "t": ("hunter-22",)}
    )

    assert masked == {"***": ["***", 7, True, None, 0.5, "inf"], "t": ["***"]}
