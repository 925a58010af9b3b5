"""How far a rollout is, in the order in which `kubectl rollout status` asks."""

from typing import Any

import pytest

from remediator.integrations.kubernetes.knowledge.rollout_status import Progress, rollout_of

DONE, WAITING, FAILED, UNTOLD = Progress


def status(**fields: Any) -> dict[str, Any]:
    return {"observedGeneration": 2, **fields}


def failed(reason: str) -> list[dict[str, str]]:
    return [{"type": "Progressing", "status": "False", "reason": reason}]


ALL = {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
ROLLING = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate"}}
PARTED = {
    "replicas": 3,
    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
}
MANUAL = {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
SAME = {"currentRevision": "a", "updateRevision": "a"}
OTHER = {"currentRevision": "a", "updateRevision": "b"}
CASES = [
    ("deployment", {"replicas": 3}, status(**ALL), DONE, "3 of 3 pods are updated and available"),
    ("deployment", {"replicas": 3}, {**ALL, "observedGeneration": 1}, WAITING, "not seen"),
    ("deployment", {"replicas": 3}, ALL, WAITING, "not seen"),
    (
        "deployment",
        {"replicas": 3},
        status(**ALL, conditions=failed("ProgressDeadlineExceeded")),
        FAILED,
        "progress deadline",
    ),
    ("deployment", {"replicas": 3}, status(**ALL, conditions=failed("Other")), DONE, "3 of 3"),
    ("deployment", {"replicas": 3}, status(updatedReplicas=1), WAITING, "1 of 3 pods are updated"),
    ("deployment", {}, status(), WAITING, "0 of 1 pods are updated"),
    (
        "deployment",
        {"replicas": 3},
        status(**{**ALL, "replicas": 5}),
        WAITING,
        "2 old pods are still to end",
    ),
    (
        "deployment",
        {"replicas": 3},
        status(**{**ALL, "availableReplicas": 2}),
        WAITING,
        "2 of 3 updated pods are available",
    ),
    ("deployment", {"replicas": 0}, status(), DONE, "0 of 0"),
    ("statefulset", ROLLING, status(readyReplicas=2, **SAME), WAITING, "2 of 3 pods are ready"),
    ("statefulset", ROLLING, status(readyReplicas=3, **OTHER), WAITING, "0 of 3 pods are updated"),
    ("statefulset", ROLLING, status(readyReplicas=3, **SAME), DONE, "3 of 3"),
    (
        "statefulset",
        PARTED,
        status(readyReplicas=3, updatedReplicas=1, **OTHER),
        WAITING,
        "1 of 2 pods of the partition",
    ),
    (
        "statefulset",
        PARTED,
        status(readyReplicas=3, updatedReplicas=2, **OTHER),
        DONE,
        "2 pods of the partition",
    ),
    ("statefulset", MANUAL, status(readyReplicas=3), UNTOLD, "OnDelete"),
    ("daemonset", MANUAL, status(), UNTOLD, "OnDelete"),
    (
        "daemonset",
        ROLLING,
        status(desiredNumberScheduled=4, updatedNumberScheduled=3),
        WAITING,
        "3 of 4 pods are updated",
    ),
    (
        "daemonset",
        ROLLING,
        status(desiredNumberScheduled=4, updatedNumberScheduled=4, numberAvailable=2),
        WAITING,
        "2 of 4 updated pods",
    ),
    (
        "daemonset",
        ROLLING,
        status(desiredNumberScheduled=4, updatedNumberScheduled=4, numberAvailable=4),
        DONE,
        "4 of 4",
    ),
]


@pytest.mark.parametrize(("kind", "spec", "found", "progress", "words"), CASES)
def test_a_rollout_is_as_far_as_its_status_says(
    kind: str, spec: Any, found: Any, progress: Progress, words: str
) -> None:
    rollout = rollout_of(kind, {"metadata": {"generation": 2}, "spec": spec, "status": found})

    assert rollout.progress is progress
    assert words in rollout.detail
