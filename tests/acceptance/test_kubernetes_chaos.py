"""`kill -9` in the middle of each action on a real cluster: it happens once, whether or not the write had arrived."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.cluster_site import (
    BOUNDLESS,
    ApiRoad,
    kubeconfig_for,
    one_cluster,
    playbook,
)
from tests.acceptance.site import Site
from tests.integrations.kubernetes.actions.standin_node import (
    bound,
    placed_set,
    pods_of,
    standin_node,
)
from tests.integrations.kubernetes.actions.test_expand_volume import Storage
from tests.integrations.kubernetes.actions.test_hpa_set_min import least, ruled
from tests.integrations.kubernetes.actions.test_suspend_cronjob import is_suspended
from tests.integrations.kubernetes.actions.test_suspend_cronjob import placed as a_cronjob
from tests.integrations.kubernetes.actions.workloads import GOOD, image, two_revisions
from tests.integrations.kubernetes.pod_parts import inside, run_pod
from tests.parts.cluster import Cluster, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

WORKLOAD = "deployment/{{ labels.namespace }}/{{ labels.name }}"
POD = "pod/{{ labels.namespace }}/{{ labels.name }}"
NODE = "node/{{ labels.name }}"
CRONJOB = "cronjob/{{ labels.namespace }}/{{ labels.name }}"
CLAIM = "pvc/{{ labels.namespace }}/{{ labels.name }}"
STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "undo": (WORKLOAD, {"kubernetes.rollout_undo": {}}),
    "restart": (WORKLOAD, {"kubernetes.rollout_restart": {}}),
    "scale": (WORKLOAD, {"kubernetes.scale": {"replicas": "+2", "max": 10}}),
    "delete": (POD, {"kubernetes.delete_pod": {}}),
    "drain": (NODE, {"kubernetes.drain": {}}),
    "cordon": (NODE, {"kubernetes.cordon": {}}),
    "patch": (WORKLOAD, {"kubernetes.patch": {"merge": {"spec": {"minReadySeconds": 2}}}}),
    "suspend": (CRONJOB, {"kubernetes.suspend_cronjob": {}}),
    "uncordon": (NODE, {"kubernetes.uncordon": {}}),
    "raise": (WORKLOAD, {"kubernetes.hpa_set_min": {"min": 4, "max": 5}}),
    "expand": (
        CLAIM,
        {"kubernetes.expand_volume": {"by_percent": 50, "max": "9Gi"}, "irreversible": "allow"},
    ),
}

TIMES = {"drain": "8s"}  # cordons, evicts twice and waits for the pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a playbook is let loose on. `happened` says how often its effect is there to see, `statuses` what the API
    server answered to all writes to paths with `struck_at` in them.
    """

    book: str
    name: str
    happened: Callable[[], int]
    statuses: tuple[int, ...] = (200,)
    struck_at: str = ""
    clear: Callable[[], None] = lambda: None


@pytest.fixture(scope="module")
def road(cluster: Cluster) -> Iterator[ApiRoad]:
    with ApiRoad(cluster) as one:
        yield one


