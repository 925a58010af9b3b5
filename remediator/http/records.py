"""The records of playbooks as they are answered: what became of their newest runs, and whether they are ready for
the next mode."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from aiohttp import web
from pydantic import PlainSerializer, WithJsonSchema

from remediator.core.playbook import Mode
from remediator.core.trust import Trust
from remediator.http.answers import Answer, Items, Moment
from remediator.http.bodies import limit_of, path_id, read_query
from remediator.http.route import Call

MOST = 50
Seconds = Annotated[
    timedelta,
    PlainSerializer(lambda length: length.total_seconds()),
    WithJsonSchema({"type": "number"}),
]


class Times(Answer):
    """How long alerts lasted, from their start until they were reported gone: of how many, and the middle one."""

    alerts: int
    middle: Seconds | None


class Rejection(Answer):
    """A person's no to a plan."""

    run: str
    by: str
    why: str


class Record(Answer):
    """What became of a playbook's newest runs. `is_all` false: older ones are kept, and were not looked at.

    `would_have_acted` are dry runs with a plan that no guard forbade, `held` runs that a guard kept from acting, by
    guard; of those that `acted`, so many were `verified`, and after so many the alert `came_back` within a day.
    """

    runs: int
    is_all: bool
    since: Moment | None
    targets: int
    would_have_acted: int
    unplanned: int
    held: dict[str, int]
    approved: int
    rejected: int
    rejections: list[Rejection]
    expired: int
    acted: int
    verified: int
    came_back: int
    not_fixed: int
    failed: int
    unknown: int
    with_changes: Times
    without: Times


class Reason(Answer):
    """One reason for the next mode, or against it."""

    holds: bool
    text: str


class PlaybookRecord(Answer):
    """A playbook's record: of all versions, and of the `current` one alone, which is what `reasons` are about.

    `next_mode` null: it goes as far as there is. `worse` names what got worse. Nothing here changes a mode.
    """

    playbook: str
    mode: Mode
    digest: str
    next_mode: Mode | None
    is_ready: bool
    reasons: list[Reason]
    worse: list[str]
    without_run: dict[str, int]
    record: Record
    current: Record


class PlaybookRecordList(Items[PlaybookRecord]):
    """Records by the names of their playbooks."""


async def record(call: Call) -> web.Response:
    """Answer with a playbook's record, and whether it is ready for the next mode."""
    read_query(call, ())
    return call.shows(_shape(await call.context.trust(path_id(call))))


async def records(call: Call) -> web.Response:
    """List the records of all playbooks, by name, from the one behind `after` on."""
    query = read_query(call, ("limit", "after"))
    limit, after = min(limit_of(query), MOST), query.get("after", "")
    names = [name for name in sorted(call.context.book().by_name) if name > after]
    items = [_shape(await call.context.trust(name)) for name in names[:limit]]
    following = names[limit - 1] if len(names) > limit else None
    return call.shows(PlaybookRecordList(items=items, next=following))


def _shape(trust: Trust) -> PlaybookRecord:
    return PlaybookRecord.model_validate(trust)
