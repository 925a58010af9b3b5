"""A source and a door of somebody else's package: `pager`."""

from __future__ import annotations

import json

from remediator.core.alert import AlertGroup
from remediator.core.errors import InvalidAlert
from remediator.http.refusal import HttpRefusal
from remediator.ports.door import DoorAnswer, DoorRequest, DoorRoute
from remediator.ports.source import Source
from remediator.testing.builders import an_alert


def parse(body: bytes) -> AlertGroup:
    """Read the number of pages; whoever pages nobody is refused."""
    pages = json.loads(body)["pages"]
    if not pages:
        raise InvalidAlert("this pages nobody")
    alerts = tuple(an_alert(fingerprint=f"{n:016x}") for n in range(pages))
    return AlertGroup(group_key="pages", receiver="pager", external_url="", alerts=alerts)


async def take(request: DoorRequest) -> DoorAnswer:
    if request.headers.getall("X-Pager", ()) != ["right"]:
        raise HttpRefusal(401, "unauthorized", "only the pager can call this")
    return DoorAnswer(body=request.body.upper(), content_type="text/plain", status=202)


SOURCE = Source(kind="pager", doc="Take pages.", parse=parse, glance=lambda body: None)
DOOR = DoorRoute(
    name="pager",
    path="/pager/answers",
    doc="Take answers.",
    signature="X-Pager",
    largest=100,
    take=take,
)
