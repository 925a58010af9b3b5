"""What Alertmanager's configuration says so that it posts to us. Shown by `serve`, written by `init`."""

from __future__ import annotations

_TEXT = """\
route:
  receiver: people              # yours, as you have it
  routes:
    - receiver: remediator      # first, so that it hears everything
      continue: true            # and people are told by your own routes as before
      group_by: [alertname, instance]
      group_wait: 30s
      group_interval: 1m        # how late a "resolved" may be, and how long one delivery is retried
receivers:
  - name: people
  - name: remediator
    webhook_configs:
      - url: {url}
        send_resolved: true     # remediator learns from it that an episode is over
        max_alerts: 0           # never cut a group: the last alerts would never be heard of
"""


def receiver(url: str) -> str:
    """Return a configuration with a receiver that posts to this URL: whole, and to be merged into another."""
    return _TEXT.format(url=url)
