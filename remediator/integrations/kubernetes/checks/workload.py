"""The checks `deployment`, `statefulset` and `daemonset`: is the workload available, as its controller says?"""

from __future__ import annotations

from typing import Literal

from remediator.integrations.kubernetes.api import Object
from remediator.integrations.kubernetes.checks.clustered import state_check
from remediator.integrations.kubernetes.knowledge.object_state import ObjectState, workload_state
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.check import Check, Question
from remediator.ports.parameters import Parameters


class WorkloadParameters(Parameters):
    """Whether the workload is `available` or `unavailable`."""

    state: Literal["available", "unavailable"]


def _read(question: Question, found: Object) -> ObjectState:
    return workload_state(question.target.kind, found)


def _check(kind: str) -> Check:
    return state_check(
        kind,
        _read,
        kinds=(kind,),
        no_other=f"is no {kind}",
        doc=f"The {kind} is available (or not), as its controller says.",
        parameters=WorkloadParameters,
        example=f"{kind}: available",
    )


CHECKS = tuple(map(_check, WORKLOADS))
