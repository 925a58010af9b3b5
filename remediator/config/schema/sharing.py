"""Writes down once what a schema says again and again: a file of a third of the size, with the same meaning."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from remediator.config.schema.generator import each_within

_LONG = 300
_OFTEN = 3


def shared(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with what is long and stands there often under `$defs`."""
    counts: Counter[str] = Counter()
    _count(schema, counts)
    often = [text for text, times in counts.items() if times >= _OFTEN and len(text) > _LONG]
    names = {text: f"shared_{number}" for number, text in enumerate(often, 1)}
    defs = {name: _linked(json.loads(text), names, is_own=True) for text, name in names.items()}
    whole: dict[str, Any] = _linked(schema, names, is_own=True)
    return {**whole, "$defs": {**whole.get("$defs", {}), **defs}} if defs else whole


def _count(schema: Any, counts: Counter[str]) -> None:
    if isinstance(schema, dict):
        counts[json.dumps(schema, sort_keys=True)] += 1
        each_within(schema, lambda inner: _count(inner, counts))


def _linked(schema: Any, names: dict[str, str], *, is_own: bool = False) -> Any:
    if not isinstance(schema, dict):
        return schema
    name = "" if is_own else names.get(json.dumps(schema, sort_keys=True), "")
    if name:
        return {"$ref": f"#/$defs/{name}"}
    return each_within(schema, lambda inner: _linked(inner, names))
