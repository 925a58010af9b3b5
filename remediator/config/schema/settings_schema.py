"""The schema of the settings."""

from __future__ import annotations

from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.schema.catalog_schema import catalog_parts
from remediator.config.schema.whole import whole_schema
from remediator.config.settings_shape import shape_with


def settings_schema(catalog: Catalog) -> dict[str, Any]:
    """Return what may stand in the settings, with the sections that this catalog's integrations bring."""
    shape = shape_with(catalog.sections, catalog.members)
    return whole_schema(shape, catalog_parts(catalog, in_settings=True))
