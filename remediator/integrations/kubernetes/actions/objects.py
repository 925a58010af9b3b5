"""What actions on Kubernetes objects share: finding them, the conditions and the mark of a patch, whose they are, and
the Event that lets `kubectl describe` tell the story.

The mark is the annotation `remediator.dev/attempt` with the attempt's token: the receipt that settles a doubt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from remediator.core.canonical import digest
from remediator.core.change import Change
from remediator.core.errors import ActionError, Permanent, Stale
from remediator.core.events import Measure, Observation
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    EVENTS,
    Cluster,
    ClusterWrites,
    Object,
    PatchType,
    Ref,
    Verb,
    Write,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.gitops import owner_of
from remediator.integrations.kubernetes.knowledge.json_pointer import escaped
from remediator.integrations.kubernetes.knowledge.rollout import REVISION
from remediator.ports.action import Request, Sight, Ticket

ATTEMPT = "remediator.dev/attempt"
REHEARSAL = "rehearsal"  # the token of a server-side dry run, which is no attempt
_EVENT_TIME = timedelta(seconds=5)
_MOST_WORDS = 1000  # the API server takes 1024 in an Event's message

Operation = Mapping[str, object]


async def present(cluster: Cluster, target: Target) -> Object:
    """Return the target's object; Permanent where there is none."""
    found = await cluster.get(ref_of(target))
    if found is None:
        raise Permanent("not found: there is no such object in the cluster", target=str(target))
    return found


async def unmoved(cluster: Cluster, change: Change, ticket: Ticket) -> Object:
    """Return the target's object for an apply; Stale where it is gone, changed since the plan, or the ticket over."""
    ticket.refuse_late()
    found = await cluster.get(ref_of(change.target))
    if found is None:
        raise Stale("it is gone", target=str(change.target))
    if not is_version(found, change.version):
        raise Stale("it was changed since the plan was made", target=str(change.target))
    return found


def time_left(ticket: Ticket) -> timedelta:
    """Return how long a write may take: it ends before the ticket does."""
    left = ticket.not_after - datetime.now(UTC)
    return max(timedelta(seconds=1), min(ticket.timeout, left))


def version_of(found: Object) -> str:
    """Return what a plan is made from. Not the resourceVersion, which every report of a crash-looping pod moves."""
    metadata = found["metadata"]
    return f"{metadata['uid']}/{metadata.get('generation', 0)}"


def template_version(found: Object, *, revision: bool = False) -> str:
    """Return what a change of a workload's pods is made from: its template, not its generation, which an autoscaler
    moves every few seconds. With its `revision`, where its
    controller keeps one, a template that came back is another."""
    metadata, spec = found["metadata"], found["spec"]
    seen = {"template": spec["template"], "paused": bool(spec.get("paused"))}
    number = (metadata.get("annotations") or {}).get(REVISION, "") if revision else ""
    return f"{metadata['uid']}/{f'{number}/' if number else ''}template-{digest(seen)[:16]}"


def is_version(found: Object, version: str) -> bool:
    """Say whether a plan of this version was made from an object as it is; plans of older versions name a
    generation."""
    if "/template-" not in version:
        return version == version_of(found)
    return version in (template_version(found), template_version(found, revision=True))


def kept_version(found: Object, request: Request, *, revision: bool = False) -> str:
    """Return a workload's version; the planned one where it still is the object's."""
    planned = request.planned
    if planned and is_version(found, planned.version):
        return planned.version
    return template_version(found, revision=revision)


def template_test(found: Object) -> Operation:
    """Return the condition that a workload's pod template is the one that was read."""
    return {"op": "test", "path": "/spec/template", "value": found["spec"]["template"]}


def marked_patch(
    ref: Ref,
    found: Object,
    operations: Sequence[Operation],
    token: str,
    annotations: Mapping[str, str] | None = None,
) -> Write:
    """Return a JSON patch that lands only on the uid and generation of `found`, and leaves the mark.

    Operations that begin with a `template_test` land on that template instead, whatever the generation.

    Sent a second time it is refused whole, for a generation moves with the spec. Keep `operations` away from
    `/metadata/annotations` as a whole; single ones below it are fine, as are further `annotations` of ours.
    """
    marks = {**(annotations or {}), ATTEMPT: token}
    body = [
        *_conditions(found, by_template=_tests_template(operations)),
        *operations,
        *(
            {"op": "add", "path": f"/metadata/annotations/{escaped(name)}", "value": value}
            for name, value in marks.items()
        ),
    ]
    return Write(verb=Verb.PATCH, ref=ref, body=body, patch=PatchType.JSON)


