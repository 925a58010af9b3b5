"""What state an object of a cluster is in by its own status, as kubectl and the controllers mean it. Pure.

Used by the checks `node`, `pod`, `deployment` and the like: an alert may name the wrong object, a metric may be old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from remediator.integrations.kubernetes.knowledge.pod import is_well, says_ready, state_words
from remediator.integrations.kubernetes.knowledge.pod_events import moment
from remediator.integrations.kubernetes.knowledge.quantity import parse_quantity
from remediator.integrations.kubernetes.knowledge.rollout import pod_count
from remediator.integrations.kubernetes.knowledge.rollout_status import is_unseen

Object = Mapping[str, Any]
_LOOP = "CrashLoopBackOff"
_LOOPS_FROM = (
    2  # the kubelet starts a container anew at once when it ends first, and backs off from then on
)
_FORGOTTEN = timedelta(
    minutes=10
)  # the kubelet begins anew with what ran so long: twice its longest back-off
_RESIZE_ERRORS = ("ControllerResizeError", "NodeResizeError")
_RESIZES = ("Resizing", "FileSystemResizePending")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectState:
    """Every state that an object says it is in, none where it does not say; and a sentence for people."""

    states: frozenset[str]
    detail: str


def node_state(node: Object) -> ObjectState:
    """Return `ready` or `not_ready`: a node of which the controllers hear nothing is not ready either."""
    ready = _condition(node, "Ready")
    cordoned = ", cordoned" if (node.get("spec") or {}).get("unschedulable") else ""
    return _state(node, _yes_or_no(ready, "ready", "not_ready"), _said("Ready", ready) + cordoned)


def pod_state(pod: Object, container: str, now: datetime) -> ObjectState:
    """Return `ready` or `not_ready`, and `crash_looping` where a container (the named one) crashes again and again:
    such a pod is not `ready`, though it says so in between. One that is being deleted or has done its work is none."""
    if pod["metadata"].get("deletionTimestamp"):
        return _state(pod, ["deleted"], f"{state_words(pod)}, being deleted")
    phase, ready = (pod.get("status") or {}).get("phase"), _condition(pod, "Ready")
    if phase == "Succeeded":
        return _state(pod, ["ended"], "it has ended well")
    is_told = phase in ("Pending", "Failed") or (phase == "Running" and ready is not None)
    if not is_told or (container and all(one.get("name") != container for one in _containers(pod))):
        return _state(pod, [], f"it does not say how {container or 'it'} is")
    loops = [] if is_well(pod, now) else [*_looping(pod, container, now)]
    states = [] if says_ready(pod) else ["not_ready"]
    if loops:
        return _state(pod, [*states, "crash_looping"], "; ".join(map(_loop_words, loops)))
    return _state(pod, states or ["ready"], f"{state_words(pod)}, {_said('Ready', ready)}")


def workload_state(kind: str, workload: Object) -> ObjectState:
    """Return `available` or `unavailable`: by a Deployment's own condition, which allows for `maxUnavailable`; of
    others all pods have to be available."""
    status, wanted = workload.get("status") or {}, pod_count(workload)
    if is_unseen(workload):
        return _state(workload, [], "the controller has not seen the latest change yet")
    named = "numberAvailable" if kind == "daemonset" else "availableReplicas"
    there = status.get(named, 0)
    pods = f"{there} of {wanted} pods are available"
    if kind == "deployment":
        said = _condition(workload, "Available")
        states = _yes_or_no(said, "available", "unavailable")
        return _state(workload, states, f"{pods}, {_said('Available', said)}")
    return _state(workload, ["available" if there >= wanted else "unavailable"], pods)


def claim_state(claim: Object) -> ObjectState:
    """Return `bound`, `resizing` where it asks for more than it has, `failed` where that failed, or the phase it is in
    (`pending`, `lost`)."""
    status, phase = claim.get("status") or {}, (claim.get("status") or {}).get("phase")
    asked = claim["spec"]["resources"]["requests"]["storage"]
    has = (status.get("capacity") or {}).get("storage")
    if phase != "Bound" or has is None:
        return _state(claim, [phase.lower()] if phase and phase != "Bound" else [], f"{phase}")
    if failure := resize_failure(claim):
        return _state(claim, ["failed"], f"Bound, has {has}, asks for {asked} ({failure})")
    under_way = [
        name for name in _RESIZES if (_condition(claim, name) or {}).get("status") == "True"
    ]
    if under_way or parse_quantity(asked) > parse_quantity(has):
        words = ", ".join(under_way) or "nobody has begun yet"
        return _state(claim, ["resizing"], f"Bound, has {has}, asks for {asked} ({words})")
    return _state(claim, ["bound"], f"Bound, has {has}")


def resize_failure(claim: Object) -> str:
    """Return why a claim does not get the size that it asks for, "" where nobody says so (KEP-1790)."""
    status = claim.get("status") or {}
    for kind in _RESIZE_ERRORS:
        condition = _condition(claim, kind) or {}
        if condition.get("status") == "True":
            return ": ".join(filter(None, (kind, condition.get("message"))))
    told = str((status.get("allocatedResourceStatuses") or {}).get("storage", ""))
    return told if told.endswith(("Infeasible", "Failed")) else ""


def _state(found: Object, states: Iterable[str], detail: str) -> ObjectState:
    return ObjectState(states=frozenset(states), detail=f"{found['metadata']['name']}: {detail}")


def _condition(found: Object, kind: str) -> Object | None:
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind), None)


def _yes_or_no(condition: Object | None, yes: str, no: str) -> list[str]:
    """Read a condition; what is `Unknown` to the controllers is a no, what is not there is neither."""
    words = {"True": [yes], "False": [no], "Unknown": [no]}
    return words.get((condition or {}).get("status", ""), [])


def _said(kind: str, condition: Object | None) -> str:
    if condition is None:
        return f"it does not say whether it is {kind}"
    since = condition.get("lastTransitionTime")
    began = f" since {moment(since):%Y-%m-%d %H:%M:%S} UTC" if since else ""
    why = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
    return f"{kind} is {condition.get('status')}{began}" + (f" ({why})" if why else "")


def _containers(pod: Object) -> Iterator[Object]:
    for kind in ("containerStatuses", "initContainerStatuses"):
        yield from (pod.get("status") or {}).get(kind) or ()


def _looping(pod: Object, container: str, now: datetime) -> Iterator[Object]:
    """Yield the containers that wait for their next start, or were started anew lately and more than once."""
    for one in _containers(pod):
        waits = ((one.get("state") or {}).get("waiting") or {}).get("reason") == _LOOP
        lately = now - moment(_last_end(one).get("finishedAt")) < _FORGOTTEN
        again = one.get("restartCount", 0) >= _LOOPS_FROM and lately
        if container in ("", one.get("name")) and (waits or again):
            yield one


def _last_end(container: Object) -> Object:
    ends = ((container.get(one) or {}).get("terminated") for one in ("state", "lastState"))
    return next(filter(None, ends), {})


def _loop_words(container: Object) -> str:
    state = next(iter(container.get("state") or {}), "unknown")
    word = ((container.get("state") or {}).get(state) or {}).get("reason") or state
    end, count = _last_end(container), container.get("restartCount", 0)
    how = f"{end.get('reason', 'ended')}, exit code {end.get('exitCode')}"
    last = f", last end {moment(end.get('finishedAt')):%H:%M:%S} UTC ({how})" if end else ""
    return f"container {container.get('name')}: {word}, restarted {count} times{last}"
