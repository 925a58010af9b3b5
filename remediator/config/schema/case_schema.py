"""The schema of a file of tests, `*_test.yaml`, and of one test, as it also stands in a playbook."""

from __future__ import annotations

from typing import Any

from remediator.config.case_shape import case_shapes
from remediator.config.catalog import Catalog
from remediator.config.schema.described import described
from remediator.config.schema.generator import schema_for
from remediator.config.schema.whole import whole_schema


def case_schema(catalog: Catalog) -> dict[str, Any]:
    """Return what may stand in one test, with this catalog."""
    return described(schema_for(case_shapes(catalog).case))


def case_file_schema(catalog: Catalog) -> dict[str, Any]:
    """Return what may stand in a file of tests, with this catalog."""
    return whole_schema(case_shapes(catalog).file, {})
