"""The check `gitops`: does Argo CD or Flux rule the run's target? As a guard it keeps a playbook off such objects."""

from __future__ import annotations

from enum import StrEnum

from remediator.checks.clustered import object_check
from remediator.core.facts import Answer, Known
from remediator.core.gitops import owner_of
from remediator.core.plaintext import one_line
from remediator.ports.check import Question
from remediator.ports.kubernetes import KINDS, Cluster, Object
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use, target_rights


class Ruled(StrEnum):
    """Whether a tool of GitOps rules an object."""

    UNOWNED = "unowned"
    OWNED = "owned"


class GitopsParameters(Parameters):
    """Whether the target is to be `unowned` or `owned` by Argo CD or Flux."""

    state: Ruled = Ruled.UNOWNED


async def _look(question: Question, found: Object, _cluster: Cluster) -> Answer:
    owner = owner_of(found)
    wanted = GitopsParameters.of(question.parameters)
    ruled = Ruled.OWNED if owner else Ruled.UNOWNED
    return Answer(
        known=Known.HOLDS if ruled is wanted.state else Known.FAILS,
        detail=one_line(f"{owner} owns it" if owner else "neither Argo CD nor Flux owns it"),
        at=question.now,
    )


def _rights(use: Use) -> tuple[Right, ...]:
    return target_rights(use, "get")


CHECKS = (
    object_check(
        "gitops",
        _look,
        kinds=KINDS,
        no_other="is no object of a cluster",
        gone=Known.UNKNOWN,
        doc="The target is not (or is) ruled by Argo CD or Flux.",
        parameters=GitopsParameters,
        shorthand="state",
        example="gitops: unowned",
        rights=_rights,
    ),
)
