"""`/remediator …`: what people ask and order by typing. Answers are short, and for the one who typed."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from remediator.core.errors import InputError, Refused, StoreUnavailable
from remediator.core.facts import Pause
from remediator.core.person import Person
from remediator.core.target import as_written
from remediator.integrations.slack.cards.buttons import Pressed
from remediator.integrations.slack.door import command_replies, replies
from remediator.integrations.slack.door.authorization import NotAllowed, check_operator, who
from remediator.integrations.slack.door.clicks import Click, answer, do, reject, show_review
from remediator.integrations.slack.door.command_parser import (
    PAUSED_FOR,
    find_run,
    read_choice,
    read_length,
    read_scope,
    usage,
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
from remediator.ports.verb import Given, Kind, Verb
from remediator.ports.verbs import APPROVE, PAUSE, REJECT, RESUME

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


Work = Callable[[SlackContext, SlashCommand], Awaitable[str]]


async def command(context: SlackContext, body: Mapping[str, object]) -> None:
    """Answer one command."""
    place = response_target_of(body)
    name, *rest = words_of(body.get("text")) or ["help"]
    typed = SlashCommand(words=tuple(rest), place=place, trigger=str(body.get("trigger_id") or ""))
    try:
        if not await is_first(context, body):
            return
        text = await _work(context, name)(context, typed)
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
    typed.need(1, usage(APPROVE))
    await answer(context, await _click(context, typed, APPROVE), show_review)
    return ""


async def _reject(context: SlackContext, typed: SlashCommand) -> str:
    typed.need(2, usage(REJECT))
    await answer(context, await _click(context, typed, REJECT), reject)
    return ""


async def _do(context: SlackContext, typed: SlashCommand, *, verb: Verb) -> str:
    """Have a verb done about a run, as its button would."""
    typed.need(2 if verb.choice else 1, usage(verb))
    choice = read_choice(verb, typed.words[1]) if verb.choice else None
    behind = typed.words[2 if choice else 1 :]
    takes_length = any(need.kind is Kind.LENGTH for need in verb.needs)
    length, reason = read_length(behind) if takes_length else (None, behind)
    click = replace(
        await _click(context, typed, verb),
        length=length,
        reason=_as_reason(reason),
    )
    await answer(context, click, partial(do, verb=verb, choice=choice))
    return ""


async def _pause(context: SlackContext, typed: SlashCommand) -> str:
    person = await _operator(context, typed)
    typed.need(1, "pause SCOPE 2h REASON")
    scope = read_scope(typed.words[0], context.playbooks())
    length, reason = read_length(typed.words[1:])
    given: Mapping[str, Given] = {"duration": length or PAUSED_FOR, "reason": _as_reason(reason)}
    made = await PAUSE.ask(context.control, scope, person, given)
    return command_replies.paused(made) if isinstance(made, Pause) else ""


async def _resume(context: SlackContext, typed: SlashCommand) -> str:
    person = await _operator(context, typed)
    typed.need(1, "resume SCOPE")
    given = typed.words[0]
    scope = given if given.startswith("pau_") else read_scope(given, context.playbooks())
    ended = await RESUME.ask(context.control, scope, person, {})
    return command_replies.resumed(scope, ended) if isinstance(ended, int) else ""


async def _help(context: SlackContext, typed: SlashCommand) -> str:
    await who(context, typed.place.user)
    return command_replies.help_of(context.verbs)


_LOOKS: Mapping[str, Work] = {"status": _status, "runs": _runs, "why": _why, "help": _help}
_OWN: Mapping[str, Work] = {
    APPROVE.name: _approve,
    REJECT.name: _reject,
    PAUSE.name: _pause,
    RESUME.name: _resume,
}
"""Verbs that are typed in a way of their own."""


def commands(verbs: Iterable[Verb]) -> Mapping[str, Work]:
    """Return what can be typed behind `/remediator`: looks, and every verb."""
    return {**_LOOKS, **{v.command: _OWN.get(v.name) or partial(_do, verb=v) for v in verbs}}


def _work(context: SlackContext, name: str) -> Work:
    known = commands(context.verbs)
    if work := known.get(name.lower()):
        return work
    close = difflib.get_close_matches(name[:40].lower(), known, n=1)
    hint = f"did you mean {COMMAND} {close[0]}?" if close else f"{COMMAND} help"
    raise Refused("not_found", f"there is no command “{name[:40]}”", hint=hint)


async def _click(context: SlackContext, typed: SlashCommand, verb: Verb) -> Click:
    run = await context.store.read(lambda reader: find_run(reader, typed.words[0]))
    return Click(
        verb=verb.said,
        pressed=Pressed(run=run.id),
        place=typed.place,
        trigger=typed.trigger,
        reason=_as_reason(typed.words[1:]),
    )


def _as_reason(words: Sequence[str]) -> str:
    return " ".join(words)[:_LONGEST_REASON]


async def _operator(context: SlackContext, typed: SlashCommand) -> Person:
    known = await who(context, typed.place.user)
    check_operator(context, known)
    return known.person