async def sight_of_mark(cluster: Cluster, change: Change, ticket: Ticket) -> Sight:
    """Say what became of an attempt that leaves the mark on its target."""
    found = await cluster.get(ref_of(change.target))
    is_unmoved = found is not None and is_version(found, change.version)
    return marked_sight(found, change, ticket, is_unmoved=is_unmoved)


def marked_sight(
    found: Object | None, change: Change, ticket: Ticket, *, is_unmoved: bool
) -> Sight:
    """Say what became of an attempt: its mark is there, or the object is as it was planned for, or nobody can say."""
    if found is None:
        return Sight(observation=Observation.DIVERGED, detail="the object is gone")
    if mark_of(found) == ticket.token:
        detail, measure = "it carries the mark of this attempt", Measure(summary=change.summary)
        return Sight(observation=Observation.APPLIED, detail=detail, measure=measure)
    if is_unmoved:
        detail = "it is as it was when planned"
        return Sight(observation=Observation.NOT_APPLIED, detail=detail)
    detail = "somebody else changed it since the plan was made"
    return Sight(observation=Observation.DIVERGED, detail=detail)


def mark_of(found: Object) -> str:
    """Return the token of the last attempt that left its mark on an object; "" where there is none."""
    return str((found["metadata"].get("annotations") or {}).get(ATTEMPT, ""))


def gitops_words(cluster: Cluster, found: Object, target: Target) -> str:
    """Return what the summary has to say of the tool that owns an object, "" mostly; Permanent where settings
    refuse."""
    owner = owner_of(found)
    if owner is None or cluster.gitops == "allow":
        return ""
    if cluster.gitops == "warn":
        return f" ({owner} owns it and may revert this)"
    detail = (
        f"{owner} owns it and would revert this: change it there, or set `gitops: warn` or `allow` for this cluster in"
        " the settings"
    )
    raise Permanent(detail, target=str(target))


async def tell(writes: ClusterWrites, found: Object, change: Change, ticket: Ticket) -> None:
    """Write an Event on the object, so that `kubectl describe` tells the story. Never raises for it: the change is
    made."""
    with suppress(ActionError):
        write = applied_event(found, change, ticket.token, datetime.now(UTC))
        await writes.write(write, timeout=_EVENT_TIME)


def applied_event(found: Object, change: Change, token: str, now: datetime) -> Write:
    """Return the Event of an applied change; its name is the attempt's, so that it is written once."""
    metadata = found["metadata"]
    namespace = metadata.get("namespace") or "default"
    name = f"{metadata['name'][:200]}.{hashlib.sha256(token.encode()).hexdigest()[:16]}"
    words = one_line(f"step {change.step}: {change.summary} (attempt {token})", _MOST_WORDS)
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": _reference(found),
        "reason": "RemediatorApplied",
        "message": words,
        "type": "Normal",
        "source": {"component": "remediator"},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
    ref = Ref(resource=EVENTS, namespace=namespace, name=name)
    return Write(verb=Verb.CREATE, ref=ref, body=body)


def _reference(found: Object) -> Mapping[str, str]:
    metadata = found["metadata"]
    reference = {key: found[key] for key in ("apiVersion", "kind") if key in found}
    return reference | {k: metadata[k] for k in ("name", "namespace", "uid") if k in metadata}


def _tests_template(operations: Sequence[Operation]) -> bool:
    first = operations[0] if operations else {}
    return first.get("op") == "test" and first.get("path") == "/spec/template"


def _conditions(found: Object, *, by_template: bool) -> list[Operation]:
    """Return what must hold for a patch to land. An object without annotations gets an empty mapping for the mark; as
    that would wipe one that came meanwhile, such a patch lands on this very resourceVersion only."""
    metadata = found["metadata"]
    conditions: list[Operation] = [
        {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]}
    ]
    if "generation" in metadata and not by_template:
        generation = metadata["generation"]
        conditions.append({"op": "test", "path": "/metadata/generation", "value": generation})
    if metadata.get("annotations"):
        return conditions
    version = metadata["resourceVersion"]
    return [
        *conditions,
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
    ]
