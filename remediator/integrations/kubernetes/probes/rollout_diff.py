"""The probe `rollout_diff`: what the last rollout changed, when, and who made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.errors import ActionError
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    CONTROLLER_REVISIONS,
    KUBERNETES,
    REPLICA_SETS,
    Cluster,
    Clusters,
    Object,
    place_of,
    ref_of,
)
from remediator.integrations.kubernetes.knowledge.rollback import author_of
from remediator.integrations.kubernetes.knowledge.rollout import (
    NoRevision,
    Revision,
    current_of,
    wanted_revision,
)
from remediator.integrations.kubernetes.knowledge.rollout_status import rollout_of
from remediator.integrations.kubernetes.knowledge.template_difference import template_difference
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import WORKLOADS, history_of
from remediator.integrations.shell.looking import LONGEST_LINE
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Parameters
from remediator.ports.probe import Probe
from remediator.ports.rights import Right, Use

_MOST_LINES = 30


class DifferenceParameters(Parameters):
    """Compare with the revision before the current one, or with the revision of this number."""

    revision: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class DifferenceProber:
    """Reads the workload and its history."""

    clusters: Clusters

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """See ports.probe.Prober."""
        try:
            wanted = DifferenceParameters.of(parameters)
            return await _looked(self.clusters.of(target), target, wanted.revision)
        except ActionError as error:
            return _evidence(problem=one_line(error.detail))


async def _looked(cluster: Cluster, target: Target, number: int) -> Evidence:
    workload = await cluster.get(ref_of(target))
    if workload is None:
        return _evidence(problem=f"{target} is not there")
    history = await history_of(cluster, place_of(target), workload)
    status = rollout_of(target.kind, workload).detail
    now, before = current_of(workload, history), wanted_revision(history, number)
    if now is None or isinstance(before, NoRevision):
        reason = "the current revision is not recorded yet" if now is None else _reason(before)
        return _evidence(lines=(f"rollout: {status}", reason))
    title = f"What revision {now.number} changed since revision {before.number}"
    lines = [one_line(line, LONGEST_LINE) for line in _lines(workload, before, now)]
    cut = [
        *lines[:_MOST_LINES],
        *([f"and {len(lines) - _MOST_LINES} more"] * (len(lines) > _MOST_LINES)),
    ]
    return _evidence(title=title, lines=(*cut, f"rollout: {status}"))


def _lines(workload: Object, before: Revision, now: Revision) -> Iterator[str]:
    author = author_of(workload)
    yield f"revision {now.number} was first made {now.created or 'at an unknown time'}"
    if author:
        yield f"the template was written last by {author}"
    if now.cause:
        yield f"cause: {now.cause}"
    yield from template_difference(before.template, now.template) or ("nothing that matters",)


def _reason(found: Revision | NoRevision) -> str:
    return found.reason if isinstance(found, NoRevision) else ""


def _evidence(
    *, title: str = "What the last rollout changed", lines: Sequence[str] = (), problem: str = ""
) -> Evidence:
    return Evidence(probe="rollout_diff", title=title, lines=tuple(lines), problem=problem)


def _rights(use: Use) -> tuple[Right, ...]:
    keepers = REPLICA_SETS if use.kind == "deployment" else CONTROLLER_REVISIONS
    return (*target_rights(use, "get"), *cluster_rights(keepers, "list"))


def _prober(reads: Reads) -> DifferenceProber:
    return DifferenceProber(reads[KUBERNETES])


PROBES = (
    Probe(
        name="rollout_diff",
        doc="What the last rollout changed (images, variables, resources), when, and who made it.",
        parameters=DifferenceParameters,
        targets=WORKLOADS,
        example="rollout_diff: {}",
        prober=_prober,
        rights=_rights,
    ),
)
