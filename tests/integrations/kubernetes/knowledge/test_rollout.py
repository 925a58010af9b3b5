"""Revisions, and the patch of a rollback, as kubectl computes them."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.rollout import (
    NoRevision,
    Revision,
    current_of,
    is_seen,
    pod_count,
    restart_operations,
    revisions_of,
    same_template,
    selector_text,
    undo_operations,
    undone_mark,
    wanted_revision,
    was_left,
)

UID = "uid-of-api"
OWNER = [{"uid": UID, "controller": True, "kind": "Deployment"}]


def template(image: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "api", **labels}, "creationTimestamp": None},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }


def api(image: str, **annotations: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "api", "uid": UID, "generation": 2, "annotations": annotations},
        "spec": {"replicas": 3, "template": template(image)},
        "status": {"observedGeneration": 2},
    }


def replica_set(number: int, image: str, owner: Any = None, **annotations: str) -> dict[str, Any]:
    noted = {"deployment.kubernetes.io/revision": str(number), **annotations}
    metadata = {"name": f"api-{image}", "ownerReferences": owner or OWNER, "annotations": noted}
    spec = {"template": template(image, **{"pod-template-hash": image})}
    return {"metadata": metadata, "spec": spec}


def controller_revision(number: int, image: str) -> dict[str, Any]:
    patch = {"spec": {"template": {**template(image), "$patch": "replace"}}}
    metadata = {"name": f"api-{image}", "ownerReferences": OWNER}
    return {"metadata": metadata, "revision": number, "data": patch}


def test_revisions_are_those_it_controls_oldest_first() -> None:
    other = [{"uid": "of-another", "controller": True}]
    mere = [{"uid": UID}]
    keepers = [
        replica_set(10, "c"),
        replica_set(9, "b"),
        replica_set(99, "x", other),
        replica_set(98, "y", mere),
    ]

    assert [r.number for r in revisions_of(api("c"), keepers)] == [9, 10]


def test_a_replica_set_without_a_number_is_the_oldest() -> None:
    unnumbered = replica_set(1, "a")
    del unnumbered["metadata"]["annotations"]["deployment.kubernetes.io/revision"]

    assert [r.number for r in revisions_of(api("b"), [replica_set(1, "b"), unnumbered])] == [0, 1]


def test_a_revision_is_the_current_one_whatever_controllers_added() -> None:
    sets = revisions_of(api("b"), [replica_set(1, "a"), replica_set(2, "b")])
    revisions = revisions_of(api("b"), [controller_revision(1, "a"), controller_revision(2, "b")])

    assert getattr(current_of(api("b"), sets), "number", None) == 2
    assert getattr(current_of(api("b"), revisions), "number", None) == 2
    assert current_of(api("not recorded"), sets) is None


def revision(number: int) -> Revision:
    return Revision(number=number, name=f"r{number}", template={})


@pytest.mark.parametrize(
    ("numbers", "to", "expected"),
    [
        ((1, 2), 0, 1),
        ((1, 5, 9), 0, 5),
        ((1, 5, 9), 1, 1),
        ((1, 5, 9), 9, 9),
        ((), 0, "no rollout history: there is no revision before this one"),
        ((7,), 0, "no rollout history: there is no revision before this one"),
        ((1, 2), 3, "unable to find revision 3 in its history; it has 1, 2"),
        ((), 3, "unable to find revision 3 in its history; it has none"),
    ],
)
def test_the_revision_wanted_is_the_second_highest_or_the_one_named(
    numbers: tuple[int, ...], to: int, expected: int | str
) -> None:
    found = wanted_revision([revision(number) for number in numbers], to)

    assert (found.reason if isinstance(found, NoRevision) else found.number) == expected


def test_a_deployment_gets_template_and_annotations_of_the_replica_set() -> None:
    now = api(
        "bad",
        **{
            "deployment.kubernetes.io/revision": "2",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "remediator.dev/attempt": "att_1",
            "kubernetes.io/change-cause": "release 2",
            "a/only~now": "x",
            "same": "same",
        },
    )
    keeper = replica_set(
        1,
        "good",
        **{
            "deployment.kubernetes.io/desired-replicas": "3",
            "kubernetes.io/change-cause": "release 1",
            "same": "same",
            "team": "pay",
        },
    )
    (old,) = revisions_of(now, [keeper])
    annotations = "/metadata/annotations/"

    assert undo_operations(now, old) == [
        {
            "op": "replace",
            "path": "/spec/template",
            "value": {
                "metadata": {"labels": {"app": "api"}},
                "spec": {"containers": [{"name": "main", "image": "good"}]},
            },
        },
        {"op": "add", "path": f"{annotations}kubernetes.io~1change-cause", "value": "release 1"},
        {"op": "add", "path": f"{annotations}team", "value": "pay"},
        {"op": "remove", "path": f"{annotations}a~1only~0now"},
    ]


def test_the_other_kinds_get_the_template_only() -> None:
    now = api("bad", note="stays")
    (old,) = revisions_of(now, [controller_revision(1, "good")])
    (only,) = undo_operations(now, old)

    assert only["path"] == "/spec/template"
    assert "$patch" not in only["value"]
    assert same_template(only["value"], template("good"))


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (undone_mark("r2", "r3"), True),
        (undone_mark("r3", "r2"), False),
        (undone_mark("r2", "r1"), False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_what_was_just_left_is_known_while_what_it_was_left_for_stands(
    mark: str, expected: bool
) -> None:
    marked = api("x", **{"remediator.dev/undone": mark})

    assert was_left(marked, current=revision(3), to=revision(2)) is expected


@pytest.mark.parametrize(
    ("metadata", "added"),
    [
        (None, ["/spec/template/metadata", "/spec/template/metadata/annotations"]),
        ({"labels": {"a": "b"}}, ["/spec/template/metadata/annotations"]),
        ({"annotations": {"note": "stays"}}, []),
    ],
)
def test_a_restart_is_one_annotation_of_the_template(
    metadata: dict[str, Any] | None, added: list[str]
) -> None:
    workload = {"spec": {"template": {"metadata": metadata, "spec": {}}}}
    *before, last = restart_operations(workload, "2026-11-21T12:00:00Z")

    assert [operation["path"] for operation in before] == added
    assert last == {
        "op": "add",
        "path": "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
        "value": "2026-11-21T12:00:00Z",
    }


def test_a_selector_is_written_as_a_list_request_wants_it() -> None:
    selector = {
        "matchLabels": {"app": "api", "tier": "web"},
        "matchExpressions": [
            {"key": "zone", "operator": "In", "values": ["a", "b"]},
            {"key": "kind", "operator": "NotIn", "values": ["x"]},
            {"key": "live", "operator": "Exists"},
            {"key": "old", "operator": "DoesNotExist"},
        ],
    }

    assert selector_text(selector) == "app=api,tier=web,zone in (a,b),kind notin (x),live,!old"


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 3}, {}, 3),
        ({}, {}, 1),
        ({"replicas": 0}, {"replicas": 4}, 0),
        ({}, {"desiredNumberScheduled": 7}, 7),
    ],
)
def test_the_pods_it_asks_for_are_counted(spec: Any, status: Any, expected: int) -> None:
    assert pod_count({"spec": spec, "status": status}) == expected


def test_a_controller_that_is_behind_has_not_seen_it() -> None:
    behind = {**api("a"), "status": {"observedGeneration": 1}}

    assert is_seen(api("a"))
    assert not is_seen(behind)
    assert not is_seen({**api("a"), "status": {}})
