"""What pydantic says of a model, mended for editors: https://json-schema.org/draft/2020-12.

Pydantic describes what it prints, editors need what may be written: durations as ours, numbers that may be text, no
title on every field, no default that its own pattern refuses. References are resolved, so that a hover shows it all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from remediator.core.duration import format_duration

_NUMBER = r"^\s*[+-]?[0-9][0-9_]*(\.0*)?\s*$"
_FLOAT = r"^\s*[+-]?([0-9.][0-9._]*([eE][+-]?[0-9]+)?|inf|infinity|nan)\s*$"
_YES_AND_NO = ("0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes")
_MAPS = ("properties", "patternProperties", "$defs")
_ONE = ("items", "additionalProperties", "propertyNames")
_MANY = ("anyOf", "oneOf", "allOf", "prefixItems")
_LENGTHS = {"minLength": "minItems", "maxLength": "maxItems"}
_NOISE: tuple[object, ...] = (None, "", [], {})


class EditorSchema(GenerateJsonSchema):
    """Pydantic's generator, for what may be written."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """A field has its name already."""
        return False

    def encode_default(self, dft: Any) -> Any:
        """Write a default as people would."""
        if isinstance(dft, timedelta):
            return format_duration(dft)
        return (
            [*map(self.encode_default, dft)]
            if isinstance(dft, tuple)
            else super().encode_default(dft)
        )

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out a default that nobody could write."""
        default = self.get_default_value(schema)
        if _is_plain(default):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """A number, or its text where pydantic reads that."""
        return _or_text(super().int_schema(schema), schema, _NUMBER)

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """A number, or its text where pydantic reads that."""
        return _or_text(super().float_schema(schema), schema, _FLOAT)

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        """True or false, or the words and numbers that pydantic reads as such."""
        found = super().bool_schema(schema)
        if schema.get("strict"):
            return found
        words = "|".join("".join(f"[{c}{c.upper()}]" for c in word) for word in _YES_AND_NO)
        texts = {"type": "string", "pattern": f"^({words})$"}
        return {"anyOf": [found, {"enum": [0, 1]}, texts]}


def schema_for(model: type[BaseModel]) -> dict[str, Any]:
    """Return what may be written where this model is read."""
    raw = model.model_json_schema(by_alias=True, schema_generator=EditorSchema)
    found: dict[str, Any] = _cleaned(_resolved(raw, raw.get("$defs", {})))
    return found


def _is_plain(default: object) -> bool:
    if isinstance(default, tuple | list):
        return all(map(_is_plain, default))
    plain = str | int | float | timedelta | Enum | None
    return isinstance(default, plain)


def _or_text(found: JsonSchemaValue, schema: Mapping[str, Any], pattern: str) -> JsonSchemaValue:
    if schema.get("strict"):
        return found
    return {**found, "type": [found["type"], "string"], "pattern": pattern}


def _resolved(value: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolved(each, defs) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _resolved(each, defs) for key, each in value.items() if key != "$defs"}
    name = inner.pop("$ref", "").removeprefix("#/$defs/")
    return {**_resolved(defs[name], defs), **inner} if name else inner


def _cleaned(schema: Any) -> Any:
    """Drop titles, defaults that say nothing, and what pydantic does not hold anybody to."""
    if not isinstance(schema, dict):
        return schema
    found = {key: value for key, value in schema.items() if key not in ("title", "uniqueItems")}
    for length, items in (
        _LENGTHS.items() if found.get("type") == "array" or "anyOf" in found else ()
    ):
        said = found.pop(
            length, None
        )  # pydantic says of lists behind a validator what it says of texts
        if said is not None and "anyOf" not in found:
            found[items] = said
    if "default" in found and found["default"] in _NOISE:
        del found["default"]
    if "oneOf" in found:  # a value that fits twice is read all the same
        found["anyOf"] = found.pop("oneOf")
        found.pop("discriminator", None)
    if "description" in found:
        found["description"] = _flowing(found["description"])
    return each_within(found, _cleaned)


def each_within(schema: dict[str, Any], change: Any) -> dict[str, Any]:
    """Return the schema with the schemas directly within it changed."""
    found = dict(schema)
    for key in _MAPS:
        if key in found:
            found[key] = {name: change(each) for name, each in found[key].items()}
    for key in _ONE:
        if key in found:
            found[key] = change(found[key])
    for key in _MANY:
        if key in found:
            found[key] = [change(each) for each in found[key]]
    return found


def _flowing(text: str) -> str:
    """Return a docstring with a line break only between its paragraphs."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)
