"""The check `gitops`: does Argo CD or Flux rule the run's target? As a guard it keeps a playbook off such objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known
from remediator.core.gitops import owner_of
from remediator.core.plaintext import one_line
from remediator.ports.check import Check, Question
from remediator.ports.kubernetes import KINDS, Clusters, ref_of
from remediator.ports.parameters import Parameters
from remediator.ports.rights import Right, Use, target_rights


class Ruled(StrEnum):
    """Whether a tool of GitOps rules an object."""

    UNOWNED = "unowned"
    OWNED = "owned"


class GitopsParameters(Parameters):
    """Whether the target is to be `unowned` or `owned` by Argo CD or Flux."""

    state: Ruled = Ruled.UNOWNED


@dataclass(frozen=True, slots=True)
class GitopsChecker:
    """Reads the object."""

    clusters: Clusters | None

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        target = question.target
        if self.clusters is None:
            detail = "no cluster to ask: set `kubernetes` in the settings"
            return Answer(known=Known.UNKNOWN, detail=detail)
        if target.kind not in KINDS:
            return Answer(known=Known.UNKNOWN, detail=f"{target} is no object of a cluster")
        try:
            found = await self.clusters.of(target).get(ref_of(target))
        except ActionError as error:
            return Answer(known=Known.UNKNOWN, detail=one_line(error.detail))
        if found is None:
            return Answer(known=Known.UNKNOWN, detail=f"{target} is not there")
        owner = owner_of(found)
        ruled = Ruled.OWNED if owner else Ruled.UNOWNED
        return Answer(
            known=Known.HOLDS if ruled is question.parameters.state else Known.FAILS,
            detail=one_line(f"{owner} owns it" if owner else "neither Argo CD nor Flux owns it"),
            at=question.now,
        )


def _rights(use: Use) -> tuple[Right, ...]:
    return target_rights(use, "get")


def _checker(gateways: Mapping[str, Any]) -> GitopsChecker:
    return GitopsChecker(gateways.get("kubernetes"))


CHECKS = (
    Check(
        name="gitops",
        doc="The target is not (or is) ruled by Argo CD or Flux.",
        parameters=GitopsParameters,
        shorthand="state",
        example="gitops: unowned",
        checker=_checker,
        rights=_rights,
    ),
)
