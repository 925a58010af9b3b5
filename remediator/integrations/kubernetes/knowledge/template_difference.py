"""What differs between two pod templates, in lines for people: images, variables, resources, and the rest by name.

Pod templates hold secrets in plain variables all too often: of a variable's value only numbers and booleans are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from remediator.core.canonical import canonical_json

Object = Mapping[str, Any]

_TELLING = re.compile(
    r"-?\d{1,9}(\.\d{1,6})?[A-Za-z%]{0,3}|true|false|yes|no|on|off", re.IGNORECASE
)
_SECRETIVE = re.compile(r"pass|secret|token|key|cred|auth|pin|salt|otp|code", re.IGNORECASE)


def template_difference(before: Object, after: Object) -> tuple[str, ...]:
    """Return a line for each difference; none where the templates are the same in all that matters."""
    old, new = _containers(before), _containers(after)
    lines = [f"container {name} goes" for name in old if name not in new]
    lines += [
        f"container {name} comes, image {new[name].get('image')}" for name in new if name not in old
    ]
    for name in new:
        if name in old:
            lines += _container_lines(name, old[name], new[name])
    lines += _other_lines(before, after)
    return tuple(lines)


def images_of(template: Object) -> tuple[str, ...]:
    """Return the images of a template in order, init containers first."""
    return tuple(str(one.get("image", "")) for one in _containers(template).values())


def _containers(template: Object) -> dict[str, Object]:
    spec = template.get("spec") or {}
    every = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return {one["name"]: one for one in every}


def _container_lines(name: str, old: Object, new: Object) -> Iterator[str]:
    if old.get("image") != new.get("image"):
        yield f"{name}: image {old.get('image')} -> {new.get('image')}"
    for key in sorted({*_variables(old), *_variables(new)}):
        if line := _variable_line(key, _variables(old).get(key), _variables(new).get(key)):
            yield f"{name}: {line}"
    for key, (was, will) in _changed(_resources(old), _resources(new)).items():
        yield f"{name}: {key} {was or 'unset'} -> {will or 'unset'}"
    for key in ("command", "args"):
        if old.get(key) != new.get(key):
            yield f"{name}: {key} changes"
    told = {"image", "env", "resources", "command", "args"}
    if others := _keys_changed(old, new, told):
        yield f"{name}: also {', '.join(others)}"


def _variables(container: Object) -> dict[str, Object]:
    return {one["name"]: one for one in container.get("env") or ()}


def _variable_line(name: str, old: Object | None, new: Object | None) -> str:
    if old == new:
        return ""
    if old is None or new is None:
        return f"variable {name} {'goes' if new is None else 'comes'}"
    was, will = str(old.get("value", "")), str(new.get("value", ""))
    if _may_be_shown(name, was) and _may_be_shown(name, will):
        return f"variable {name} {was} -> {will}"
    return f"variable {name} changes"


def _may_be_shown(name: str, value: str) -> bool:
    return bool(_TELLING.fullmatch(value)) and not _SECRETIVE.search(name)


def _resources(container: Object) -> dict[str, str]:
    resources = container.get("resources") or {}
    return {
        f"{kind.removesuffix('s')} of {name}": str(amount)
        for kind in ("requests", "limits")
        for name, amount in (resources.get(kind) or {}).items()
    }


def _changed(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Mapping[str, tuple[str | None, str | None]]:
    keys = sorted({*old, *new})
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _other_lines(before: Object, after: Object) -> Iterator[str]:
    told = {"containers", "initContainers"}
    if others := _keys_changed(before.get("spec") or {}, after.get("spec") or {}, told):
        yield f"pod: {', '.join(others)}"
    for part in ("labels", "annotations"):
        old, new = _metadata(before, part), _metadata(after, part)
        if names := [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]:
            yield f"pod {part}: {', '.join(names)}"


def _metadata(template: Object, part: str) -> Mapping[str, str]:
    found = (template.get("metadata") or {}).get(part) or {}
    return {key: value for key, value in found.items() if key != "pod-template-hash"}


def _keys_changed(old: Object, new: Object, told: set[str]) -> Sequence[str]:
    keys = sorted({*old, *new} - told)
    return [key for key in keys if _text(old.get(key)) != _text(new.get(key))]


def _text(value: object) -> str:
    return canonical_json(value)
