"""The schema of a playbook."""

from __future__ import annotations

from typing import Any

from remediator.config.catalog import Catalog
from remediator.config.playbook_shape import REQUIRED, EscalationShape, PlaybookShape
from remediator.config.schema.case_schema import case_schema
from remediator.config.schema.catalog_schema import catalog_parts
from remediator.config.schema.generator import schema_for
from remediator.config.schema.whole import whole_schema


def playbook_schema(catalog: Catalog) -> dict[str, Any]:
    """Return what may stand in a playbook, with this catalog."""
    parts = {
        **catalog_parts(catalog, in_settings=False),
        "case": case_schema(catalog),
        "failure": _failure(),
        "match": _match(),
    }
    return whole_schema(PlaybookShape, parts, REQUIRED)


def _match() -> dict[str, Any]:
    words = 'Alertmanager\'s matcher syntax, as in alertname="DiskSpaceLow" or env=~"prod|staging".'
    matcher = {"type": "string", "description": words, "examples": ['alertname="DiskSpaceLow"']}
    return {"anyOf": [matcher, {"type": "array", "items": matcher}]}


def _failure() -> dict[str, Any]:
    one = schema_for(EscalationShape)
    name = {"type": "string", "description": "a contact of the settings, or an @handle"}
    called = {"anyOf": [name, {"type": "array", "items": {"anyOf": [one, name]}}]}
    escalate = {
        "type": "object",
        "properties": {"escalate": {"description": "Whom to call, and when.", **called}},
        "required": ["escalate"],
        "additionalProperties": False,
    }
    rollback = {"const": "rollback", "description": "Take back what can be taken back."}
    return {"anyOf": [rollback, escalate]}
