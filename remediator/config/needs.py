"""Which rights the loaded playbooks need, and where; used by what writes grants, and by `check --online`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from remediator.config.catalog import Catalog
from remediator.config.named_values import written_out
from remediator.core.errors import InvalidPlaybook
from remediator.core.guards import GUARDS
from remediator.core.playbook import CheckOrder, Playbook
from remediator.ports.action import Action
from remediator.ports.check import Check
from remediator.ports.probe import Probe
from remediator.ports.rights import BY_LABELS, Need, Right, Use

_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def find_needs(playbooks: Iterable[Playbook], catalog: Catalog) -> tuple[Need, ...]:
    """Return every right, each once per playbook; raise InvalidPlaybook where one would be too much for anybody."""
    needs = tuple(dict.fromkeys(need for book in playbooks for need in _needs(book, catalog)))
    for need in needs:
        if need.right.is_too_much:
            words = need.right.words
            raise InvalidPlaybook(f"{need.playbook}: asks for `{words}`, which is never granted")
    return needs


def declared_rights(catalog: Catalog) -> tuple[Right, ...]:
    """Return every right that an action could ever need, each once."""
    declared = (
        right
        for action in catalog.actions.values()
        for kind in action.targets
        for right in action.rights(Use(kind=kind, parameters={}))
    )
    return tuple(dict.fromkeys(declared))


def _needs(playbook: Playbook, catalog: Catalog) -> Iterator[Need]:
    target = _TEMPLATE.sub(BY_LABELS, playbook.target)
    kind = target.partition("/")[0]
    for item, written in _used(playbook, catalog):
        for parameters in written_out(written, playbook.match):
            use = Use(kind="" if BY_LABELS in kind else kind, parameters=parameters)
            for right in item.rights(use):
                yield Need(right=right, playbook=playbook.name, target=target)


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
