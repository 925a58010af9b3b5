"""A shell in pods on the real cluster, and pods to run commands in; shared by the tests of that gateway."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from remediator.core.target import Target
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.pod_shell.shell import PodShell
from remediator.integrations.kubernetes.settings import KubernetesSettings
from tests.parts.cluster import DIRECTORY, Cluster, only_on_ours, pod_spec, wait_until
from tests.parts.require import find


def reach_of(kubeconfig: Path, **more: Any) -> KubernetesSettings:
    return KubernetesSettings(name="test", kubeconfig=kubeconfig, namespaces=("*",), **more)


@asynccontextmanager
async def pod_shell(kubeconfig: Path) -> AsyncIterator[PodShell]:
    kubernetes = Kubernetes([reach_of(kubeconfig)])
    try:
        yield PodShell(kubernetes.looking)
    finally:
        await kubernetes.close()


def run_pod(cluster: Cluster, namespace: str, name: str, **spec: Any) -> Target:
    """Start a pod and wait until its containers run."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}}
    cluster.apply({**pod, "spec": {**pod_spec(), **spec}})
    wait_until(lambda: all_run(cluster, namespace, name), f"pod {name}")
    return Target("pod", f"{namespace}/{name}")


def all_run(cluster: Cluster, namespace: str, name: str) -> bool:
    status = cluster.read("pod", name, "--namespace", namespace).get("status", {})
    said = status.get("containerStatuses", [])
    return bool(said) and all("running" in one.get("state", {}) for one in said)


def inside(cluster: Cluster, target: Target, line: str) -> str:
    """What a line of shell prints in a pod, asked with kubectl."""
    namespace, name, *container = target.name.split("/")
    named = ["-c", *container] if container else []
    return cluster.kubectl("exec", "-n", namespace, name, *named, "--", "sh", "-c", line)


def applets() -> Sequence[str]:
    """All that busybox can do, but `busybox` itself."""
    return subprocess.check_output([str(find("busybox")), "--list"], text=True).split()


def image(name: str, links: Sequence[str], *, with_busybox: bool = True) -> str:
    """Give the cluster's node an image of busybox under these names, that any user may read; return its name."""
    only_on_ours("it gives the node an image")
    docker = ["docker", "-H", f"unix://{DIRECTORY}/docker.sock"]
    known = subprocess.run([*docker, "image", "inspect", name], capture_output=True, check=False)
    if known.returncode == 0:
        return name
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for part in ("bin", "tmp", "etc", "proc", "dev", "sys", "var/log"):
            (root / part).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        root.chmod(0o755)
        first = "busybox" if with_busybox else links[0]
        shutil.copy(os.path.realpath(str(find("busybox"))), root / "bin" / first)
        for link in links:
            if link != first:
                (root / "bin" / link).symlink_to(first)
        packed = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
        subprocess.run(
            [*docker, "import", "-", name], stdin=packed.stdout, check=True, capture_output=True
        )
        packed.communicate()
    return name
