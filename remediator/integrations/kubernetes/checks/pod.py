"""The check `pod`: is the pod ready, or does it crash again and again, as its node last said?"""

from __future__ import annotations

from typing import Literal

from remediator.integrations.kubernetes.api import Object, place_of
from remediator.integrations.kubernetes.checks.clustered import state_check
from remediator.integrations.kubernetes.knowledge.object_state import ObjectState, pod_state
from remediator.ports.check import Question
from remediator.ports.parameters import Parameters


class PodParameters(Parameters):
    """Whether the pod is `ready`, `not_ready` or `crash_looping`; the last may ask for one container, which the
    target names."""

    state: Literal["ready", "not_ready", "crash_looping"]


def _read(question: Question, found: Object) -> ObjectState:
    return pod_state(found, place_of(question.target).rest, question.now)


CHECKS = (
    state_check(
        "pod",
        _read,
        kinds=("pod",),
        no_other="is no pod",
        doc="The pod is ready, is not, or one of its containers crashes again and again.",
        parameters=PodParameters,
        example="pod: crash_looping",
    ),
)
