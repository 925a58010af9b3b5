"""The route table: every route there is, and who may call it. Server, OpenAPI and tests are made from it."""

from __future__ import annotations

from collections.abc import Iterable

from remediator.http.health import HEALTH
from remediator.http.openapi import openapi_route
from remediator.http.people import PEOPLE
from remediator.http.reading import READING
from remediator.http.route import Route
from remediator.http.webhook import webhook_of
from remediator.integrations.slack.door.events import SLACK
from remediator.ports.source import Source


def routes_of(sources: Iterable[Source]) -> tuple[Route, ...]:
    """Return every route there is, with those of these sources."""
    described = (*map(webhook_of, sources), *HEALTH, *READING, *PEOPLE, *SLACK)
    return (*described, openapi_route(described))
