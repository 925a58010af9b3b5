"""Which container of a pod is meant, and whether a command can run in it."""

from typing import Any

import pytest

from remediator.core.errors import Permanent, Transient
from remediator.integrations.kubernetes.knowledge.container import (
    DEFAULT_CONTAINER,
    chosen,
    image_of,
    running,
)

RUNS = {"running": {"startedAt": "2026-11-21T12:00:00Z"}}


def pod(*names: str, state: dict[str, Any] = RUNS, **metadata: Any) -> dict[str, Any]:
    statuses = [
        {"name": n, "state": state, "containerID": f"docker://{n}", "image": "a:2"} for n in names
    ]
    return {
        "metadata": {"uid": "u1", **metadata},
        "spec": {"containers": [{"name": n, "image": "a:1"} for n in names]},
        "status": {"containerStatuses": statuses},
    }


def test_the_only_container_is_meant() -> None:
    found = running(pod("main"))

    assert found.name == "main"
    assert found.identity == "u1/docker://main"


def test_of_several_the_named_one_then_the_default_one_is_meant() -> None:
    default = pod("main", "proxy", annotations={DEFAULT_CONTAINER: "proxy"})

    assert chosen(default, "main") == "main"
    assert chosen(default) == "proxy"
    with pytest.raises(Permanent, match=r"say which container.*main, proxy"):
        chosen(pod("main", "proxy"))


def test_annotations_may_be_there_and_empty() -> None:
    assert chosen(pod("main", annotations=None)) == "main"


def test_a_container_that_is_not_there_is_never_guessed() -> None:
    with pytest.raises(Permanent, match="no container 'side', only main"):
        running(pod("main"), "side")


def test_an_ephemeral_container_can_be_named() -> None:
    found = pod("main")
    found["spec"]["ephemeralContainers"] = [{"name": "debug"}]
    found["status"]["ephemeralContainerStatuses"] = [
        {"name": "debug", "state": RUNS, "containerID": "docker://debug"}
    ]

    assert running(found, "debug").container_id == "docker://debug"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"waiting": {"reason": "CrashLoopBackOff"}}, "not running: CrashLoopBackOff"),
        ({"terminated": {"reason": "Completed"}}, "not running: Completed"),
        ({"waiting": {}}, "not running: waiting"),
        ({}, "not started yet"),
    ],
)
def test_a_container_that_does_not_run_may_run_later(state: dict[str, Any], words: str) -> None:
    with pytest.raises(Transient, match=words):
        running(pod("main", state=state))


def test_no_command_is_run_in_a_pod_that_is_being_deleted() -> None:
    with pytest.raises(Transient, match="being deleted"):
        running(pod("main", deletionTimestamp="2026-11-21T12:00:00Z"))


def test_the_image_is_the_one_that_runs() -> None:
    unstarted = {**pod("main"), "status": {}}

    assert image_of(pod("main"), "main") == "a:2"
    assert image_of(unstarted, "main") == "a:1"
