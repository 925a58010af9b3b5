"""Slack's door as the daemon knows it: the socket and the HTTP route, over the Slack app of the settings in force.

The Slack app is made anew by every reload, so that tokens, roles and contacts change at once; the socket outlives it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from remediator.http.credentials import Role
from remediator.integrations.slack.door.app import SlackApp
from remediator.integrations.slack.door.context import SlackContext
from remediator.integrations.slack.door.http_route import events_route
from remediator.integrations.slack.door.socket import SocketDoor
from remediator.integrations.slack.gateway.workspace import SLACK
from remediator.integrations.slack.settings.section import SLACK_SECTION
from remediator.ports.door import DoorServices, DoorSettings


class SlackDoor:
    """Opened once; what the settings say comes by `prepare`."""

    def __init__(self, services: DoorServices) -> None:
        self._services = services
        self._app: SlackApp | None = None
        self._socket = SocketDoor(
            app=lambda: self._app, ambient=services.ambient, connected=services.connected
        )
        self.routes = (events_route(lambda: self._app),)
        self.run = self._socket.run
        self.stop = self._socket.stop

    @property
    def heartbeat(self) -> float:
        """When the socket was last looked after."""
        return self._socket.heartbeat

    def prepare(self, settings: DoorSettings) -> Callable[[], Awaitable[None]]:
        """Make the Slack app; once in force, it takes what comes, and the one before has time to finish."""
        app = self._desk_for(settings)

        async def renew() -> None:
            before, self._app = self._app, app
            if before is not None:
                await before.close()

        return renew

    async def close(self) -> None:
        """Let what is under way at the Slack app finish, for a while."""
        app, self._app = self._app, None
        if app is not None:
            await app.close()

    def _desk_for(self, settings: DoorSettings) -> SlackApp | None:
        """Return the Slack app, where the settings have a Slack."""
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
        return SlackApp(context)
