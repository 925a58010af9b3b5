"""`/remediator …`: what people ask and order by typing. Answers are short, and for the one who typed."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from remediator.core.errors import InputError, Refused, StoreUnavailable
from remediator.core.person import Person
from remediator.core.target import as_written
from remediator.integrations.slack.cards.buttons import Pressed
from remediator.integrations.slack.door import command_replies, replies
from remediator.integrations.slack.door.authorization import NotAllowed, check_operator, who
from remediator.integrations.slack.door.clicks import Click, answer, reject, show_review
from remediator.integrations.slack.door.command_parser import (
    find_run,
    read_length,
    read_scope,
    words_of,
)
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.idempotency import is_first
from remediator.integrations.slack.door.response_target import (
    ResponseTarget,
    response_target_of,
    tell,
)
from remediator.ports.store import Listing

COMMAND = "/remediator"
_LISTED = 10
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand:
    """One command as typed: the words behind its name."""

    words: tuple[str, ...]
    place: ResponseTarget
    trigger: str

    def need(self, count: int, usage: str) -> None:
        """Raise Refused where there are fewer words."""
        if len(self.words) < count:
            raise Refused("conflict", f"it is written {COMMAND} {usage}")

    def rest(self, start: int) -> str:
        """Return everything from a word on, as a reason."""
        return " ".join(self.words[start:])[:_LONGEST_REASON]


Work = Callable[[SlackContext, SlashCommand], Awaitable[str]]


async def command(context: SlackContext, body: Mapping[str, object]) -> None:
    """Answer one command."""
    place = response_target_of(body)
    name, *rest = words_of(body.get("text")) or ["help"]
    typed = SlashCommand(words=tuple(rest), place=place, trigger=str(body.get("trigger_id") or ""))
    try:
        if not await is_first(context, body):
            return
        text = await _work(name)(context, typed)
    except NotAllowed as refusal:
        context.log("slack_refused", command=name[:40], user=place.user, reason=str(refusal))
        text = replies.refused(refusal)
    except Refused as refusal:
        text = replies.refused(refusal)
    except InputError as error:
        text = replies.refused(Refused("conflict", str(error)))
    except StoreUnavailable:
        text = replies.NOT_STORED
    if text:
        await tell(context, place, text)


async def _status(context: SlackContext, typed: SlashCommand) -> str:
    await who(context, typed.place.user)
    now = context.ambient.now()
    return command_replies.status(
        await context.store.read(lambda reader: reader.statistics(now)), now
    )


async def _runs(context: SlackContext, typed: SlashCommand) -> str:
    await who(context, typed.place.user)
    filters = {}
    if typed.words:
        name = typed.words[0].removeprefix("target/")
        filters["target"] = as_written(name if "/" in name else f"host/{name}")
    listing = Listing(limit=_LISTED, filters=filters)
    page = await context.store.read(lambda reader: reader.runs(listing))
    return command_replies.runs(
        page.items, filters.get("target", ""), has_more=page.next is not None
    )


async def _why(context: SlackContext, typed: SlashCommand) -> str:
    await who(context, typed.place.user)
    typed.need(1, "why RUN or FINGERPRINT")
    subject = typed.words[0]
    try:
        return command_replies.why(await context.why(subject))
    except Refused:
        run = await context.store.read(lambda reader: find_run(reader, subject))
        return command_replies.why(await context.why(run.id))


async def _approve(context: SlackContext, typed: SlashCommand) -> str:
    """Show the plan; its window has the button. Nobody approves what they have not seen."""
    typed.need(1, "approve RUN")
    await answer(context, await _click(context, typed, "approve"), show_review)
    return ""


async def _reject(context: SlackContext, typed: SlashCommand) -> str:
    typed.need(2, "reject RUN REASON")
    await answer(context, await _click(context, typed, "reject"), reject)
    return ""


async def _pause(context: SlackContext, typed: SlashCommand) -> str:
    person = await _operator(context, typed)
    typed.need(1, "pause SCOPE 2h REASON")
    scope = read_scope(typed.words[0], context.playbooks())
    length, reason = read_length(typed.words[1:])
    made = await context.control.pause(
        scope, duration=length, reason=" ".join(reason)[:_LONGEST_REASON], person=person
    )
    return command_replies.paused(made)


async def _resume(context: SlackContext, typed: SlashCommand) -> str:
    person = await _operator(context, typed)
    typed.need(1, "resume SCOPE")
    given = typed.words[0]
    scope = given if given.startswith("pau_") else read_scope(given, context.playbooks())
    return command_replies.resumed(scope, await context.control.resume(scope, person=person))


async def _help(context: SlackContext, typed: SlashCommand) -> str:
    await who(context, typed.place.user)
    return command_replies.HELP


COMMANDS: Mapping[str, Work] = {
    "status": _status,
    "runs": _runs,
    "approve": _approve,
    "reject": _reject,
    "pause": _pause,
    "resume": _resume,
    "why": _why,
    "help": _help,
}


def _work(name: str) -> Work:
    if work := COMMANDS.get(name.lower()):
        return work
    close = difflib.get_close_matches(name[:40].lower(), COMMANDS, n=1)
    hint = f"did you mean {COMMAND} {close[0]}?" if close else f"{COMMAND} help"
    raise Refused("not_found", f"there is no command “{name[:40]}”", hint=hint)


async def _click(context: SlackContext, typed: SlashCommand, verb: str) -> Click:
    run = await context.store.read(lambda reader: find_run(reader, typed.words[0]))
    return Click(
        verb=verb,
        pressed=Pressed(run=run.id),
        place=typed.place,
        trigger=typed.trigger,
        reason=typed.rest(1),
    )


async def _operator(context: SlackContext, typed: SlashCommand) -> Person:
    known = await who(context, typed.place.user)
    check_operator(context, known)
    return known.person
