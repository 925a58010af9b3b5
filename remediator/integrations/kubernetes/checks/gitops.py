"""The check `gitops`: does a tool such as Argo CD or Flux rule the target? As a guard it keeps a playbook off it."""

from __future__ import annotations

from typing import Literal

from remediator.integrations.kubernetes.api import KINDS, Object
from remediator.integrations.kubernetes.checks.clustered import state_check
from remediator.integrations.kubernetes.knowledge.gitops import owner_of
from remediator.integrations.kubernetes.knowledge.object_state import ObjectState
from remediator.ports.check import Question
from remediator.ports.parameters import Parameters


class GitopsParameters(Parameters):
    """Whether the target is to be `unowned` or `owned` by Argo CD, Flux, Config Sync, Fleet, kapp or the like."""

    state: Literal["unowned", "owned"] = "unowned"


def _read(_question: Question, found: Object) -> ObjectState:
    owner = owner_of(found)
    detail = f"{owner} owns it" if owner else "no GitOps tool owns it"
    return ObjectState(states=frozenset({"owned" if owner else "unowned"}), detail=detail)


CHECKS = (
    state_check(
        "gitops",
        _read,
        kinds=KINDS,
        no_other="is no object of a cluster",
        doc="The target is not (or is) ruled by Argo CD, Flux or another tool of GitOps.",
        parameters=GitopsParameters,
        example="gitops: unowned",
    ),
)
