"""The schema of a file of tests, `*_test.yaml`."""

from __future__ import annotations

from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.playbook_shape import CaseShape
from remediator.config.schema.generator import schema_for


def case_file_schema(catalog: Catalog) -> dict[str, Any]:
    """Return what may stand in a file of tests."""
    cases = {"type": "array", "items": schema_for(CaseShape), "minItems": 1}
    return {
        "description": "Tests of playbooks.",
        "type": "object",
        "properties": {"tests": cases},
        "required": ["tests"],
    }
