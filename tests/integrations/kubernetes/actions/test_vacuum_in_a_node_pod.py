"""`journal.vacuum` in a pod that holds its node's journal: the actions of hosts work there as they are."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.core.events import Observation
from remediator.core.target import Target
from remediator.integrations.hosts.actions.journal.vacuum import ACTIONS, VacuumParameters
from remediator.integrations.kubernetes.pod_shell.shell import PodShell
from remediator.ports.action import Request
from remediator.testing.action_contract import ActionCase
from tests.bound import reads_of, writes_of
from tests.integrations.kubernetes.pod_parts import inside, pod_shell, run_pod
from tests.parts.cluster import Cluster, only_on_ours, pod_spec
from tests.parts.journald import Journald
from tests.parts.part import Part
from tests.parts.require import require, require_namespaces
from tests.parts.server import output

pytestmark = pytest.mark.slow

MEBIBYTE = 1024 * 1024
SETUP = """\
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /var/log/journal /run/systemd/journal /run/log
mount --bind {folder}/journal /var/log/journal
mount --bind {folder}/sockets /run/systemd/journal
touch {folder}/ready
exec sleep infinity"""


class Mounts(Part):
    """Own mounts only: journald answers nobody whose process id it cannot see, so pod and node share those."""

    def __init__(self) -> None:
        super().__init__("mounts")

    def start(self) -> None:
        for name in ("journal", "sockets"):
            (self.directory / name).mkdir()
        line = SETUP.format(folder=self.directory)
        argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", line]
        self._server.start(argv, (self.directory / "ready").exists)

    @property
    def wrap(self) -> tuple[str, ...]:
        return ("nsenter", "--target", str(self.pid), "--mount", "--")

    def run(self, argv: Sequence[str], *, stdin: str | None = None, seconds: float = 60) -> str:
        return output([*self.wrap, *argv], stdin=stdin, seconds=seconds)

    def exec(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.wrap, *argv], capture_output=True, text=True, check=False)


@dataclass(frozen=True, kw_only=True)
class Node:
    """A journal that is being written, and the paths by which a pod comes to it."""

    journald: Journald
    mounts: dict[str, str]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    require("systemd-journald", "journalctl", root=True)
    require_namespaces()
    with Mounts() as inner, Journald(inner) as journald:
        journald.fill(48)
        mounts = {
            "/usr": "/usr",
            "/lib": "/usr/lib",
            "/lib64": "/usr/lib64",
            "/var/log/journal": f"{inner.directory}/journal",
            "/run/systemd/journal": f"{inner.directory}/sockets",
            "/etc/machine-id": "/etc/machine-id",
        }
        yield Node(journald=journald, mounts=mounts)


@pytest.fixture(scope="module")
def agent(cluster: Cluster, namespace: str, node: Node) -> Target:
    only_on_ours("its node is this machine")
    spec = pod_spec()
    names = {inside: f"v{n}" for n, inside in enumerate(node.mounts)}
    spec["containers"][0]["volumeMounts"] = [
        {"name": names[path], "mountPath": path} for path in node.mounts
    ]
    volumes = [{"name": names[at], "hostPath": {"path": path}} for at, path in node.mounts.items()]
    return run_pod(
        cluster, namespace, "node-agent", **{**spec, "hostPID": True, "volumes": volumes}
    )


def vacuum(shell: PodShell, target: Target, state: Any) -> ActionCase:
    request = Request(
        step="vacuum",
        target=target,
        parameters=VacuumParameters.model_validate({"keep_size": "24M"}),
        timeout=timedelta(minutes=1),
        now=datetime.now(UTC),
    )
    return ActionCase(
        action=ACTIONS[0],
        request=request,
        reads=reads_of(looker=shell),
        writes=writes_of(shell=shell),
        state=state,
    )


async def test_it_frees_the_nodes_disk_once(cluster: Cluster, agent: Target, node: Node) -> None:
    before = node.journald.usage()
    async with pod_shell(cluster.kubeconfig) as shell:
        case = vacuum(shell, agent, node.journald.usage)
        change, ticket = await case.change(), case.ticket()
        unseen = await case.proposer().observe(change, case.ticket(fence=1))
        await case.applier().apply(change, ticket)
        sight = await case.proposer().observe(change, ticket)

    assert unseen.observation is Observation.NOT_APPLIED
    assert sight.observation is Observation.APPLIED
    assert str(agent) in change.summary
    assert before - node.journald.usage() > 8 * MEBIBYTE
    assert inside(cluster, agent, "ls /dev/shm/remediator-0")
