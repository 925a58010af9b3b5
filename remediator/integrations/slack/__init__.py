"""Slack: messages as Block Kit, edited in place, and the answers that people give there."""
