"""The world: fake hosts `web1`…, served to any number of daemons, with a ledger of every change that began and ended.

python -m tests.world.hosts_process SOCKET LEDGER HOSTS SECONDS

A change takes so many seconds, and goes on where whoever asked for it dies. Each leaves its host as it was before: full
journals, full disks, images to prune; so there is always something to do.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from remediator.core.errors import ActionError, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.hosts.fake.host import FakeHosts, FakeMachine
from remediator.integrations.hosts.fake.host_commands import MEBIBYTE, said
from remediator.integrations.shell.api import Output, Receipt
from tests.world.far_hosts import LONGEST_LINE, as_line

IMAGES = 4096 * MEBIBYTE
EFFECT = "/usr/local/bin/effect"


def a_machine() -> FakeMachine:
    """A host on which every shipped playbook for hosts finds work."""
    return FakeMachine(
        docker={"Images": IMAGES, "Containers": 0, "Build Cache": 0},
        units={"web.service": "failed"},
        programs={EFFECT: lambda words: said("done\n")},
    )


def as_before(machine: FakeMachine) -> None:
    """Fill a host up again."""
    fresh = a_machine()
    machine.journal, machine.disks[0].used = fresh.journal, fresh.disks[0].used
    machine.units["web.service"] = "failed"
    if machine.docker is not None:
        machine.docker["Images"] = IMAGES


class World:
    """Fake hosts whose changes take time."""

    def __init__(self, ledger: Path, hosts: int, seconds: float) -> None:
        machines = {f"web{n}": a_machine() for n in range(1, hosts + 1)}
        self._hosts, self._seconds = FakeHosts(machines), seconds
        self._ledger = ledger.open("a", buffering=1)
        self._under_way: set[asyncio.Task[bytes]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question."""
        with suppress(OSError, ValueError):
            asked = json.loads(await reader.readline())
            task = asyncio.create_task(self._answer(asked))
            self._under_way.add(task)  # a change goes on where nobody waits any more
            task.add_done_callback(self._under_way.discard)
            writer.write(await asyncio.shield(task))
        writer.close()

    async def _answer(self, asked: Mapping[str, Any]) -> bytes:
        target = Target(asked["kind"], asked["name"])
        try:
            return as_line(await self._do(target, asked))
        except ActionError as error:
            return as_line(error)

    async def _do(self, target: Target, asked: Mapping[str, Any]) -> Output | Receipt:
        seconds = timedelta(seconds=asked.get("seconds", 0))
        match asked["verb"]:
            case "look":
                return await self._hosts.look(target, asked["argv"], timeout=seconds)
            case "receipt":
                return await self._hosts.receipt(target, asked["token"])
        return await self._change(target, asked)

    async def _change(self, target: Target, asked: Mapping[str, Any]) -> Output:
        token = asked["token"]
        self._hosts.mishaps.append("running")
        try:
            await self._hosts.change(
                target,
                asked["argv"],
                token=token,
                fence=asked["fence"],
                not_after=datetime.fromisoformat(asked["not_after"]),
                timeout=timedelta(seconds=asked["seconds"]),
            )
        except Uncertain:
            self._note("begin", target, token)
        await asyncio.sleep(self._seconds)
        self._hosts.finish(token)
        as_before(self._hosts.machines[target.name])
        self._note("end", target, token)
        output = (await self._hosts.receipt(target, token)).output
        if output is None:
            raise Transient("it left nothing", target=str(target))
        return output

    def _note(self, what: str, target: Target, token: str) -> None:
        self._ledger.write(f"{what} {target.name} {token} {time.time()}\n")


async def main(socket: Path, ledger: Path, hosts: int, seconds: float) -> None:
    """Serve until it is killed."""
    world = World(ledger, hosts, seconds)
    server = await asyncio.start_unix_server(world.serve, socket, limit=LONGEST_LINE)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
