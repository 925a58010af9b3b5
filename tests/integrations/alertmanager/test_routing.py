"""Which alerts Alertmanager's routes send to us."""

from __future__ import annotations

import pytest

from remediator.core.errors import InputError
from remediator.core.facts import Known
from remediator.core.known_labels import KnownLabels
from remediator.integrations.alertmanager.receiver import receiver
from remediator.integrations.alertmanager.routing import read_routes

PATH = "/webhooks/alertmanager"
RECEIVERS = """
receivers:
  - name: people
  - name: us
    webhook_configs: [{url: 'https://remediator.example.com/x/webhooks/alertmanager'}]
"""
FULL = KnownLabels(values={"alertname": "Full", "env": "prod"})
OPEN = KnownLabels(values={"alertname": "Full"}, present=frozenset({"env"}))
CASES = [
    ("{receiver: us}", FULL, Known.HOLDS),
    ("{receiver: people}", FULL, Known.FAILS),
    ("{receiver: people, routes: [{receiver: us}]}", FULL, Known.HOLDS),
    ("{receiver: people, routes: [{receiver: us, matchers: [env=prod]}]}", FULL, Known.HOLDS),
    ("{receiver: people, routes: [{receiver: us, matchers: ['env=staging']}]}", FULL, Known.FAILS),
    ("{receiver: people, routes: [{receiver: us, match: {env: prod}}]}", FULL, Known.HOLDS),
    ("{receiver: people, routes: [{receiver: us, match_re: {env: 'p.*'}}]}", FULL, Known.HOLDS),
    ("{receiver: people, routes: [{receiver: us, match_re: {env: 'p'}}]}", FULL, Known.FAILS),
    (
        """{receiver: people, routes: [{receiver: us, matchers: ['{env="prod", alertname=~"F.*"}']}]}""",
        FULL,
        Known.HOLDS,
    ),
    (
        "{receiver: people, routes: [{receiver: us, matchers: ['env=prod, x=y']}]}",
        FULL,
        Known.FAILS,
    ),
    ("{receiver: people, routes: [{receiver: us, matchers: [env=prod]}]}", OPEN, Known.UNKNOWN),
    # the first that it enters takes it
    ("{receiver: people, routes: [{receiver: people}, {receiver: us}]}", FULL, Known.FAILS),
    (
        "{receiver: people, routes: [{receiver: people, continue: true}, {receiver: us}]}",
        FULL,
        Known.HOLDS,
    ),
    (
        "{receiver: people, routes: [{receiver: us, continue: true}, {receiver: people}]}",
        FULL,
        Known.HOLDS,
    ),
    (
        "{receiver: us, routes: [{receiver: people, matchers: [env=prod], continue: true}]}",
        FULL,
        Known.FAILS,
    ),
    (
        "{receiver: people, routes: [{receiver: people, matchers: [env=x]}, {receiver: us}]}",
        OPEN,
        Known.UNKNOWN,
    ),
    # whichever way it goes, we are told
    (
        "{receiver: people, routes: [{receiver: us, matchers: [env=x], continue: true}, {receiver: us}]}",
        OPEN,
        Known.HOLDS,
    ),
    ("{receiver: us, routes: [{receiver: us, matchers: [env=x]}]}", OPEN, Known.HOLDS),
    # nested, and a receiver that is handed down
    (
        "{receiver: people, routes: [{receiver: us, matchers: [env=prod], routes: [{matchers: [alertname=Full]}]}]}",
        FULL,
        Known.HOLDS,
    ),
    (
        "{receiver: us, routes: [{receiver: people, routes: [{receiver: us, matchers: [env=prod]}]}]}",
        FULL,
        Known.HOLDS,
    ),
]


@pytest.mark.parametrize(("route", "labels", "known"), CASES)
def test_an_alert_goes_as_alertmanager_would_send_it(
    route: str, labels: KnownLabels, known: Known
) -> None:
    routes = read_routes("am.yml", f"route: {route}\n{RECEIVERS}".encode(), (), PATH)
    assert routes.reach(labels) is known


def test_the_receiver_that_init_writes_is_found_by_its_address() -> None:
    text = receiver(f"http://127.0.0.1:9095{PATH}")
    routes = read_routes("am.yml", text.encode(), (), PATH)
    assert (routes.receivers, routes.reach(FULL)) == (("remediator",), Known.HOLDS)


def test_where_addresses_are_secret_the_receiver_is_named() -> None:
    text = f"route: {{receiver: us}}\n{RECEIVERS}".replace("https", "<secret>").encode()
    hidden = text.replace(b"://remediator.example.com/x/webhooks/alertmanager", b"")

    assert read_routes("am.yml", hidden, (), PATH).receivers == ()
    assert read_routes("am.yml", hidden, ("us",), PATH).reach(FULL) is Known.HOLDS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("groups: []", "no `route`"),
        ("", "no `route`"),
        ("route: {receiver: us, routes: [{matchers: ['a']}]}", "am.yml:1:.*is not a matcher"),
        ("route: [", "am.yml:2:.*not YAML"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_routes("am.yml", text.encode(), (), PATH)


def test_a_receiver_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError, match="no receiver usss; there are people, us"):
        read_routes("am.yml", f"route: {{receiver: us}}\n{RECEIVERS}".encode(), ("usss",), PATH)
