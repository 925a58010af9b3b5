"""`postgres.terminate_queries` and `postgres.cancel_queries`: end sessions that hold others up, or their queries.

What is approved are sessions by pid, start and transaction (or query), and each is ended in one statement that asks for
all three: a pid that was given to somebody else by then is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from remediator.core.canonical import digest
from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.errors import Partial, Permanent, Stale, Transient, Uncertain
from remediator.core.events import Measure, Observation
from remediator.integrations.postgres.api import (
    POSTGRES,
    POSTGRES_WRITES,
    Databases,
    DatabasesWrites,
    Session,
)
from remediator.integrations.postgres.knowledge.sessions import (
    ACTIVE,
    Wish,
    chosen,
    identity,
    is_there,
    told,
)
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Duration, Parameters

_WHAT = {True: "terminate {} of {}", False: "cancel the query of {} of {}"}


class CancelParameters(Parameters):
    """Queries that run for `older_than`, of one `application` where it is named, `at_most` so many."""

    older_than: Annotated[Duration, Field(ge=timedelta(seconds=10))]
    application: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    at_most: Annotated[int, Field(ge=1, le=50)] = 5

    @property
    def wanted_state(self) -> str:
        """The state of what is ended."""
        return ACTIVE


class TerminateParameters(CancelParameters):
    """Sessions that are `idle in transaction`, or `active`, for `older_than`; their transaction is lost."""

    state: Literal["idle in transaction", "active"] = "idle in transaction"

    @property
    def wanted_state(self) -> str:
        """The state of what is ended."""
        return self.state


class SessionProposer(Proposer):
    """Looks at the sessions of the database."""

    def __init__(self, databases: Databases, *, terminate: bool) -> None:
        self._databases = databases
        self._terminate = terminate

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = CancelParameters.of(request.parameters)
        wish = Wish(
            state=wanted.wanted_state,
            older_than=wanted.older_than,
            users=self._databases.users(request.target),
            application=wanted.application,
            at_most=wanted.at_most,
        )
        if not wish.users:
            detail = "the settings let nobody's sessions be ended: name `users` under `postgres`"
            raise Permanent(detail, target=str(request.target))
        sessions = await self._databases.sessions(request.target)
        if request.planned:
            return self._still(request.planned, sessions)
        found = chosen(sessions, wish)
        if not found:
            return Nothing(reason=f"no session of {request.target} is {wish.state} for that long")
        return self._change(request, found, sessions)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Look which of them are left: each has an identity that nobody gets again."""
        sessions = await self._databases.sessions(change.target)
        left = _left(change, sessions)
        total = len(change.intent["sessions"])
        detail = f"{total - len(left)} of {total} are gone"
        seen = Observation.NOT_APPLIED if left else Observation.APPLIED
        return Sight(observation=seen, detail=detail)

    def _still(self, planned: Change, sessions: tuple[Session, ...]) -> Change | Nothing:
        """Some that ended by themselves are no reason to ask again; all of them are."""
        if _left(planned, sessions):
            return planned
        return Nothing(reason="the planned sessions have ended by themselves")

    def _change(
        self, request: Request, found: tuple[Session, ...], sessions: tuple[Session, ...]
    ) -> Change:
        named = [identity(each, terminate=self._terminate) for each in found]
        count = "1 session" if len(found) == 1 else f"{len(found)} sessions"
        what = _WHAT[self._terminate].format(count, request.target)
        return Change(
            step=request.step,
            action=f"postgres.{'terminate' if self._terminate else 'cancel'}_queries",
            target=request.target,
            intent={"sessions": named, "terminate": self._terminate},
            version=digest({"sessions": named})[:16],
            summary=f"{what}: {told(found, sessions)}",
            effect=ActionEffect.IRREVERSIBLE,
            before={"sessions": len(sessions)},
            undo_hint="the clients get an error and must begin again; what was not committed is lost",
        )


class SessionApplier:
    """Ends them, one after the other."""

    def __init__(self, writes: DatabasesWrites, databases: Databases) -> None:
        self._writes = writes
        self._databases = databases

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """End each that is still what was approved; Stale where none is."""
        ticket.refuse_late()
        left = _left(change, await self._databases.sessions(change.target))
        ended = 0
        for session in left:
            ended += await self._end(change, session, ticket, ended)
        total = len(change.intent["sessions"])
        if not ended:
            raise Stale("the planned sessions have ended by themselves", target=str(change.target))
        return Measure(summary=f"ended {ended} of {total}", facts={"ended": ended})

    async def _end(self, change: Change, session: Session, ticket: Ticket, ended: int) -> bool:
        terminate = bool(change.intent["terminate"])
        try:
            ticket.refuse_late()
            return await self._writes.end(
                change.target, session, terminate=terminate, timeout=ticket.timeout
            )
        except Uncertain:
            raise
        except (Stale, Transient, Permanent) as error:
            if not ended:
                raise
            detail = f"{ended} sessions were ended, then: {error.detail}"
            raise Partial(detail, target=str(change.target)) from error


def _left(change: Change, sessions: tuple[Session, ...]) -> list[Session]:
    terminate = bool(change.intent["terminate"])
    named: list[Mapping[str, object]] = list(change.intent["sessions"])
    found = (is_there(each, sessions, terminate=terminate) for each in named)
    return [session for session in found if session is not None]


def _proposer(reads: Reads, *, terminate: bool) -> SessionProposer:
    return SessionProposer(reads[POSTGRES], terminate=terminate)


def _applier(reads: Reads, writes: Writes) -> SessionApplier:
    return SessionApplier(writes[POSTGRES_WRITES], reads[POSTGRES])


_CANCEL = Action(
    name="postgres.cancel_queries",
    doc="Cancel the queries of a PostgreSQL that run for too long; their sessions stay.",
    parameters=CancelParameters,
    effect=ActionEffect.IRREVERSIBLE,
    safety=Safety.CONVERGENT,
    targets=("postgres",),
    example="postgres.cancel_queries: {older_than: 10m, application: reporting, at_most: 3}",
    proposer=lambda reads: _proposer(reads, terminate=False),
    applier=_applier,
)
ACTIONS = (
    _CANCEL,
    replace(
        _CANCEL,
        name="postgres.terminate_queries",
        doc="End sessions of a PostgreSQL that hold a transaction open for too long; it is lost.",
        parameters=TerminateParameters,
        example="postgres.terminate_queries: {older_than: 10m, at_most: 3}",
        proposer=lambda reads: _proposer(reads, terminate=True),
    ),
)
