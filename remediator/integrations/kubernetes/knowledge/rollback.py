"""One rollback of a workload: the patch it is, and what people read of it before they approve; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from remediator.core.canonical import digest
from remediator.integrations.kubernetes.knowledge import rollout
from remediator.integrations.kubernetes.knowledge.rollout import Revision
from remediator.integrations.kubernetes.knowledge.template_difference import (
    images_of,
    template_difference,
)

_MOST_DIFFERENCES = 20
_CONTROLLERS = frozenset({"kube-controller-manager", "remediator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A workload as it is, the revision it is now, and the one it is to be."""

    workload: Mapping[str, object]
    current: Revision
    to: Revision

    def operations(self) -> Sequence[Mapping[str, object]]:
        """Return the JSON patch, without conditions and marks."""
        return rollout.undo_operations(self.workload, self.to)

    def mark(self) -> Mapping[str, str]:
        """Return the annotation that remembers what was left for what."""
        return {rollout.UNDONE: rollout.undone_mark(self.current.name, self.to.name)}

    def intent(self) -> Mapping[str, object]:
        """Return what is approved: the revisions by number and name, and the digest of the patch."""
        return {
            "from": {"revision": self.current.number, "name": self.current.name},
            "to": {"revision": self.to.number, "name": self.to.name},
            "patch": digest(self.operations()),
        }

    def is_flip(self) -> bool:
        """Say whether this goes back to what a rollback of ours just left."""
        return rollout.was_left(self.workload, self.current, self.to)

    def is_recent(self, limit: timedelta, now: datetime) -> bool:
        """Say whether the current revision was first made within the limit; one without a date was not."""
        created = self.current.created
        return bool(created) and now - datetime.fromisoformat(created) <= limit

    def words(self) -> str:
        """Return what the rollback does, for a summary that begins with the workload's name."""
        pods = rollout.pod_count(self.workload)
        before, after = images_of(self.current.template), images_of(self.to.template)
        images = f"image {', '.join(before)} -> {', '.join(after)}"
        return (
            f"from revision {self.current.number} to {self.to.number}:"
            f" {images if before != after else 'the same images'}, {pods} {'pod' if pods == 1 else 'pods'}"
        )

    def before(self) -> Mapping[str, object]:
        """Return what there is now, for people."""
        return {**_facts(self.current), **_if_said("deployed_by", author_of(self.workload))}

    def after(self) -> Mapping[str, object]:
        """Return what there will be, for people: the differences in lines, and the annotations that go."""
        lines = template_difference(self.current.template, self.to.template)
        more = len(lines) - _MOST_DIFFERENCES
        rest = [f"and {more} more"] if more > 0 else []
        lost = rollout.annotations_lost(self.workload, self.to)
        return {
            **_facts(self.to),
            "differences": [*lines[:_MOST_DIFFERENCES], *rest],
            **({"annotations_lost": list(lost)} if lost else {}),
            "pods": rollout.pod_count(self.workload),
        }


def _facts(revision: Revision) -> Mapping[str, object]:
    return {
        "revision": revision.number,
        "images": ", ".join(images_of(revision.template)),
        **_if_said("created", revision.created),
        **_if_said("change_cause", revision.cause),
    }


def _if_said(name: str, text: str) -> Mapping[str, str]:
    return {name: text} if text else {}


def author_of(workload: Mapping[str, Any]) -> str:
    """Return `MANAGER at TIME` of the last writer of the pod template by `managedFields`, "" without a record."""
    entries = workload["metadata"].get("managedFields") or ()
    writers = [
        (str(entry.get("time") or ""), str(entry.get("manager", "")))
        for entry in entries
        if "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
        and entry.get("manager") not in _CONTROLLERS
    ]
    if not writers:
        return ""
    moment, manager = max(writers)
    return f"{manager} at {moment}" if moment else manager
