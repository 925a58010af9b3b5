"""The check `rollout`: is a workload's rollout done, as `kubectl rollout status` would say? One look, no waiting."""

from __future__ import annotations

from typing import Literal

from remediator.core.facts import Answer, Known
from remediator.integrations.kubernetes.api import Cluster, Object
from remediator.integrations.kubernetes.checks.clustered import object_check
from remediator.integrations.kubernetes.knowledge.rollout_status import Progress, rollout_of
from remediator.integrations.kubernetes.rights import target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.check import Question
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_KNOWN = {
    Progress.DONE: Known.HOLDS,
    Progress.WAITING: Known.FAILS,
    Progress.FAILED: Known.FAILS,
    Progress.UNTOLD: Known.UNKNOWN,
}


class RolloutParameters(Parameters):
    """Every pod of the run's target is of its latest template and available."""

    state: Literal["done"] = "done"


async def _look(question: Question, found: Object, _cluster: Cluster) -> Answer:
    rollout = rollout_of(question.target.kind, found)
    return Answer(known=_KNOWN[rollout.progress], detail=rollout.detail, at=question.now)


def _rights(use: Use) -> tuple[Right, ...]:
    return target_rights(use, "get")


CHECKS = (
    object_check(
        "rollout",
        _look,
        kinds=WORKLOADS,
        no_other="has no rollouts",
        doc="The rollout of a Deployment, StatefulSet or DaemonSet is done, as `kubectl rollout status` says it.",
        parameters=RolloutParameters,
        shorthand="state",
        example="rollout: done",
        rights=_rights,
    ),
)
