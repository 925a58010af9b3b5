"""What a rollback may run into after it, for its summary; used by `kubernetes.rollout_undo`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from remediator.integrations.kubernetes.api import Cluster, Object, Ref
from remediator.integrations.kubernetes.knowledge.rollback import Rollback
from remediator.integrations.kubernetes.knowledge.template_difference import images_of
from remediator.integrations.kubernetes.knowledge.template_sources import Source, sources_of

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MOST = 20


async def undo_remarks(cluster: Cluster, way: Rollback) -> str:
    """Return what the summary has to say beside the rollback itself, "" mostly."""
    words = [remark async for remark in _missing(cluster, way)]
    if puts_back(way):
        words.append("the next `kubectl apply` of its manifest puts what is left back")
    return "".join(f"; {each}" for each in words)


def puts_back(way: Rollback) -> bool:
    """Say whether the manifest that was applied last still has the template that is left."""
    applied = _applied_template(way.workload)
    return applied is not None and images_of(applied) == images_of(way.current.template)


async def _missing(cluster: Cluster, way: Rollback) -> AsyncIterator[str]:
    """Yield a sentence for each source that is gone, and one for those that only the old template names and of which
    nobody here may know."""
    workload: Object = way.workload
    namespace, still_named = workload["metadata"]["namespace"], sources_of(way.current.template)
    unknown: list[Source] = []
    for source in sources_of(way.to.template)[:_MOST]:
        ref = Ref(resource=source.resource, namespace=namespace, name=source.name)
        there = await cluster.has(ref)
        if there is False:
            yield f"{source}, which revision {way.to.number} names, is gone: its pods will not start"
        elif there is None and source not in still_named:
            unknown.append(source)
    if unknown:
        names = ", ".join(map(str, unknown))
        yield f"whether {names}, which only revision {way.to.number} names, is still there is not known"


def _applied_template(workload: Object) -> Mapping[str, Any] | None:
    text = (workload["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    try:
        template = json.loads(text or "{}").get("spec", {}).get("template")
    except (ValueError, AttributeError):
        return None
    return template if isinstance(template, dict) else None
