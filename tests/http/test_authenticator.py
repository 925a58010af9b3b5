"""Who somebody is by what a request carries; test_auth.py has the same through the listener, and real certificates."""

from __future__ import annotations

import pytest

from remediator.http.auth import Authenticator
from remediator.http.credentials import ProxyTrust, Role, SourceKeys, UserKeys
from remediator.http.refusal import HttpRefusal
from tests.http.calls import Line, a_request

TOKEN = {"Authorization": "Bearer t"}
CERTIFIED = [SourceKeys(name="prod", client_cn="am"), SourceKeys(name="lab", tokens=["t"])]
PROXY = ProxyTrust(
    networks=["10.0.0.0/8", "fd00::/8"], secret="between us", roles={Role.VIEWER: ["dev"]}
)
SIGNED_IN = {
    "X-Remediator-Proxy-Secret": "between us",
    "X-Forwarded-User": "ana",
    "X-Forwarded-Groups": "dev, sre",
}


@pytest.mark.parametrize(
    ("names", "headers", "source"),
    [(("am",), {}, "prod"), ((), TOKEN, "lab"), (("am",), TOKEN, "lab")],
)
def test_a_source_is_known_by_its_certificate_or_by_what_it_sends(
    names: tuple[str, ...], headers: dict[str, str], source: str
) -> None:
    authenticator = Authenticator(sources=CERTIFIED, on_loopback=True)

    assert authenticator.source(a_request(headers=headers, line=Line(names=names))) == source


@pytest.mark.parametrize("names", [(), ("other",), ("am", "other"), ("other", "am")])
def test_a_certificate_of_another_name_or_of_two_is_nobodys(names: tuple[str, ...]) -> None:
    authenticator = Authenticator(sources=CERTIFIED, on_loopback=True)

    with pytest.raises(HttpRefusal) as refused:
        authenticator.source(a_request(line=Line(names=names)))
    assert refused.value.status == 401


def test_without_any_credentials_loopback_is_the_first_source_and_an_operator() -> None:
    open_door = Authenticator(
        sources=[SourceKeys(name="prod"), SourceKeys(name="lab")], on_loopback=True
    )

    assert open_door.source(a_request()) == "prod"
    caller = open_door.caller(a_request())
    assert (caller.person.name, caller.role) == ("local", Role.OPERATOR)


@pytest.mark.parametrize(
    "closed",
    [
        Authenticator(),
        Authenticator(
            sources=CERTIFIED,
            users=[UserKeys(name="a", role=Role.VIEWER, tokens=["u"])],
            on_loopback=True,
        ),
        Authenticator(sources=CERTIFIED, proxy=PROXY, on_loopback=True),
    ],
    ids=["elsewhere", "with users", "with a proxy"],
)
def test_everywhere_else_who_brings_nothing_is_nobody(closed: Authenticator) -> None:
    for ask in (closed.source, closed.caller):
        with pytest.raises(HttpRefusal) as refused:
            ask(a_request())
        assert refused.value.status == 401


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00::7", "fd00::7%eth0"])
def test_a_proxy_is_believed_from_its_networks(address: str) -> None:
    authenticator = Authenticator(proxy=PROXY)

    caller = authenticator.caller(a_request(headers=SIGNED_IN, line=Line(address)))

    assert (caller.person.name, caller.role) == ("ana", Role.VIEWER)
    assert caller.person.groups == ("dev", "sre")


@pytest.mark.parametrize("address", ["11.0.0.1", "::1", "", "fe00::7", "unix"])
def test_a_proxy_is_not_believed_from_anywhere_else(address: str) -> None:
    authenticator = Authenticator(proxy=PROXY)

    with pytest.raises(HttpRefusal):
        authenticator.caller(a_request(headers=SIGNED_IN, line=Line(address)))


@pytest.mark.parametrize(
    ("agent", "door"), [("remediator-cli/0.1", "cli"), ("curl/8", "api"), ("", "api")]
)
def test_a_person_at_the_command_line_is_told_apart(agent: str, door: str) -> None:
    users = [UserKeys(name="ana", role=Role.ADMIN, groups=("sre", "admin"), tokens=["t"])]
    request = a_request(headers={**TOKEN, "User-Agent": agent})

    caller = Authenticator(users=users).caller(request)

    assert (caller.person.door, caller.person.groups) == (door, ("sre", "admin"))


@pytest.mark.parametrize(("headers", "comes_in"), [({}, False), (TOKEN, True)])
def test_metrics_are_for_those_with_the_token_where_one_is_set(
    headers: dict[str, str], *, comes_in: bool
) -> None:
    locked = Authenticator(metrics_tokens=["t"])

    Authenticator().check_scraper(a_request(headers=headers))
    if comes_in:
        locked.check_scraper(a_request(headers=headers))
        return
    with pytest.raises(HttpRefusal):
        locked.check_scraper(a_request(headers=headers))
