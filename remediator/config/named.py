"""Everybody and everywhere that settings and playbooks name, for `check --online` to ask the outside about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remediator.config.channels import Ways
from remediator.config.settings import Settings
from remediator.core.playbook import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """All ways to reach people; and who has a role in an outside system, may approve, or is called without being a
    contact."""

    destinations: Ways = ()
    people: tuple[str, ...] = ()


def named_in(settings: Settings, playbooks: Iterable[Playbook]) -> Named:
    """Return what is named, in the order of the settings and then of the playbooks."""
    book = tuple(playbooks)
    contacts = (
        destination for destinations in settings.contacts.values() for destination in destinations
    )
    roles = (names for roles in settings.users.members.values() for names in roles.values())
    people = (
        *(name for names in roles for name in names),
        *(name for playbook in book for name in _deciders(playbook)),
        *(n for playbook in book for n in _called(playbook) if n not in settings.contacts),
    )
    return Named(
        destinations=(
            *settings.notify,
            *contacts,
            *(destination for playbook in book for destination in playbook.notify),
        ),
        people=people,
    )


def _deciders(playbook: Playbook) -> tuple[str, ...]:
    return (*playbook.approval.groups, *playbook.approval.users)


def _called(playbook: Playbook) -> Iterator[str]:
    names = [each.to for each in playbook.failure.escalations]
    yield from (name for name in (playbook.approval.escalate_to, *names) if name)
