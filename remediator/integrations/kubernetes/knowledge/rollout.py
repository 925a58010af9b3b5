"""Revisions of Deployments, StatefulSets and DaemonSets, and what a rollback to one of them writes, as kubectl does it.

Sources: kubectl's `rollback.go` and `history.go`. A Deployment's revisions are its ReplicaSets, the others' are their
ControllerRevisions. Pure: JSON in, values out; used by `rollout_undo`, `rollout_restart` and the probe `rollout_diff`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remediator.core.canonical import canonical_json
from remediator.integrations.kubernetes.knowledge.json_pointer import escaped, unescaped

Object = Mapping[str, Any]

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
UNDONE = "remediator.dev/undone"
OURS = "remediator.dev/"
_HASH = "pod-template-hash"
_KEPT = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision: its number moves when it is rolled back to, the name of the object that keeps it does not.

    `annotations` are what a rollback gives back to a Deployment; None for the other kinds, which keep theirs.
    """

    number: int
    name: str
    template: Object
    created: str = ""
    cause: str = ""
    annotations: Mapping[str, str] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"revision {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRevision:
    """Why there is nothing to roll back to, in kubectl's sense."""

    reason: str


def selector_text(selector: Mapping[str, Any]) -> str:
    """Write a label selector of an object as a list request wants it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for rule in selector.get("matchExpressions") or ():
        key, values = rule["key"], ",".join(rule.get("values") or ())
        match rule["operator"]:
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
    return ",".join(parts)


def revisions_of(workload: Object, keepers: Iterable[Object]) -> tuple[Revision, ...]:
    """Return the revisions that an object controls, oldest first; others' with the same labels are left out."""
    uid = workload["metadata"]["uid"]
    owned = (keeper for keeper in keepers if _controller(keeper) == uid)
    return tuple(sorted(map(_revision, owned), key=lambda revision: revision.number))


def current_of(workload: Object, history: Sequence[Revision]) -> Revision | None:
    """Return the revision that the object's template is, or None where its controller has not written one yet."""
    template = workload["spec"]["template"]
    same = [one for one in history if same_template(one.template, template)]
    return same[-1] if same else None


def wanted_revision(history: Sequence[Revision], to: int) -> Revision | NoRevision:
    """Return the revision of a number; 0 is the second highest, whichever that is."""
    if to:
        found = next((revision for revision in history if revision.number == to), None)
        known = ", ".join(str(revision.number) for revision in history)
        reason = f"unable to find revision {to} in its history; it has {known or 'none'}"
        return found or NoRevision(reason=reason)
    if len(history) < 2:
        return NoRevision(reason="no rollout history: there is no revision before this one")
    return history[-2]


def same_template(one: Object, other: Object) -> bool:
    """Say whether two pod templates are the same but for the label that the Deployment controller adds."""
    return canonical_json(clean_template(one)) == canonical_json(clean_template(other))


def clean_template(template: Object) -> Object:
    """Return a pod template as a person would have written it: without controllers' and patches' own keys."""
    given = template.get("metadata") or {}
    metadata = {key: value for key, value in given.items() if value is not None}
    if _HASH in (metadata.get("labels") or {}):
        metadata["labels"] = {k: v for k, v in metadata["labels"].items() if k != _HASH}
    return {**{k: v for k, v in template.items() if k != "$patch"}, "metadata": metadata}


def undo_operations(workload: Object, to: Revision) -> list[Mapping[str, Any]]:
    """Return the JSON patch that gives an object a revision's template, and a Deployment its annotations too.

    kubectl replaces a Deployment's annotations as a whole; here each is added or removed, so that one which somebody
    adds meanwhile stays. Annotations of ours are marks, not configuration: they stay as they are.
    """
    template = {"op": "replace", "path": "/spec/template", "value": clean_template(to.template)}
    if to.annotations is None:
        return [template]
    return [template, *_annotation_operations(workload, to.annotations)]


