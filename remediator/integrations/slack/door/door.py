"""Slack's door as the daemon knows it: the socket and the HTTP route, over the desk of the settings in force.

The desk is made anew by every reload, so that tokens, roles and contacts change at once; the socket outlives it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from remediator.http.credentials import Role
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.desk import SlackDesk
from remediator.integrations.slack.door.events import events_route
from remediator.integrations.slack.door.socket import SocketDoor
from remediator.integrations.slack.gateway.side import SLACK
from remediator.integrations.slack.settings.section import SLACK_SECTION
from remediator.ports.door import DoorServices, DoorSettings


class SlackDoor:
    """Opened once; what the settings say comes by `prepare`."""

    def __init__(self, services: DoorServices) -> None:
        self._services = services
        self._desk: SlackDesk | None = None
        self._socket = SocketDoor(
            desk=lambda: self._desk, ambient=services.ambient, connected=services.connected
        )
        self.routes = (events_route(lambda: self._desk),)
        self.run = self._socket.run
        self.stop = self._socket.stop

    @property
    def heartbeat(self) -> float:
        """When the socket was last looked after."""
        return self._socket.heartbeat

    def prepare(self, settings: DoorSettings) -> Callable[[], Awaitable[None]]:
        """Make the desk; once in force, it takes what comes, and the one before has time to finish."""
        desk = self._desk_for(settings)

        async def renew() -> None:
            before, self._desk = self._desk, desk
            if before is not None:
                await before.close()

        return renew

    async def close(self) -> None:
        """Let what is under way at the desk finish, for a while."""
        desk, self._desk = self._desk, None
        if desk is not None:
            await desk.close()

    def _desk_for(self, settings: DoorSettings) -> SlackDesk | None:
        """Return the desk, where the settings have a Slack."""
        slack, services = settings.sections[SLACK_SECTION], self._services
        if slack is None or not settings.reads.has(SLACK):
            return None
        side = settings.reads[SLACK]
        context = SlackContext(
            store=services.store,
            control=services.control,
            why=services.why,
            api=side.api,
            directory=side.directory,
            ambient=services.ambient,
            log=services.log,
            api_url=slack.api_url,
            app_token=slack.app_token.reveal() if slack.app_token else "",
            signing_secret=slack.signing_secret.reveal() if slack.signing_secret else "",
            roles={Role[role.upper()]: names for role, names in settings.roles.items()},
            playbooks=services.playbooks,
            people=settings.people,
            mask=settings.mask,
        )
        return SlackDesk(context)
