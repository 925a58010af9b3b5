"""What checks on the run's object in a cluster share: to find it, and to know nothing where it cannot be asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from remediator.core.errors import ActionError
from remediator.core.facts import Answer, Known, unknown
from remediator.core.plaintext import one_line
from remediator.integrations.kubernetes.api import KUBERNETES, Cluster, Clusters, Object, ref_of
from remediator.integrations.kubernetes.knowledge.object_state import ObjectState
from remediator.integrations.kubernetes.rights import target_rights
from remediator.ports.check import Check, Question
from remediator.ports.gateways import Reads
from remediator.ports.rights import Right, Use

Look = Callable[[Question, Object, Cluster], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChecker:
    """Reads the target and lets `look` answer. `kinds` have what is asked, others have `no_other`; `gone` is what is
    known where it is not there."""

    clusters: Clusters
    look: Look
    kinds: Collection[str]
    no_other: str
    gone: Known

    async def ask(self, question: Question) -> Answer:
        """See ports.check.Checker."""
        target = question.target
        if target.kind not in self.kinds:
            return unknown(f"{target} {self.no_other}")
        try:
            cluster = self.clusters.of(target)
            found = await cluster.get(ref_of(target))
            if found is None:
                return Answer(known=self.gone, detail=f"{target} is gone", at=question.now)
            return await self.look(question, found, cluster)
        except ActionError as error:
            return unknown(one_line(error.detail))


def object_check(
    name: str,
    look: Look,
    *,
    kinds: Collection[str],
    no_other: str,
    gone: Known = Known.FAILS,
    **more: Any,
) -> Check:
    """Return the registration of a check: its name, its own part, and what else a Check says of it."""

    def checker(reads: Reads) -> ObjectChecker:
        clusters = reads[KUBERNETES]
        return ObjectChecker(
            clusters=clusters, look=look, kinds=kinds, no_other=no_other, gone=gone
        )

    return Check(name=name, checker=checker, **more)


def state_check(
    name: str,
    read: Callable[[Question, Object], ObjectState],
    *,
    kinds: Collection[str],
    no_other: str,
    **more: object,
) -> Check:
    """Return the registration of a check that asks an object for its state; what is gone has none."""

    async def look(question: Question, found: Object, _cluster: Cluster) -> Answer:
        state = read(question, found)
        wanted = question.parameters.model_dump()["state"]
        is_it = Known.HOLDS if wanted in state.states else Known.FAILS
        known = is_it if state.states else Known.UNKNOWN
        return Answer(known=known, detail=one_line(state.detail), at=question.now)

    return object_check(
        name,
        look,
        kinds=kinds,
        no_other=no_other,
        gone=Known.UNKNOWN,
        shorthand="state",
        rights=_get_target,
        **more,
    )


def _get_target(use: Use) -> tuple[Right, ...]:
    return target_rights(use, "get")
