"""What a pod says of itself is read as `kubectl get pods` shows it."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.pod import (
    controller_of,
    is_ended,
    is_mirror,
    state_words,
    uses_empty_dir,
)


def pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "api"}, "spec": {}, "status": status}


def container(restarts: int = 0, **state: Any) -> dict[str, Any]:
    return {"restartCount": restarts, "state": state}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "Unknown"),
        ({"phase": "Running", "containerStatuses": [container(running={})]}, "Running"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        (
            {
                "phase": "Running",
                "containerStatuses": [container(7, waiting={"reason": "CrashLoopBackOff"})],
            },
            "CrashLoopBackOff, 7 restarts",
        ),
        (
            {
                "phase": "Running",
                "containerStatuses": [
                    container(1, terminated={"reason": "OOMKilled"}),
                    container(running={}),
                ],
            },
            "OOMKilled, 1 restart",
        ),
    ],
)
def test_its_state_is_what_holds_it_up_with_its_restarts(
    status: dict[str, Any], words: str
) -> None:
    assert state_words(pod(**status)) == words


def test_only_a_controller_makes_it_again() -> None:
    owned = pod()
    owned["metadata"]["ownerReferences"] = [
        {"kind": "Thing", "name": "a"},
        {"kind": "ReplicaSet", "name": "b", "controller": True},
    ]

    assert (controller_of(owned) or {}).get("name") == "b"
    assert controller_of(pod()) is None


def test_a_static_pod_is_known_by_its_mark() -> None:
    static = pod()
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}

    assert is_mirror(static)
    assert not is_mirror(pod())


@pytest.mark.parametrize(
    ("phase", "ended"), [("Succeeded", True), ("Failed", True), ("Running", False)]
)
def test_it_has_ended_where_all_its_containers_have(phase: str, ended: bool) -> None:
    assert is_ended(pod(phase=phase)) is ended


def test_scratch_space_is_lost_with_it() -> None:
    scratch = pod()
    scratch["spec"] = {"volumes": [{"name": "x", "emptyDir": {}}]}

    assert uses_empty_dir(scratch)
    assert not uses_empty_dir(pod())
