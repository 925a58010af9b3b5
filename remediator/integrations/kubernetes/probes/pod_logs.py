"""The probe `pod_logs`: the errors that containers logged, also before they were started anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from remediator.core.duration import format_duration
from remediator.core.errors import ActionError
from remediator.core.events import Evidence
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import (
    KUBERNETES,
    PODS,
    Cluster,
    Clusters,
    Object,
    place_of,
)
from remediator.integrations.kubernetes.knowledge.container import names_of, status_of
from remediator.integrations.kubernetes.probes.pods import (
    POD_TARGETS,
    pods_of,
    pods_rights,
    unanswered,
)
from remediator.integrations.kubernetes.rights import cluster_rights
from remediator.integrations.shell.looking import LONGEST_LINE
from remediator.ports.gateways import Reads
from remediator.ports.parameters import Duration, Parameters
from remediator.ports.probe import Probe
from remediator.ports.rights import Right, Use

_BYTES = 128 * 1024  # of each container
_WORDS = (
    r"\b(?:error|exception|fatal|panic|critical|traceback|segfault|refused|denied|failed|failure|"
    r"oom|out of memory|no space left|timed? ?out)\b|\b[A-Za-z]+(?:Error|Exception)\b"
)
_ERROR = re.compile(_WORDS, re.IGNORECASE)
_LAST = 5  # lines shown where none looks like an error


class LogsParameters(Parameters):
    """Show the last `lines` errors of each container within `since`, of at most `pods` pods, those in trouble first."""

    since: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(minutes=15)
    lines: Annotated[int, Field(ge=1, le=50)] = 10
    pods: Annotated[int, Field(ge=1, le=10)] = 3


@dataclass(frozen=True, slots=True)
class LogsProber:
    """Reads logs."""

    clusters: Clusters

    async def probe(self, target: Target, parameters: Parameters, timeout: timedelta) -> Evidence:
        """See ports.probe.Prober; one container whose log cannot be read does not hide the others'."""
        wanted = LogsParameters.of(parameters)
        title = f"Errors logged by {target} in the last {format_duration(wanted.since)}"
        try:
            cluster = self.clusters.of(target)
            pods = await pods_of(cluster, target)
        except ActionError as error:
            return unanswered("pod_logs", title, one_line(error.detail))
        lines: list[str] = []
        problem = ""
        for pod in pods[: wanted.pods]:
            for name in _containers(pod, place_of(target).rest):
                try:
                    lines += await _told(cluster, pod, name, wanted)
                except ActionError as error:
                    problem = problem or one_line(error.detail)
        found = tuple(one_line(line, LONGEST_LINE) for line in lines)
        nothing = () if problem else ("no pods",) if not pods else ("nothing was logged",)
        return Evidence(probe="pod_logs", title=title, lines=found or nothing, problem=problem)


def errors_in(text: str, most: int) -> Sequence[str]:
    """Return the last lines that look like errors, equal ones once; else the last few lines there are."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors = list(dict.fromkeys(line for line in lines if _ERROR.search(line)))
    return errors[-most:] or lines[-min(most, _LAST) :]


async def _told(
    cluster: Cluster, pod: Object, container: str, wanted: LogsParameters
) -> Sequence[str]:
    metadata = pod["metadata"]
    where = (metadata["namespace"], metadata["name"], container)
    lines: list[str] = []
    if status_of(pod, container).get("restartCount"):
        earlier = await cluster.logs(*where, previous=True, since=wanted.since, limit=_BYTES)
        lines += _block(f"{where[1]} {container}, before it was started anew", earlier, wanted)
    now = await cluster.logs(*where, since=wanted.since, limit=_BYTES)
    return [*lines, *_block(f"{where[1]} {container}", now, wanted)]


def _block(heading: str, text: str, wanted: LogsParameters) -> Sequence[str]:
    found = errors_in(text, wanted.lines)
    return [f"{heading}:", *(f"  {line}" for line in found)] if found else []


def _containers(pod: Object, wanted: str) -> Sequence[str]:
    return [name for name in names_of(pod) if wanted in ("", name)]


def _rights(use: Use) -> tuple[Right, ...]:
    return (*pods_rights(use), *cluster_rights(PODS, "get", subresource="log"))


def _prober(reads: Reads) -> LogsProber:
    return LogsProber(reads[KUBERNETES])


PROBES = (
    Probe(
        name="pod_logs",
        doc="The errors that containers of a pod or workload logged, also before they were started anew.",
        parameters=LogsParameters,
        targets=POD_TARGETS,
        example="pod_logs: {since: 15m, lines: 10}",
        prober=_prober,
        rights=_rights,
    ),
)
