"""What an object's own status says: the words of kubelets and controllers, and no word where they say nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.object_state import (
    claim_state,
    node_state,
    pod_state,
    workload_state,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
RUNS = {"running": {"startedAt": "2026-11-21T11:59:55Z"}}


def ago(**length: float) -> str:
    return (NOW - timedelta(**length)).isoformat().replace("+00:00", "Z")


def condition(kind: str, status: str, **more: str) -> dict[str, str]:
    return {"type": kind, "status": status, "lastTransitionTime": ago(minutes=5), **more}


def node(*conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "good1"}, "spec": spec, "status": {"conditions": [*conditions]}}


def crashed(
    name: str = "api", *, state: Any = BACK_OFF, restarts: int = 7, **length: float
) -> dict[str, Any]:
    end = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(**(length or {"seconds": 30}))}
    last = {"terminated": end} if restarts else {}
    return {"name": name, "restartCount": restarts, "state": state, "lastState": last}


def pod(
    *containers: dict[str, Any], ready: str = "False", phase: str = "Running", **more: Any
) -> dict[str, Any]:
    conditions = [condition("Ready", ready, **more.pop("said", {}))] if ready else []
    status = {"phase": phase, "conditions": conditions, "containerStatuses": [*containers]}
    return {"metadata": {"name": "api-1", **more}, "status": status}


def workload(*conditions: dict[str, str], seen: int = 4, **status: Any) -> dict[str, Any]:
    said = {"observedGeneration": seen, "conditions": [*conditions], **status}
    return {"metadata": {"name": "api", "generation": 4}, "spec": {"replicas": 3}, "status": said}


def claim(asks: str, has: str | None, *conditions: str, phase: str = "Bound") -> dict[str, Any]:
    capacity = {"capacity": {"storage": has}} if has else {}
    status = {"phase": phase, "conditions": [condition(one, "True") for one in conditions]}
    spec = {"resources": {"requests": {"storage": asks}}}
    return {"metadata": {"name": "data-0"}, "spec": spec, "status": {**status, **capacity}}


def allocated(status: str) -> dict[str, Any]:
    found = claim("13Gi", "10Gi")
    return {
        **found,
        "status": {**found["status"], "allocatedResourceStatuses": {"storage": status}},
    }


@pytest.mark.parametrize(
    ("found", "states"),
    [
        (node(condition("Ready", "True")), {"ready"}),
        (node(condition("Ready", "False")), {"not_ready"}),
        (node(condition("Ready", "Unknown")), {"not_ready"}),
        (node(condition("Ready", "Perhaps")), set()),
        (node(condition("MemoryPressure", "True")), set()),
        ({"metadata": {"name": "new"}}, set()),
    ],
)
def test_a_node_is_ready_where_its_controllers_say_so(found: Any, states: set[str]) -> None:
    assert node_state(found).states == states


def test_a_node_tells_why_it_is_not_ready_and_since_when() -> None:
    silent = condition("Ready", "Unknown", reason="NodeStatusUnknown", message="Kubelet is silent.")

    assert node_state(node(silent, unschedulable=True)).detail == (
        "good1: Ready is Unknown since 2026-11-21 11:55:00 UTC"
        " (NodeStatusUnknown: Kubelet is silent.), cordoned"
    )


LOOPS = {"not_ready", "crash_looping"}


@pytest.mark.parametrize(
    ("found", "container", "states"),
    [
        (pod(crashed()), "", LOOPS),
        (pod(crashed(), crashed("proxy", state=RUNS, restarts=0)), "proxy", {"not_ready"}),
        (pod(crashed(), crashed("proxy", state=RUNS, restarts=0)), "api", LOOPS),
        (pod(crashed()), "nobody", set()),
        # between two back-offs it runs for some seconds, and may even be ready
        (pod(crashed(state=RUNS)), "", LOOPS),
        (pod(crashed(state=RUNS), ready="True"), "", {"ready"}),  # for five minutes now
        (
            pod(
                crashed(state=RUNS),
                ready="True",
                said={"lastTransitionTime": ago(seconds=5)},
            ),
            "",
            {"crash_looping"},
        ),
        (pod(crashed(state=RUNS, restarts=1)), "", {"not_ready"}),
        (pod(crashed(state=RUNS, minutes=11)), "", {"not_ready"}),
        (pod(ready="True"), "", {"ready"}),
        (pod(ready="Unknown"), "", {"not_ready"}),
        (pod(ready="", phase="Pending"), "", {"not_ready"}),
        (pod(phase="Failed"), "", {"not_ready"}),
        (pod(ready="", phase="Running"), "", set()),
        (pod(phase="Unknown"), "", set()),
        ({"metadata": {"name": "new"}}, "", set()),
        (pod(phase="Succeeded"), "", {"ended"}),
        (pod(crashed(), deletionTimestamp="soon"), "", {"deleted"}),
    ],
)
def test_a_pod_is_what_its_kubelet_last_said(found: Any, container: str, states: set[str]) -> None:
    assert pod_state(found, container, NOW).states == states


def test_an_init_container_may_be_what_crashes() -> None:
    found = pod(phase="Pending")
    found["status"]["initContainerStatuses"] = [crashed("migrate")]

    assert pod_state(found, "", NOW).states == LOOPS


def test_a_crash_loop_names_the_container_and_how_it_ended() -> None:
    assert pod_state(pod(crashed()), "", NOW).detail == (
        "api-1: container api: CrashLoopBackOff, restarted 7 times,"
        " last end 11:59:30 UTC (OOMKilled, exit code 137)"
    )


@pytest.mark.parametrize(
    ("kind", "found", "states"),
    [
        ("deployment", workload(condition("Available", "True")), {"available"}),
        ("deployment", workload(condition("Available", "False")), {"unavailable"}),
        ("deployment", workload(condition("Available", "True"), seen=3), set()),
        ("deployment", workload(availableReplicas=3), set()),
        ("statefulset", workload(availableReplicas=3), {"available"}),
        ("statefulset", workload(availableReplicas=2), {"unavailable"}),
        ("statefulset", workload(availableReplicas=3, seen=3), set()),
        ("daemonset", workload(numberAvailable=2, desiredNumberScheduled=2), {"available"}),
        ("daemonset", workload(numberAvailable=1, desiredNumberScheduled=2), {"unavailable"}),
    ],
)
def test_a_workload_is_available_as_its_controller_says(
    kind: str, found: Any, states: set[str]
) -> None:
    assert workload_state(kind, found).states == states


@pytest.mark.parametrize(
    ("found", "states"),
    [
        (claim("10Gi", "10Gi"), {"bound"}),
        (claim("5Gi", "10Gi"), {"bound"}),
        (claim("13Gi", "10Gi"), {"resizing"}),
        (claim("10Gi", "10Gi", "FileSystemResizePending"), {"resizing"}),
        (claim("13Gi", "10Gi", "ControllerResizeError"), {"failed"}),
        (claim("13Gi", "10Gi", "Resizing", "NodeResizeError"), {"failed"}),
        (allocated("ControllerResizeInfeasible"), {"failed"}),
        (allocated("ControllerResizeInProgress"), {"resizing"}),
        (claim("10Gi", None, phase="Pending"), {"pending"}),
        (claim("10Gi", "10Gi", phase="Lost"), {"lost"}),
        (claim("10Gi", None), set()),
        (claim("10Gi", None, phase=""), set()),
    ],
)
def test_a_claim_has_what_it_asks_for_or_waits_for_it(found: Any, states: set[str]) -> None:
    assert claim_state(found).states == states
