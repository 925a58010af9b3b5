"""The contract of all shells, in real pods: with nothing but busybox's sh, and as a user that is not root."""

from collections.abc import AsyncIterator

import pytest

from remediator.core.target import Target
from remediator.integrations.shell.contract import ShellBench, ShellContract
from tests.integrations.kubernetes.pod_parts import applets, image, inside, pod_shell, run_pod
from tests.parts.cluster import Cluster, pod_spec

pytestmark = pytest.mark.slow

COUNT = 'echo x >>"$1"; echo counted'


class _Pods(ShellContract):
    @pytest.fixture
    async def bench(
        self, cluster: Cluster, pod: Target, tmp_path_factory: pytest.TempPathFactory
    ) -> AsyncIterator[ShellBench]:
        runs = f"/tmp/{tmp_path_factory.mktemp('runs').name}"
        inside(cluster, pod, "rm -rf /dev/shm/remediator-*")
        async with pod_shell(cluster.kubeconfig) as shell:
            yield ShellBench(
                shell=shell,
                target=pod,
                counting=["sh", "-c", COUNT, "sh", runs],
                failing=["sh", "-c", "echo no >&2; exit 3"],
                count=lambda: int(inside(cluster, pod, f"cat {runs} 2>/dev/null | wc -l")),
            )


@pytest.fixture(scope="module")
def plain(cluster: Cluster, namespace: str) -> Target:
    return run_pod(cluster, namespace, "plain")


@pytest.fixture(scope="module")
def other(cluster: Cluster, namespace: str) -> Target:
    spec = pod_spec()
    links = [name for name in applets() if name != "busybox"]
    spec["containers"][0]["image"] = image("busybox-open:local", links)
    spec["containers"][0]["securityContext"] = {"runAsUser": 1234}
    return run_pod(cluster, namespace, "other", **spec)


class TestPodShell(_Pods):
    @pytest.fixture
    def pod(self, plain: Target) -> Target:
        return plain


class TestPodShellOfAnotherUser(_Pods):
    @pytest.fixture
    def pod(self, other: Target) -> Target:
        return other
