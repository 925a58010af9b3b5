"""Make calls to AWS: the promise of `aws.api`, kept with boto3 on a bounded pool of threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from remediator.core.errors import Permanent, Stale, Transient, Uncertain
from remediator.integrations.aws.api import Call, Item
from remediator.integrations.aws.gateway.blocking import Abandoned, Blocking, NotStarted
from remediator.integrations.aws.gateway.clients import READ_LIMIT, WRITE_LIMIT, Clients
from remediator.integrations.aws.gateway.errors import is_nothing_found, is_rehearsed, translated
from remediator.integrations.aws.settings import AwsSettings

_LOOKS = ("describe_", "get_", "list_")


def _now() -> datetime:
    return datetime.now(UTC)


class AwsLooker:
    """Keeps the promise of `ports.aws.Aws`: only describing calls, and rehearsals."""

    def __init__(
        self,
        settings: AwsSettings,
        clients: Clients,
        blocking: Blocking,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self.addresses = addresses or {}
        self._clients = clients
        self._blocking = blocking

    async def find(self, call: Call, key: str) -> Sequence[Item]:
        """See ports.aws.Aws."""
        if not call.operation.startswith(_LOOKS):
            raise Permanent(f"{call.operation} is no look", target=_place(call))
        try:
            return tuple(await self._call(lambda: self._pages(call, key), call))
        except _Failed as failed:
            if is_nothing_found(failed.error):
                return ()
            raise translated(failed.error, call, changes=False) from failed.error

    async def rehearse(self, call: Call) -> None:
        """See ports.aws.Aws."""
        if call.service != "ec2":
            raise Permanent(f"{call.service} knows no rehearsal", target=_place(call))
        arguments = {**call.arguments, "DryRun": True}
        try:
            await self._call(lambda: self._method(call, changes=False)(**arguments), call)
        except _Failed as failed:
            if is_rehearsed(failed.error):
                return
            raise translated(failed.error, call, changes=False) from failed.error
        detail = f"{call.operation} was meant as a rehearsal, and was answered as if it were none"
        raise Permanent(detail, target=_place(call))

    async def close(self) -> None:
        """Take no more calls."""
        await self._blocking.close()

    async def _call(self, function: Callable[[], object], call: Call) -> Any:
        """Look on a thread; what did not come in time is Transient, for nothing was changed."""
        try:
            return await self._blocking.call(_caught(function), limit=READ_LIMIT)
        except (NotStarted, Abandoned) as error:
            raise Transient(str(error), target=_place(call)) from error

    def _pages(self, call: Call, key: str) -> tuple[Item, ...]:
        client = self._clients.client(call.service, call.region, changes=False)
        if not client.can_paginate(call.operation):
            return tuple(getattr(client, call.operation)(**call.arguments).get(key, ()))
        pages = client.get_paginator(call.operation).paginate(**call.arguments)
        return tuple(item for page in pages for item in page.get(key, ()))

    def _method(self, call: Call, *, changes: bool) -> Any:
        client = self._clients.client(call.service, call.region, changes=changes)
        return getattr(client, call.operation)


class AwsWriter(AwsLooker):
    """Keeps the promise of `ports.aws.AwsHands`."""

    def __init__(
        self,
        settings: AwsSettings,
        clients: Clients,
        blocking: Blocking,
        addresses: Mapping[str, str] | None = None,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__(settings, clients, blocking, addresses)
        self._now = now

    async def write(self, call: Call, *, not_after: datetime) -> Item:
        """See ports.aws.AwsHands. What could outlive `not_after` is not begun."""
        left = not_after - self._now()
        if left.total_seconds() <= 0:
            raise Stale("the time for this attempt is over", target=_place(call))
        if left < WRITE_LIMIT:
            detail = f"too little time is left to be sure: give the step {WRITE_LIMIT.seconds}s"
            raise Transient(detail, target=_place(call))
        try:
            answer: Item = await self._blocking.call(
                _caught(lambda: self._method(call, changes=True)(**call.arguments)),
                limit=WRITE_LIMIT,
            )
        except _Failed as failed:
            raise translated(failed.error, call, changes=True) from failed.error
        except NotStarted as error:
            raise Transient(str(error), target=_place(call)) from error
        except Abandoned as error:
            raise Uncertain(str(error), target=_place(call)) from error
        return answer


class _Failed(Exception):
    """Carry what the SDK raised from the thread to its translation."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _caught(function: Callable[[], object]) -> Callable[[], Any]:
    """Return the function with the SDK's errors in a wrapper of ours; they load with the SDK."""

    def call() -> object:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return function()
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise _Failed(error) from error

    return call


def _place(call: Call) -> str:
    return f"{call.service} {call.region}"
