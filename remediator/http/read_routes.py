"""GET /api/v1/…: what is going on, what was decided, and why. Viewers may read all of it; nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from remediator.core.run import Phase, Run
from remediator.core.target import as_written
from remediator.http import listed, shapes
from remediator.http.bodies import invalid, limit_of, path_id, read_query, text_of
from remediator.http.credentials import Role
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply
from remediator.http.route import Call, Route
from remediator.ports.store import JournalEntry, Listing, Page, Reader

T = TypeVar("T")
_PAGED = ("limit", "before")
_RUN_FILTERS = ("playbook", "target", "phase", "outcome", "fingerprint")
_DECISION_FILTERS = ("playbook", "fingerprint", "decision", "source", "notification")


async def status(call: Call) -> web.Response:
    """Answer with the daemon's version, health and numbers."""
    context = call.context
    now = context.ambient.now()
    statistics = await context.store.read(lambda reader: reader.statistics(now))
    numbers = listed.statistics_shape(statistics)
    return reply(
        {
            "version": context.version,
            "now": shapes.moment(now),
            "healthy": context.loops_alive(),
            "accepting": context.accepting(),
            "playbooks": len(context.book().by_name),
            **numbers,
        }
    )


async def playbooks(call: Call) -> web.Response:
    """List the playbooks in use, by name."""
    read_query(call, ())
    book = call.context.book().by_name
    return reply(_items([listed.playbook_shape(book[name]) for name in sorted(book)]))


async def playbook(call: Call) -> web.Response:
    """Answer with one playbook and the document that it was loaded from."""
    found = call.context.book().by_name.get(call.request.match_info["id"])
    if found is None:
        raise HttpRefusal(404, "not_found", "there is no playbook with that name")
    return reply({**listed.playbook_shape(found), "document": json.loads(found.document)})


async def runs(call: Call) -> web.Response:
    """List runs, newest first."""
    listing = _listing(call, _RUN_FILTERS)
    page = await call.context.store.read(lambda reader: reader.runs(listing))
    return call.shows(_page(page, shapes.run_shape))


async def run(call: Call) -> web.Response:
    """Answer with one run."""
    return call.shows(shapes.run_shape(await _found(call)))


async def events(call: Call) -> web.Response:
    """List a run's journal, oldest first, from the number `after` on."""
    query = read_query(call, ("limit", "after"))
    run_id, limit, after = path_id(call), limit_of(query), _number(query.get("after", "0"))

    def look(reader: Reader) -> tuple[JournalEntry, ...] | None:
        if reader.run(run_id) is None:
            return None
        return reader.events(run_id, after=after, limit=limit)

    entries = await call.context.store.read(look)
    if entries is None:
        raise _no_run(run_id)
    next_after = str(entries[-1].seq) if len(entries) == limit else None
    return call.shows(_items([shapes.entry_shape(entry) for entry in entries], next_after))


async def decisions(call: Call) -> web.Response:
    """List what was decided for alerts and playbooks, newest first."""
    listing = _listing(call, _DECISION_FILTERS)
    page = await call.context.store.read(lambda reader: reader.decisions(listing))
    return call.shows(_page(page, listed.decision_shape))


async def approvals(call: Call) -> web.Response:
    """List the plans that wait for people, newest first."""
    listing = _listing(call, ("playbook", "target"))
    filters = {**listing.filters, "phase": Phase.AWAITING_APPROVAL.value}
    waiting = Listing(limit=listing.limit, before=listing.before, filters=filters)
    page = await call.context.store.read(lambda reader: reader.runs(waiting))
    return call.shows(_page(page, shapes.approval_shape))


async def pauses(call: Call) -> web.Response:
    """List the pauses in force."""
    read_query(call, ())
    now: datetime = call.context.ambient.now()
    found = await call.context.store.read(lambda reader: reader.pauses(now))
    return call.shows(_items([listed.pause_shape(pause) for pause in found]))


async def actions(call: Call) -> web.Response:
    """List the installed actions, by name."""
    read_query(call, ())
    known = call.context.catalog().actions
    return reply(_items([listed.action_shape(known[name]) for name in sorted(known)]))


async def why(call: Call) -> web.Response:
    """Explain why something happened, or did not, to an alert (by fingerprint), a run or a notification (by id)."""
    return call.shows(await call.context.why(path_id(call)))


async def _found(call: Call) -> Run:
    run_id = path_id(call)
    found = await call.context.store.read(lambda reader: reader.run(run_id))
    if found is None:
        raise _no_run(run_id)
    return found


def _no_run(run_id: str) -> HttpRefusal:
    return HttpRefusal(404, "not_found", f"there is no run {run_id}", "see GET /api/v1/runs")


def _listing(call: Call, filters: tuple[str, ...]) -> Listing:
    query = read_query(call, (*_PAGED, *filters))
    chosen = {name: query[name] for name in filters if name in query}
    if "target" in chosen:
        chosen["target"] = as_written(chosen["target"])
    return Listing(limit=limit_of(query), before=text_of(query, "before") or None, filters=chosen)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise invalid("`after` must be the number of an event")
    return int(text)


def _items(items: list[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    return {"items": items, "next": cursor}


def _page(page: Page[T], shape: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    return _items([shape(item) for item in page.items], page.next)


def _viewed(path: str, handler: Any, answer: str, query: tuple[str, ...] = ()) -> Route:
    return Route(
        method="GET",
        path=f"/api/v1/{path}",
        access=Role.VIEWER,
        handler=handler,
        summary=handler.__doc__.splitlines()[0],
        answer=answer,
        query=query,
    )


READING = (
    _viewed("status", status, "Status"),
    _viewed("playbooks", playbooks, "PlaybookList"),
    _viewed("playbooks/{id}", playbook, "Playbook"),
    _viewed("runs", runs, "RunList", (*_PAGED, *_RUN_FILTERS)),
    _viewed("runs/{id}", run, "Run"),
    _viewed("runs/{id}/events", events, "EventList", ("limit", "after")),
    _viewed("decisions", decisions, "DecisionList", (*_PAGED, *_DECISION_FILTERS)),
    _viewed("approvals", approvals, "ApprovalList", (*_PAGED, "playbook", "target")),
    _viewed("pauses", pauses, "PauseList"),
    _viewed("actions", actions, "ActionList"),
    _viewed("why/{id}", why, "object"),
)
