"""The life of a run as a table; `docs/lifecycle.md` is printed from it and a test fails where they differ."""

from __future__ import annotations

from remediator.core import events as ev
from remediator.core.run import Phase

_P, _W, _A, _V, _C = (
    Phase.PLANNING,
    Phase.AWAITING_APPROVAL,
    Phase.ACTING,
    Phase.VERIFYING,
    Phase.CLOSED,
)
_ANYWHERE: dict[Phase, tuple[Phase, ...]] = {phase: (phase,) for phase in (_P, _W, _A, _V)}

# event → in which phases it may happen → the phases it may lead to
TRANSITIONS: dict[type, dict[Phase, tuple[Phase, ...]]] = {
    ev.Diagnosed: {_P: (_P,)},
    ev.Judged: {_P: (_P, _A), _A: (_A,)},
    ev.Proposed: {_P: (_P,)},
    ev.ProposalFailed: {_P: (_P,), _A: (_A,)},
    ev.StepSkipped: {_P: (_P,), _W: (_W, _A), _A: (_A,)},
    ev.StepWanted: {_A: (_A,)},
    ev.Planned: {_P: (_P,)},
    ev.PlanConfirmed: {_A: (_A,)},
    ev.PlanVoided: {_W: (_P,), _A: (_P, _A)},
    ev.ApprovalRequested: {_P: (_W,), _A: (_W,)},
    ev.Voted: {_W: (_W, _A)},
    ev.AnswerRefused: _ANYWHERE,
    ev.ApprovalReminded: {_W: (_W,)},
    ev.ApprovalEscalated: {_W: (_W,)},
    ev.ApprovalExpired: {_W: (_W, _A), _A: (_A,)},
    ev.IntentCommitted: {_A: (_A,)},
    ev.Applied: {_A: (_A,)},
    ev.NotApplied: {_A: (_A,)},
    ev.Doubted: {_A: (_A,)},
    ev.Observed: {_A: (_A,)},
    ev.Settled: {_A: (_A,)},
    ev.VerificationStarted: {_P: (_V,), _A: (_V,)},
    ev.Looked: {_V: (_V,)},
    ev.RollbackStarted: {_P: (_A,), _A: (_A,), _V: (_A,)},
    ev.UndoProposed: {_A: (_A,)},
    ev.AlertResolved: _ANYWHERE,
    ev.AlertFired: _ANYWHERE,
    ev.CancelRequested: _ANYWHERE,
    ev.Noted: _ANYWHERE,
    ev.Closed: {phase: (_C,) for phase in (_P, _W, _A, _V)},
}
