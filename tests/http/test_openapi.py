"""The description of the API is one that programs can read, and is true of what is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from remediator.core.change import Safety
from remediator.core.events import Noted
from remediator.core.facts import Pause
from remediator.http import listed, shapes
from remediator.http.openapi import document
from remediator.http.schemas import SCHEMAS
from remediator.ports.store import JournalEntry
from remediator.testing import builders as make
from remediator.testing.world import World, world_actions
from tests.http.daemon import a_playbook
from tests.http.routes import ROUTES
from tests.http.test_shapes import STATES, waiting

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
        ("/-/reload", False, "application/json", []),
    ],
)
def test_what_is_to_be_posted_is_described(
    path: str, kind: str, keys: list[str] | None, *, required: bool
) -> None:
    body = PATHS[path]["post"]["requestBody"]

    assert (body["required"], list(body["content"])) == (required, [kind])
    assert body["content"][kind]["schema"].get("required") == keys


def nothing_else(schema: Any) -> Any:
    """Return a schema of which each object may have no other keys than those that it names."""
    if isinstance(schema, list):
        return [nothing_else(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    stricter = {key: nothing_else(inner) for key, inner in schema.items()}
    closed = "properties" in schema and "additionalProperties" not in schema
    return stricter | ({"unevaluatedProperties": False} if closed else {})


EXACT = {"components": {"schemas": nothing_else(SCHEMAS)}}


PAUSE = Pause(id="pau_1", scope="all", who="ana", reason="", since=make.MOMENT, until=None)
SET = world_actions(World(), Safety.RECEIPT)["world.set"]
ANSWERS: dict[str, tuple[str, Callable[[], Any]]] = {
    **{
        f"Run {name}": ("Run", lambda made=made: shapes.run_shape(made()))
        for name, made in STATES.items()
    },
    "Decision": ("Decision", lambda: listed.decision_shape(make.a_decision())),
    "Pause": ("Pause", lambda: listed.pause_shape(PAUSE)),
    "Playbook": ("Playbook", lambda: listed.playbook_shape(a_playbook())),
    "Action": ("Action", lambda: listed.action_shape(SET)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_answered_is_as_its_schema_says_and_nothing_more(name: str) -> None:
    schema, answered = ANSWERS[name]
    whole = {"$ref": f"#/components/schemas/{schema}", **EXACT}

    Draft202012Validator(whole).validate(answered())


def test_a_plan_that_waits_is_described_by_its_two_schemas() -> None:
    items = SCHEMAS["ApprovalList"]["properties"]["items"]["items"]
    own, approval = items["allOf"]
    described = SCHEMAS["Approval"]["required"]

    assert approval == {"$ref": "#/components/schemas/Approval"}
    assert set(shapes.approval_shape(waiting())) == {*own["required"], *described}


def test_every_event_has_what_its_schema_says_and_its_own_besides() -> None:
    entry = JournalEntry(run_id="run_1", seq=1, at=make.MOMENT, event=Noted(text="x"), hash="h")

    required = SCHEMAS["Event"]["required"]
    assert set(shapes.entry_shape(entry)) == {*required}
