"""Guards as people write them. A model is derived from each guard's settings, so a new one needs no line here.

Durations are Prometheus's, checks are written as everywhere, and a dataclass with one field (or a `SHORTHAND`) may be
given by that field's bare value (`cooldown: 1h`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import cache
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, StrictBool, StrictStr, create_model
from pydantic import Field as ModelField

from remediator.core.guards import GUARDS
from remediator.core.guards.blast_radius import stricter
from remediator.core.guards.guard import Guard
from remediator.core.guards.total_blast_radius import over_all
from remediator.core.playbook import CheckOrder
from remediator.documents.model_reader import Part, Shape, read_shape
from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report
from remediator.documents.yaml_source import KeyPath
from remediator.ports.parameters import Duration

CheckReader = Callable[[KeyPath, object], CheckOrder | None]

_NUMBERS = {
    int: Annotated[int, ModelField(strict=True, ge=0, le=1_000_000)],
    float: Annotated[float, ModelField(ge=0, le=1_000_000, allow_inf_nan=False)],
}
_WORDS: dict[object, object] = {str: StrictStr, bool: StrictBool}
_WINDOW = Annotated[Duration, ModelField(gt=timedelta(0))]


def read_guards(
    report: Report, path: KeyPath, raw: object, read_check: CheckReader, *, in_settings: bool
) -> dict[str, object]:
    """Return the settings of every guard that is written under `path`, by the guard's name."""
    if not isinstance(raw, dict):
        report.error(path, "type", "guards must be a mapping of guard names")
        return {}
    known = {guard.name: guard for guard in GUARDS if _may_be_set(guard, in_settings=in_settings)}
    found: dict[str, object] = {}
    for name, written in raw.items():
        place = (*path, name)
        if name not in known:
            report.error(place, "unknown-guard", *_unknown(name, known), at_key=True)
            continue
        settings = read_guard(report, place, written, known[name], read_check)
        if settings is not None:
            found[name] = settings
    return found


def read_guard(
    report: Report, path: KeyPath, raw: object, guard: Guard, read_check: CheckReader
) -> object | None:
    """Return one guard's settings, or None after reporting what is wrong."""
    shorthand = _shorthand(guard.settings)
    is_bare = shorthand is not None and not isinstance(raw, dict)
    written = {shorthand: raw} if is_bare else raw
    part = Part(f"the guard `{guard.name}`", bare=shorthand if is_bare and shorthand else "")
    model = read_shape(report, path, written, _model_of(guard.settings), part)
    if model is None:
        return None
    return _Builder(report, read_check).value(guard.settings, model, path)


def with_defaults(
    own: Mapping[str, object], defaults: Mapping[str, object], floors: Mapping[str, object]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return a playbook's guards with defaults and floors applied, and the names of those that were too weak."""
    effective = {**defaults, **_over_all(defaults, floors), **own}
    weaker: list[str] = []
    for guard in GUARDS:
        if guard.name not in floors:
            continue
        written = effective.get(guard.name) or guard.settings()
        strict = guard.stricter(written, floors[guard.name])
        if guard.name in own and strict != own[guard.name]:
            weaker.append(guard.name)
        effective[guard.name] = strict
    return effective, tuple(weaker)


def _over_all(defaults: Mapping[str, Any], floors: Mapping[str, Any]) -> dict[str, object]:
    """Return what holds over all playbooks together: what the settings say of a blast radius, which no playbook can."""
    if "blast_radius" not in defaults:
        return {}
    total = over_all(defaults["blast_radius"])
    if "blast_radius" in floors:
        total = stricter(total, floors["blast_radius"])
    return {"total_blast_radius": total}


def map_checks(value: object, change: Callable[[CheckOrder], CheckOrder]) -> Any:
    """Return a guard's settings with every check in them replaced."""
    if isinstance(value, CheckOrder):
        return change(value)
    if isinstance(value, tuple):
        return tuple(map_checks(item, change) for item in value) if value else value
    if not is_dataclass(value) or isinstance(value, type):
        return value
    found = ((f.name, getattr(value, f.name)) for f in fields(value))
    changes = {name: new for name, old in found if (new := map_checks(old, change)) is not old}
    return replace(value, **changes) if changes else value


def _may_be_set(guard: Guard, *, in_settings: bool) -> bool:
    is_settings_only = getattr(guard.settings, "SETTINGS_ONLY", guard.name == "storm")
    is_derived = hasattr(guard.settings, "WRITTEN_AS")
    return bool(fields(guard.settings)) and not is_derived and (in_settings or not is_settings_only)


def _unknown(name: str, known: Mapping[str, Guard]) -> tuple[str, str]:
    if any(guard.name == name for guard in GUARDS):
        return f"the guard `{name}` cannot be set here", ""
    return f"`{name[:80]}` is not a guard", did_you_mean(name, known)


def _shorthand(settings: type) -> str | None:
    declared: str | None = getattr(settings, "SHORTHAND", None)
    names = [f.name for f in fields(settings)]
    return declared or (names[0] if len(names) == 1 else None)


@cache
def _model_of(settings: type) -> type[BaseModel]:
    hints = get_type_hints(settings)
    members: dict[str, Any] = {f.name: _member(f, hints[f.name]) for f in fields(settings)}
    return create_model(settings.__name__, __base__=Shape, **members)


def _member(each: Field[object], hint: object) -> tuple[object, object]:
    is_required = each.default is MISSING and each.default_factory is MISSING
    is_window = hint is timedelta and each.name in ("per", "window")
    annotation = _WINDOW if is_window else _annotation(hint)
    return annotation, ModelField(... if is_required else None, alias=_key(each.name))


def _annotation(hint: Any) -> Any:
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        items = GenericAlias(tuple, (_annotation(arguments[0]), ...))
        return Annotated[items, ModelField(max_length=100)]
    if get_origin(hint) in (Union, UnionType):
        inner = _annotation(next(each for each in arguments if each is not type(None)))
        return inner if inner is object else inner | None
    if hint is timedelta:
        return Duration
    if hint is CheckOrder:
        return object
    if isinstance(hint, type) and is_dataclass(hint):
        return _model_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return _NUMBERS.get(hint) or _WORDS[hint]


def _key(name: str) -> str:
    return name.rstrip("_")


class _Builder:
    """Turns a model back into the frozen dataclass, reading the checks on the way."""

    def __init__(self, report: Report, read_check: CheckReader) -> None:
        self._report = report
        self._read_check = read_check

    def value(self, settings: type, model: Any, path: KeyPath) -> Any | None:
        hints = get_type_hints(settings)
        given = {
            name: self._part(hints[name], getattr(model, name), (*path, _key(name)))
            for name in _names(settings)
            if name in model.model_fields_set
        }
        try:
            return settings(**given)
        except (ValueError, KeyError, OSError) as error:
            message = str(error.args[0]) if isinstance(error, KeyError) else str(error)
            self._report.error(path, "value", message)
            return None

    def _part(self, hint: object, written: Any, path: KeyPath) -> object:
        if get_origin(hint) is tuple:
            inner = get_args(hint)[0]
            parts = (self._part(inner, part, (*path, n)) for n, part in enumerate(written))
            return tuple(part for part in parts if part is not None)
        if CheckOrder in (hint, *get_args(hint)):
            return self._read_check(path, written)
        if isinstance(hint, type) and is_dataclass(hint):
            return self.value(hint, written, path)
        return written


def _names(settings: type) -> Iterator[str]:
    return (each.name for each in fields(settings))
