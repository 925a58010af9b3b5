"""The channel `slack`: messages as Block Kit in Slack, edited in place; what the doors in `http/slack` share with it.

Imported always, so nothing here loads Slack's SDK.
"""

from remediator.channels.slack.deliverer import CHANNEL

CHANNELS = (CHANNEL,)
