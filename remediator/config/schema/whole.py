"""Puts a whole schema together: the shape of the file, and the parts that its marks name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from remediator.config.schema.described import described, with_markdown
from remediator.config.schema.generator import each_within, schema_for
from remediator.config.schema.sharing import shared
from remediator.documents.schema_part import PART

_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')


def whole_schema(
    shape: type[BaseModel], parts: Mapping[str, Any], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the schema of a file; every part that is named somewhere is under `$defs`."""
    found = _linked(described(schema_for(shape)))
    if needed := [*found.pop("required", ()), *required]:
        found["required"] = needed
    linked = {name: _linked(part) for name, part in parts.items()}
    used = {name: linked[name] for name in sorted(_named(found, linked))}
    whole: dict[str, Any] = with_markdown({**found, "$defs": used})
    return shared(whole)


def _named(schema: Any, parts: Mapping[str, Any]) -> frozenset[str]:
    """Return the parts that a schema names, and those that they name."""
    found, waiting = set[str](), _REFERENCE.findall(json.dumps(schema))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _REFERENCE.findall(json.dumps(parts[name]))
    return frozenset(found)


def _linked(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    found = each_within(schema, _linked)
    name = found.pop(PART, "")
    return {"$ref": f"#/$defs/{name}", **found} if name else found
