"""What a pod says of itself, read from its JSON; used by what deletes, drains and counts pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Object = Mapping[str, Any]
_MIRROR = "kubernetes.io/config.mirror"
_ENDED = ("Succeeded", "Failed")
_WELL_AFTER = timedelta(minutes=1)


def controller_of(pod: Object) -> Mapping[str, Any] | None:
    """Return the owner reference of what makes this pod again."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def is_mirror(pod: Object) -> bool:
    """Say whether a kubelet shows one of its static pods here."""
    return _MIRROR in (pod["metadata"].get("annotations") or {})


def is_ended(pod: Object) -> bool:
    """Say whether all its containers have ended for good."""
    return pod.get("status", {}).get("phase") in _ENDED


def says_ready(found: Object) -> bool:
    """Say whether the condition Ready of a pod or a node is true."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def is_well(pod: Object, now: datetime) -> bool:
    """Say whether it has been ready for a minute: one that crashes again and again is ready in between."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = (c for c in conditions if c.get("type") == "Ready" and c.get("status") == "True")
    since = next((c.get("lastTransitionTime") or "" for c in ready), "")
    return bool(since) and now - datetime.fromisoformat(since) >= _WELL_AFTER


def takes_traffic(pod: Object) -> bool:
    """Say whether it is ready and nobody deletes it."""
    return says_ready(pod) and "deletionTimestamp" not in pod["metadata"]


def uses_empty_dir(pod: Object) -> bool:
    """Say whether it has a volume whose content is lost with it."""
    return any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())


def state_words(pod: Object) -> str:
    """Return a pod's state as `kubectl get pods` has it, with its restarts: `CrashLoopBackOff, 7 restarts`."""
    status = pod.get("status", {})
    words = status.get("reason") or status.get("phase") or "Unknown"
    containers = status.get("containerStatuses") or ()
    for container in containers:
        state = container.get("state") or {}
        waits, ended = state.get("waiting") or {}, state.get("terminated") or {}
        words = waits.get("reason") or ended.get("reason") or words
    restarts = sum(container.get("restartCount", 0) for container in containers)
    plural = "" if restarts == 1 else "s"
    return f"{words}, {restarts} restart{plural}" if restarts else str(words)
