"""`python -m remediator.integrations.slack.fake`: a Slack to point a daemon at, played by hand."""

from __future__ import annotations

import sys
import threading

import click

from remediator.integrations.slack.fake.console import HELP, Console
from remediator.integrations.slack.fake.fake import FakeSlack

_SETTINGS = """\
slack:
  bot_token: {bot_token}
  app_token: {app_token}
  signing_secret: {signing_secret}
  api_url: {api_url}
  channel: "#sre"
users:
  slack:
    roles: {{operator: ["@sre"], approver: ["@sre-oncall"], viewer: ["*"]}}
"""
_GLANCE = 0.2


@click.command()
@click.option("--port", default=0, show_default="a free one", help="Where to listen, on loopback.")
@click.option("--door", default="", help="The daemon's own URL, for requests over HTTP.")
def main(port: int, door: str) -> None:
    """Play Slack for a daemon: you are @ana (U1), on call; @ben (U2) is not."""
    with FakeSlack(port=port) as slack:
        populate(slack)
        slack.send_to(door)
        click.echo(settings(slack))
        click.echo(HELP)
        play(slack)


def populate(slack: FakeSlack) -> None:
    """Put the people in that the settings speak of."""
    slack.add_user("U1", "ana")
    slack.add_user("U2", "ben")
    slack.add_user("U3", "guest", guest=True)
    slack.add_group("S1", "@sre-oncall", ["U1"])
    slack.add_group("S2", "@sre", ["U1", "U2"])


def settings(slack: FakeSlack) -> str:
    """Return what to write into the daemon's settings."""
    app = slack.app
    return _SETTINGS.format(
        bot_token=app.bot_token,
        app_token=app.app_token,
        signing_secret=app.signing_secret,
        api_url=slack.api_url,
    )


def play(slack: FakeSlack) -> None:
    """Obey every line until `quit` or the end of the input, and print the news meanwhile."""
    console, ended = Console(slack), threading.Event()
    reporter = threading.Thread(target=_report, args=(console, ended))
    reporter.start()
    try:
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            if said := console.obey(line):
                click.echo(said)
    finally:
        ended.set()
        reporter.join()


def _report(console: Console, ended: threading.Event) -> None:
    is_last = False
    while not is_last:
        is_last = ended.wait(_GLANCE)
        for one in console.news():
            click.echo(one)


if __name__ == "__main__":
    main()
