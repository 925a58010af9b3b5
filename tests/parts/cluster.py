"""A real one-node Kubernetes 1.20 cluster, shared by everybody on this machine: never stopped by a test.

It is started by a script that is no part of the repository; REMEDIATOR_CLUSTER_SCRIPT says where it is. Make a
namespace of your own with `namespace()`, and pods as `pod_spec()` says. Never make an object of a custom kind: this
build of the API server (1.20 by Go 1.19) ends at once on it.

REMEDIATOR_TEST_KUBECONFIG names another cluster, by its current context, of which you are the administrator: nothing is
started then, and tests that need the script's node or its age are skipped (`only_on_ours`).
"""

import atexit
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.parts.server import PartFailed, output

SCRIPT = Path(__file__).parents[2] / "../shared/kubernetes/cluster.sh"
DIRECTORY = Path(os.environ.get("CLUSTER_DIR", "/tmp/test-cluster"))
NAMED = os.environ.get("REMEDIATOR_TEST_KUBECONFIG", "")
IMAGE = os.environ.get("REMEDIATOR_TEST_IMAGE", "busybox:stable" if NAMED else "busybox:local")
"""What pods run here: any image with busybox's tools."""


def only_on_ours(why: str) -> None:
    """Skip what must not, or cannot, be done to a cluster that somebody named."""
    if NAMED:
        pytest.skip(f"not on the cluster of REMEDIATOR_TEST_KUBECONFIG: {why}")


def cluster_script() -> Path | None:
    """Where the script is that starts a cluster, or None."""
    script = Path(os.environ.get("REMEDIATOR_CLUSTER_SCRIPT", SCRIPT))
    return script.resolve() if script.exists() else None


class Cluster:
    """The API server of a running cluster, as its administrator."""

    def __init__(self) -> None:
        self.kubeconfig = Path(NAMED).absolute() if NAMED else DIRECTORY / "admin.kubeconfig"
        self._accounts = _passing_folder() if NAMED else DIRECTORY / "accounts"

    def start(self) -> None:
        """Start the cluster unless it runs, or was named; several sessions may call this at once."""
        if NAMED:
            return
        script = cluster_script()
        assert script is not None
        with (Path(tempfile.gettempdir()) / "remediator-cluster.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (
                self._is_begun()
            ):  # a second `up` of one that is merely busy would start all of it twice
                wait_until(self._answers, "the cluster", 60)
                return
            words = ["env", f"CLUSTER_DIR={DIRECTORY}", str(script), "up"]
            with tempfile.TemporaryFile() as log:  # not a pipe: what it starts keeps it open
                subprocess.run(words, stdout=log, stderr=log, check=True, timeout=240)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """What kubectl prints; raise PartFailed where it fails."""
        if "CustomResourceDefinition" in (stdin or ""):
            raise PartFailed("an object of a custom kind would end this API server for everybody")
        argv = ["kubectl", "--kubeconfig", str(self.kubeconfig), *words]
        return output(argv, stdin=stdin, seconds=90)

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change objects."""
        many = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(many))

    def delete_now(self, kind: str, name: str, namespace: str) -> None:
        """Take an object out of the API at once, whatever still runs of it."""
        self.kubectl("-n", namespace, "delete", kind, name, "--force", "--grace-period=0")

    def read(self, *words: str) -> Any:
        """What `kubectl get WORDS -o json` says."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    @contextmanager
    def namespace(self, prefix: str = "test") -> Iterator[str]:
        """A namespace of one's own, forgotten at the end."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name)
        wait_until(lambda: self._has_account(name), f"the account of {name}", 30)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    def account(self, namespace: str, name: str, rules: Sequence[dict[str, Any]]) -> Path:
        """A service account with these rules of a Role in its namespace; return a kubeconfig for it."""
        meta = {"name": name, "namespace": namespace}
        rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": meta}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        self.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
            {**rbac, "kind": "Role", "rules": list(rules)},
            {**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
        )
        return self._kubeconfig_of(f"{namespace}-{name}", token=self.token(namespace, name))

    def token(self, namespace: str, account: str) -> str:
        """A token of a service account, for an hour."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        text = json.dumps({**asked, "spec": {"expirationSeconds": 3600}})
        answer = json.loads(self.kubectl("create", "--raw", path, "-f", "-", stdin=text))
        return str(answer["status"]["token"])

    def node_name(self) -> str:
        """The name of one of its nodes."""
        return str(self.read("nodes")["items"][0]["metadata"]["name"])

    def beta_or_v1(self, group: str) -> str:
        """The group with the version that has its kinds here: they were v1beta1 before Kubernetes 1.21."""
        beta = f"{group}/v1beta1"
        return beta if beta in self.kubectl("api-versions").splitlines() else f"{group}/v1"

    def _is_begun(self) -> bool:
        try:
            pid = int((DIRECTORY / "kube-apiserver.pid").read_text())
            return Path(f"/proc/{pid}").exists() and (DIRECTORY / "kubelet.pid").exists()
        except (OSError, ValueError):
            return False

    def _answers(self) -> bool:
        argv = ["kubectl", "--kubeconfig", str(self.kubeconfig), "get", "nodes"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        return " Ready" in done.stdout

    def _kubeconfig_of(self, name: str, **user: str) -> Path:
        document = json.loads(self.kubectl("config", "view", "--minify", "--flatten", "-o", "json"))
        document["users"][0]["user"] = user
        path = self._accounts / name  # goes with the cluster
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(yaml.safe_dump(document))
        return path

    def _has_account(self, namespace: str) -> bool:
        found = self.read("serviceaccounts", "--namespace", namespace)["items"]
        return any(item["metadata"]["name"] == "default" for item in found)


def _passing_folder() -> Path:
    """A folder that goes with this process."""
    folder = tempfile.mkdtemp(prefix="remediator-accounts-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Wait until something holds; raise PartFailed where it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise PartFailed(f"{what} did not come in {seconds:.0f} s")
        time.sleep(0.3)


ANYWAY = [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]
"""Tolerations for pods that must start though another session has cordoned the only node."""


def pod_spec(*command: str, name: str = "main", **more: Any) -> dict[str, Any]:
    """The spec of a pod that runs here: no network of its own, no token, an image that is there."""
    words = list(command) or ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
    container = {"name": name, "image": IMAGE, "command": words}
    quick = {"hostNetwork": True, "automountServiceAccountToken": False}
    return {**quick, "terminationGracePeriodSeconds": 1, "containers": [container], **more}


def deployment(name: str, namespace: str, *, replicas: int = 1, **spec: Any) -> dict[str, Any]:
    """A Deployment of such pods; `spec` is merged into the pods' spec."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {**pod_spec(), **spec}},
        },
    }
