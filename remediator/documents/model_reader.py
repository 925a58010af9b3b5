"""Reads a part of a file into a pydantic model; what pydantic objects to becomes problems with positions and hints.

Used for playbooks, settings and the parameters of actions, checks, probes, guards and channels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from remediator.documents.problem import did_you_mean
from remediator.documents.report import Report, as_mapping, kind_of
from remediator.documents.yaml_source import KeyPath

M = TypeVar("M", bound=BaseModel)

Text = Annotated[StrictStr, Field(max_length=10_000)]
Word = Annotated[StrictStr, Field(min_length=1, max_length=200)]
Flag = StrictBool
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]

_YAML_WORDS = {
    "a valid string": "text",
    "a valid tuple": "a list",
    "a valid list": "a list",
    "a valid dictionary": "a mapping",
    "a valid boolean": "true or false",
}
_OURS = re.compile(r" or instance of \w+")
_DURATION = re.compile(r"datetime\.timedelta\([^)]*\)")
_OF_CONTENTS = ("too_short", "too_long", "value_error", "assertion_error")
_CODES = {
    "extra_forbidden": "unknown-key",
    "missing": "missing-key",
    "enum": "choice",
    "literal_error": "choice",
    "value_error": "value",
    "string_pattern_mismatch": "value",
}


class Shape(BaseModel):
    """A part of a file as written: no unknown keys, nothing coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, defer_build=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What is being read, in words: its name, and what its keys are called (`key`, `parameter`).

    `forgive` says for a value whether objections to it do not count yet: a template's result is checked later.
    `bare` names the key that a bare value stands for, which nobody wrote.
    """

    what: str
    noun: str = "key"
    forgive: Callable[[object], bool] = lambda value: False
    bare: str = ""

    def name(self, path: KeyPath) -> str:
        """Name the value at a path within the part, as its author would."""
        words = [each for each in path if isinstance(each, str)]
        if path in ((), (self.bare,)):
            return self.what
        return f"`{words[-1][:80]}`" if words else f"item {path[-1]}"


def read_shape(report: Report, path: KeyPath, raw: object, model: type[M], part: Part) -> M | None:
    """Return the part at `path` as a model, or None after reporting everything that is wrong with it."""
    mapping = as_mapping(report, path, raw, part.what)
    if mapping is None:
        return None
    try:
        return model.model_validate(mapping)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            _object(report, path, mapping, _Objection(found, model, part))
    return None


class _Objection:
    """One of pydantic's errors, and what is needed to say it in our words."""

    def __init__(self, found: Mapping[str, Any], model: type[BaseModel], part: Part) -> None:
        self.kind: str = found["type"]
        self.loc: tuple[int | str, ...] = found["loc"]
        self.text: str = found["msg"]
        self.input: object = found.get("input")
        self.model = model
        self.part = part

    @property
    def code(self) -> str:
        """The word in brackets."""
        if self.kind.startswith(("greater_", "less_", "too_", "string_too_")):
            return "range"
        return _CODES.get(self.kind, "type")

    @property
    def key(self) -> str:
        """The last part of the loc, short enough for a message."""
        return str(self.loc[-1])[:80] if self.loc else ""


def _object(report: Report, path: KeyPath, raw: object, objection: _Objection) -> None:
    inner, value = _place(raw, objection.loc)
    place = (*path, *inner)
    if objection.kind == "extra_forbidden":
        hint = did_you_mean(objection.key, _keys_at(objection.model, objection.loc[:-1]))
        message = f"`{objection.key}` is not a {_noun_of(inner[:-1], objection.part)}"
        report.error(place, objection.code, message, hint, at_key=True)
    elif objection.kind == "missing":
        owner = objection.part.name(inner)
        report.error(place, objection.code, f"{owner} needs `{objection.key}`", at_key=True)
    elif not _is_forgiven(objection, value) and not _counts_only_right_items(objection, value):
        subject = objection.part.name(inner)
        report.error(place, objection.code, f"{subject}{_sentence(objection)}")


def _is_forgiven(objection: _Objection, value: object) -> bool:
    """Say whether what a template gives is checked later; a list or a mapping stays one, whatever stands in it."""
    is_open = isinstance(value, str) or objection.kind in _OF_CONTENTS
    return is_open and objection.part.forgive(value)


def _counts_only_right_items(objection: _Objection, value: object) -> bool:
    """Say whether a list is only too short because its wrong items, which were reported, do not count."""
    return objection.kind == "too_short" and bool(value)


def _noun_of(owner: KeyPath, part: Part) -> str:
    return f"key of {part.name(owner)}" if owner else f"{part.noun} of {part.what}"


def _sentence(objection: _Objection) -> str:
    text = _DURATION.sub("0s", _OURS.sub("", objection.text))
    if objection.kind in ("value_error", "assertion_error"):
        return ": " + text.partition(", ")[2]
    if objection.kind == "too_short":
        return " must not be empty"
    if not text.startswith("Input should be"):
        return f": {text[:1].lower()}{text[1:]}"
    text = "must be" + text.removeprefix("Input should be")
    for theirs, ours in _YAML_WORDS.items():
        text = text.replace(theirs, ours)
    if objection.code == "type":
        return f" {text}, not {kind_of(objection.input)}"
    return f" {text}{_shown(objection.input)}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f" (got {value[:80]!r})"
    return f" (got {value})" if isinstance(value, int | float) else ""


def _place(raw: object, loc: tuple[int | str, ...]) -> tuple[KeyPath, object]:
    """Follow a loc through the values; the parts that pydantic adds for unions and validators are skipped."""
    path: KeyPath = ()
    for part in loc:
        if isinstance(raw, dict) and part in raw:
            raw = raw[str(part)]
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
        else:
            continue
        path = (*path, part)
    return path, raw


def _keys_at(model: Any, loc: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that are allowed where a loc points to."""
    models = {model}
    for part in loc:
        models = {inner for outer in models for inner in _inside(outer, part)}
    for each in models:
        yield from (field.alias or name for name, field in each.model_fields.items())


def _inside(model: Any, part: int | str) -> Iterator[object]:
    fields = {(field.alias or name): field for name, field in model.model_fields.items()}
    if part in fields:
        yield from _models_in(fields[str(part)].annotation)
    else:
        yield model


def _models_in(annotation: object) -> Iterator[object]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def read_loosely(
    report: Report, raw: object, model: type[M], part: Part, folder: Path = Path()
) -> M:
    """Return a file with everything that is wrong left out, after reporting it; every field needs a default.

    Files that are named in it (`words.File`) are relative to `folder`.
    """
    mapping, context = as_mapping(report, (), raw, part.what) or {}, {"folder": folder}
    try:
        return model.model_validate(mapping, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False)
    for each in found:
        _object(report, (), mapping, _Objection(each, model, part))
    wrong = {each["loc"][0] for each in found}
    right = {key: value for key, value in mapping.items() if key not in wrong}
    return model.model_validate(right, context=context)
