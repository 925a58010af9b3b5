"""Two clusters, one of which accepts connections and never answers: the other's runs do not wait for it."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server

import pytest

from tests.acceptance.cluster_site import BOUNDLESS, kubeconfig_for, one_cluster, playbook
from tests.acceptance.site import Site
from tests.integrations.kubernetes.actions.workloads import GOOD, image, two_revisions
from tests.parts.cluster import Cluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DOWN_RUNS = 5
PROMPT_SECONDS = 20  # a look at the silent cluster alone takes longer


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a cluster that never answers."""
    with closing(create_server(("127.0.0.1", 0), backlog=200)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield kubeconfig_for(url, tmp_path_factory.mktemp("silent") / "kubeconfig")


@pytest.fixture(scope="module")
def site(cluster: Cluster, namespace: str, silent: Path) -> Iterator[Site]:
    rollback = playbook(
        "deployment/{{ labels.namespace }}/{{ labels.deployment }}@{{ labels.cluster }}",
        {"kubernetes.rollout_undo": {}},
        alert="HighErrorRate",
        requires=["namespace", "deployment", "cluster"],
        diagnose=["rollout_diff"],
    )
    clusters = [
        one_cluster(silent, namespace, name="down"),
        one_cluster(cluster.kubeconfig, namespace, name="up"),
    ]
    settings = {"guards": BOUNDLESS, "kubernetes": clusters}
    with Site(playbooks={"rollback": rollback}, settings=settings) as one:
        yield one


def labels_of(name: str, namespace: str, cluster: str) -> dict[str, str]:
    return {
        "alertname": "HighErrorRate",
        "namespace": namespace,
        "deployment": name,
        "cluster": cluster,
    }


def test_a_silent_cluster_does_not_hold_up_the_other(
    site: Site, cluster: Cluster, namespace: str
) -> None:
    target = two_revisions(cluster, "deployment", namespace)
    _, _, name = target.split("/")
    for number in range(DOWN_RUNS):
        site.alert(labels_of(f"api-{number}", namespace, "down"))
    site.wait_for(lambda: len(site.runs()) == DOWN_RUNS, 20, "the runs of the silent cluster")
    began = time.monotonic()

    site.alert(labels_of(name, namespace, "up"))
    run = site.wait_for_run(target=f"{target}@up", phase="closed", seconds=PROMPT_SECONDS)

    assert (run["outcome"], run["reason"]) == ("resolved", "verified")
    assert time.monotonic() - began < PROMPT_SECONDS
    assert image(cluster, target) == GOOD
    waiting = [one for one in site.runs() if one["target"].endswith("@down")]
    assert [one["outcome"] for one in waiting] == [None] * DOWN_RUNS, waiting


def test_a_cluster_that_nobody_knows_is_not_guessed(site: Site, namespace: str) -> None:
    site.alert(labels_of("api", namespace, "nowhere"))

    site.wait_for(
        lambda: any("nowhere" in str(one) for one in site.get("/decisions")["items"]),
        20,
        "a decision",
    )
    assert not [one for one in site.runs() if one["alert"]["labels"]["cluster"] == "nowhere"]
