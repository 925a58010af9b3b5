"""A drain sorts the pods of a node as kubectl does, and knows which budgets hold it up."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.drain import (
    Approved,
    DrainOptions,
    allows_nothing,
    beyond,
    budgets_over,
    came_before_cordon,
    classes_of,
    holds,
    is_under_budgets,
    listed,
    most_of,
    name_of,
    plan_words,
    selects,
    sorted_pods,
)


def pod(
    name: str = "api",
    *,
    owner: str = "ReplicaSet",
    phase: str = "Running",
    volumes: tuple[str, ...] = (),
    mirror: bool = False,
    labels: dict[str, str] | None = None,
    made_by: str = "x",
) -> dict[str, Any]:
    owners = [{"kind": owner, "name": made_by, "controller": True}] if owner else []
    marks = {"kubernetes.io/config.mirror": "x"} if mirror else {}
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": f"uid-of-{name}",
            "ownerReferences": owners,
            "annotations": marks,
            "labels": labels or {},
        },
        "spec": {"volumes": [{"name": kind, kind: {}} for kind in volumes]},
        "status": {"phase": phase},
    }


CASES: list[tuple[str, dict[str, Any], DrainOptions, str]] = [
    ("a controller's pod goes", pod(), DrainOptions(), "evicted"),
    ("a static pod stays", pod(owner="", mirror=True), DrainOptions(), "staying"),
    ("a DaemonSet's pod forbids it", pod(owner="DaemonSet"), DrainOptions(), "DaemonSet"),
    (
        "or is left there",
        pod(owner="DaemonSet"),
        DrainOptions(ignore_daemonsets=True),
        "staying",
    ),
    (
        "or has ended and goes",
        pod(owner="DaemonSet", phase="Failed"),
        DrainOptions(ignore_daemonsets=True),
        "evicted",
    ),
    (
        "a DaemonSet's pod with an emptyDir stays too",
        pod(owner="DaemonSet", volumes=("emptyDir",)),
        DrainOptions(ignore_daemonsets=True),
        "staying",
    ),
    ("an emptyDir forbids it", pod(volumes=("emptyDir",)), DrainOptions(), "emptyDir"),
    (
        "or may be lost",
        pod(volumes=("emptyDir",)),
        DrainOptions(delete_emptydir_data=True),
        "evicted",
    ),
    (
        "force does not lose data",
        pod(volumes=("emptyDir",)),
        DrainOptions(force=True),
        "emptyDir",
    ),
    (
        "an ended pod's emptyDir is nobody's",
        pod(volumes=("emptyDir",), phase="Succeeded"),
        DrainOptions(),
        "evicted",
    ),
    ("another volume is kept elsewhere", pod(volumes=("nfs",)), DrainOptions(), "evicted"),
    ("nobody's pod forbids it", pod(owner=""), DrainOptions(), "no controller"),
    ("or is forced", pod(owner=""), DrainOptions(force=True), "evicted"),
    ("nobody's ended pod goes", pod(owner="", phase="Succeeded"), DrainOptions(), "evicted"),
]


@pytest.mark.parametrize(
    ("each", "options", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_pod_is_sorted_as_kubectl_does(
    each: dict[str, Any], options: DrainOptions, expected: str
) -> None:
    found = sorted_pods([each], options)

    assert bool(found.evicted) is (expected == "evicted")
    assert bool(found.staying) is (expected == "staying")
    if expected not in ("evicted", "staying"):
        (refusal,) = found.refusals
        assert expected in refusal
        assert "shop/api" in refusal


def test_pods_come_in_the_order_of_their_names() -> None:
    found = sorted_pods([pod("b"), pod("a"), pod("c", owner="")], DrainOptions(force=True))

    assert [name_of(each) for each in found.evicted] == ["shop/a", "shop/b", "shop/c"]


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "api"}}, True),
        ({"matchLabels": {"app": "web"}}, False),
        ({"matchLabels": {"app": "api", "tier": "x"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_a_selector_matches_as_the_api_server_says(
    selector: dict[str, Any] | None, matches: bool
) -> None:
    assert selects(selector, {"app": "api"}) is matches


def test_a_pod_is_under_the_budgets_of_its_own_namespace_that_select_it() -> None:
    def budget(namespace: str, app: str, allowed: int) -> dict[str, Any]:
        return {
            "metadata": {"namespace": namespace, "name": f"{namespace}-{app}"},
            "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"disruptionsAllowed": allowed},
        }

    budgets = [budget("shop", "api", 0), budget("shop", "web", 1), budget("bank", "api", 1)]
    (found,) = budgets_over(pod(labels={"app": "api"}), budgets)

    assert found["metadata"]["name"] == "shop-api"
    assert [allows_nothing(each) for each in budgets] == [True, False, False]


def ready(pod: dict[str, Any], status: str = "True") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": status}]
    return {**pod, "status": {**pod["status"], "conditions": conditions}}


@pytest.mark.parametrize(
    ("policy", "healthy", "one", "held"),
    [
        (None, 2, ready(pod()), True),
        (None, 1, ready(pod(), "False"), True),
        (None, 2, ready(pod(), "False"), False),
        (None, 2, pod(), False),
        ("IfHealthyBudget", 1, pod(), True),
        ("AlwaysAllow", 0, ready(pod(), "False"), False),
        ("AlwaysAllow", 0, ready(pod()), True),
    ],
)
def test_a_budget_does_not_hold_a_pod_that_is_not_ready_and_may_be_evicted(
    policy: str | None, healthy: int, one: dict[str, Any], held: bool
) -> None:
    spec = {"unhealthyPodEvictionPolicy": policy} if policy else {}
    status = {"disruptionsAllowed": 0, "desiredHealthy": 2, "currentHealthy": healthy}

    assert holds({"spec": spec, "status": status}, one) is held


def test_no_budget_is_asked_about_a_pod_that_waits_has_ended_or_goes() -> None:
    going = pod()
    going["metadata"]["deletionTimestamp"] = "2026-11-29T00:00:00Z"

    assert is_under_budgets(pod())
    for one in (pod(phase="Pending"), pod(phase="Failed"), pod(phase="Succeeded"), going):
        assert not is_under_budgets(one)


def test_a_plan_says_what_goes_what_stays_and_what_it_waits_for() -> None:
    found = sorted_pods(
        [pod("a"), pod("b", owner="DaemonSet")], DrainOptions(ignore_daemonsets=True)
    )

    words = plan_words("node/n1", found, ("shop/api",), False).split("; ")

    assert words == [
        "cordon node/n1 and evict 1 pod",
        "staying there: 1 pod of DaemonSets or the kubelet",
        "waits for the disruption budget shop/api, which allows none now",
        "the node is not ready, so nobody can confirm that they ended",
    ]


def test_a_long_list_is_cut_with_the_number_of_the_rest() -> None:
    assert listed([str(n) for n in range(7)]) == "0, 1, 2, 3, 4 and 2 more"


PLANNED = (
    pod("api-1", made_by="api-7c9", labels={"pod-template-hash": "7c9"}),
    pod("db-0", owner="StatefulSet", made_by="db", volumes=("emptyDir",)),
)
APPROVED = Approved(
    uids=frozenset(each["metadata"]["uid"] for each in PLANNED),
    classes=frozenset(classes_of(PLANNED)),
    most=most_of(PLANNED),
)


@pytest.mark.parametrize(
    ("story", "comes"),
    [
        ("nothing", ()),
        ("the pod of a CronJob that runs every few seconds", (pod("j-1", owner="Job"),)),
        ("twenty of them", tuple(pod(f"j-{n}", owner="Job") for n in range(20))),
        ("pods that have ended", tuple(pod(f"e-{n}", owner="", phase="Succeeded") for n in range(99))),
        (
            "the next rollout of a Deployment that was there",
            (pod("api-2", made_by="api-88d", labels={"pod-template-hash": "88d"}),),
        ),
        (
            "local data like that which was there",
            (pod("db-1", owner="StatefulSet", made_by="db", volumes=("emptyDir",)),),
        ),
    ],
)  # fmt: skip
def test_what_comes_to_a_node_by_itself_is_within_what_was_approved(
    story: str, comes: tuple[dict[str, Any], ...]
) -> None:
    assert beyond((*PLANNED, *comes), APPROVED) == ()


@pytest.mark.parametrize(
    ("comes", "words"),
    [
        ((pod("lone", owner=""),), "shop/lone (of no controller)"),
        ((pod("new", made_by="other"),), "shop/new (of ReplicaSet other)"),
        (
            (pod("j", owner="Job", volumes=("emptyDir",)),),
            "shop/j (of Job x with an emptyDir)",
        ),
        (
            (pod("api-3", made_by="api-7c9", volumes=("emptyDir",)),),
            "shop/api-3 (of ReplicaSet api-7c9 with an emptyDir)",
        ),
        (
            tuple(pod(f"j-{n}", owner="Job") for n in range(21)),
            "23 pods, where at most 22 were planned for",
        ),
    ],
)
def test_a_pod_that_is_outside_of_what_was_approved_stops(
    comes: tuple[dict[str, Any], ...], words: str
) -> None:
    assert beyond((*PLANNED, *comes), APPROVED) == (words,)


def test_a_plan_of_an_older_version_names_pods_and_no_classes() -> None:
    old = Approved(uids=APPROVED.uids)

    assert beyond(PLANNED, old) == ()
    assert beyond((*PLANNED, pod("j", owner="Job")), old) == ("shop/j (of Job x)",)


@pytest.mark.parametrize(
    ("created", "cordoned", "was_there"),
    [
        ("2026-11-29T08:00:00Z", "2026-11-29T08:00:01Z", True),
        ("2026-11-29T08:00:01Z", "2026-11-29T08:00:01Z", False),
        ("2026-11-29T08:00:02Z", "2026-11-29T08:00:01Z", False),
        ("2026-11-29T08:00:02Z", None, True),
    ],
)
def test_a_successor_that_tolerates_a_cordon_is_not_left_of_the_drain(
    created: str, cordoned: str | None, was_there: bool
) -> None:
    wrote = {"fieldsV1": {"f:spec": {"f:unschedulable": {}}}, "time": cordoned}
    kubelet = {"fieldsV1": {"f:status": {}}, "time": "2026-11-29T09:00:00Z"}
    node = {"metadata": {"managedFields": [kubelet, wrote] if cordoned else [kubelet]}}

    assert came_before_cordon({"metadata": {"creationTimestamp": created}}, node) is was_there
