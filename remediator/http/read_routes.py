"""GET /api/v1/…: what is going on, what was decided, and why. Viewers may read all of it; nothing changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from aiohttp import web

from remediator.core.run import Phase, Run
from remediator.core.target import as_written
from remediator.http import answers, audit, listed, records, shapes
from remediator.http.answers import Answer
from remediator.http.bodies import invalid, limit_of, path_id, read_query
from remediator.http.credentials import Role
from remediator.http.refusal import HttpRefusal
from remediator.http.replies import reply
from remediator.http.route import Call, Route
from remediator.ports.store import JournalEntry, Listing, Reader

_PAGED = ("limit", "before")
_RUN_FILTERS = ("playbook", "target", "phase", "outcome", "fingerprint")
_DECISION_FILTERS = ("playbook", "fingerprint", "decision", "source", "notification")


async def status(call: Call) -> web.Response:
    """Answer with the daemon's version, health and numbers."""
    context = call.context
    now = context.ambient.now()
    statistics = await context.store.read(lambda reader: reader.statistics(now))
    found = listed.Status(
        version=context.version,
        now=now,
        healthy=context.loops_alive(),
        accepting=context.accepting(),
        playbooks=len(context.book().by_name),
        runs_active=dict(statistics.runs_active),
        approvals_pending=statistics.approvals_pending,
        oldest_due_at=statistics.oldest_due_at,
        inbox_new=statistics.inbox_new,
        inbox_oldest_at=statistics.inbox_oldest_at,
        outbox_pending=statistics.outbox_pending,
        outbox_oldest_at=statistics.outbox_oldest_at,
        pauses=[listed.Pause.model_validate(pause) for pause in statistics.pauses],
    )
    return reply(found.plain())


async def playbooks(call: Call) -> web.Response:
    """List the playbooks in use, by name."""
    read_query(call, ())
    book = call.context.book().by_name
    items = [listed.playbook_shape(book[name]) for name in sorted(book)]
    return reply(listed.PlaybookList(items=items, next=None).plain())


async def playbook(call: Call) -> web.Response:
    """Answer with one playbook and the document that it was loaded from."""
    found = call.context.book().by_name.get(call.request.match_info["id"])
    if found is None:
        raise HttpRefusal(404, "not_found", "there is no playbook with that name")
    return reply(listed.document_shape(found).plain())


async def runs(call: Call) -> web.Response:
    """List runs, newest first."""
    listing = _listing(call, _RUN_FILTERS)
    page = await call.context.store.read(lambda reader: reader.runs(listing))
    items = [shapes.run_shape(run) for run in page.items]
    return call.shows(answers.RunList(items=items, next=page.next))


async def run(call: Call) -> web.Response:
    """Answer with one run."""
    return call.shows(shapes.run_shape(await _found(call)))


async def events(call: Call) -> web.Response:
    """List a run's journal, oldest first, from the number `after` on."""
    query = read_query(call, ("limit", "after"))
    run_id, limit, after = path_id(call), limit_of(query), _number(query.get("after", "0"), "after")

    def look(reader: Reader) -> tuple[JournalEntry, ...] | None:
        if reader.run(run_id) is None:
            return None
        return reader.events(run_id, after=after, limit=limit)

    entries = await call.context.store.read(look)
    if entries is None:
        raise _no_run(run_id)
    next_after = str(entries[-1].seq) if len(entries) == limit else None
    return call.shows({"items": [shapes.entry_shape(e) for e in entries], "next": next_after})


async def decisions(call: Call) -> web.Response:
    """List what was decided for alerts and playbooks, newest first."""
    listing = _listing(call, _DECISION_FILTERS)
    page = await call.context.store.read(lambda reader: reader.decisions(listing))
    return call.shows(listed.DecisionList.model_validate(page))


async def approvals(call: Call) -> web.Response:
    """List the plans that wait for people, newest first."""
    listing = _listing(call, ("playbook", "target"))
    filters = {**listing.filters, "phase": Phase.AWAITING_APPROVAL.value}
    waiting = Listing(limit=listing.limit, before=listing.before, filters=filters)
    page = await call.context.store.read(lambda reader: reader.runs(waiting))
    items = [shapes.approval_shape(r, r.approval) for r in page.items if r.approval]
    return call.shows(answers.ApprovalList(items=items, next=page.next))


async def pauses(call: Call) -> web.Response:
    """List the pauses in force."""
    read_query(call, ())
    now: datetime = call.context.ambient.now()
    found = await call.context.store.read(lambda reader: reader.pauses(now))
    items = [listed.Pause.model_validate(pause) for pause in found]
    return call.shows(listed.PauseList(items=items, next=None))


async def site_events(call: Call) -> web.Response:
    """List the site's journal, newest first: pauses, reloads, starts, what people decided about no open run."""
    query = read_query(call, _PAGED)
    limit, before = limit_of(query), query.get("before", "").strip()
    below = _number(before, "before") if before else None
    entries = await call.context.store.read(
        lambda reader: reader.site_events(before=below, limit=limit + 1)
    )
    shown = entries[:limit]
    following = str(shown[-1].number) if len(entries) > limit else None
    return call.shows({"items": [audit.entry_shape(e) for e in shown], "next": following})


async def actions(call: Call) -> web.Response:
    """List the installed actions, by name."""
    read_query(call, ())
    known = call.context.catalog().actions
    items = [listed.action_shape(known[name]) for name in sorted(known)]
    return reply(listed.ActionList(items=items, next=None).plain())


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
    return Listing(
        limit=limit_of(query), before=query.get("before", "").strip() or None, filters=chosen
    )


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise invalid(f"`{name}` must be the number of an event")
    return int(text)


def _viewed(
    path: str, handler: Any, answer: type[Answer] | Literal["object"], query: tuple[str, ...] = ()
) -> Route:
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
    _viewed("status", status, listed.Status),
    _viewed("playbooks", playbooks, listed.PlaybookList),
    _viewed("playbooks/{id}", playbook, listed.PlaybookDocument),
    _viewed("playbooks/{id}/record", records.record, records.PlaybookRecord),
    _viewed("records", records.records, records.PlaybookRecordList, ("limit", "after")),
    _viewed("runs", runs, answers.RunList, (*_PAGED, *_RUN_FILTERS)),
    _viewed("runs/{id}", run, answers.Run),
    _viewed("runs/{id}/events", events, answers.EventList, ("limit", "after")),
    _viewed("decisions", decisions, listed.DecisionList, (*_PAGED, *_DECISION_FILTERS)),
    _viewed("approvals", approvals, answers.ApprovalList, (*_PAGED, "playbook", "target")),
    _viewed("pauses", pauses, listed.PauseList),
    _viewed("audit", site_events, answers.SiteEventList, _PAGED),
    _viewed("actions", actions, listed.ActionList),
    _viewed("why/{id}", why, "object"),
)
