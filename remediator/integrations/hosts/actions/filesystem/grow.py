"""`filesystem.grow`: let a mounted file system fill its device: partition, LVM, then ext4 or xfs.

Converges: each step takes what room there is, and what happened is read from sizes. Each step runs under a receipt of
its own, so that a late start cannot begin after somebody has concluded how far it came. Frozen in the plan: what lies
on what and how large the disks are; no other sizes, because they change while the plan is followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import Annotated

from pydantic import AfterValidator

from remediator.core.change import ActionEffect, Change, Nothing, Safety
from remediator.core.duration import format_size
from remediator.core.errors import (
    ActionError,
    Interrupted,
    Partial,
    Stale,
    Transient,
    Uncertain,
)
from remediator.core.events import Measure, Observation
from remediator.core.target import Target
from remediator.integrations.hosts.actions.filesystem.layers import (
    PHYSICAL,
    UUID,
    VOLUME,
    StackReader,
)
from remediator.integrations.hosts.knowledge.blockdevices import (
    IN_SCRATCH,
    WITHOUT_ARCHIVE,
    Layer,
    Stack,
    growth_words,
)
from remediator.integrations.hosts.knowledge.grammars import DEVICE, DISK, GROUP, NUMBER, PATH
from remediator.integrations.hosts.rights import Word, root_rights
from remediator.integrations.shell.api import LOOKER, SHELL, Looker, Output, Shell
from remediator.integrations.shell.filesystem import absolute_path, from_facts
from remediator.integrations.shell.receipts import (
    HOST_TARGETS,
    change_error,
    complaint,
    filesystem_of,
    freed_since,
    host_identity,
    is_busy,
    sight_of,
)
from remediator.ports.action import Action, Proposer, Request, Sight, Ticket
from remediator.ports.gateways import Reads, Writes
from remediator.ports.parameters import Parameters

MOST_STEPS = 16


class GrowParameters(Parameters):
    """Grow the file system that is mounted at `path` to fill its device.

    With `device_will_grow` an earlier step makes the device larger (`ebs.grow`): this one is planned although nothing
    can grow yet, and waits for the room when its turn comes.
    """

    path: Annotated[str, AfterValidator(absolute_path)]
    device_will_grow: bool = False


class GrowProposer(Proposer):
    """Looks at the file system and at what it lies on."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    async def propose(self, request: Request) -> Change | Nothing:
        """See ports.action.Proposer."""
        wanted = GrowParameters.of(request.parameters)
        reader = StackReader(self._looker, request.target, wanted.path)
        stack = await reader.read()
        needed = [one for one in stack.layers if one.can_grow or wanted.device_will_grow]
        await reader.require_tools(needed)
        await reader.require_room(needed)
        if stack.next_layer() is None and not wanted.device_will_grow:
            return Nothing(reason=f"{wanted.path} fills its device already")
        return await self._change(request, stack)

    async def observe(self, change: Change, ticket: Ticket) -> Sight:
        """Ask the receipts of its steps in turn, which spends the first unused one; then look at the sizes."""
        for number in range(1, MOST_STEPS + 1):
            receipt = await self._looker.receipt(change.target, _token(ticket, number))
            if receipt.state == "absent":
                break
            sight = sight_of(receipt)
            if sight.observation in (Observation.PENDING, Observation.DIVERGED):
                return sight
        return await self._seen(change)

    async def _change(self, request: Request, stack: Stack) -> Change:
        wanted = GrowParameters.of(request.parameters)
        before = await filesystem_of(self._looker, request.target, wanted.path)
        top = stack.layers[-1]
        return Change(
            step=request.step,
            action="filesystem.grow",
            target=request.target,
            intent={
                "path": wanted.path,
                "layers": _layers(stack),
                "disk_bytes": None if wanted.device_will_grow else stack.disk_bytes,
                "device_will_grow": wanted.device_will_grow,
            },
            version=await _version(self._looker, request.target, stack),
            summary=_summary(request.target, wanted, stack),
            effect=ActionEffect.IRREVERSIBLE,
            estimate=stack.gain,
            unit="bytes",
            before={**before.as_facts(), "filesystem_bytes": top.size},
            after={"filesystem_bytes": top.size + stack.gain},
            undo_hint="a file system that grew does not shrink again",
        )

    async def _seen(self, change: Change) -> Sight:
        stack = await _stack(self._looker, change)
        grown = stack.layers[-1].size - int(change.before["filesystem_bytes"])
        layer = stack.next_layer()
        if grown > 0 and layer is None:
            measure = await _measured(self._looker, change, stack)
            return Sight(observation=Observation.APPLIED, detail=measure.summary, measure=measure)
        detail = f"the {layer.kind} can still grow" if layer else "nothing grew"
        return Sight(observation=Observation.NOT_APPLIED, detail=detail)


