"""Canonical JSON: equal values have equal digests, on every machine and for ever."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.core.canonical import canonical_json, digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [1, (2, 3)]}, '{"a":[1,[2,3]],"b":1}'),
        ({"ö": "\u202e"}, '{"\\u00f6":"\\u202e"}'),
        ([None, True, 1.5, "x"], '[null,true,1.5,"x"]'),
    ],
)
def test_there_is_one_way_to_write_a_value(value: Any, expected: str) -> None:
    assert canonical_json(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": float("-inf")}])
def test_what_is_no_number_has_no_digest(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        digest(value)


def test_a_digest_never_changes() -> None:
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
