"""The setting `listen`: which addresses it takes, and what it says of the others."""

from __future__ import annotations

import pytest

from remediator.core.errors import InvalidSettings
from remediator.http.server import read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9095", ("127.0.0.1", 9095)),
        ("[::1]:0", ("::1", 0)),
        (":80", (None, 80)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_an_address_to_listen_on_is_read(text: str, address: tuple[str | None, int]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9095",
        "host:",
        "host:port",
        "h:65536",
        "h:70000",
        "h:-1",
        "h:\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_an_address_that_is_none_is_refused_with_one_that_is(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"write it like 127\.0\.0\.1:9095"):
        read_address(text)


@pytest.mark.parametrize("text", ["::1:9095", "fe80::1:9095", "[::1:9095", "::1]:9095"])
def test_an_ipv6_address_without_brackets_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(InvalidSettings, match=r"stands in brackets, as in \[::1\]:9095"):
        read_address(text)
