"""The check `rollout`: is a workload's rollout done, as `kubectl rollout status` would say? One look, no waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.plaintext import one_line
from remediator.core.rollout_status import Progress, rollout_of
from remediator.ports.check import Check, Question
from remediator.ports.kubernetes import Clusters, ref_of
from remediator.ports.parameters import Parameters
from remediator.ports.revisions import WORKLOADS
from remediator.ports.rights import Right, Use, target_rights

_KNOWN = {
    Progress.DONE: Known.HOLDS,
    Progress.WAITING: Known.FAILS,
    Progress.FAILED: Known.FAILS,
    Progress.UNTOLD: Known.UNKNOWN,
}


class RolloutParameters(Parameters):
    """Every pod of the run's target is of its latest template and available."""

    state: Literal["done"] = "done"


@dataclass(frozen=True, slots=True)
class RolloutChecker:
    """Reads the workload's status."""

    clusters: Clusters | None

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        target = question.target
        if self.clusters is None:
            detail = "no cluster to ask: set `kubernetes` in the settings"
            return Answer(known=Known.UNKNOWN, detail=detail)
        if target.kind not in WORKLOADS:
            return Answer(known=Known.UNKNOWN, detail=f"{target} has no rollouts")
        try:
            found = await self.clusters.of(target).get(ref_of(target))
        except ActionError as error:
            return Answer(known=Known.UNKNOWN, detail=one_line(error.detail))
        if found is None:
            return Answer(known=Known.FAILS, detail=f"{target} is gone", at=question.now)
        rollout = rollout_of(target.kind, found)
        return Answer(known=_KNOWN[rollout.progress], detail=rollout.detail, at=question.now)


def _rights(use: Use) -> tuple[Right, ...]:
    return target_rights(use, "get")


def _checker(gateways: Mapping[str, Any]) -> RolloutChecker:
    return RolloutChecker(gateways.get("kubernetes"))


CHECKS = (
    Check(
        name="rollout",
        doc="The rollout of a Deployment, StatefulSet or DaemonSet is done, as `kubectl rollout status` says it.",
        parameters=RolloutParameters,
        shorthand="state",
        example="rollout: done",
        checker=_checker,
        rights=_rights,
    ),
)