def annotations_lost(workload: Object, to: Revision) -> tuple[str, ...]:
    """Name the annotations that a rollback takes from a Deployment, because its ReplicaSet never had them."""
    operations = undo_operations(workload, to)
    return tuple(unescaped(o["path"].rpartition("/")[2]) for o in operations if o["op"] == "remove")


def undone_mark(left: str, reached: str) -> str:
    """Return the annotation's value that says which revision was left for which, by their keepers' names."""
    return f"{left}>{reached}"


def was_left(workload: Object, current: Revision, to: Revision) -> bool:
    """Say whether going to a revision would go back to what was just left by a rollback of ours.

    After a rollback the bad revision *is* the previous one; a second alert must not flip it back. Only while the object
    is still what that rollback made of it: whatever is deployed next may be rolled back again.
    """
    mark = (workload["metadata"].get("annotations") or {}).get(UNDONE, "")
    return bool(mark) and mark == undone_mark(to.name, current.name)


def restart_operations(workload: Object, moment: str) -> list[Mapping[str, object]]:
    """Return the JSON patch of `kubectl rollout restart`: one annotation of the pod template."""
    template = workload["spec"]["template"]
    operations: list[Mapping[str, object]] = []
    if not template.get("metadata"):
        operations.append({"op": "add", "path": "/spec/template/metadata", "value": {}})
    path = "/spec/template/metadata/annotations"
    if not (template.get("metadata") or {}).get("annotations"):
        operations.append({"op": "add", "path": path, "value": {}})
    key = escaped(RESTARTED)
    return [*operations, {"op": "add", "path": f"{path}/{key}", "value": moment}]


def is_paused(workload: Object) -> bool:
    """Say whether a Deployment's rollouts are paused."""
    return bool(workload["spec"].get("paused"))


def is_seen(workload: Object) -> bool:
    """Say whether the controller has seen the object as it is, so that its history tells the truth."""
    observed = (workload.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= workload["metadata"].get("generation", 0))


def pod_count(workload: Object) -> int:
    """Return how many pods an object asks for."""
    if "desiredNumberScheduled" in (workload.get("status") or {}):
        return int(workload["status"]["desiredNumberScheduled"])
    return int(workload["spec"].get("replicas", 1))


def _controller(keeper: Object) -> str:
    references = keeper["metadata"].get("ownerReferences") or ()
    return next((r.get("uid", "") for r in references if r.get("controller")), "")


def _revision(keeper: Object) -> Revision:
    metadata = keeper["metadata"]
    annotations = metadata.get("annotations") or {}
    created, cause = metadata.get("creationTimestamp") or "", annotations.get(CAUSE, "")
    if "revision" in keeper:  # a ControllerRevision; its data is the patch that brings it back
        template = keeper["data"]["spec"]["template"]
        number = int(keeper["revision"])
        return Revision(
            number=number, name=metadata["name"], template=template, created=created, cause=cause
        )
    text = str(annotations.get(REVISION, "0"))
    return Revision(
        number=int(text) if text.isdigit() else 0,
        name=metadata["name"],
        template=keeper["spec"]["template"],
        created=created,
        cause=cause,
        annotations=annotations,
    )


def _annotation_operations(
    workload: Object, wanted: Mapping[str, str]
) -> list[Mapping[str, object]]:
    now = _changeable(workload["metadata"].get("annotations") or {})
    wanted = _changeable(wanted)
    added = [
        {"op": "add", "path": f"/metadata/annotations/{escaped(key)}", "value": value}
        for key, value in sorted(wanted.items())
        if now.get(key) != value
    ]
    removed = [
        {"op": "remove", "path": f"/metadata/annotations/{escaped(key)}"}
        for key in sorted(now.keys() - wanted.keys())
    ]
    return [*added, *removed]


def _changeable(annotations: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in annotations.items()
        if key not in _KEPT and not key.startswith(OURS)
    }
