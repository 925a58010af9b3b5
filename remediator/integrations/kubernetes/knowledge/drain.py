"""Which pods of a node a drain may evict, as `kubectl drain` decides it, and whom a disruption budget holds up.

Used by `kubernetes.drain`. One refusal, and nothing is evicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remediator.integrations.kubernetes.knowledge.pod import (
    controller_of,
    is_ended,
    is_mirror,
    says_ready,
    uses_empty_dir,
)

Object = Mapping[str, Any]
_MOST_NAMES = 5
_ROOM = 20
_JOBS = "*/Job"
_HASH = "pod-template-hash"
_WITH_DATA = " with an emptyDir"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainOptions:
    """What else than a controller's own pods may go; the words are kubectl's."""

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The pods of a node: those to evict, why others forbid it, and those that stay."""

    evicted: tuple[Object, ...]
    refusals: tuple[str, ...]
    staying: tuple[Object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What people said yes to: these pods, and of others that come the classes and how many in all."""

    uids: frozenset[str]
    classes: frozenset[str] = frozenset()
    most: int | None = None


def sorted_pods(pods: Iterable[Object], options: DrainOptions) -> Sorted:
    """Return what a drain does with each pod."""
    evicted: list[Object] = []
    staying: list[Object] = []
    refusals: list[str] = []
    for pod in sorted(pods, key=name_of):
        if is_mirror(pod) or _is_left_to_its_daemon_set(pod, options):
            staying.append(pod)
        elif reason := _refusal(pod, options):
            refusals.append(f"{name_of(pod)} {reason}")
        else:
            evicted.append(pod)
    return Sorted(evicted=tuple(evicted), refusals=tuple(refusals), staying=tuple(staying))


def name_of(pod: Object) -> str:
    """Return `NAMESPACE/NAME`."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def classes_of(pods: Iterable[Object]) -> tuple[str, ...]:
    """Return whose pods a drain of these also evicts when they come meanwhile, as `NAMESPACE/KIND/NAME`.

    A node gets pods as long as it is not cordoned. Those of Jobs, and so of CronJobs, are let go anywhere; others where
    one of the same workload was there when it was planned, and one whose local data is lost only where another was.
    """
    return tuple(sorted({_JOBS, *(_class_of(pod) for pod in pods if controller_of(pod))}))


def alive(pods: Iterable[Object]) -> int:
    """Return how many pods have not ended; those that have take nothing with them."""
    return sum(not is_ended(pod) for pod in pods)


def most_of(pods: Iterable[Object]) -> int:
    """Return how many living pods a drain that was planned with these may come to evict."""
    planned = alive(pods)
    return planned + max(_ROOM, planned // 2)


def beyond(pods: Iterable[Object], approved: Approved) -> tuple[str, ...]:
    """Return, in words, which of the pods to evict are not within what was approved."""
    fresh = [pod for pod in pods if pod["metadata"]["uid"] not in approved.uids]
    outside = [pod for pod in fresh if not is_ended(pod) and not _is_within(pod, approved)]
    if outside:
        return tuple(f"{name_of(pod)} ({_made_by(pod)})" for pod in outside)
    if approved.most is not None and fresh and alive(pods) > approved.most:
        return (f"{alive(pods)} pods, where at most {approved.most} were planned for",)
    return ()


def came_before_cordon(pod: Object, node: Object) -> bool:
    """Say whether a pod was there when the node was cordoned, by the server's own record of who wrote what when, which
    counts whole seconds: a pod of the same second came after. Without a record, or a cordon, every pod was."""
    cordons = [
        str(entry["time"])
        for entry in node["metadata"].get("managedFields") or ()
        if entry.get("time")
        and "f:unschedulable" in (entry.get("fieldsV1") or {}).get("f:spec", {})
    ]
    created = pod["metadata"].get("creationTimestamp")
    if not cordons or not created:
        return True
    return datetime.fromisoformat(created) < max(map(datetime.fromisoformat, cordons))


def budgets_over(pod: Object, budgets: Iterable[Object]) -> tuple[Object, ...]:
    """Return the PodDisruptionBudgets that a pod is under; more than one, and it can never be evicted."""
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    return tuple(
        budget
        for budget in budgets
        if budget["metadata"]["namespace"] == metadata["namespace"]
        and selects(budget["spec"].get("selector"), labels)
    )


def allows_nothing(budget: Object) -> bool:
    """Say whether a budget allows no disruption now."""
    return int(budget.get("status", {}).get("disruptionsAllowed", 0)) < 1


def is_under_budgets(pod: Object) -> bool:
    """Say whether the API asks budgets at all before it evicts a pod: not one that waits, has ended, or goes."""
    metadata, phase = pod["metadata"], (pod.get("status") or {}).get("phase")
    return phase not in ("Pending", "Succeeded", "Failed") and "deletionTimestamp" not in metadata


def holds(budget: Object, pod: Object) -> bool:
    """Say whether a budget keeps a pod now. One that is not ready counts as no disruption where the budget says so, or
    where enough others are well ("Unhealthy Pod Eviction Policy")."""
    if not allows_nothing(budget):
        return False
    if says_ready(pod):
        return True
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return False
    status = budget.get("status") or {}
    wanted = int(status.get("desiredHealthy", 0))
    return wanted <= 0 or int(status.get("currentHealthy", 0)) < wanted


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Say whether a label selector matches; none matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_fits(each, labels) for each in selector.get("matchExpressions") or ())


def plan_words(node: str, found: Sorted, held_by: Sequence[str], answers: bool) -> str:
    """Return what a drain is going to do, for those who approve it."""
    words = [f"cordon {node} and evict {counted(len(found.evicted))}"]
    if found.staying:
        words.append(f"staying there: {counted(len(found.staying))} of DaemonSets or the kubelet")
    if held_by:
        words.append(f"waits for the disruption budget {listed(held_by)}, which allows none now")
    if not answers:
        words.append("the node is not ready, so nobody can confirm that they ended")
    return "; ".join(words)


def listed(names: Sequence[str], separator: str = ", ") -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return separator.join(names[:_MOST_NAMES]) + more


def counted(pods: int) -> str:
    """Return so many pods in words."""
    return "1 pod" if pods == 1 else f"{pods} pods"


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    found = labels.get(expression["key"])
    values: Sequence[str] = expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
    return True  # an operator that we do not know: better a budget too many


def _is_within(pod: Object, approved: Approved) -> bool:
    owner = controller_of(pod)
    if owner is None:
        return False
    is_free = owner["kind"] == "Job" and not uses_empty_dir(pod) and _JOBS in approved.classes
    return is_free or _class_of(pod) in approved.classes


def _class_of(pod: Object) -> str:
    """Return the workload of a pod: of a Deployment's rollouts the Deployment, of a CronJob's Jobs all of the
    namespace, for each has a name of its own."""
    owner, labels = controller_of(pod) or {}, pod["metadata"].get("labels") or {}
    name = str(owner.get("name", "")).removesuffix(f"-{labels.get(_HASH, '')}")
    words = [pod["metadata"]["namespace"], str(owner.get("kind", "")), name]
    named = "/".join(words[:2] if owner.get("kind") == "Job" else words)
    return named + _WITH_DATA * uses_empty_dir(pod)


def _made_by(pod: Object) -> str:
    owner = controller_of(pod)
    if owner is None:
        return "of no controller"
    return f"of {owner['kind']} {owner['name']}{_WITH_DATA * uses_empty_dir(pod)}"


def _is_left_to_its_daemon_set(pod: Object, options: DrainOptions) -> bool:
    """A DaemonSet's pod would come back to the cordoned node at once."""
    return _is_daemon(pod) and not is_ended(pod) and options.ignore_daemonsets


def _is_daemon(pod: Object) -> bool:
    return (controller_of(pod) or {}).get("kind") == "DaemonSet"


def _refusal(pod: Object, options: DrainOptions) -> str:
    if is_ended(pod):
        return ""
    if _is_daemon(pod):
        return (
            "belongs to a DaemonSet, which puts it back (ignore_daemonsets: true leaves it there)"
        )
    if uses_empty_dir(pod) and not options.delete_emptydir_data:
        return "has an emptyDir, which is lost with it (delete_emptydir_data: true allows that)"
    if controller_of(pod) is None and not options.force:
        return "has no controller, so it would not come back (force: true allows that)"
    return ""
