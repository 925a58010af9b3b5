"""Everybody and everywhere in Slack that settings and playbooks name, for `check --online` to ask Slack about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remediator.config.channels import Ways
from remediator.config.settings import Settings
from remediator.core.playbook import Playbook
from remediator.integrations.slack.settings.ways import SlackWay

_GROUP = re.compile(r"@.+|S[A-Z0-9]{7,30}")
_USER = re.compile(r"[UW][A-Z0-9]{7,30}|[^@]+@[^@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackNames:
    """Channels, user groups and people as they are written, each once."""

    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def slack_names(settings: Settings, playbooks: Iterable[Playbook]) -> SlackNames:
    """Return the names; what can be no name of Slack (a proxy's group, a token's name) is left out."""
    book = tuple(playbooks)
    ways = [*settings.notify, *(way for ways in settings.contacts.values() for way in ways)]
    found = tuple(_ways((*ways, *(way for playbook in book for way in playbook.notify))))
    home = (settings.slack.channel,) if settings.slack else ()
    people = (
        *(way.call for way in found),
        *(name for names in settings.users.slack.values() for name in names),
        *(name for playbook in book for name in _deciders(playbook)),
        *(n for playbook in book for n in _called(playbook) if n not in settings.contacts),
    )
    return SlackNames(
        channels=_each_once((*home, *(way.place for way in found if way.place))),
        groups=_each_once(name for name in people if _GROUP.fullmatch(name)),
        users=_each_once(name for name in people if _USER.fullmatch(name)),
    )


def _ways(ways: Ways) -> Iterator[SlackWay]:
    for way in ways:
        if "slack" in way:
            yield SlackWay.model_validate(way["slack"])


def _deciders(playbook: Playbook) -> tuple[str, ...]:
    return (*playbook.approval.groups, *playbook.approval.users)


def _called(playbook: Playbook) -> Iterator[str]:
    names = [each.to for each in playbook.failure.escalations]
    yield from (name for name in (playbook.approval.escalate_to, *names) if name)


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
