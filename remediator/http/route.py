"""What a route is: method, path, who may call it, and the handler. The table itself stands in `routes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

from remediator.core.person import Person
from remediator.http.context import HttpContext
from remediator.http.credentials import Role
from remediator.http.replies import reply


class Gate(StrEnum):
    """Routes that are not for people with roles."""

    ANYONE = "anyone"
    SCRAPER = "scraper"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Signed:
    """A route of a door that knows by this header who posts."""

    value: str
    header: str


Access = Role | Gate | Signed


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request. `source` is set on a source's routes, `person` on people's."""

    context: HttpContext
    request: web.Request
    source: str = ""
    person: Person | None = None

    def shows(self, value: Any, status: int = 200) -> web.Response:
        """Answer with what was stored, without the secrets of strangers that labels and intents still hold there."""
        return reply(self.context.mask().texts(value), status)

    @property
    def who(self) -> Person:
        """The person who calls."""
        if self.person is None:
            raise LookupError("this route has no person: its access is not a role")
        return self.person


Handler = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table. `query` and `body` name the parameters that are read; all else is refused.

    `body` maps a key to its JSON Schema; a key with `"required": True` beside it must be there.
    """

    method: str
    path: str
    access: Access
    handler: Handler
    summary: str
    answer: str = "object"
    status: int = 200
    query: tuple[str, ...] = ()
    body: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
