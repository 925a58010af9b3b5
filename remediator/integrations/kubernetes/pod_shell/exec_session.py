"""One command in one container, over a WebSocket, and the line between "surely not started" and "perhaps started".

The one place where aiohttp's errors on the way into a container become ours. Used by the shell in pods.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from signal import Signals
from typing import Any

import aiohttp

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.integrations.json_api import complaint
from remediator.integrations.kubernetes.api import PODS, Ref
from remediator.integrations.kubernetes.gateway.connection import Connection, Question
from remediator.integrations.kubernetes.gateway.paths import object_path
from remediator.integrations.kubernetes.pod_shell.exec_streams import (
    PROTOCOLS,
    ExecStreams,
    exit_code_of,
    message_of,
)

OPEN_SECONDS = 20.0  # for the WebSocket: the node has to answer too
LONGEST_LINE = 64_000  # bytes of all words: they travel in the URL
_CLOSE_SECONDS = 2.0
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where to run: a container of a pod, and the way to its cluster."""

    connection: Connection
    namespace: str
    pod: str
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended. Without an exit code nobody said so; `message` is what was said instead."""

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    truncated: bool
    message: str = ""


async def run(spot: Spot, words: Sequence[str], *, limit: timedelta, keep: int) -> Ending:
    """Run words in a container and return their end, with head and tail of what they printed.

    Raise Transient, Permanent or Stale (the pod is gone) where they surely were not started, Uncertain where they
    perhaps were.
    """
    question = _question(spot, words)
    begun = time.monotonic()
    socket = await _opened(spot, question)
    streams = ExecStreams(keep)
    try:
        async with asyncio.timeout(limit.total_seconds()):
            await _hear(socket, streams)
    except TimeoutError:
        raise Uncertain(f"no answer within {limit.total_seconds():.0f} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Uncertain(f"the connection was lost: {complaint(error)}") from error
    finally:
        await socket.close()
    return _ending(streams, time.monotonic() - begun)


def _question(spot: Spot, words: Sequence[str]) -> Question:
    if sum(len(word.encode("utf-8", "replace")) for word in words) > LONGEST_LINE:
        raise Permanent(f"the command is longer than {LONGEST_LINE} bytes")
    if any("\0" in word or _is_broken(word) for word in words):
        raise Permanent("a word of the command is not valid text")
    options = (("container", spot.container), ("stdout", "true"), ("stderr", "true"))
    query = (*options, *(("command", word) for word in words))
    ref = Ref(resource=PODS, namespace=spot.namespace, name=spot.pod)
    return Question(method="GET", path=object_path(ref, "exec"), query=query)


def _is_broken(word: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in word)


async def _opened(spot: Spot, question: Question) -> Any:
    door = await spot.connection.open()
    # The client for writes: on a kept connection that had died, aiohttp would send a GET a second time.
    client = door.writing.rest_client
    if client.pool_manager is None:
        client.pool_manager = client._create_pool_manager()
    headers = door.headers
    headers["Accept"] = "*/*"
    connecting = client.pool_manager.ws_connect(
        door.account.server + question.target,
        headers=headers,
        protocols=PROTOCOLS,
        proxy=client.proxy,
        timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
    )
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            return await connecting
    except aiohttp.WSServerHandshakeError as error:
        if error.status == 401:
            spot.connection.forget(door)
        raise _refusal(spot, error.status) from error
    except _NOT_SENT as error:
        raise Transient(complaint(error)) from error
    except TimeoutError:
        raise Uncertain(f"no answer within {OPEN_SECONDS:.0f} s") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Uncertain(f"the connection was lost: {complaint(error)}") from error


def _refusal(spot: Spot, status: int) -> ActionError:
    """Return what an answer other than 101 means: nothing was started."""
    if status == 403:
        right = f"`create` and `get` pods/exec in the namespace {spot.namespace}"
        hint = "`remediator rbac` prints the Role that the playbooks need"
        return Permanent(f"our user may not run commands in pods: it needs {right}; {hint}")
    if status == 401:
        return Transient("the cluster does not know who we are")
    if status == 404:
        return Stale("the pod is gone")
    if status == 429 or status >= 500:
        return Transient(f"its node did not take the command (status {status})")
    return Permanent(f"the cluster refused the command (status {status})")


async def _hear(socket: Any, streams: ExecStreams) -> None:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.ERROR:
            raise message.data
        if message.type is aiohttp.WSMsgType.BINARY:
            streams.hear(message.data)
        if streams.is_flood:
            return


def _ending(streams: ExecStreams, seconds: float) -> Ending:
    code = exit_code_of(streams.status)
    if code is None and streams.is_flood:
        code = 128 + Signals.SIGPIPE  # what a shell says of a writer whose reader hung up
    return Ending(
        exit_code=code,
        stdout=streams.stdout.content(),
        stderr=streams.stderr.content(),
        seconds=seconds,
        truncated=streams.stdout.truncated or streams.stderr.truncated,
        message=message_of(streams.status),
    )
