"""The check `pods_ready`: are enough pods of a workload ready, or is the one pod that the run is about?

A pod that is being deleted is not counted, however ready it says it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from remediator.core.facts import Answer, Known
from remediator.integrations.kubernetes.api import PODS, Cluster, Object, place_of
from remediator.integrations.kubernetes.checks.clustered import object_check
from remediator.integrations.kubernetes.knowledge.pod import takes_traffic
from remediator.integrations.kubernetes.knowledge.rollout import pod_count, selector_text
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.check import Question
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use


class ReadyParameters(Parameters):
    """At least this share of the pods that the target asks for is ready."""

    min_percent: Annotated[float, Field(gt=0, le=100)] = 100


async def _look(question: Question, found: Object, cluster: Cluster) -> Answer:
    target = question.target
    if target.kind == "pod":
        return _answer(question, [found], 1)
    labels = selector_text(found["spec"]["selector"])
    pods = await cluster.list(PODS, place_of(target).namespace, labels=labels)
    return _answer(question, pods, pod_count(found))


def _answer(question: Question, pods: Sequence[Object], wanted: int) -> Answer:
    ready = sum(map(takes_traffic, pods))
    if not wanted:
        detail = "no pods are asked for, so none is ready"
        return Answer(known=Known.FAILS, detail=detail, value=0.0, at=question.now)
    percent = 100 * ready / wanted
    least = ReadyParameters.of(question.parameters).min_percent
    enough = percent >= least
    return Answer(
        known=Known.HOLDS if enough else Known.FAILS,
        detail=f"{ready} of {wanted} pods are ready, wanted are {least:g} %",
        value=percent,
        at=question.now,
    )


def _rights(use: Use) -> tuple[Right, ...]:
    pods = () if use.kind == "pod" else cluster_rights(PODS, "list")
    return (*target_rights(use, "get"), *pods)


CHECKS = (
    object_check(
        "pods_ready",
        _look,
        kinds=(*WORKLOADS, "pod"),
        no_other="has no pods of its own",
        doc="Enough pods of a Deployment, StatefulSet or DaemonSet are ready; or the one pod is.",
        parameters=ReadyParameters,
        shorthand="min_percent",
        example="pods_ready: {min_percent: 80}",
        rights=_rights,
    ),
)
