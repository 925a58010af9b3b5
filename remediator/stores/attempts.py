"""Attempts and approvals: what was intended and what became of it, what was asked and who answered.

Kept beside the run's state, so that the database holds them unique and people can look them up.
"""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from remediator.core.canonical import canonical_json
from remediator.core.events import Measure
from remediator.core.run import Approval, Run, StepProgress, StepState
from remediator.ports.codec import adapter
from remediator.stores.gathered import later_insert
from remediator.stores.schema import approval, attempt, vote
from remediator.stores.session import Session
from remediator.stores.upsert import insert as insert_or

_ATTEMPT = (
    *("run_id", "step", "n", "state", "plan_digest", "fence"),
    *("target_fence", "token", "not_after", "reason", "measure"),
)
_INTEND = later_insert("intents", insert(attempt), *_ATTEMPT)
_UPSERT = insert_or(attempt)
_SETTLE = later_insert(
    "outcomes",
    _UPSERT.on_conflict_do_update(
        index_elements=[attempt.c.run_id, attempt.c.step, attempt.c.n],
        set_={name: _UPSERT.excluded[name] for name in ("state", "reason", "measure")},
    ),
    *_ATTEMPT,
)
_ASK = insert_or(approval)
_SAVE_APPROVAL = _ASK.on_conflict_do_update(
    index_elements=[approval.c.id],
    set_={name: _ASK.excluded[name] for name in ("granted", "rejected_by", "expires_at")},
)
_VOTE = insert_or(vote).on_conflict_do_nothing()
_ATTEMPTS = (
    select(attempt)
    .where(attempt.c.run_id == bindparam("p_run"))
    .order_by(attempt.c.step, attempt.c.n)
)
_VOTES = (
    select(vote)
    .join_from(vote, approval, vote.c.approval_id == approval.c.id)
    .where(approval.c.run_id == bindparam("p_run"))
    .order_by(approval.c.requested_at, vote.c.n)
)

# A step that waits again after an intent: that attempt was definitely not applied.
_NOT_APPLIED = {StepState.WAITING: "not_applied", StepState.SKIPPED: "not_applied"}


class AttemptReading(Session):
    """Reads attempts and votes as stored."""

    def attempts(self, run_id: str) -> tuple[dict[str, object], ...]:
        """Return the attempt rows of a run."""
        return tuple(row._asdict() for row in self._all(_ATTEMPTS, {"p_run": run_id}))

    def votes(self, run_id: str) -> tuple[dict[str, object], ...]:
        """Return the votes on a run's plans, in the order of their asking."""
        return tuple(row._asdict() for row in self._all(_VOTES, {"p_run": run_id}))


class AttemptWriting(AttemptReading):
    """Records attempts, approvals and votes."""

    def record_attempt(self, run: Run, step: str) -> None:
        """Insert a committed intent, which is refused a second time, or update what became of it."""
        progress = run.at(step)
        is_intent = progress.state is StepState.INTENDED
        row, key = _attempt_row(run, progress), (attempt, run.id, step, progress.n)
        self._later(_INTEND if is_intent else _SETTLE, [row], [key], attempt)

    def record_approval(self, run: Run) -> None:
        """Insert or update the approval row, and add its new votes."""
        if run.approval is None:
            return
        self._change(_SAVE_APPROVAL, _approval_row(run, run.approval))
        if votes := _vote_rows(run.approval):
            self._change(_VOTE, votes)


def _attempt_row(run: Run, progress: StepProgress) -> dict[str, object]:
    return {
        "run_id": run.id,
        "step": progress.step,
        "n": progress.n,
        "state": _NOT_APPLIED.get(progress.state, progress.state.value),
        "plan_digest": run.plan.digest if run.plan else None,
        "fence": progress.fence,
        "target_fence": progress.target_fence,
        "token": progress.token,
        "not_after": progress.not_after,
        "reason": progress.reason,
        "measure": adapter(Measure).dump_json(progress.measure).decode(),
    }


def _approval_row(run: Run, asked: Approval) -> dict[str, object]:
    return {
        "id": asked.id,
        "run_id": run.id,
        "digest": asked.digest,
        "reasons": canonical_json(asked.reasons),
        "requested_at": asked.requested_at,
        "expires_at": asked.expires_at,
        "granted": asked.granted,
        "rejected_by": asked.rejected_by.name if asked.rejected_by else None,
    }


def _vote_rows(asked: Approval) -> list[dict[str, object]]:
    return [
        {
            "approval_id": asked.id,
            "n": number,
            "person": voted.person.name,
            "door": voted.person.door,
            "digest": voted.digest,
            "approve": voted.approve,
            "reason": voted.reason,
        }
        for number, voted in enumerate(asked.votes, start=1)
    ]
