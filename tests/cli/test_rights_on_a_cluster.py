"""On a real cluster: with what `rbac` prints `check --online` is content; one verb less, and it names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from tests.cli.command import offline
from tests.cli.test_rights import RESTART, write
from tests.parts.cluster import Cluster

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Robot:
    """A service account without any right, the settings of a daemon that uses it, and playbooks that restart."""

    cluster: Cluster
    namespace: str
    settings: Path

    def printed(self) -> list[Any]:
        words = ["--config.file", str(self.settings), "--account", f"{self.namespace}/robot"]
        result = offline("rbac", *words)
        assert result.exit_code == 0, result.output
        return list(yaml.safe_load_all(result.stdout))

    def grant(self, *documents: Any) -> None:
        self.cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))

    def check(self) -> Result:
        return offline("check", "--config.file", str(self.settings), "--online")


@pytest.fixture
def robot(cluster: Cluster, tmp_path: Path) -> Iterator[Robot]:
    with cluster.namespace("rights") as namespace:
        write(tmp_path / "playbooks", f"deployment/{namespace}/api", RESTART)
        reach = {
            "name": "real",
            "kubeconfig": str(cluster.account(namespace, "robot", [])),
            "namespaces": [namespace],
        }
        file = tmp_path / "remediator.yaml"
        file.write_text(
            yaml.safe_dump({"playbooks": [str(tmp_path / "playbooks")], "kubernetes": [reach]})
        )
        yield Robot(cluster=cluster, namespace=namespace, settings=file)


def test_what_is_printed_is_what_is_needed(robot: Robot) -> None:
    robot.grant(*robot.printed())
    result = robot.check()

    assert result.exit_code == 0, result.output
    line = "kubernetes real: ok: answers, and grants all 3 rights that the playbooks need"
    assert line in result.stdout.splitlines()
    assert result.stdout.endswith("online: no errors, no warnings\n")


def test_one_verb_less_is_named(robot: Robot) -> None:
    role, binding = robot.printed()
    for rule in role["rules"]:
        rule["verbs"] = [verb for verb in rule["verbs"] if verb != "patch"]
    robot.grant(role, binding)
    result = robot.check()

    text = f"may not patch deployments.apps in {robot.namespace}, which one needs"
    assert result.exit_code == 1
    assert f"kubernetes real: error: {text} (`remediator rbac` prints what to grant)" in (
        result.stdout.splitlines()
    )
    assert result.stdout.endswith("online: 1 error, no warnings\n")


def test_too_much_is_named_too(robot: Robot) -> None:
    role, binding = robot.printed()
    role["rules"] += [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
    ]
    robot.grant(role, binding)
    found = json.loads(
        offline(
            "check", "--config.file", str(robot.settings), "--online", "--format", "json"
        ).stdout
    )

    messages = [each["message"] for each in found if each["severity"] == "warning"]
    assert messages[-1:] == [
        f"may do too much in {robot.namespace}: list secrets, delete pods",
    ]


def test_a_cluster_that_does_not_answer_is_an_error(robot: Robot) -> None:
    reach = yaml.safe_load(robot.settings.read_text())
    kubeconfig = Path(reach["kubernetes"][0]["kubeconfig"])
    document = yaml.safe_load(kubeconfig.read_text())
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    kubeconfig.write_text(yaml.safe_dump(document))
    result = robot.check()

    assert result.exit_code == 1
    assert "kubernetes real: error: " in result.stdout
