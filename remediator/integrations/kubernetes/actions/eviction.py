"""Evicting many pods and waiting until they are gone, within a time; used by `kubernetes.drain`.

The wait is part of the action, as it is of `kubectl drain`: a disruption budget opens again when an evicted pod is
ready elsewhere. It always ends before the ticket does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.core.plaintext import one_line
from remediator.integrations.kubernetes.api import (
    PODS,
    Cluster,
    ClusterWrites,
    Object,
    Ref,
    Verb,
    Write,
)

LOOK_AGAIN = timedelta(seconds=3)
_AT_ONCE = 8
_ONE_ANSWER = timedelta(seconds=10)
_ONE_LOOK = timedelta(seconds=4)
_ENDING = "being terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A pod that is still there at the end, and what held it, where that is known."""

    name: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})" if self.reason else self.name


class Eviction:
    """One node's pods on their way out. `planned` maps uids to pods as the plan froze them."""

    def __init__(self, writes: ClusterWrites, node: str, intent: Mapping[str, Any]) -> None:
        self._writes = writes
        self._node = node
        self._planned = {each["uid"]: each for each in intent["evict"]}
        self._grace: int | None = intent["grace_seconds"]
        self._until_gone = intent["until"] == "gone"
        self._held: dict[str, str] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def finish(self, deadline: float) -> tuple[Leftover, ...]:
        """Evict all, again and again where a budget holds them; return what is left at the deadline, which is by the
        monotonic clock."""
        while True:
            left = await self._left()
            if left == ():
                return ()
            remaining = timedelta(seconds=deadline - time.monotonic())
            if remaining <= timedelta(0):
                return self._leftovers(left)
            async with asyncio.TaskGroup() as group:
                for pod in left or ():
                    group.create_task(self._evict(pod, min(remaining, _ONE_ANSWER)))
            await asyncio.sleep(min(LOOK_AGAIN, remaining).total_seconds())

    async def _left(self) -> tuple[Object, ...] | None:
        """Return the planned pods that are still to go; None where the cluster cannot be asked just now."""
        try:
            async with asyncio.timeout(_ONE_LOOK.total_seconds()):
                pods = await pods_on(self._writes, self._node)
        except (Transient, TimeoutError):
            return None
        return tuple(pod for pod in pods if self._is_left(pod))

    def _is_left(self, pod: Object) -> bool:
        if pod["metadata"]["uid"] not in self._planned:
            return False
        return self._until_gone or not is_going(pod)

    async def _evict(self, pod: Object, timeout: timedelta) -> None:
        """Ask once for one pod; whatever comes of it is seen at the next look."""
        if is_going(pod):
            self._held[pod["metadata"]["uid"]] = "is ending"
            return
        try:
            async with self._at_once:
                await self._writes.write(eviction_of(pod, self._grace), timeout=timeout)
            self._held.pop(pod["metadata"]["uid"], None)
        except (Stale, Uncertain):
            return
        except Transient as error:
            self._held[pod["metadata"]["uid"]] = one_line(error.detail, 200)
        except Permanent as error:
            if _ENDING not in error.detail:  # its whole namespace goes, and this pod with it
                self._held[pod["metadata"]["uid"]] = one_line(error.detail, 200)

    def _leftovers(self, left: Iterable[Object] | None) -> tuple[Leftover, ...]:
        uids = self._planned if left is None else [pod["metadata"]["uid"] for pod in left]
        return tuple(
            Leftover(name=self._planned[uid]["name"], reason=self._held.get(uid, ""))
            for uid in uids
        )


async def pods_on(cluster: Cluster, node: str) -> tuple[Object, ...]:
    """Return all pods of a node, of every namespace."""
    return tuple(await cluster.list(PODS, "", fields=f"spec.nodeName={node}"))


def left_of(intent: Mapping[str, Any], pods: Iterable[Object]) -> int:
    """Return how many of the pods that a plan froze are still to go."""
    planned = {each["uid"] for each in intent["evict"]}
    there = [pod for pod in pods if pod["metadata"]["uid"] in planned]
    if intent["until"] == "gone":
        return len(there)
    return sum(not is_going(pod) for pod in there)


def is_going(pod: Object) -> bool:
    """Say whether a pod's deletion was accepted."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def eviction_of(pod: Object, grace_seconds: int | None) -> Write:
    """Return the eviction of exactly this pod; its own grace period where none is given."""
    metadata = pod["metadata"]
    options: dict[str, object] = {"preconditions": {"uid": metadata["uid"]}}
    if grace_seconds is not None:
        options["gracePeriodSeconds"] = grace_seconds
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "deleteOptions": options,
    }
    ref = Ref(resource=PODS, namespace=metadata["namespace"], name=metadata["name"])
    return Write(verb=Verb.CREATE, ref=ref, body=body, subresource="eviction")
