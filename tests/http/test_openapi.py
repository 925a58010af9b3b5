"""The description of the API is one that programs can read, and is true of what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from remediator.http.openapi import document
from tests.http.routes import ROUTES

DOCUMENT = document(ROUTES, "0.1.0")
PATHS = DOCUMENT["paths"]


@pytest.mark.slow  # more than a second
def test_the_description_is_valid() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    problems = list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())

    assert problems == []


def test_the_description_names_every_route_once() -> None:
    described = {(m.upper(), path) for path, ms in PATHS.items() for m in ms}
    names = [op["operationId"] for ms in PATHS.values() for op in ms.values()]

    assert described == {(r.method, r.path.replace("{id:.+}", "{id}")) for r in ROUTES}
    assert len(names) == len(set(names))


def test_a_list_is_described_with_its_pages_and_filters() -> None:
    parameters = PATHS["/api/v1/approvals"]["get"]["parameters"]

    found = [(p["name"], p["in"], p["schema"]["type"], "required" in p) for p in parameters]
    assert found == [
        ("limit", "query", "integer", False),
        ("before", "query", "string", False),
        ("playbook", "query", "string", False),
        ("target", "query", "string", False),
    ]


def test_the_places_in_a_path_are_described() -> None:
    (place,) = PATHS["/api/v1/pauses/{id}"]["delete"]["parameters"]

    assert place == {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


@pytest.mark.parametrize(
    ("path", "access", "security"),
    [
        ("/webhooks/alertmanager", "source", [{"token": []}, {"basic": []}]),
        ("/api/v1/runs/{id}/approve", "approver", [{"token": []}]),
        ("/-/reload", "operator", [{"token": []}]),
        ("/slack/events", "slack", [{"slack": []}]),
    ],
)
def test_who_may_post_is_described(path: str, access: str, security: Any) -> None:
    post = PATHS[path]["post"]

    assert (post["x-access"], post["security"]) == (access, security)


@pytest.mark.parametrize(
    ("path", "required", "kind", "keys"),
    [
        ("/webhooks/alertmanager", True, "application/json", None),
        ("/slack/events", True, "application/x-www-form-urlencoded", None),
        ("/api/v1/runs/{id}/approve", True, "application/json", ["digest"]),
        ("/-/reload", False, "application/json", None),
    ],
)
def test_what_is_to_be_posted_is_described(
    path: str, kind: str, keys: list[str] | None, *, required: bool
) -> None:
    body = PATHS[path]["post"]["requestBody"]

    assert (body["required"], list(body["content"])) == (required, [kind])
    assert body["content"][kind]["schema"].get("required") == keys
