"""The channel `slack`: messages as Block Kit in Slack, edited in place; what the doors in `slack/door` share with it.

Imported always, so nothing here loads Slack's SDK.
"""

from remediator.integrations.slack.delivery.deliverer import CHANNEL

CHANNELS = (CHANNEL,)
