"""The shared types of settings: the largest value that each takes, and the first that it does not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from remediator.core.spelling import is_loopback
from remediator.documents.value_types import (
    Argv,
    LabelName,
    ParameterName,
    Path_,
    Port,
    Url,
    Words,
)

HOST = "https://a.example/"
TAKEN: list[tuple[Any, Any]] = [
    (ParameterName, "a" * 128),
    (ParameterName, "_x1"),
    (LabelName, "host.name" + "ä" * 1015),
    (Url, HOST + "x" * (2000 - len(HOST))),
    (Url, "http://[::1]:1"),
    (Path_, "/" * 4000),
    (Words, ("w",) * 1000),
    (Words, ()),
    (Port, 1),
    (Port, 65535),
    (Argv, ("a",)),
    (Argv, ("a",) * 100),
]
REFUSED: list[tuple[Any, Any]] = [
    (ParameterName, "a" * 129),
    (ParameterName, "1x"),
    (ParameterName, ""),
    (LabelName, "ä" * 1025),
    (LabelName, "a\nb"),
    (LabelName, ""),
    (Url, HOST + "x" * (2001 - len(HOST))),
    (Url, "http://ana:pw@a.example"),
    (Url, "http://ana@a.example"),
    (Url, "http://a.example:0"),
    (Url, "http://a.example:65536"),
    (Url, "ftp://a.example"),
    (Url, "http:///x"),
    (Path_, ""),
    (Path_, "/" * 4001),
    (Words, ("w",) * 1001),
    (Port, 0),
    (Port, 65536),
    (Port, "80"),
    (Argv, ()),
    (Argv, ("a",) * 101),
    (Argv, (1,)),
]


@pytest.mark.parametrize(("kind", "value"), TAKEN)
def test_a_value_up_to_the_limit_is_taken_as_it_is(kind: Any, value: Any) -> None:
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_value_beyond_the_limit_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        *(("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True)),
        *(("localhost.example", False), ("10.0.0.1", False), ("::", False), ("", False)),
    ],
)
def test_only_this_machine_is_loopback(host: str, *, answer: bool) -> None:
    assert is_loopback(host) is answer
