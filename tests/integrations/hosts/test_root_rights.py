"""What labels decide is no wider in a rule of sudo than in the action's own check, and never goes without a word."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from remediator.config.catalog import find_catalog
from remediator.integrations.hosts.actions.docker.prune_commands import PruneParameters
from remediator.integrations.hosts.actions.filesystem.grow import GrowParameters
from remediator.integrations.hosts.actions.journal.vacuum import VacuumParameters
from remediator.integrations.hosts.actions.service.restart import RestartParameters
from remediator.integrations.hosts.knowledge import grammars
from remediator.integrations.hosts.knowledge.blockdevices import Device, device_problem
from remediator.integrations.hosts.probes.disk_usage import UsageParameters
from remediator.integrations.hosts.probes.journal_errors import ErrorsParameters
from remediator.integrations.hosts.rights import Grammar
from remediator.integrations.hosts.sudoers import expression
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Use

CATALOG = find_catalog()
AS_ROOT = {
    name: {**CATALOG.actions, **CATALOG.probes}[name]
    for name in (
        *("journal.vacuum", "docker.prune", "filesystem.grow", "service.restart"),
        *("host.command", "journal.errors", "disk.usage"),
    )
}
CHECKED: list[tuple[Grammar, type[Parameters], str]] = [
    (grammars.SERVICE, RestartParameters, "unit"),
    (grammars.UNIT, ErrorsParameters, "unit"),
    (grammars.AGE, ErrorsParameters, "since"),
    (grammars.LINES, ErrorsParameters, "lines"),
    (grammars.AGE, VacuumParameters, "keep_time"),
    (grammars.SIZE, VacuumParameters, "keep_size"),
    (grammars.AGE, PruneParameters, "older_than"),
    (grammars.PATH, UsageParameters, "path"),
    (grammars.PATH, GrowParameters, "path"),
]
ALL = [one for one in vars(grammars).values() if isinstance(one, Grammar)]


def texts(grammar: Grammar) -> st.SearchStrategy[str]:
    """Texts that its rule lets through."""
    return st.from_regex(f"(?a:{expression(grammar.word().tree)})", fullmatch=True)


@pytest.mark.slow
@pytest.mark.parametrize(("grammar", "parameters", "key"), CHECKED)
def test_whatever_a_rule_lets_through_the_action_takes(
    grammar: Grammar, parameters: type[Parameters], key: str
) -> None:
    @settings(max_examples=100, deadline=None)
    @given(texts(grammar))
    def tried(text: str) -> None:
        assert parameters.model_validate({key: text})

    tried()


@pytest.mark.slow
@pytest.mark.parametrize(("grammar", "kind"), [(grammars.DEVICE, "lvm"), (grammars.DISK, "disk")])
def test_a_device_of_a_rule_is_one_that_may_be_grown(grammar: Grammar, kind: str) -> None:
    @settings(max_examples=100, deadline=None)
    @given(texts(grammar))
    def tried(text: str) -> None:
        device = Device(path=text, kernel_path=text, kind=kind, size=1, is_read_only=False)
        assert device_problem(device) is None
        assert ".." not in text.split("/")

    tried()


@pytest.mark.parametrize("grammar", ALL, ids=lambda one: one.name)
def test_the_examples_of_a_grammar_are_of_it(grammar: Grammar) -> None:
    pattern = re.compile(expression(grammar.word().tree))

    assert all(pattern.fullmatch(example) for example in grammar.examples)
    assert " " not in "".join(grammar.examples)


@pytest.mark.parametrize("name", AS_ROOT)
def test_whatever_labels_decide_a_right_is_named_or_told_as_unknown(name: str) -> None:
    ((_, written),) = (
        TypeAdapter(dict[str, dict[str, Any]])
        .validate_python(yaml.safe_load(AS_ROOT[name].example))
        .items()
    )

    for key in AS_ROOT[name].parameters.model_fields:
        use = Use(kind="host", parameters={**written, key: "{{ labels.any }}"})
        assert AS_ROOT[name].rights(use), key
