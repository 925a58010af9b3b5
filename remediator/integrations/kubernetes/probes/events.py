"""The probe `events`: what the cluster says happened to an object and its pods: OOM kills, failed probes, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.duration import format_duration
from remediator.core.errors import ActionError
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    EVENTS,
    KINDS,
    KUBERNETES,
    Cluster,
    Clusters,
    Object,
    place_of,
)
from remediator.integrations.kubernetes.knowledge.pod_events import ends, told
from remediator.integrations.kubernetes.probes.pods import (
    POD_TARGETS,
    pods_of,
    pods_rights,
    unanswered,
)
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.probe import Probe
from remediator.ports.rights import Right, Use

_NODE_EVENTS = "default"  # what has no namespace has its events there


class EventsParameters(Parameters):
    """Show the last `lines` events within `since`; all of them, not only warnings, where `all` is true."""

    since: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(hours=1)
    lines: Annotated[int, Field(ge=1, le=50)] = 15
    all: bool = False


@dataclass(frozen=True, slots=True)
class EventsProber:
    """Reads events, and the last states of containers."""

    clusters: Clusters

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """See ports.probe.Prober."""
        wanted = EventsParameters.of(parameters)
        title = f"What happened to {target} in the last {format_duration(wanted.since)}"
        since = datetime.now(UTC) - wanted.since
        try:
            cluster = self.clusters.of(target)
            pods = await pods_of(cluster, target) if target.kind in POD_TARGETS else ()
            events = await _about(cluster, target, pods)
        except ActionError as error:
            return unanswered("events", title, one_line(error.detail))
        ended = [line for pod in pods for line in ends(pod, since)]
        happened = told(events, since, warnings_only=not wanted.all)
        lines = (*ended[: wanted.lines], *happened[-wanted.lines :])
        return Evidence(probe="events", title=title, lines=lines or ("nothing",))


async def _about(cluster: Cluster, target: Target, pods: Sequence[Object]) -> Sequence[Object]:
    """Return the events about an object, its pods and, of a Deployment, its ReplicaSets."""
    place = place_of(target)
    fields = f"involvedObject.name={place.name}" if target.kind not in WORKLOADS else ""
    events = await cluster.list(EVENTS, place.namespace or _NODE_EVENTS, fields=fields)
    names = {place.name, *(str(pod["metadata"]["name"]) for pod in pods)}
    names |= {owner["name"] for pod in pods for owner in pod["metadata"].get("ownerReferences", ())}
    return [event for event in events if (event.get("involvedObject") or {}).get("name") in names]


def _rights(use: Use) -> tuple[Right, ...]:
    pods = pods_rights(use) if use.kind in ("", *POD_TARGETS) else ()
    return (*pods, *cluster_rights(EVENTS, "list"))


def _prober(reads: Reads) -> EventsProber:
    return EventsProber(reads[KUBERNETES])


PROBES = (
    Probe(
        name="events",
        doc="What the cluster says happened to an object and its pods: OOM kills, failed probes, failed mounts.",
        parameters=EventsParameters,
        targets=tuple(KINDS),
        example="events: {since: 1h}",
        prober=_prober,
        rights=_rights,
    ),
)
