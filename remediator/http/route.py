"""What a route is: method, path, who may call it, and the handler. The table itself stands in `routes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from aiohttp import web

from remediator.core.person import Person
from remediator.http.answers import Answer
from remediator.http.asked import Asked
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

    def shows(self, value: object, status: int = 200) -> web.Response:
        """Answer with what was stored, without the secrets of strangers that labels and intents still hold there."""
        plain = value.plain() if isinstance(value, Answer) else value
        return reply(self.context.mask().texts(plain), status)

    @property
    def who(self) -> Person:
        """The person who calls."""
        if self.person is None:
            raise LookupError("this route has no person: its access is not a role")
        return self.person


Handler = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table. `query` and `body` say what is read; all else is refused.

    `answer` is the model of what is answered; "object" is JSON that no model promises, "text" none at all.
    """

    method: str
    path: str
    access: Access
    handler: Handler
    summary: str
    answer: type[Answer] | Literal["object", "text"] = "object"
    status: int = 200
    query: tuple[str, ...] = ()
    body: type[Asked] = Asked
