"""What a preview looks like to those who ask: a decision for each playbook, and the dry run of those that would run."""

from __future__ import annotations

from remediator.core.run import Run
from remediator.core.wording import evidence_lines, plan_lines
from remediator.http import answers
from remediator.http.shapes import run_shape
from remediator.ports.codec import plain
from remediator.ports.preview import Previewed, Would


def plan_shape(previewed: Previewed) -> dict[str, object]:
    """Return it as it is answered."""
    return {
        "alert": answers.Alert.model_validate(previewed.alert).plain(),
        "decisions": [_would(each) for each in previewed.would],
    }


def _would(would: Would) -> dict[str, object]:
    decided: dict[str, object] = {
        "playbook": would.playbook,
        "decision": would.decision,
        "reason": would.reason,
    }
    return decided if would.run is None else decided | _rehearsed(would, would.run)


def _rehearsed(would: Would, run: Run) -> dict[str, object]:
    """Return what stood here first, and the whole run as it is shown elsewhere; it is stored nowhere."""
    shape = run_shape(run).plain()
    return {
        "target": str(run.order.target),
        "outcome": run.reason,
        "would": would.ruling,
        "verdicts": shape["verdicts"],
        "plan": {
            "digest": run.plan.digest if run.plan else None,
            "changes": [plain(change) for change in run.plan.changes] if run.plan else [],
            "text": list(plan_lines(run)),
        },
        "evidence": list(evidence_lines(run)),
        "run": shape,
    }
