"""Which rights the loaded playbooks need, and where; used by `rbac`, `iam` and `check --online`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from remediator.config.catalog import Catalog
from remediator.core.errors import InvalidPlaybook
from remediator.core.guards import GUARDS
from remediator.core.playbook import CheckOrder, Playbook
from remediator.integrations.kubernetes.api import KINDS
from remediator.integrations.kubernetes.rights import ClusterRight
from remediator.ports.action import Action
from remediator.ports.check import Check
from remediator.ports.probe import Probe
from remediator.ports.rights import Need, Use

_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_UNKNOWN = "\0"


def find_needs(playbooks: Iterable[Playbook], catalog: Catalog) -> tuple[Need, ...]:
    """Return every right, each once per playbook; raise InvalidPlaybook where one would be too much for anybody."""
    needs = tuple(dict.fromkeys(need for book in playbooks for need in _needs(book, catalog)))
    for need in needs:
        if need.right.is_too_much:
            words = need.right.words
            raise InvalidPlaybook(f"{need.playbook}: asks for `{words}`, which is never granted")
    return needs


def _needs(playbook: Playbook, catalog: Catalog) -> Iterator[Need]:
    kind, namespace, cluster = _place(playbook.target)
    for item, parameters in _used(playbook, catalog):
        for right in item.rights(Use(kind=kind, parameters=parameters)):
            if not isinstance(right, ClusterRight):
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
