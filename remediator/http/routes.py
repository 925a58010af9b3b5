"""The route table: every route there is, and who may call it. Server, OpenAPI and tests are made from it."""

from __future__ import annotations

from remediator.http.health import HEALTH
from remediator.http.openapi import openapi_route
from remediator.http.people import PEOPLE
from remediator.http.reading import READING
from remediator.http.route import Route
from remediator.http.webhook import WEBHOOK
from remediator.integrations.slack.door.events import SLACK

_DESCRIBED: tuple[Route, ...] = (*WEBHOOK, *HEALTH, *READING, *PEOPLE, *SLACK)

ROUTES: tuple[Route, ...] = (*_DESCRIBED, openapi_route(_DESCRIBED))
