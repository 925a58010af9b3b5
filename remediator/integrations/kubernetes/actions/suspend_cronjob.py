"""`kubernetes.suspend_cronjob`: let a CronJob start no more Jobs, or start them again. Jobs that run go on."""

from __future__ import annotations

from remediator.core.change import Change, Nothing
from remediator.integrations.kubernetes.actions.frozen_patch import (
    Wanted,
    frozen,
    patch_rights,
    patching,
)
from remediator.integrations.kubernetes.actions.objects import gitops_words, present
from remediator.integrations.kubernetes.api import CRON_JOBS, Cluster
from remediator.ports.action import Request
from remediator.ports.parameters import Parameters


class SuspendParameters(Parameters):
    """Suspend the CronJob, or with `suspend: false` resume it."""

    suspend: bool = True


async def propose(cluster: Cluster, request: Request) -> Change | Nothing:
    """Return the change, or nothing where it is so already."""
    parameters = SuspendParameters.of(request.parameters)
    target, found = request.target, await present(cluster, request.target)
    is_suspended, wanted = bool(found["spec"].get("suspend")), parameters.suspend
    if is_suspended is wanted:
        return Nothing(reason=f"{target} is {_words(wanted)} already")
    running = len(found.get("status", {}).get("active") or ())
    going_on = f"; {running} running goes on" if running and wanted else ""
    owned = gitops_words(cluster, found, target)
    verb = "suspend" if wanted else "resume"
    plan = Wanted(
        action="kubernetes.suspend_cronjob",
        target=target,
        patch={"spec": {"suspend": wanted}},
        summary=f"{verb} {target} (schedule {found['spec']['schedule']}){going_on}{owned}",
        before={"suspended": is_suspended},
        after={"suspended": wanted},
        undo_hint="resume it" if wanted else "suspend it again",
    )
    return await frozen(cluster, request, found, plan)


def _words(is_suspended: bool) -> str:
    return "suspended" if is_suspended else "not suspended"


ACTIONS = (
    patching(
        "kubernetes.suspend_cronjob",
        propose,
        doc="Let a CronJob start no more Jobs, or start them again.",
        parameters=SuspendParameters,
        targets=("cronjob",),
        example="kubernetes.suspend_cronjob: {suspend: true}",
        rights=patch_rights(CRON_JOBS),
    ),
)
