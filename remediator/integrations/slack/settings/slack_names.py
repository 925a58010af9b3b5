"""Everybody and everywhere in Slack that settings and playbooks name, for `check --online` to ask Slack about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from remediator.integrations.slack.settings.destination import SlackDestination
from remediator.ports.integration import Destination

_GROUP = re.compile(r"@.+|S[A-Z0-9]{7,30}")
_USER = re.compile(r"[UW][A-Z0-9]{7,30}|[^@]+@[^@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackNames:
    """Channels, user groups and people as they are written, each once."""

    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def slack_names(
    home: str, destinations: Iterable[Destination], people: Iterable[str]
) -> SlackNames:
    """Return the names, the default channel's first; what can be no name of Slack (a proxy's group, a token's name) is
    left out."""
    found = [
        SlackDestination.model_validate(destination["slack"])
        for destination in destinations
        if "slack" in destination
    ]
    named = (*(destination.call for destination in found), *people)
    return SlackNames(
        channels=_each_once(
            (home, *(destination.place for destination in found if destination.place))
        ),
        groups=_each_once(name for name in named if _GROUP.fullmatch(name)),
        users=_each_once(name for name in named if _USER.fullmatch(name)),
    )


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
