"""Which rights the loaded playbooks need, and where; used by `rbac`, `iam` and `check --online`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from remediator.config.catalog import Catalog
from remediator.config.settings_sections import KubernetesSettings
from remediator.core.errors import InvalidPlaybook
from remediator.core.guards import GUARDS
from remediator.core.playbook import CheckOrder, Playbook
from remediator.ports.action import Action
from remediator.ports.check import Check
from remediator.ports.kubernetes import KINDS
from remediator.ports.probe import Probe
from remediator.ports.rights import (
    CloudRight,
    ClusterRight,
    Right,
    Use,
    is_too_much,
    right_words,
)

EVERYWHERE = ""
ANY_CLUSTER = KubernetesSettings(name="", namespaces=("*",))
"""What stands in where there are no settings: rules for all namespaces."""

_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_UNKNOWN = "\0"
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One right that one playbook needs. `namespace` and `cluster` are "" where labels (or the settings) decide."""

    right: Right
    playbook: str
    namespace: str = ""
    cluster: str = ""
    is_cluster_wide: bool = False


Granted = Mapping[str, Mapping[ClusterRight, tuple[str, ...]]]
"""Rights by namespace (EVERYWHERE: in all of them, and what has none), each with the playbooks that need it."""


def find_needs(playbooks: Iterable[Playbook], catalog: Catalog) -> tuple[Need, ...]:
    """Return every right, each once per playbook; raise InvalidPlaybook where one would be too much for anybody."""
    needs = tuple(dict.fromkeys(need for book in playbooks for need in _needs(book, catalog)))
    for need in needs:
        if is_too_much(need.right):
            words = right_words(need.right)
            raise InvalidPlaybook(f"{need.playbook}: asks for `{words}`, which is never granted")
    return needs


def cloud_needs(needs: Iterable[Need]) -> Mapping[CloudRight, tuple[str, ...]]:
    """Return the rights at AWS with the playbooks that need them."""
    found: dict[CloudRight, tuple[str, ...]] = {}
    for need in needs:
        if isinstance(need.right, CloudRight):
            found[need.right] = (*found.get(need.right, ()), need.playbook)
    return {right: tuple(dict.fromkeys(found[right])) for right in sorted(found, key=_cloud_order)}


def cluster_needs(needs: Iterable[Need], cluster: KubernetesSettings) -> Granted:
    """Return the rights in one cluster by namespace. A pattern of namespaces means all: RBAC knows no patterns."""
    found: dict[str, dict[ClusterRight, tuple[str, ...]]] = {}
    for need in needs:
        if not isinstance(need.right, ClusterRight) or need.cluster not in ("", cluster.name):
            continue
        for namespace in _namespaces(need, cluster):
            rights = found.setdefault(namespace, {})
            rights[need.right] = tuple(dict.fromkeys((*rights.get(need.right, ()), need.playbook)))
    everywhere = found.get(EVERYWHERE, {})
    return {
        namespace: {
            right: by
            for right, by in rights.items()
            if namespace == EVERYWHERE or right not in everywhere
        }
        for namespace, rights in sorted(found.items())
    }


def is_pattern(namespace: str) -> bool:
    """Say whether this stands for several namespaces."""
    return bool(_PATTERN.search(namespace))


def _namespaces(need: Need, cluster: KubernetesSettings) -> tuple[str, ...]:
    if need.is_cluster_wide:
        return (EVERYWHERE,)
    if need.namespace:
        is_allowed = any(fnmatchcase(need.namespace, each) for each in cluster.namespaces)
        return (need.namespace,) if is_allowed else ()
    if any(is_pattern(each) for each in cluster.namespaces):
        return (EVERYWHERE,)
    return cluster.namespaces


def _needs(playbook: Playbook, catalog: Catalog) -> Iterator[Need]:
    kind, namespace, cluster = _place(playbook.target)
    for item, parameters in _used(playbook, catalog):
        for right in item.rights(Use(kind=kind, parameters=parameters)):
            if isinstance(right, CloudRight):
                yield Need(right=right, playbook=playbook.name)
                continue
            has_none = kind in KINDS and not KINDS[kind].is_namespaced
            yield Need(
                right=right,
                playbook=playbook.name,
                namespace=namespace,
                cluster=cluster,
                is_cluster_wide=has_none or not right.resource.is_namespaced,
            )


def _used(
    playbook: Playbook, catalog: Catalog
) -> Iterator[tuple[Action | Check | Probe, Mapping[str, object]]]:
    """Yield everything that a playbook names with its parameters; what is not in the catalog was refused before."""
    for step in playbook.steps:
        if action := catalog.actions.get(step.action):
            yield action, step.parameters
    for order in playbook.diagnose:
        if probe := catalog.probes.get(order.kind):
            yield probe, order.parameters
    for question in _checks(playbook):
        if check := catalog.checks.get(question.kind):
            yield check, question.parameters


def _checks(playbook: Playbook) -> Iterator[CheckOrder]:
    yield from playbook.verify.checks
    for step in playbook.steps:
        yield from step.unless
    for guard in GUARDS:
        yield from guard.questions(playbook.guards.get(guard.name) or guard.settings())


def _place(target: str) -> tuple[str, str, str]:
    """Return kind, namespace and cluster of a target as written; "" for what a template decides."""
    path, _, cluster = _TEMPLATE.sub(_UNKNOWN, target).partition("@")
    parts = path.split("/")
    namespace = parts[1] if len(parts) > 2 and parts[0] != "node" else ""
    kind, namespace, cluster = (
        "" if _UNKNOWN in part else part for part in (parts[0], namespace, cluster)
    )
    return kind, namespace, cluster


def _cloud_order(right: CloudRight) -> tuple[bool, str]:
    return right.is_tagged, right.action
