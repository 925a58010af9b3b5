"""Parameters may hold `{{ … }}` anywhere: what comes out is checked when it is filled in."""

from __future__ import annotations

from typing import Any

from remediator.config.schema.generator import each_within

_TEMPLATE = r"\{\{|\{%|\{#"
_TEXT = {"type": "string", "pattern": _TEMPLATE}
_LENGTHS = ("maxLength", "minLength", "format", "enum", "const")


def forgiving(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of parameters, each of whose values may be a text with a template instead."""
    return each_within(schema, _value)


def _value(schema: Any) -> Any:
    if not isinstance(schema, dict) or not schema:
        return schema
    inner = each_within(schema, _value)
    if "anyOf" in schema:
        if any(_takes_text(each) for each in inner["anyOf"]):
            return inner
        return {**inner, "anyOf": [*inner["anyOf"], _TEXT]}
    kind = inner.get("type")
    is_text = kind == "string" or (isinstance(kind, list) and "string" in kind)
    if is_text and not any(key in inner for key in _LENGTHS):
        return (
            {**inner, "pattern": f"{inner['pattern']}|{_TEMPLATE}"} if "pattern" in inner else inner
        )
    said = {key: inner.pop(key) for key in ("description", "default") if key in inner}
    return {**said, "anyOf": [inner, _TEXT]}


def _takes_text(schema: dict[str, Any]) -> bool:
    """Say whether a template may stand here: it is a text, whose pattern, if there is any, knows of templates."""
    kind = schema.get("type")
    is_text = kind == "string" or (isinstance(kind, list) and "string" in kind)
    is_open = not any(key in schema for key in _LENGTHS)
    return is_text and is_open and _TEMPLATE in schema.get("pattern", _TEMPLATE)
