"""`rbac` and `iam` print exactly what the playbooks need, for the namespaces and tags that the settings allow."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.cli import main
from remediator.config.catalog import Catalog, find_catalog
from remediator.config.needs import find_needs
from remediator.config.playbooks import PlaybookLoader
from remediator.core.errors import InvalidPlaybook
from remediator.integrations.aws.rights import CloudRight, cloud_rights
from remediator.integrations.kubernetes.api import PODS, Resource
from remediator.integrations.kubernetes.rights import ClusterRight, cluster_rights
from remediator.ports.rights import Use
from tests.cli.command import offline
from tests.deploy.shipped import ROOT

CATALOG = find_catalog()
SECRETS = Resource(group="", version="v1", plural="secrets")
RESTART = {"kubernetes.rollout_restart": {}}
GROW = {"ebs.grow": {"path": "{{ labels.mountpoint }}", "by_percent": 20, "max_gib": 500}}
WORKLOAD = "deployment/{{ labels.namespace }}/{{ labels.deployment }}"
LABELS = ["namespace", "deployment", "node", "instance", "mountpoint"]


def write(folder: Path, target: str, *steps: dict[str, Any], name: str = "one") -> Path:
    folder.mkdir(exist_ok=True)
    playbook = {
        "name": name,
        "match": ['alertname="X"'],
        "requires": LABELS,
        "target": target,
        "mode": "approve",
        "steps": list(steps),
        "verify": {"all": [{"alert": "resolved"}]},
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(playbook))
    return folder


def settings(folder: Path, **more: Any) -> str:
    file = folder / "remediator.yaml"
    file.write_text(yaml.safe_dump({"playbooks": [str(folder / "playbooks")], **more}))
    return str(file)


def roles(*words: str) -> list[Any]:
    result = offline("rbac", *words)
    assert result.exit_code == 0, result.output
    return [each for each in yaml.safe_load_all(result.stdout) if each]


def granted(documents: list[Any]) -> set[str]:
    """Every right as `verb resource kind/namespace`."""
    return {
        f"{verb} {resource} {each['kind']}/{each['metadata'].get('namespace', '')}"
        for each in documents
        for rule in each.get("rules", ())
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def policy(*words: str) -> list[Any]:
    result = offline("iam", *words)
    assert result.exit_code == 0, result.output
    statements: list[Any] = json.loads(result.stdout)["Statement"]
    return statements


def test_a_restart_needs_its_verbs_in_the_allowed_namespaces_and_nothing_else(
    tmp_path: Path,
) -> None:
    write(tmp_path / "playbooks", WORKLOAD, RESTART)
    clusters = [{"name": "prod", "namespaces": ["payments", "shop"]}]
    documents = roles("--config.file", settings(tmp_path, kubernetes=clusters))

    verbs = ("get deployments", "patch deployments", "create events")
    places = ("Role/payments", "Role/shop")
    assert granted(documents) == {f"{verb} {place}" for verb in verbs for place in places}
    assert [each["kind"] for each in documents] == ["Role", "RoleBinding"] * 2
    assert documents[1]["subjects"] == [
        {"kind": "ServiceAccount", "namespace": "remediator", "name": "remediator"}
    ]


def test_a_pattern_of_namespaces_becomes_all_of_them_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "playbooks", WORKLOAD, RESTART)
    clusters = [{"name": "prod", "namespaces": ["team-*"]}]
    file = settings(tmp_path, kubernetes=clusters)

    assert "get deployments ClusterRole/" in granted(roles("--config.file", file))
    assert (
        "RBAC knows no patterns, so team-* became" in offline("rbac", "--config.file", file).stdout
    )


def test_a_playbook_for_one_namespace_gets_its_role_only_there(tmp_path: Path) -> None:
    write(tmp_path / "playbooks", "deployment/shop/{{ labels.deployment }}", RESTART)
    clusters = [{"name": "prod", "namespaces": ["payments", "shop"]}]
    documents = roles("--config.file", settings(tmp_path, kubernetes=clusters))

    assert {each["metadata"]["namespace"] for each in documents} == {"shop"}


def test_nodes_are_in_no_namespace_and_need_a_role_of_the_cluster(tmp_path: Path) -> None:
    write(tmp_path / "playbooks", "node/{{ labels.node }}", {"kubernetes.cordon": {}})
    clusters = [{"name": "prod", "namespaces": ["payments"]}]
    documents = roles("--config.file", settings(tmp_path, kubernetes=clusters))

    assert [each["kind"] for each in documents] == ["ClusterRole", "ClusterRoleBinding"]
    assert {"get nodes ClusterRole/", "patch nodes ClusterRole/"} <= granted(documents)


def test_each_cluster_gets_the_roles_of_its_own_playbooks(tmp_path: Path) -> None:
    write(tmp_path / "playbooks", "deployment/shop/api@one", RESTART)
    clusters = [
        {"name": "one", "namespaces": ["shop"], "context": "one"},
        {"name": "two", "namespaces": ["shop"], "context": "two"},
    ]
    file = settings(tmp_path, kubernetes=clusters)

    assert granted(roles("--config.file", file, "--cluster", "one"))
    assert roles("--config.file", file, "--cluster", "two") == []
    assert offline("rbac", "--config.file", file, "--cluster", "three").exit_code == 2


def test_without_settings_the_roles_are_for_all_namespaces(tmp_path: Path) -> None:
    folder = write(tmp_path / "playbooks", WORKLOAD, RESTART)
    documents = roles(str(folder), "--account", "ops/robot")

    assert "patch deployments ClusterRole/" in granted(documents)
    assert documents[1]["subjects"][0] == {
        "kind": "ServiceAccount",
        "namespace": "ops",
        "name": "robot",
    }


def test_playbooks_for_hosts_need_nothing_in_a_cluster_and_nothing_at_aws(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", "host/web1", {"service.restart": {"unit": "a.service"}})

    assert roles(str(folder)) == []
    assert policy(str(folder)) == []


def test_the_same_action_on_a_pod_needs_to_look_into_pods(tmp_path: Path) -> None:
    vacuum = {"journal.vacuum": {"keep_size": "1G"}}
    folder = write(tmp_path / "p", "pod/{{ labels.namespace }}/{{ labels.node }}", vacuum)

    assert "create pods/exec ClusterRole/" in granted(roles(str(folder)))


def test_changes_at_aws_are_bound_to_the_tags_of_the_settings(tmp_path: Path) -> None:
    write(tmp_path / "playbooks", "host/{{ labels.instance | host }}", GROW)
    aws = {"regions": ["eu-west-1"], "allow_tags": {"team": "sre"}}
    looks, changes = policy("--config.file", settings(tmp_path, aws=aws))

    region = {"aws:RequestedRegion": ["eu-west-1"]}
    assert "ec2:ModifyVolume" in changes["Action"]
    assert changes["Condition"] == {"StringEquals": {**region, "aws:ResourceTag/team": "sre"}}
    assert all(action.startswith("ec2:Describe") for action in looks["Action"])


def test_a_snapshot_may_be_made_only_where_a_playbook_makes_one(tmp_path: Path) -> None:
    with_one = {"ebs.grow": {**GROW["ebs.grow"], "snapshot": True}}
    target = "host/{{ labels.instance | host }}"
    plain = str(policy(str(write(tmp_path / "plain", target, GROW))))
    snapped = str(policy(str(write(tmp_path / "snapped", target, with_one))))

    assert "CreateSnapshot" not in plain
    assert "arn:aws:ec2:*::snapshot/*" in snapped
    assert "'aws:RequestTag/remediator': 'allowed'" in snapped


def test_what_no_tag_can_limit_stands_apart_from_the_looks(tmp_path: Path) -> None:
    replica = {"rds.add_read_replica": {"max_replicas": 3}}
    looks, makes = policy(str(write(tmp_path / "p", "database/orders", replica)))

    assert looks["Action"] == ["rds:DescribeDBInstances"]
    assert "rds:CreateDBInstanceReadReplica" in makes["Action"]


@pytest.mark.parametrize("command", ["rbac", "iam", "sudoers"])
def test_broken_playbooks_print_nothing(tmp_path: Path, command: str) -> None:
    folder = write(tmp_path / "p", "host/web1", {"no.action": {}})
    result = offline(command, str(folder))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "no.action" in result.stderr


def uses() -> list[tuple[str, Use]]:
    return [
        (name, Use(kind=kind, parameters={"snapshot": True}))
        for name, item in {**CATALOG.actions, **CATALOG.probes}.items()
        for kind in item.targets
    ]


@pytest.mark.parametrize(("name", "use"), uses(), ids=str)
def test_no_action_or_probe_ever_asks_for_too_much(name: str, use: Use) -> None:
    known = {**CATALOG.actions, **CATALOG.probes}[name]

    assert not [right for right in known.rights(use) if right.is_too_much]


@pytest.mark.parametrize("name", [n for n in CATALOG.actions if n.startswith("kubernetes.")])
def test_every_action_on_a_cluster_says_what_it_needs(name: str) -> None:
    action = CATALOG.actions[name]

    for kind in action.targets:
        assert any(
            isinstance(right, ClusterRight) and right.verb not in ("get", "list")
            for right in action.rights(Use(kind=kind, parameters={}))
        )


@pytest.mark.parametrize(
    "name", [n for n in CATALOG.actions if n.split(".")[0] in ("ebs", "asg", "ec2", "rds")]
)
def test_every_action_at_aws_says_what_it_needs(name: str) -> None:
    action = CATALOG.actions[name]

    for kind in action.targets:
        found = action.rights(Use(kind=kind, parameters={}))
        assert any(isinstance(right, CloudRight) for right in found)


@pytest.mark.parametrize(
    "name",
    [name for name, item in {**CATALOG.actions, **CATALOG.probes}.items() if "pod" in item.targets],
)
def test_everything_that_works_on_pods_says_what_it_needs(name: str) -> None:
    item = {**CATALOG.actions, **CATALOG.probes}[name]

    assert item.rights(Use(kind="pod", parameters={}))


@pytest.mark.parametrize(
    "rights",
    [
        cluster_rights(SECRETS, "list"),
        cluster_rights(PODS, "*"),
        cluster_rights(PODS, "deletecollection"),
        cluster_rights(Resource(group="*", version="v1", plural="*"), "get"),
        cloud_rights("ec2:*"),
        cloud_rights("iam:PassRole"),
        cloud_rights("ec2:TerminateInstances", is_tagged=True),
    ],
    ids=str,
)
def test_somebody_elses_action_that_asks_for_too_much_gets_nothing(
    tmp_path: Path, rights: tuple[Any, ...]
) -> None:
    greedy = replace(CATALOG.actions["service.restart"], rights=lambda use: rights)
    catalog = Catalog(actions={**CATALOG.actions, "service.restart": greedy}, checks=CATALOG.checks)
    folder = write(tmp_path / "p", "host/web1", {"service.restart": {"unit": "a.service"}})
    book = PlaybookLoader(catalog).load([folder]).checked()

    with pytest.raises(InvalidPlaybook, match=r"one: asks for `.*`, which is never granted"):
        find_needs(book, catalog)


@pytest.mark.parametrize(
    ("command", "system"), [("rbac", "kubernetes"), ("iam", "aws"), ("sudoers", "hosts")]
)
def test_without_its_integration_a_command_says_with_which_it_comes(
    command: str, system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(main.commands, command)

    result = offline(command, str(tmp_path))

    assert result.exit_code == 2
    words = f"`{command}` comes with the integration `{system}`, which is not installed"
    assert words in result.output


@pytest.mark.parametrize(
    ("command", "system"), [("resolve web1", "hosts"), ("slack manifest", "slack")]
)
def test_a_command_that_names_a_system_says_so_too(
    command: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remediator.config.catalog.find_integrations", lambda: ())

    result = offline(*command.split())

    assert result.exit_code == 2
    assert f"comes with the integration `{system}`, which is not installed" in result.output


@pytest.mark.parametrize("command", ["rbac", "iam", "sudoers"])
def test_without_settings_the_playbooks_that_stand_here_count_as_they_do_for_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = offline(command)
    assert asked.exit_code == 2
    assert "which playbooks?" in asked.output

    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")

    named = offline(command, "playbooks")
    assert named.exit_code == 0
    assert offline(command).stdout == named.stdout != ""
