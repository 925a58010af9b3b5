"""`check --online`: asks clusters whether we may do what the playbooks need, and whether we may do too much.

Nothing is changed anywhere: clusters answer access reviews.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from remediator.core.errors import ActionError
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import Cluster, Clusters, Permission, Resource
from remediator.integrations.kubernetes.needs import EVERYWHERE, Granted, cluster_needs, is_pattern
from remediator.integrations.kubernetes.rights import ClusterRight, in_cluster
from remediator.integrations.kubernetes.settings import KubernetesSettings
from remediator.ports.inspection import Finding, Level, unreachable
from remediator.ports.rights import Need, Right

GRANT = "`remediator rbac` prints what to grant"
REVOKE = "whoever steals its account has this too: grant only what `remediator rbac` prints"
_RBAC = "rbac.authorization.k8s.io"
_AT_ONCE = 8
_LOOKS = ("get", "list", "watch")


def _resource(plural: str, group: str = "") -> Resource:
    return Resource(group=group, version="v1", plural=plural)


DANGEROUS = (
    ClusterRight(verb="*", resource=_resource("*", "*")),
    ClusterRight(verb="list", resource=_resource("secrets")),
    ClusterRight(verb="get", resource=_resource("secrets")),
    ClusterRight(verb="escalate", resource=_resource("clusterroles", _RBAC)),
    ClusterRight(verb="bind", resource=_resource("clusterroles", _RBAC)),
    ClusterRight(verb="create", resource=_resource("rolebindings", _RBAC)),
    ClusterRight(verb="impersonate", resource=_resource("users")),
    ClusterRight(verb="create", resource=_resource("pods")),
    ClusterRight(verb="create", resource=_resource("serviceaccounts"), subresource="token"),
)
"""What nobody who answers alerts should be able to do."""


async def inspect_cluster(
    cluster: Cluster, settings: KubernetesSettings, needs: Iterable[Need], declared: Iterable[Right]
) -> Sequence[Finding]:
    """Ask one cluster for every right that is needed, and for those that should not be there."""
    where = f"kubernetes {settings.name}"
    granted = cluster_needs(needs, settings)
    spare = [right for right in _changes(declared) if not _is_needed(right, granted)]
    unwanted = {each: (*DANGEROUS, *spare) for each in _asked(granted, settings)}
    try:
        missing = await _answers(cluster, granted, False)
        excess = await _answers(cluster, unwanted, True)
    except ActionError as error:
        return (Finding(level=Level.ERROR, where=where, text=error.detail),)
    findings = [_missing(where, namespace, right, granted) for namespace, right in missing]
    if not findings:
        number = sum(len(rights) for rights in granted.values())
        granting = f"and grants all {number} rights that the playbooks need"
        text = f"answers, {granting}" if number else "answers; the playbooks need no rights there"
        findings.append(Finding(level=Level.OK, where=where, text=text))
    return [*findings, *_too_much(where, excess)]


async def inspect_clusters(
    clusters: Clusters,
    settings: Iterable[KubernetesSettings],
    needs: Iterable[Need],
    declared: Iterable[Right],
) -> Sequence[Finding]:
    """Ask every cluster of the settings at once: one that is down holds no other up."""
    known, several = tuple(needs), tuple(settings)
    if not several and (inside := [need.playbook for need in known if in_cluster(need.right)]):
        return (unreachable("kubernetes", [inside], "`kubernetes`"),)
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(
                inspect_cluster(
                    clusters.of(Target("node", f"any@{each.name}")), each, known, declared
                )
            )
            for each in several
        ]
    return [finding for one in asked for finding in one.result()]


def _asked(granted: Granted, settings: KubernetesSettings) -> tuple[str, ...]:
    """Return where to ask for too much: everywhere at once, and in the namespaces with a name."""
    named = [each for each in (*granted, *settings.namespaces) if each and not is_pattern(each)]
    return tuple(dict.fromkeys((EVERYWHERE, *named)))


def _changes(declared: Iterable[Right]) -> tuple[ClusterRight, ...]:
    """Return all changes that any of the actions could ever need."""
    found = dict.fromkeys(right for each in declared for right in in_cluster(each))
    return tuple(right for right in found if right.verb not in _LOOKS or right.subresource)


def _is_needed(right: ClusterRight, granted: Granted) -> bool:
    return any(right in rights for rights in granted.values())


async def _answers(
    cluster: Cluster, asked: Mapping[str, Iterable[ClusterRight]], wanted: bool
) -> list[tuple[str, ClusterRight]]:
    """Return those of the rights for which the cluster's answer is `wanted`."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(namespace: str, right: ClusterRight) -> bool:
        async with slots:
            return await cluster.may(
                Permission(
                    verb=right.verb,
                    resource=right.resource,
                    namespace=namespace,
                    subresource=right.subresource,
                )
            )

    pairs = [(namespace, right) for namespace, rights in asked.items() for right in rights]
    answers = await asyncio.gather(*(one(*pair) for pair in pairs))
    return [pair for pair, answer in zip(pairs, answers, strict=True) if answer is wanted]


def _missing(where: str, namespace: str, right: ClusterRight, granted: Granted) -> Finding:
    playbooks = ", ".join(granted[namespace][right])
    text = f"may not {right.words}{_there(namespace, right)}, which {playbooks} needs"
    return Finding(level=Level.ERROR, where=where, text=text, hint=GRANT)


def _too_much(where: str, excess: Iterable[tuple[str, ClusterRight]]) -> Sequence[Finding]:
    """Return one warning per namespace; what holds everywhere is not said again."""
    everywhere: set[ClusterRight] = set()
    found: dict[str, list[str]] = {}
    for namespace, right in excess:
        if namespace == EVERYWHERE:
            everywhere.add(right)
        elif right in everywhere:
            continue
        found.setdefault(namespace, []).append(right.words)
    return [
        Finding(
            level=Level.WARNING,
            where=where,
            text=f"may do too much {_place(namespace)}: {', '.join(words)}",
            hint=REVOKE,
        )
        for namespace, words in found.items()
    ]


def _there(namespace: str, right: ClusterRight) -> str:
    return f" {_place(namespace)}" if namespace or right.resource.is_namespaced else ""


def _place(namespace: str) -> str:
    return f"in {namespace}" if namespace else "in all namespaces"
