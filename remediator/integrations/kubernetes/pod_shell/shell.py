"""The shell in pods: `PodLooker` only looks (all that a dry run is given), `PodShell` can also change, once per token.

Keeps the promises of shell/api.py for targets `pod/NAMESPACE/NAME[/CONTAINER][@CLUSTER]`. Commands run as the user
of the container; there is no sudo. A look asks the API server for the pod first: a container that is not there, does
not run or is ambiguous is said so before anything is sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.plaintext import one_line
from remediator.core.target import Target
from remediator.integrations.kubernetes.api import place_of, ref_of
from remediator.integrations.kubernetes.gateway.cluster import ClusterLooker
from remediator.integrations.kubernetes.knowledge.container import running
from remediator.integrations.kubernetes.pod_shell import receipt_script
from remediator.integrations.kubernetes.pod_shell.exec_session import Ending, Spot, run
from remediator.integrations.shell.api import OUTPUT_LIMIT, Output, Receipt
from remediator.integrations.shell.remote.receipt_report import (
    Report,
    checked_token,
    key_of,
    output_of,
    read_report,
)

GRACE = timedelta(seconds=15)  # for the answer, after the time limit in the container
RECEIPT_LIMIT = timedelta(seconds=30)
_MARKS = 64 * 1024
_TIMED_OUT = {124, 137, 143}  # GNU's timeout, after -k, busybox's
_NO_SHELL = ("executable file not found", "no such file or directory", "not found in $PATH")
_Words = Callable[[str], Sequence[str]]  # from the name under which the container remembers fences
_STATES = {"spent": "absent", "running": "running", "started": "broken"}


class Finder(Protocol):
    """The clusters of the settings."""

    def of(self, target: Target) -> ClusterLooker:
        """Return a target's cluster; raise Permanent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where to run, and the container's name there: one, whether or not the target spells the container out."""

    spot: Spot
    key: str


class PodLooker:
    """Read-only commands in containers."""

    def __init__(self, clusters: Finder) -> None:
        self._clusters = clusters

    async def look(
        self, target: Target, argv: Sequence[str], *, timeout: timedelta, sudo: bool = False
    ) -> Output:
        """Run words in the container for at most `timeout`; more than 8 MiB of output ends them with exit code 141."""
        if not argv:
            raise Permanent("there is no command", target=str(target))
        seconds = _whole_seconds(timeout)
        words = ["sh", "-c", receipt_script.LOOK, "remediator", str(seconds), *argv]
        ending = await self._looked(target, lambda key: words, timeout + GRACE)
        if ending.exit_code in _TIMED_OUT and ending.seconds >= seconds:
            raise Transient(f"{argv[0]} did not end within {seconds} s", target=str(target))
        return _output(ending)

    async def receipt(self, target: Target, token: str) -> Receipt:
        """Ask the container what became of a token, and spend it where it was never used."""
        checked_token(token)
        ending = await self._looked(
            target, lambda key: _program(["receipt", key, token]), RECEIPT_LIMIT
        )
        report = read_report(ending.stdout, token)
        if report.exit_code is not None:
            return Receipt(state="done", output=output_of(report, ending.stderr, 0.0))
        if state := _STATES.get(report.last):
            return Receipt(state=state)
        detail = f"it did not answer for its receipt: {_output(ending).complaint}"
        raise _refusal(report, target) or Transient(detail, target=str(target))

    async def _looked(self, target: Target, words: _Words, limit: timedelta) -> Ending:
        try:
            ending = await self._run(target, words, limit)
        except Uncertain as doubt:
            raise Transient(doubt.detail, target=str(target)) from doubt
        except Stale as gone:  # a look has no plan that could be old
            raise Permanent(gone.detail, target=str(target)) from gone
        if ending.exit_code is None:
            detail = f"the command gave no end: {ending.message or 'the connection closed'}"
            raise Transient(detail, target=str(target))
        return ending

    async def _run(self, target: Target, words: _Words, limit: timedelta) -> Ending:
        """Run words; every error names the target, and an image without sh is Permanent."""
        if target.kind != "pod":
            raise Permanent("only pods are reached here", target=str(target))
        try:
            found = await self._found(target)
            sent = words(found.key)
            ending = await run(found.spot, sent, limit=limit, keep=OUTPUT_LIMIT + _MARKS)
        except ActionError as error:
            raise type(error)(error.detail, target=str(target)) from error
        if has_no_shell(ending):
            detail = f"the image of the container {found.spot.container} has no sh"
            raise Permanent(f"{detail}: no command can be run in it", target=str(target))
        return ending

    async def _found(self, target: Target) -> _Found:
        cluster, place = self._clusters.of(target), place_of(target)
        pod = await cluster.get(ref_of(target))
        if pod is None:
            raise Stale(f"there is no pod {place.name} in the namespace {place.namespace}")
        container = running(pod, place.rest)
        spot = Spot(
            connection=cluster.connection,
            namespace=place.namespace,
            pod=place.name,
            container=container.name,
        )
        whole = Target("pod", f"{place.namespace}/{place.name}/{container.name}")
        return _Found(spot=spot, key=key_of(whole))


class PodShell(PodLooker):
    """Commands that change what is in a container, each once, under a receipt that stays there."""

    async def change(
        self,
        target: Target,
        argv: Sequence[str],
        *,
        token: str,
        fence: int,
        not_after: datetime,
        timeout: timedelta,
    ) -> Output:
        """Run words once in the container; they go on there when the connection dies. Errors: see shell/api.py."""
        if not argv:
            raise Permanent("there is no command", target=str(target))
        checked_token(token)
        conditions = [str(fence), str(math.floor(not_after.timestamp()))]
        command = [*conditions, str(_whole_seconds(timeout)), *argv]

        def words(key: str) -> Sequence[str]:
            return _program(["change", key, token, *command])

        ending = await self._run(target, words, timeout + GRACE + RECEIPT_LIMIT)
        return _answer(target, token, ending)


def has_no_shell(ending: Ending) -> bool:
    """Say whether the runtime could not start `sh`: some give an exit code and print the reason, some none."""
    said = ending.message + ending.stdout[:2000].decode("utf-8", "replace")
    is_ours = "exec failed" in said or '"sh"' in said or "executable file" in said
    return ending.exit_code in (None, 126, 127, 128) and is_ours and _says_missing(said)


def _says_missing(said: str) -> bool:
    return any(words in said for words in _NO_SHELL)


def _program(words: Sequence[str]) -> list[str]:
    return ["sh", "-c", receipt_script.START, receipt_script.PROGRAM, *words]


def _answer(target: Target, token: str, ending: Ending) -> Output:
    report = read_report(ending.stdout, token)
    if error := _refusal(report, target):
        raise error
    if report.exit_code is not None:
        return output_of(report, ending.stderr, ending.seconds)
    if report.words or ending.exit_code is None:
        said = report.last or ending.message or "nothing"
        raise Uncertain(f"it may have been started; the container says: {said}", target=str(target))
    complaint = one_line(_output(ending).complaint)
    raise Permanent(f"the container did not run our program: {complaint}", target=str(target))


def _refusal(report: Report, target: Target) -> ActionError | None:
    kind, _, reason = report.last.partition(" ")
    match kind:
        case "stale":
            return Stale(f"the container refused the change: {reason}", target=str(target))
        case "busy":
            return Transient(reason, target=str(target))
        case "unusable":
            full = reason.endswith("no space left")
            error = Transient if full else Permanent
            return error(f"no receipt can be kept in the container: {reason}", target=str(target))
    return None


def _output(ending: Ending) -> Output:
    return Output(
        exit_code=255 if ending.exit_code is None else ending.exit_code,
        stdout=ending.stdout.decode("utf-8", "replace"),
        stderr=ending.stderr.decode("utf-8", "replace"),
        seconds=ending.seconds,
        truncated=ending.truncated,
    )


def _whole_seconds(limit: timedelta) -> int:
    """Return at least one second: zero means no limit at all to `timeout`."""
    return max(1, math.ceil(limit.total_seconds()))
