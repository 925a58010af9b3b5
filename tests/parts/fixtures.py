"""The real parts as pytest fixtures; a plugin of tests/conftest.py."""

from collections.abc import Iterator

import pytest

from tests.parts.alertmanager import Alertmanager
from tests.parts.cluster import NAMED, Cluster, cluster_script
from tests.parts.host import Host
from tests.parts.postgres import Postgres
from tests.parts.prometheus import Prometheus
from tests.parts.require import refuse, require, require_namespaces
from tests.parts.sshd import Sshd


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the session; take a `new_database()` each. Crash only your own."""
    require("postgres", "initdb")
    with Postgres() as part:
        yield part


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """One sshd for the session: root by key. Start your own `Sshd` to cut, freeze or stop it."""
    require("sshd", "ssh-keygen", root=True)
    with Sshd() as part:
        yield part


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """One Prometheus for the session, which scrapes nothing; `vector(1)` and errors are real."""
    require("prometheus", "promtool")
    with Prometheus() as part:
        yield part


@pytest.fixture(scope="session")
def alertmanager() -> Iterator[Alertmanager]:
    """One Alertmanager for the session, which tells nobody; push, silence and read."""
    require("alertmanager", "amtool")
    with Alertmanager() as part:
        yield part


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The one Kubernetes cluster of this machine, or the named one. It stays up: take a `namespace()` of your own."""
    if not NAMED:
        require(root=True)
        if cluster_script() is None:  # it installs what it needs
            refuse(
                "no script that starts a cluster: set REMEDIATOR_CLUSTER_SCRIPT, or name one that"
                " runs by REMEDIATOR_TEST_KUBECONFIG"
            )
    part = Cluster()
    part.start()
    return part


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace in the cluster for one module of tests."""
    with cluster.namespace() as name:
        yield name


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One real host per test module: systemd, journald, Docker and sshd around a small /var."""
    require_host()
    with Host(docker=True) as part:
        yield part


def require_host() -> None:
    """All that `Host(docker=True)` needs."""
    require("systemd", "systemd-journald", "journalctl", "mkfs.ext4", root=True)
    require("sshd", "ssh-keygen", "dockerd", "docker", "node_exporter")
    require_namespaces()
