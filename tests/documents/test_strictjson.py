"""JSON of strangers: exactly as deep as allowed, and no deeper."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.documents.strictjson import MOST_DEPTH, InvalidJson, may_be_deep, refuse_deep


def nested(depth: int, *, in_lists: bool) -> Any:
    value: Any = [] if in_lists else {}
    for _ in range(depth - 1):
        value = [value] if in_lists else {"k": value}
    return value


@pytest.mark.parametrize("in_lists", [True, False], ids=["lists", "objects"])
def test_as_many_levels_as_are_allowed_are_and_one_more_is_not(*, in_lists: bool) -> None:
    refuse_deep(nested(MOST_DEPTH, in_lists=in_lists))
    refuse_deep(nested(MOST_DEPTH - 2, in_lists=in_lists), 3)

    with pytest.raises(InvalidJson, match="nested deeper than 32 levels"):
        refuse_deep(nested(MOST_DEPTH + 1, in_lists=in_lists))
    with pytest.raises(InvalidJson):
        refuse_deep(nested(MOST_DEPTH - 1, in_lists=in_lists), 3)


@pytest.mark.parametrize("value", [7, 0.5, "text", None, True])
def test_what_is_no_list_and_no_object_is_not_deep(value: Any) -> None:
    refuse_deep(value)


@pytest.mark.parametrize(("brackets", "answer"), [(b"{[" * 16, False), (b"{[" * 16 + b"[", True)])
def test_a_text_with_few_brackets_needs_no_closer_look(brackets: bytes, *, answer: bool) -> None:
    assert may_be_deep(brackets) is answer
