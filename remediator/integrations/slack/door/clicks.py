"""Buttons, one for each verb about a run or each of its choices, and the modals that some open. The word is control's;
here it is only passed on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from remediator.core.card import Card, card_of
from remediator.core.errors import DeliveryError, Refused, StoreUnavailable
from remediator.core.person import Person
from remediator.core.run import Run
from remediator.integrations.slack.cards import modals
from remediator.integrations.slack.cards.buttons import Button, Pressed, action_of, read_value
from remediator.integrations.slack.door import replies
from remediator.integrations.slack.door.authorization import (
    MODAL_PATIENCE,
    NotAllowed,
    can_decide,
    check_decides,
    check_may,
    who,
)
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.idempotency import is_first
from remediator.integrations.slack.door.response_target import (
    ResponseTarget,
    read_response_target,
    response_target_of,
    tell,
    written,
)
from remediator.ports.verb import About, Choice, Given, Kind, Need, Verb
from remediator.ports.verbs import APPROVE, REJECT

Body = Mapping[str, Any]
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One press of a button, one submitted modal, or a command about a run. `verb` is what the journal calls it."""

    verb: str
    pressed: Pressed
    place: ResponseTarget
    trigger: str = ""
    reason: str = ""
    length: timedelta | None = None


Work = Callable[[SlackContext, Click, Run], Awaitable[str]]


async def answer(context: SlackContext, click: Click, work: Work) -> None:
    """Do the work, and tell the person what came of it; a refusal at the door is written down."""
    run: Run | None = None
    try:
        run = await context.store.read(lambda reader: reader.run(click.pressed.run))
        if run is None:
            raise Refused("not_found", "this run is not kept any more")
        text = await work(context, click, run)
    except NotAllowed as refusal:
        await context.control.refuse(
            click.pressed.run, verb=click.verb, person=refusal.person, reason=str(refusal)
        )
        text = replies.refused(refusal, run)
    except Refused as refusal:
        text = replies.refused(refusal, run)
    except StoreUnavailable:
        text = replies.NOT_STORED
    if text:
        await tell(context, click.place, text)


async def show_review(context: SlackContext, click: Click, run: Run) -> str:
    """Open the whole plan in a modal; for those who may decide, its submission approves."""
    known = await who(context, click.place.user, run, patience=MODAL_PATIENCE)
    card = _card(context, run)
    allowed = can_decide(run, known)
    view = modals.review_modal(card, click.pressed, written(click.place), can_approve=allowed)
    return await _open(context, click, view)


async def reject(context: SlackContext, click: Click, run: Run) -> str:
    """Reject the plan, for the reason that came with it."""
    return replies.rejected(await _done(context, click, run, REJECT))


async def do(
    context: SlackContext, click: Click, run: Run, *, verb: Verb, choice: Choice | None = None
) -> str:
    """Have a verb done, and say so."""
    return replies.done(verb, await _done(context, click, run, verb, choice), choice)


async def _done(
    context: SlackContext, click: Click, run: Run, verb: Verb, choice: Choice | None = None
) -> Run:
    """Have control do it for this person, if they may; return the run as it is then."""
    known = await who(context, click.place.user, run)
    check_may(context, run, known, verb)
    if verb.decides:
        await _refuse_older(context, click, known.person)
    given = {need.name: _given(need, click, choice) for need in verb.needs}
    after = await verb.ask(context.control, run.id, known.person, given)
    return after if isinstance(after, Run) else run


def _given(need: Need, click: Click, choice: Choice | None) -> Given:
    if need.choices:
        return choice.value if choice else None
    of_kind: Mapping[Kind, Given] = {
        Kind.DIGEST: click.pressed.digest or None,
        Kind.LENGTH: click.length,
    }
    return of_kind.get(need.kind, click.reason)


async def _press(context: SlackContext, body: Body, *, verb: str, work: Work) -> None:
    place = response_target_of(body)
    action = (body.get("actions") or [{}])[0]
    pressed = read_value(action.get("value"))
    if pressed is None:
        await tell(context, place, replies.NOT_OURS)
        return
    click = Click(
        verb=verb, pressed=pressed, place=place, trigger=str(body.get("trigger_id") or "")
    )
    await _attend(context, body, click, work)


