"""Who clicked, and what they may: decided anew at every click, by ids and groups, never by a name that can be chosen.

Unknown means no: where Slack cannot say who somebody is, only explicitly listed user ids count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from remediator.core.deciders import (
    ADMIN,
    deciders,
    groups_in_force,
    is_author,
    may_decide,
    names_deciders,
)
from remediator.core.errors import Refused
from remediator.core.person import Person
from remediator.core.person_names import is_printable_name, printable
from remediator.core.run import Phase, Run
from remediator.http.credentials import Role
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.gateway.directory import Member, UnknownToSlack
from remediator.ports.verb import Verb

DOOR = "slack"
EVERYONE = "*"
PATIENCE = 15.0
MODAL_PATIENCE = 2.0
"""Before a modal: Slack lets one be opened for three seconds after the click."""


class NotAllowed(Refused):
    """Say no at the door, before control was asked; so the door has it written down."""

    def __init__(self, message: str, *, person: Person, hint: str = "") -> None:
        super().__init__("forbidden", message, hint=hint)
        self.person = person


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person of this workspace, and their highest role, if any."""

    person: Person
    role: Role | None


async def who(
    context: SlackContext, user_id: str, run: Run | None = None, *, patience: float = PATIENCE
) -> Known:
    """Return who this is, as far as it matters for a run; raise NotAllowed for outsiders and strangers.

    Slack has `patience` seconds to say so.
    """
    names = _group_names(context, run)
    try:
        async with asyncio.timeout(patience):
            member = await context.directory.member(user_id)
            _check_member(member, _who_can(context, run) if run else "")
            groups = await context.directory.groups_of(user_id, names) if names else frozenset()
    except (UnknownToSlack, TimeoutError):
        return _listed(context, user_id, run)
    return _known(context, member, groups)


def check_may(context: SlackContext, run: Run, known: Known, verb: Verb) -> None:
    """Raise NotAllowed unless this person may ask for a verb about a run."""
    if verb.role is Role.APPROVER:
        check_decides(context, run, known)
    elif verb.role > Role.APPROVER:
        check_cares(context, run, known)


def check_decides(context: SlackContext, run: Run, known: Known) -> None:
    """Raise NotAllowed unless this person may decide about a run's plan."""
    if _decides(run, known):
        return
    person = known.person
    if is_author(run, person):
        raise NotAllowed(
            "This playbook is yours, and it asks for somebody else's yes",
            person=person,
            hint=_who_can(context, run),
        )
    raise NotAllowed(
        "You are not among those who may decide about this plan",
        person=person,
        hint=_who_can(context, run),
    )


def check_cares(context: SlackContext, run: Run, known: Known) -> None:
    """Raise NotAllowed unless this person may take a run over, or settle it: a decider, or an operator."""
    if not _has(known, Role.OPERATOR) and not _decides(run, known):
        hint = f"{_who_can(context, run)}; so can operators"
        raise NotAllowed("This is for those who may decide", person=known.person, hint=hint)


def check_operator(context: SlackContext, known: Known) -> None:
    """Raise NotAllowed unless this person is an operator."""
    if not _has(known, Role.OPERATOR):
        hint = f"{named(context, Role.OPERATOR) or 'nobody in Slack'} can"
        raise NotAllowed("This needs the role of an operator", person=known.person, hint=hint)


def named(context: SlackContext, role: Role) -> str:
    """Name those who have at least this role in Slack."""
    names = (name for held, listed in context.roles.items() if held >= role for name in listed)
    return ", ".join(dict.fromkeys("everybody" if n == EVERYONE else n for n in names))


def can_decide(run: Run, known: Known) -> bool:
    """Say whether this person may decide about a run's plan, which waits for that now."""
    return run.phase is Phase.AWAITING_APPROVAL and _decides(run, known)


def _decides(run: Run, known: Known) -> bool:
    """Ask the playbook; where it names nobody, the role of an approver counts."""
    if not may_decide(run, known.person):
        return False
    return names_deciders(run) or _has(known, Role.APPROVER)


def _has(known: Known, role: Role) -> bool:
    return known.role is not None and known.role >= role


def _who_can(context: SlackContext, run: Run) -> str:
    return f"{deciders(run) or named(context, Role.APPROVER) or 'nobody in Slack'} can"


def _check_member(member: Member, hint: str) -> None:
    if member.outsider:
        person = Person(
            name=printable(member.name) or member.id, door=DOOR, identities=(member.id,)
        )
        text = f"Only full members of this workspace can do this: you are {member.outsider}"
        raise NotAllowed(text, person=person, hint=hint)


def _group_names(context: SlackContext, run: Run | None) -> tuple[str, ...]:
    in_force = groups_in_force(run) if run else ()
    return tuple(dict.fromkeys((*in_force, *_role_groups(context))))


def _role_groups(context: SlackContext) -> Iterable[str]:
    """Return the groups that have roles. None is called `admin`: by that word control knows who may do all."""
    names = (name for listed in context.roles.values() for name in listed)
    return (name for name in names if name.startswith(("@", "S")) and name != ADMIN)


def _known(context: SlackContext, member: Member, groups: frozenset[str]) -> Known:
    email = member.email if is_printable_name(member.email) else ""
    identities = tuple(filter(None, (member.id, email)))
    shown = printable(member.name) or member.id
    came = Person(name=shown, door=DOOR, groups=tuple(sorted(groups)), identities=identities)
    return _with_role(context, came, {EVERYONE, *groups})


def _listed(context: SlackContext, user_id: str, run: Run | None) -> Known:
    """Return who this is by their id alone, where somebody has listed that id; raise NotAllowed otherwise."""
    came = Person(name=user_id, door=DOOR, identities=(user_id,))
    known = _with_role(context, came, set())
    person = known.person
    if known.role is None and (run is None or user_id not in run.order.approval.users):
        text = "Slack cannot say at the moment who you are"
        hint = "until it can, those who are listed by their user id can; so can the API"
        raise NotAllowed(text, person=person, hint=hint)
    return known


def _with_role(context: SlackContext, came: Person, memberships: set[str]) -> Known:
    """Return a person under their declared name, with the highest role that lists them or one of their groups."""
    role = max(
        (
            role
            for role, listed in context.roles.items()
            if memberships & {*listed} or came.is_named(listed)
        ),
        default=None,
    )
    admin = (ADMIN,) if role is Role.ADMIN else ()
    person = context.people.recognise(replace(came, groups=(*came.groups, *admin)), DOOR)
    return Known(person=person, role=role)
