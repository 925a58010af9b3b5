"""The door over reloads: what is in force takes what comes, and what is only prepared takes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediator.core.masking import Mask
from remediator.core.people import People
from remediator.documents.secret import Secret
from remediator.engine.explanation import Explanation
from remediator.integrations.slack.door.door import SlackDoor
from remediator.integrations.slack.fake import FakeSlack
from remediator.integrations.slack.integration import INTEGRATION, connect
from remediator.integrations.slack.settings.section import SLACK_SECTION, SlackSettings
from remediator.ports.door import DoorServices, DoorSettings
from remediator.ports.gateways import Reads
from remediator.ports.integration import Services
from remediator.ports.sections import Sections
from tests.engine.house import House, a_house
from tests.http.daemon import running
from tests.integrations.slack.door.desk import signed

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

NOTHING = Sections()
APP = b"team_id=T0HOME00&api_app_id=A0REMEDY0&"
BODY = APP + b"command=%2Fremediator&text=help&user_id=U0ANA&channel_id=C0SRE&response_url="


def opened(house: House) -> SlackDoor:
    services = DoorServices(
        store=house.store,
        control=house.control,
        why=Explanation(store=house.store, rules=house.rules).why,
        ambient=house.clock.ambient(),
        log=lambda event_name, **fields: None,
        playbooks=tuple,
        connected=lambda is_connected: None,
    )
    assert INTEGRATION.door
    door = INTEGRATION.door(services)
    assert isinstance(door, SlackDoor)
    return door


def a_section(slack: FakeSlack, secret: str) -> Sections:
    settings = SlackSettings(
        bot_token=Secret(slack.app.bot_token),
        channel="#sre",
        signing_secret=Secret(secret),
        api_url=slack.api_url,
    )
    return Sections().having(SLACK_SECTION, settings)


def settings(sections: Sections, reads: Reads) -> DoorSettings:
    roles = {"operator": ("*",)}
    return DoorSettings(sections=sections, reads=reads, roles=roles, people=People(), mask=Mask())


async def test_a_reload_changes_whose_signature_counts_once_it_is_in_force(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house, FakeSlack() as slack:
        door = opened(house)
        old, new = (a_section(slack, secret) for secret in ("old", "new"))
        before, after = (connect(Services(sections=each)) for each in (old, new))
        stamp = house.clock.now().timestamp()

        async with running(tmp_path, doors=door.routes, store=house.store) as daemon:

            async def status(secret: str, more: str) -> int:
                body = BODY + more.encode()
                headers = signed(secret, body, stamp)
                return (
                    await daemon.ask("POST", "/slack/events", data=body, headers=headers)
                ).status

            assert await status("old", "1") == 404
            await door.prepare(settings(old, before.reads))()
            assert (await status("old", "2"), await status("new", "3")) == (200, 401)
            renew = door.prepare(settings(new, after.reads))
            assert await status("old", "4") == 200
            await renew()
            assert (await status("old", "5"), await status("new", "6")) == (401, 200)
            await door.prepare(settings(NOTHING, Reads()))()
            assert await status("new", "7") == 404

        await door.close()
        await before.close()
        await after.close()
