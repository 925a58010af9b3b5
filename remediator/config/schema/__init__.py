"""JSON Schemas of what people write, for editors: from the shapes and the catalog, so that they fit what is installed.

They never refuse what `check` takes; what only `check` can see stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.schema.case_schema import case_file_schema
from remediator.config.schema.playbook_schema import playbook_schema
from remediator.config.schema.settings_schema import settings_schema

_HOME = "https://remediator.example.com/schema"
_SCHEMAS: Mapping[str, Callable[[Catalog], dict[str, Any]]] = {
    "playbook": playbook_schema,
    "settings": settings_schema,
    "test": case_file_schema,
}
KINDS = tuple(_SCHEMAS)
"""What there are schemas of."""


def schema_of(kind: str, catalog: Catalog, version: str) -> dict[str, Any]:
    """Return one schema; its `$id` has the version, as editors keep what they have once read."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{_HOME}/{version}/{kind}.json",
        **_SCHEMAS[kind](catalog),
    }
