"""What HTTP APIs answer: JSON or nothing, and a sentence for whoever waits."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.integrations.json_api import json_or_none


@pytest.mark.parametrize(
    ("raw", "value"),
    [(b'{"a": [1, null]}', {"a": [1, None]}), (b"0", 0), (b"null", None), (b'"x"', "x")],
)
def test_an_answer_in_json_is_read(raw: bytes, value: Any) -> None:
    assert json_or_none(raw) == value


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"{", b"NaN", b'{"a": Infinity}', b"[-Infinity]", b"\xff"]
)
def test_an_answer_that_is_no_json_is_nothing(raw: bytes) -> None:
    assert json_or_none(raw) is None
