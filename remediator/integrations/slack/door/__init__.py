"""Slack's two doors, Socket Mode and `POST /slack/events`: the same listeners, which go through control and the store.

No door edits a message: what a click changes is told by the outbox. So any replica may get any click.
"""
