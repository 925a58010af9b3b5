"""JSON merge patches (RFC 7396) turned into JSON patches (RFC 6902) that land only on what they were made for.

A merge patch says what is wanted; the operations made of it test every value that they replace. They are what a plan
freezes, can be checked against an object at hand, and can be turned round. Used by what patches Kubernetes objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from remediator.core.canonical import canonical_json
from remediator.integrations.kubernetes.knowledge.json_pointer import escaped, unescaped

Operation = Mapping[str, Any]
_ABSENT = object()


def operations_of(
    current: Mapping[str, Any], wanted: Mapping[str, object]
) -> tuple[Operation, ...]:
    """Return the operations that make `wanted` of `current`; none where it is so already. Lists are replaced whole."""
    return tuple(_steps("", current, wanted))


def inverse(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that take these back, in reverse order; tests that stand alone are kept in front."""
    turned: list[tuple[Operation, ...]] = []
    tested: dict[str, object] = {}
    for operation in operations:
        path = operation["path"]
        if operation["op"] == "test":
            tested[path] = operation["value"]
        else:
            turned.append(tuple(_turned(operation, tested.pop(path, _ABSENT))))
    kept = [{"op": "test", "path": path, "value": value} for path, value in tested.items()]
    return (*kept, *(each for pair in reversed(turned) for each in pair))


def holds(operations: Sequence[Operation], current: Mapping[str, object]) -> bool:
    """Say whether an object is still as all operations expect to find it."""
    tested: set[str] = set()
    for operation in operations:
        path = operation["path"]
        if operation["op"] == "test":
            tested.add(path)
            if not _are_equal(value_at(current, path), operation["value"]):
                return False
        elif path not in tested and value_at(current, path) is not None:
            return False
    return True


def value_at(current: object, pointer: str) -> object:
    """Return what stands at a JSON pointer (RFC 6901), None where nothing does."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(current, Mapping):
            current = current.get(key)
        elif isinstance(current, Sequence) and key.isdigit() and int(key) < len(current):
            current = current[int(key)]
        else:
            return None
    return current


def words_of(operations: Sequence[Operation]) -> str:
    """Return what operations change, for people: `spec.replicas 2 -> 4, spec.paused gone`.

    Of what was there only numbers and booleans are shown: a text may be a secret.
    """
    old = {each["path"]: each["value"] for each in operations if each["op"] == "test"}
    return ", ".join(_words(each, old) for each in operations if each["op"] != "test")


def shown(value: object) -> str:
    """Return a value that was found in an object, where it can hold no secret."""
    return canonical_json(value) if isinstance(value, int | float) else "…"


def _words(operation: Operation, old: Mapping[str, object]) -> str:
    path = operation["path"]
    name = unescaped(path[1:].replace("/", "."))
    if operation["op"] == "remove":
        return f"{name} gone"
    before = f"{shown(old[path])} -> " if path in old else "now "
    return f"{name} {before}{canonical_json(operation['value'])}"


def _steps(
    path: str, current: Mapping[str, object], wanted: Mapping[str, object]
) -> Iterator[Operation]:
    for key, value in wanted.items():
        here, old = f"{path}/{escaped(key)}", current.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            yield from _steps(here, old, value)
        else:
            yield from _replaced(here, old, _without_nulls(value))


def _replaced(path: str, old: object, new: object) -> Iterator[Operation]:
    if _are_equal(old, new):
        return
    if old is not None:
        yield {"op": "test", "path": path, "value": old}
    if new is None:
        yield {"op": "remove", "path": path}
    else:
        yield {"op": "add" if old is None else "replace", "path": path, "value": new}


def _turned(operation: Operation, old: object) -> Iterator[Operation]:
    path = operation["path"]
    if operation["op"] != "remove":
        yield {"op": "test", "path": path, "value": operation["value"]}
    if old is _ABSENT:
        yield {"op": "remove", "path": path}
    else:
        yield {
            "op": "add" if operation["op"] == "remove" else "replace",
            "path": path,
            "value": old,
        }


def _are_equal(left: object, right: object) -> bool:
    """Compare as JSON, where true is not 1."""
    return canonical_json(left) == canonical_json(right)


def _without_nulls(value: object) -> object:
    """Return a merge patch's value as it stands where there was nothing before."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_nulls(each) for key, each in value.items() if each is not None}
