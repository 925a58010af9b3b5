"""A merge patch becomes operations that land only on what they were made for, and can be turned round."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.merge_patch import (
    holds,
    inverse,
    operations_of,
    value_at,
    words_of,
)

CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[Any, ...]]]] = [
    (
        "another number",
        {"spec": {"replicas": 2}},
        {"spec": {"replicas": 4}},
        [("test", "/spec/replicas", 2), ("replace", "/spec/replicas", 4)],
    ),
    ("the same number", {"spec": {"replicas": 2}}, {"spec": {"replicas": 2}}, []),
    (
        "what was not there",
        {"spec": {}},
        {"spec": {"unschedulable": True}},
        [("add", "/spec/unschedulable", True)],
    ),
    (
        "a null takes away",
        {"spec": {"unschedulable": True}},
        {"spec": {"unschedulable": None}},
        [("test", "/spec/unschedulable", True), ("remove", "/spec/unschedulable")],
    ),
    ("a null of nothing", {"spec": {}}, {"spec": {"unschedulable": None}}, []),
    ("true is not 1", {"a": 1}, {"a": True}, [("test", "/a", 1), ("replace", "/a", True)]),
    (
        "a whole new part, without its nulls",
        {"spec": {}},
        {"spec": {"trafficPolicy": {"outlierDetection": {"interval": "5s", "gone": None}}}},
        [("add", "/spec/trafficPolicy", {"outlierDetection": {"interval": "5s"}})],
    ),
    (
        "lists are replaced whole",
        {"a": [1, 2]},
        {"a": [3]},
        [("test", "/a", [1, 2]), ("replace", "/a", [3])],
    ),
    (
        "hostile keys are escaped",
        {"metadata": {"annotations": {"a/b~c": "x"}}},
        {"metadata": {"annotations": {"a/b~c": "y"}}},
        [
            ("test", "/metadata/annotations/a~1b~0c", "x"),
            ("replace", "/metadata/annotations/a~1b~0c", "y"),
        ],
    ),
    (
        "a mapping in a plain value's place",
        {"a": 1},
        {"a": {"b": 2}},
        [("test", "/a", 1), ("replace", "/a", {"b": 2})],
    ),
]


@pytest.mark.parametrize(
    ("current", "wanted", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_operations_replace_only_what_they_have_tested(
    current: dict[str, Any], wanted: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    found = [tuple(operation.values()) for operation in operations_of(current, wanted)]

    assert found == expected


@pytest.mark.parametrize(
    ("current", "wanted", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_operations_hold_before_and_their_inverse_brings_it_all_back(
    current: dict[str, Any], wanted: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    operations = operations_of(current, wanted)
    changed = applied(current, operations)

    assert holds(operations, current)
    assert not operations or not holds(operations, changed)
    assert holds(inverse(operations), changed)
    assert applied(changed, inverse(operations)) == current


def test_somebody_elses_value_is_noticed_also_where_there_was_none() -> None:
    replaced = operations_of({"spec": {"replicas": 2}}, {"spec": {"replicas": 4}})
    added = operations_of({"spec": {}}, {"spec": {"unschedulable": True}})

    assert not holds(replaced, {"spec": {"replicas": 3}})
    assert not holds(replaced, {})
    assert not holds(added, {"spec": {"unschedulable": False}})


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a/0/b", 1),
        ("/a/1", None),
        ("/a/x", None),
        ("/c~1d", 2),
        ("/a/0/b/c", None),
        ("", {"a": [{"b": 1}], "c/d": 2}),
    ],
)
def test_a_pointer_leads_to_a_value_or_to_nothing(pointer: str, expected: Any) -> None:
    assert value_at({"a": [{"b": 1}], "c/d": 2}, pointer) == expected


def applied(current: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Apply operations as RFC 6902 says; keys only."""
    result: dict[str, Any] = _copy(current)
    for operation in operations:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        place = result
        for part in parents:
            place = place[part]
        match operation["op"]:
            case "test":
                assert place[last] == operation["value"]
            case "remove":
                del place[last]
            case "replace":
                assert last in place
                place[last] = operation["value"]
            case "add":
                place[last] = operation["value"]
    return result


def _copy(value: Any) -> Any:
    return {key: _copy(each) for key, each in value.items()} if isinstance(value, dict) else value


def test_people_read_what_changes_and_no_text_that_was_there() -> None:
    current = {"spec": {"replicas": 2, "password": "hunter2", "old": ["hunter2"], "on": False}}
    wanted = {"spec": {"replicas": 4, "password": "x", "old": None, "on": True, "new/a": {"b": 1}}}

    assert words_of(operations_of(current, wanted)) == (
        'spec.replicas 2 -> 4, spec.password … -> "x", spec.old gone, spec.on false -> true, spec.new/a now {"b":1}'
    )