class GrowApplier:
    """Grows one layer after the other, from the disk upwards, and looks again after each."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def apply(self, change: Change, ticket: Ticket) -> Measure:
        """Grow all there is; stopping half-way loses nothing, and the rest can be grown later."""
        stack = await _stack(self._shell, change)
        await self._compare(change, stack)
        full: set[str] = set()
        number, left = 0, ticket.timeout.total_seconds()
        while (layer := stack.next_layer(full)) is not None:
            number += 1
            if number > MOST_STEPS or left <= 0:
                detail = f"the time is over, and the {layer.kind} can still grow"
                raise Uncertain(detail, target=str(change.target))
            output = await self._grow(change, ticket, layer, number)
            stack = await self._looked_again(change, number)
            left -= output.seconds
            if _is_full(layer, stack, output):
                full.add(layer.identity)
        if not number:
            _insist(change, stack)
        return await _measured(self._shell, change, stack)

    async def _compare(self, change: Change, stack: Stack) -> None:
        """Raise Stale where the disks or what lies on them are not those of the plan."""
        version = await _version(self._shell, change.target, stack)
        layers = [list(layer) for layer in change.intent["layers"]]
        if version != change.version or layers != _layers(stack):
            raise Stale("what the file system lies on has changed", target=str(change.target))
        if change.intent["disk_bytes"] not in (None, stack.disk_bytes):
            raise Stale("the disk is not as large as when planned", target=str(change.target))

    async def _grow(self, change: Change, ticket: Ticket, layer: Layer, number: int) -> Output:
        try:
            output = await self._shell.change(
                change.target,
                layer.argv,
                token=_token(ticket, number),
                fence=ticket.fence,
                not_after=ticket.not_after,
                timeout=ticket.timeout,
            )
        except Transient as error:
            if number == 1:
                raise
            raise Uncertain(f"{layer.kind}: {error.detail}", target=str(change.target)) from error
        if not output.ok and not _says_no_change(layer, output):
            raise _step_error(change.target, layer, output, number)
        return output

    async def _looked_again(self, change: Change, number: int) -> Stack:
        try:
            return await _stack(self._shell, change)
        except Transient as error:
            detail = f"after step {number}: {error.detail}"
            raise Uncertain(detail, target=str(change.target)) from error


def _is_full(layer: Layer, stack: Stack, output: Output) -> bool:
    """Say whether a layer took nothing and said so, as a partition at the end of what its table can hold.

    Raise Partial where it took nothing and did not say why: the kernel may not see its new size before a reboot.
    """
    after = stack.layer(layer.identity)
    if after is not None and after.size > layer.size:
        return False
    if _says_no_change(layer, output):
        return True
    detail = f"{layer.words[0]} ended well, but the {layer.kind} is no larger: {complaint(output)}"
    raise Partial(detail)


def _step_error(target: Target, layer: Layer, output: Output, number: int) -> ActionError:
    """Return what a step that failed means; a busy one after others that went well is gone on from."""
    program = layer.words[0]
    detail = f"{program}: {complaint(output)}{_so_far(number)}"
    if number == 1:
        return change_error(target, program, output, detail)
    kind = Interrupted if is_busy(program, output) else Partial
    return kind(detail, target=str(target))


def _says_no_change(layer: Layer, output: Output) -> bool:
    return layer.words[0] == "growpart" and output.stdout.startswith("NOCHANGE")


def _insist(change: Change, stack: Stack) -> None:
    """Raise where nothing could grow; somebody who was faster than us did what was wanted."""
    if not change.intent["device_will_grow"]:
        raise Stale("nothing is left to grow", target=str(change.target))
    if stack.layers[-1].size <= int(change.before["filesystem_bytes"]):
        raise Transient("the device has not grown yet", target=str(change.target))


async def _stack(looker: Looker, change: Change) -> Stack:
    return await StackReader(looker, change.target, change.intent["path"]).read()


async def _version(looker: Looker, target: Target, stack: Stack) -> str:
    return f"{await host_identity(looker, target)}/{stack.identity}"


async def _measured(looker: Looker, change: Change, stack: Stack) -> Measure:
    """Return how the file system grew; never raises."""
    before = from_facts(change.before)
    freed = await freed_since(looker, change.target, before)
    old, new = int(change.before["filesystem_bytes"]), stack.layers[-1].size
    grew = f"{change.intent['path']} grew from {format_size(old)} to {format_size(new)}"
    after = from_facts(freed.facts.get("after", {}))
    if before and after:
        grew += f" ({before.used_percent:.0f} % -> {after.used_percent:.0f} % full)"
    facts = {**freed.facts, "grown_from": old, "grown_to": new}
    return replace(freed, summary=grew, facts=facts)


def _layers(stack: Stack) -> list[list[str]]:
    return [[layer.kind, layer.identity, *layer.words] for layer in stack.layers]


def _token(ticket: Ticket, number: int) -> str:
    return f"{ticket.token}_{number}"


def _so_far(number: int) -> str:
    if number == 1:
        return ""
    steps = "1 step" if number == 2 else f"{number - 1} steps"
    return f"; {steps} before it went well"


def _summary(target: Target, wanted: GrowParameters, stack: Stack) -> str:
    start = f"grow the file system {wanted.path} of {target}"
    if stack.next_layer() is None:
        return f"{start} to fill its device, once that has grown"
    later = ", and what its device gains before" if wanted.device_will_grow else ""
    return f"{start}: {growth_words(stack)}{later}"


def _as_root(wanted: GrowParameters) -> Iterable[Sequence[Word]]:
    """Return every look and step as root, for whatever the path may lie on."""
    path, device = normpath(wanted.path), DEVICE.word()
    yield [*VOLUME, device]
    yield [*PHYSICAL, device]
    yield [*UUID, device]
    yield ["dumpe2fs", "-h", device]
    yield ["xfs_growfs", "-n", path]
    yield ["env", *IN_SCRATCH, "growpart", DISK.word(), NUMBER.word()]
    for options in ((), WITHOUT_ARCHIVE):
        yield ["pvresize", *options, device]
        yield ["lvextend", *options, "-l", "+100%FREE", GROUP.word()]
    yield ["resize2fs", device]
    yield ["xfs_growfs", path]


def _proposer(reads: Reads) -> GrowProposer:
    return GrowProposer(reads[LOOKER])


def _applier(reads: Reads, writes: Writes) -> GrowApplier:
    return GrowApplier(writes[SHELL])


ACTIONS = (
    Action(
        name="filesystem.grow",
        doc="Grow a mounted ext4 or xfs file system to fill its device, with its partition and LVM volume.",
        parameters=GrowParameters,
        effect=ActionEffect.IRREVERSIBLE,
        safety=Safety.RECEIPT,
        targets=HOST_TARGETS,
        example="filesystem.grow: {path: /var}",
        proposer=_proposer,
        applier=_applier,
        rights=root_rights(GrowParameters, _as_root, path=PATH),
    ),
)
