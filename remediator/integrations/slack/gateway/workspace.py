"""Slack's side of the daemon, as the gateway `slack`: what the deliverer and `check --online` work with."""

from __future__ import annotations

from dataclasses import dataclass, field

from remediator.integrations.slack.gateway.api import SlackApi
from remediator.integrations.slack.gateway.directory import SlackDirectory
from remediator.ports.gateways import ReadKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """One workspace. `channel` (`#name` or id) is where messages go that name no channel."""

    api: SlackApi = field(repr=False)
    directory: SlackDirectory = field(repr=False)
    channel: str

    async def close(self) -> None:
        """Close every connection."""
        await self.api.close()


SLACK: ReadKey[Slack] = ReadKey("slack", "Slack is not set up: add `slack` to the settings")