async def _submit(context: SlackContext, body: Body, *, verb: str, work: Work) -> None:
    view = body["view"]
    kept = modals.read_metadata(view.get("private_metadata") or "")
    user = str(body["user"]["id"])
    if kept is None:
        context.log("slack_answer_lost", problem="a modal that is not ours was submitted")
        return
    click = Click(
        verb=verb,
        pressed=Pressed(run=kept.run, digest=kept.digest),
        place=read_response_target(user, kept.answer),
        reason=_written_in(view),
    )
    await _attend(context, body, click, work)


def _written_in(view: Body) -> str:
    """Return what somebody wrote in the box for a reason, or for a note."""
    boxes = (view.get("state") or {}).get("values") or {}
    for name in (modals.REASON, modals.NOTE):
        if text := ((boxes.get(name) or {}).get(name) or {}).get("value"):
            return str(text)[:_LONGEST_REASON]
    return ""


async def _attend(context: SlackContext, body: Body, click: Click, work: Work) -> None:
    try:
        if not await is_first(context, body):
            return
    except StoreUnavailable:
        await tell(context, click.place, replies.NOT_STORED)
        return
    await answer(context, click, work)


async def _approve(context: SlackContext, click: Click, run: Run) -> str:
    return replies.approved(await _done(context, click, run, APPROVE))


async def _refuse_older(context: SlackContext, click: Click, person: Person) -> None:
    """Raise Refused for a button that names its plan by too few digits, after the message was asked to be drawn anew.

    A review is no answer: its window shows the plan that waits now, and its submission is about that.
    """
    if not click.pressed.is_older:
        return
    run = click.pressed.run
    await context.control.refuse(run, verb=click.verb, person=person, reason=replies.OLDER)
    await context.control.show_again(run)
    raise Refused("conflict", replies.OLDER, hint=replies.USE_THE_NEW)


async def _ask_why(context: SlackContext, click: Click, run: Run) -> str:
    known = await who(context, click.place.user, run, patience=MODAL_PATIENCE)
    check_decides(context, run, known)
    await _refuse_older(context, click, known.person)
    card = _card(context, run)
    return await _open(
        context, click, modals.reject_modal(card, click.pressed, written(click.place))
    )


async def _show_details(context: SlackContext, click: Click, run: Run) -> str:
    await who(context, click.place.user, run, patience=MODAL_PATIENCE)
    return await _open(context, click, modals.details_modal(_card(context, run)))


def _card(context: SlackContext, run: Run) -> Card:
    return context.mask.told(card_of(run, context.ambient.now()))


async def _open(context: SlackContext, click: Click, view: Mapping[str, object]) -> str:
    try:
        await context.api.open_modal(click.trigger, view)
    except DeliveryError as error:
        context.log("slack_modal_failed", problem=str(error))
        return replies.NO_WINDOW
    return ""


_Attended = Callable[[SlackContext, Body], Coroutine[object, object, None]]

_OF_PLANS: Mapping[str, Work] = {APPROVE.name: _approve, REJECT.name: _ask_why}
"""What a plan asks is answered in a way of its own."""


def buttons(verbs: Iterable[Verb]) -> Mapping[str, _Attended]:
    """Return what every button does, by its `action_id`."""
    found: dict[str, _Attended] = {
        Button.DETAILS: partial(_press, verb="details", work=_show_details),
        Button.REVIEW: partial(_press, verb="review", work=show_review),
    }
    for verb in verbs:
        if verb.about is About.RUN:
            for choice in verb.choice.choices if verb.choice else (None,):
                work = _OF_PLANS.get(verb.name) or partial(do, verb=verb, choice=choice)
                found[action_of(verb, choice)] = partial(_press, verb=verb.said, work=work)
    return found


MODALS: Mapping[Button, _Attended] = {
    Button.REJECT: partial(_submit, verb=REJECT.said, work=reject),
    Button.REVIEW: partial(_submit, verb=APPROVE.said, work=_approve),
}
