"""A strict stand-in for Slack: what passes here works there. `FakeSlack` is what tests use.

    with FakeSlack() as slack:  # or `async with`; it has a thread of its own
        slack.add_user("U1", "ana")
        slack.add_group("S1", "@sre-oncall", ["U1"])
        AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
        (message,) = slack.channel("#sre").messages
        await slack.click(message, "run.approve", "U1")

`python -m remediator.integrations.slack.fake --port 8090` plays it for a daemon by hand.
"""

from remediator.integrations.slack.fake.blocks import problems_of_blocks
from remediator.integrations.slack.fake.fake import FakeSlack
from remediator.integrations.slack.fake.modals import problems_of_view
from remediator.integrations.slack.fake.refusals import CannotHappen

__all__ = ["CannotHappen", "FakeSlack", "problems_of_blocks", "problems_of_view"]
