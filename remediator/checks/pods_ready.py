"""The check `pods_ready`: are enough pods of a workload ready, or is the one pod that the run is about?

A pod that is being deleted is not counted, however ready it says it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.plaintext import one_line
from remediator.core.rollout import pod_count, selector_text
from remediator.ports.check import Check, Question
from remediator.ports.kubernetes import PODS, Cluster, Clusters, Object, place_of, ref_of
from remediator.ports.parameters import Parameters
from remediator.ports.revisions import WORKLOADS
from remediator.ports.rights import Right, Use, cluster_rights, target_rights


class ReadyParameters(Parameters):
    """At least this share of the pods that the target asks for is ready."""

    min_percent: Annotated[float, Field(gt=0, le=100)] = 100


@dataclass(frozen=True, slots=True)
class ReadyChecker:
    """Counts pods."""

    clusters: Clusters | None

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        target = question.target
        if self.clusters is None:
            detail = "no cluster to ask: set `kubernetes` in the settings"
            return Answer(known=Known.UNKNOWN, detail=detail)
        if target.kind not in (*WORKLOADS, "pod"):
            return Answer(known=Known.UNKNOWN, detail=f"{target} has no pods of its own")
        try:
            return await _counted(self.clusters.of(target), question)
        except ActionError as error:
            return Answer(known=Known.UNKNOWN, detail=one_line(error.detail))


def is_ready(pod: Object) -> bool:
    """Say whether a pod takes traffic: its condition Ready is true, and nobody deletes it."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


async def _counted(cluster: Cluster, question: Question) -> Answer:
    target = question.target
    found = await cluster.get(ref_of(target))
    if found is None:
        return Answer(known=Known.FAILS, detail=f"{target} is gone", at=question.now)
    if target.kind == "pod":
        return _answer(question, [found], 1)
    labels = selector_text(found["spec"]["selector"])
    pods = await cluster.list(PODS, place_of(target).namespace, labels=labels)
    return _answer(question, pods, pod_count(found))


def _answer(question: Question, pods: Sequence[Object], wanted: int) -> Answer:
    ready = sum(map(is_ready, pods))
    if not wanted:
        detail = "no pods are asked for, so none is ready"
        return Answer(known=Known.FAILS, detail=detail, value=0.0, at=question.now)
    percent = 100 * ready / wanted
    enough = percent >= question.parameters.min_percent
    return Answer(
        known=Known.HOLDS if enough else Known.FAILS,
        detail=f"{ready} of {wanted} pods are ready, wanted are {question.parameters.min_percent:g} %",
        value=percent,
        at=question.now,
    )


def _rights(use: Use) -> tuple[Right, ...]:
    pods = () if use.kind == "pod" else cluster_rights(PODS, "list")
    return (*target_rights(use, "get"), *pods)


def _checker(gateways: Mapping[str, Any]) -> ReadyChecker:
    return ReadyChecker(gateways.get("kubernetes"))


CHECKS = (
    Check(
        name="pods_ready",
        doc="Enough pods of a Deployment, StatefulSet or DaemonSet are ready; or the one pod is.",
        parameters=ReadyParameters,
        shorthand="min_percent",
        example="pods_ready: {min_percent: 80}",
        checker=_checker,
        rights=_rights,
    ),
)
