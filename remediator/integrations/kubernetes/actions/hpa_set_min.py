"""`kubernetes.hpa_set_min`: raise the minimum of a HorizontalPodAutoscaler, where an autoscaler rules the replicas.

It never lowers one, and never goes above the autoscaler's own maximum. Works on the autoscaler, or on the workload that
it rules.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StrictInt

from remediator.core.change import Change, Nothing
from remediator.core.errors import Missing, Permanent
from remediator.core.target import Target
from remediator.integrations.kubernetes.actions.frozen_patch import (
    Wanted,
    frozen,
    kind_at,
    patching,
)
from remediator.integrations.kubernetes.actions.objects import gitops_words, present
from remediator.integrations.kubernetes.api import AUTOSCALERS, EVENTS, Cluster, Object
from remediator.integrations.kubernetes.knowledge.merge_patch import holds
from remediator.integrations.kubernetes.knowledge.scaling import (
    PATTERN,
    Bounds,
    Refusal,
    as_text,
    is_made_by_keda,
    is_switched_off,
    replicas_wanted,
)
from remediator.integrations.kubernetes.rights import cluster_rights, target_rights
from remediator.integrations.kubernetes.workloads import autoscaler_of
from remediator.ports.action import Request
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use

_MINIMUM = "/spec/minReplicas"


class SetMinParameters(Parameters):
    """Raise the minimum to a number (`4`), or to so many more than run now (`+2`), never above `max`."""

    min: Annotated[
        str,
        BeforeValidator(as_text, json_schema_input_type=StrictInt | str),
        Field(pattern=PATTERN),
    ]
    max: Annotated[int, Field(ge=1, le=10_000)]


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change to the wanted minimum."""
    parameters = SetMinParameters.of(request.parameters)
    found, target = await _ruler(cluster, request.target)
    least, most = found["spec"].get("minReplicas", 1), found["spec"]["maxReplicas"]
    running = max(found.get("status", {}).get("currentReplicas", 0), least)
    bounds = Bounds(least=1, most=parameters.max)
    planned = _planned(request.planned, found)
    wanted = planned or replicas_wanted(running, parameters.min, bounds)
    if isinstance(wanted, Refusal):
        raise Permanent(wanted.reason, target=str(target))
    if wanted <= least:
        return Nothing(reason=f"the minimum of {target} is {least} already")
    if wanted > most:
        detail = (
            f"its maximum is {most}, so its minimum cannot be {wanted}: raise the maximum first"
        )
        raise Permanent(detail, target=str(target))
    owned = gitops_words(cluster, found, target)
    plan = Wanted(
        action="kubernetes.hpa_set_min",
        target=target,
        patch={"spec": {"minReplicas": wanted}},
        summary=f"raise the minimum of {target} from {least} to {wanted} replicas{owned}",
        before={"min": least, "max": most, "replicas": running},
        after={"min": wanted, "max": most},
        undo_hint=f"set the minimum back to {least}; it does not go back by itself",
    )
    return await frozen(cluster, request, found, plan)


def _planned(planned: Change | None, found: Object) -> int:
    """Return the minimum that was planned, 0 where none was for this one: how many run moves by itself, for that is
    what an autoscaler does."""
    if planned is None or not holds(planned.intent["operations"], found):
        return 0
    written = (each for each in planned.intent["operations"] if each["op"] != "test")
    return next((int(each["value"]) for each in written if each["path"] == _MINIMUM), 0)


async def _ruler(cluster: Cluster, target: Target) -> tuple[Object, Target]:
    """Return the autoscaler and its name as a target; raise Permanent where there is none, or it is KEDA's."""
    if target.kind == "hpa":
        found: Object | None = await present(cluster, target)
    else:
        workload = await present(cluster, target)
        found = await autoscaler_of(cluster, target)
        if found is not None and workload["spec"].get("replicas") == 0:
            raise _off(target)
    if found is None:
        detail = "no HorizontalPodAutoscaler rules it: use kubernetes.scale"
        raise Missing(detail, target=str(target))
    name = found["metadata"]["name"]
    if is_made_by_keda(found):
        detail = f"KEDA made the HorizontalPodAutoscaler {name}: change minReplicaCount of its ScaledObject"
        raise Permanent(detail, target=str(target))
    if is_switched_off(found):
        raise _off(target)
    return found, kind_at(target, "hpa", name)


def _off(target: Target) -> Permanent:
    detail = (
        "it is scaled to 0 replicas, which switches its autoscaler off: a minimum would change nothing; use"
        " kubernetes.scale"
    )
    return Permanent(detail, target=str(target))


def _rights(use: Use) -> tuple[Right, ...]:
    own = cluster_rights(AUTOSCALERS, "get", "list", "patch")
    return (*own, *target_rights(use, "get"), *cluster_rights(EVENTS, "create"))


ACTIONS = (
    patching(
        "kubernetes.hpa_set_min",
        propose,
        doc="Raise the minimum of a HorizontalPodAutoscaler, within its maximum and the playbook's.",
        parameters=SetMinParameters,
        targets=("deployment", "statefulset", "hpa"),
        example='kubernetes.hpa_set_min: {min: "+2", max: 10}',
        rights=_rights,
    ),
)
