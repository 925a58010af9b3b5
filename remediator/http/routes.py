"""The route table: every route there is, and who may call it. Server, OpenAPI and tests are made from it."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.http.doors import door_route
from remediator.http.drills import DRILLING
from remediator.http.health import HEALTH
from remediator.http.openapi import openapi_route
from remediator.http.read_routes import READING
from remediator.http.route import Route
from remediator.http.schema_routes import SCHEMAS
from remediator.http.verb_routes import people_routes
from remediator.http.webhook import webhook_of
from remediator.ports.door import DoorRoute
from remediator.ports.source import Source
from remediator.ports.verb import Verb
from remediator.ports.verbs import VERBS


def routes_of(
    sources: Iterable[Source], doors: Iterable[DoorRoute], verbs: Iterable[Verb] = VERBS
) -> tuple[Route, ...]:
    """Return every route there is, with those of these sources, doors and verbs."""
    brought = map(door_route, doors)
    described = (
        *map(webhook_of, sources),
        *HEALTH,
        *READING,
        *people_routes(verbs),
        *SCHEMAS,
        *DRILLING,
        *brought,
    )
    return (*described, openapi_route(described))
