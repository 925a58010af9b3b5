"""How far a rollout is, in `kubectl rollout status`'s words and order (its `rollout_status.go`); pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]


class Progress(StrEnum):
    """What a rollout is; `UNTOLD` where the update strategy leaves nothing to wait for."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How far one rollout is, and a sentence that says so."""

    progress: Progress
    detail: str


def rollout_of(kind: str, workload: Object) -> Rollout:
    """Return how far a `deployment`, `statefulset` or `daemonset` is."""
    spec, status = workload["spec"], workload.get("status") or {}
    if is_unseen(workload):
        return _waiting("the controller has not seen the latest change yet")
    if kind == "deployment":
        return _deployment(spec, status)
    strategy = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate")
    if strategy != "RollingUpdate":
        detail = f"the update strategy is {strategy}: nothing says when a rollout is over"
        return Rollout(progress=Progress.UNTOLD, detail=detail)
    return _stateful_set(spec, status) if kind == "statefulset" else _daemon_set(status)


def is_unseen(workload: Object) -> bool:
    """Say whether its status is about an older generation than the one that is written down."""
    observed = (workload.get("status") or {}).get("observedGeneration", 0)
    return bool(observed < workload["metadata"].get("generation", 0))


def _deployment(spec: Object, status: Object) -> Rollout:
    for condition in status.get("conditions") or ():
        late = condition.get("reason") == "ProgressDeadlineExceeded"
        if condition.get("type") == "Progressing" and late:
            return Rollout(progress=Progress.FAILED, detail="it exceeded its progress deadline")
    wanted, all_pods = spec.get("replicas", 1), status.get("replicas", 0)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} pods are updated")
    if all_pods > updated:
        return _waiting(f"{all_pods - updated} old pods are still to end")
    if available < updated:
        return _waiting(f"{available} of {updated} updated pods are available")
    return _done(f"{available} of {wanted} pods are updated and available")


def _stateful_set(spec: Object, status: Object) -> Rollout:
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted:
        return _waiting(f"{ready} of {wanted} pods are ready")
    updated = status.get("updatedReplicas", 0)
    partition = (spec["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0)
    if partition:
        due = wanted - partition
        if updated < due:
            return _waiting(f"{updated} of {due} pods of the partition are updated")
        return _done(f"{updated} pods of the partition are updated")
    if status.get("updateRevision") != status.get("currentRevision"):
        return _waiting(f"{updated} of {wanted} pods are updated")
    return _done(f"{status.get('currentReplicas', ready)} of {wanted} pods are updated and ready")


def _daemon_set(status: Object) -> Rollout:
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} pods are updated")
    if available < wanted:
        return _waiting(f"{available} of {wanted} updated pods are available")
    return _done(f"{available} of {wanted} pods are updated and available")


def _waiting(detail: str) -> Rollout:
    return Rollout(progress=Progress.WAITING, detail=detail)


def _done(detail: str) -> Rollout:
    return Rollout(progress=Progress.DONE, detail=detail)
