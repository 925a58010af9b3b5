"""The schemas for editors as text, made once."""

from __future__ import annotations

import json
from functools import cache

from remediator import __version__
from remediator.config.catalog import find_catalog
from remediator.config.schema import KINDS, schema_of


@cache
def schema_text(kind: str) -> bytes | None:
    """Return one schema, or None where there is none of that name."""
    if kind not in KINDS:
        return None
    return json.dumps(schema_of(kind, find_catalog(), __version__)).encode()