@pytest.fixture(scope="module")
def site(road: ApiRoad, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site, whose only way to the cluster is the road."""
    folder: Path = tmp_path_factory.mktemp("road")
    reach = one_cluster(kubeconfig_for(road.url, folder / "kubeconfig"), namespace)
    books = {
        name: playbook(target, {**step, "timeout": TIMES.get(name, "4s")}, alert=name)
        for name, (target, step) in STEPS.items()
    }
    settings = {"guards": BOUNDLESS, "kubernetes": [reach]}
    with Site(playbooks=books, settings=settings) as one:
        yield one


@pytest.fixture
def node(cluster: Cluster) -> Iterator[str]:
    with standin_node(cluster) as name:
        yield name


def undo(cluster: Cluster, namespace: str, _node: str) -> Place:
    target = two_revisions(cluster, "deployment", namespace)
    before = generation(cluster, target)

    def happened() -> int:
        assert image(cluster, target) == GOOD
        return generation(cluster, target) - before

    return Place(book="undo", name=target.split("/")[2], happened=happened)


def restart(cluster: Cluster, namespace: str, _node: str) -> Place:
    target = two_revisions(cluster, "deployment", namespace)
    before = generation(cluster, target)
    return Place(
        book="restart",
        name=target.split("/")[2],
        happened=lambda: generation(cluster, target) - before,
    )


def scale(cluster: Cluster, namespace: str, _node: str) -> Place:
    target = two_revisions(cluster, "deployment", namespace)
    name = target.split("/")[2]

    def happened() -> int:
        return (int(cluster.read("deployment", name, "-n", namespace)["spec"]["replicas"]) - 1) // 2

    return Place(book="scale", name=name, happened=happened)


def delete(cluster: Cluster, namespace: str, node: str) -> Place:
    app = f"one-{uuid4().hex[:6]}"
    names = placed(cluster, namespace, app, node, count=1)

    def happened() -> int:
        now = {pod["metadata"]["name"] for pod in pods_of(cluster, namespace, app)}
        assert len(now) == 1, now
        return len(names - now)

    return Place(book="delete", name=min(names), happened=happened)


def drain(cluster: Cluster, namespace: str, node: str) -> Place:
    app = f"two-{uuid4().hex[:6]}"
    names = placed(cluster, namespace, app, "", count=2)
    bound(cluster, namespace, app, node)

    def happened() -> int:
        assert is_cordoned(cluster, node)
        left = {pod["metadata"]["name"] for pod in pods_of(cluster, namespace, app)}
        return int(names.isdisjoint(left))

    return Place(
        book="drain", name=node, happened=happened, statuses=(201, 201), struck_at="/eviction"
    )


def cordon(cluster: Cluster, _namespace: str, node: str) -> Place:
    return Place(book="cordon", name=node, happened=lambda: int(is_cordoned(cluster, node)))


def patch(cluster: Cluster, namespace: str, _node: str) -> Place:
    return replace(restart(cluster, namespace, _node), book="patch")


def suspend(cluster: Cluster, namespace: str, _node: str) -> Place:
    name = f"nightly-{uuid4().hex[:6]}"
    a_cronjob(cluster, namespace, name)

    def happened() -> int:
        return int(is_suspended(cluster, namespace, name))

    return Place(book="suspend", name=name, happened=happened)


def uncordon(cluster: Cluster, _namespace: str, node: str) -> Place:
    cluster.kubectl("cordon", node)
    return Place(book="uncordon", name=node, happened=lambda: int(not is_cordoned(cluster, node)))


def raise_minimum(cluster: Cluster, namespace: str, _node: str) -> Place:
    name = f"ruled-{uuid4().hex[:6]}"
    ruled(cluster, namespace, name)
    return Place(
        book="raise", name=name, happened=lambda: (least(cluster, namespace, name) - 2) // 2
    )


def expand(cluster: Cluster, namespace: str, _node: str) -> Place:
    storage, name = Storage(cluster, namespace), f"full-{uuid4().hex[:6]}"
    storage.claim(name)
    return Place(
        book="expand",
        name=name,
        happened=lambda: int(storage.asked(name) == "2Gi"),
        clear=storage.close,
    )


def placed(cluster: Cluster, namespace: str, app: str, node: str, *, count: int) -> set[str]:
    """The names of pods that are on this node."""
    placed_set(cluster, namespace, app, node, count=count)
    wait_until(lambda: len(pods_of(cluster, namespace, app)) == count, app)
    return {pod["metadata"]["name"] for pod in pods_of(cluster, namespace, app)}


def generation(cluster: Cluster, target: str) -> int:
    kind, namespace, name = target.split("/")
    return int(cluster.read(kind, name, "-n", namespace)["metadata"]["generation"])


def is_cordoned(cluster: Cluster, node: str) -> bool:
    return bool(cluster.read("node", node)["spec"].get("unschedulable"))


@pytest.fixture
def place(
    request: pytest.FixtureRequest, cluster: Cluster, namespace: str, node: str
) -> Iterator[Place]:
    """What the parameter prepares."""
    prepared: Callable[[Cluster, str, str], Place] = request.param
    one = prepared(cluster, namespace, node)
    yield one
    one.clear()


EACH = [
    *(undo, restart, scale, delete, drain, cordon, patch),
    *(suspend, uncordon, raise_minimum, expand),
]


# What is observed at once costs seconds; deletion and eviction are looked for only after their time is over.
STRUCK = [
    (each, before) for each in EACH for before in (True, False) if each not in (delete, drain)
]


@pytest.mark.parametrize(
    ("place", "before"), [*STRUCK, (delete, False), (drain, True)], indirect=["place"]
)
def test_a_killed_daemon_does_it_once(
    site: Site, road: ApiRoad, namespace: str, place: Place, before: bool
) -> None:
    road.strike(site.kill, before=before, part=place.struck_at)

    labels = {"alertname": place.book, "namespace": namespace, "name": place.name}
    fingerprint = site.alert(labels)
    assert road.struck.wait(30), site.story()
    site.start()

    def ended() -> Any:
        (run,) = (one for one in site.runs() if one["alert"]["fingerprint"] == fingerprint)
        return run["outcome"] and run

    run = site.wait_for(ended, 60, "an outcome")
    assert (run["outcome"], run["reason"]) == ("resolved", "verified"), site.story()
    assert "observed" in site.events(run["id"])
    assert place.happened() == 1
    assert tuple(road.statuses(place.struck_at)) == place.statuses, road.writes


COUNTED = {"argv": ["sh", "-c", "echo began >>/tmp/effects; sleep 6; echo ended >>/tmp/effects"]}


def test_a_command_in_a_pod_is_not_repeated_when_the_daemon_is_killed_meanwhile(
    cluster: Cluster, namespace: str
) -> None:
    pod = run_pod(cluster, namespace, f"one-{uuid4().hex[:6]}")
    step = {"kubernetes.pod_command": {"name": "count"}, "timeout": "15s"}
    settings = {
        "guards": BOUNDLESS,
        "kubernetes": [one_cluster(cluster.kubeconfig, namespace)],
        "commands": {"count": {**COUNTED, "reversible": True}},
    }

    def effects() -> list[str]:
        return inside(cluster, pod, "cat /tmp/effects 2>/dev/null || :").split()

    with Site(playbooks={"count": playbook(POD, step, alert="count")}, settings=settings) as site:
        labels = {"namespace": namespace, "name": pod.name.split("/")[1]}
        site.alert({"alertname": "count", **labels})
        site.wait_for(lambda: effects() == ["began"], 30, "the command")
        site.restart(kill=True)

        site.wait_for_run(90, outcome="resolved")

    assert effects() == ["began", "ended"]
