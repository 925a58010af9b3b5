"""Where the web gateway may go: 70 spellings of places it may not, against a trap that would notice."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from remediator.core.errors import InvalidSettings, Permanent
from remediator.integrations.http.address_rules import Destinations, place_of
from remediator.integrations.http.gateway import HttpGateway

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SECOND = timedelta(seconds=1)
# P stands for the trap's port. `allowed.example` is the one allowed name; it leads to where nobody is.
SPELLINGS = [
    "http://127.0.0.1:P/",
    "http://localhost:P/",
    "http://LOCALHOST:P/",
    "http://localhost.:P/",
    "http://localhost.localdomain:P/",
    "http://127.1:P/",
    "http://127.0.1:P/",
    "http://127.0.0.2:P/",
    "http://0:P/",
    "http://0.0.0.0:P/",
    "http://2130706433:P/",
    "http://0x7f000001:P/",
    "http://0x7f.1:P/",
    "http://0177.0.0.1:P/",
    "http://017700000001:P/",
    "http://127.0.0.1.:P/",
    "http://[::1]:P/",
    "http://[0:0:0:0:0:0:0:1]:P/",
    "http://[::]:P/",
    "http://[::ffff:127.0.0.1]:P/",
    "http://[::ffff:7f00:1]:P/",
    "http://[::127.0.0.1]:P/",
    "http://[64:ff9b::7f00:1]:P/",
    "http://[2002:7f00:1::]:P/",
    "http://[fe80::1%25lo]:P/",
    "http://１２７.０.０.１:P/",
    "http://①②⑦.⓪.⓪.①:P/",
    "http://127。0。0。1:P/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/",
    "http://%31%32%37.0.0.1:P/",
    "http://127.0.0.1%00.allowed.example:P/",
    "http://allowed.example@127.0.0.1:P/",
    "http://allowed.example:80@127.0.0.1:P/",
    "http://user:password@allowed.example:P/",
    "http://@127.0.0.1:P/",
    "http://:@allowed.example:P/",
    "http://127.0.0.1:P@allowed.example/",
    "http://127.0.0.1:P\\@allowed.example/",
    "http://allowed.example\\@127.0.0.1:P/",
    "http://127.0.0.1:P#@allowed.example/",
    "http://127.0.0.1:P?@allowed.example/",
    "http://127.0.0.1:P/@allowed.example",
    "http://allowed.example.127.0.0.1.nip.io:P/",
    "http://allowed.example.:P/",
    "http://sub.allowed.example:P/",
    "http://notallowed.example:P/",
    "http://allowed.example\t@127.0.0.1:P/",
    "http://127.0.0.1:P/\r\nHost: allowed.example",
    "http://127.0.0.1\n.allowed.example:P/",
    " http://127.0.0.1:P/",
    "http:127.0.0.1:P/",
    "http:/127.0.0.1:P/",
    "http:///127.0.0.1:P/",
    "//127.0.0.1:P/",
    "127.0.0.1:P/",
    "file:///etc/passwd",
    "ftp://127.0.0.1:P/",
    "gopher://127.0.0.1:P/_GET",
    "unix:/var/run/docker.sock",
    "HTTP://127.0.0.1:P/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://allowed.example:0/",
    "http://allowed.example:99999/",
    "http://[::1/",
    "",
    "http://",
]
EMBEDDED = {
    "::ffff:127.0.0.1": "127.0.0.1",
    "::ffff:169.254.169.254": "169.254.169.254",
    "64:ff9b::7f00:1": "127.0.0.1",
    "64:ff9b::a9fe:a9fe": "169.254.169.254",
    "2002:7f00:1::": "127.0.0.1",
    "2002:a9fe:a9fe::1": "169.254.169.254",
    "2001:0:0:0:0:0:80ff:fffe": "127.0.0.1",
}
INTERNAL = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "::1"),
    *("::", "fe80::1", "fe80::1%lo", "::127.0.0.1", "fd00:ec2::254", "100.100.100.200"),
    *("168.63.129.16", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1", *EMBEDDED),
]
USABLE = ["10.1.2.3", "192.168.1.1", "172.16.0.9", "8.8.8.8", "fd12:3456::1", "2606:4700::1111"]


@dataclass(slots=True)
class Trap:
    """Listens on loopback, both families, and counts whoever comes."""

    port: int = 0
    visits: int = 0

    def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    trap = Trap()
    four = await asyncio.start_server(trap.visit, "0.0.0.0", 0)
    trap.port = four.sockets[0].getsockname()[1]
    servers = [four]
    with suppress(OSError):  # a machine without IPv6
        servers.append(await asyncio.start_server(trap.visit, "::", trap.port))
    yield trap
    for server in servers:
        server.close()


def answering(*rounds: Sequence[str]):
    """A name server that gives these answers one after another, and the last one for ever."""
    left = list(rounds)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_place_that_is_not_listed_is_never_visited(spelling: str, trap: Trap) -> None:
    gateway = HttpGateway(["allowed.example"])

    with pytest.raises(Permanent):
        await gateway.request("GET", spelling.replace(":P", f":{trap.port}"), timeout=SECOND)

    await gateway.close()
    assert trap.visits == 0


async def test_the_trap_notices_a_visit(trap: Trap) -> None:
    gateway = HttpGateway([f"127.0.0.1:{trap.port}"])

    await gateway.connect("127.0.0.1", trap.port, timeout=SECOND)
    while not trap.visits:
        await asyncio.sleep(0.01)

    assert trap.visits == 1


@pytest.mark.parametrize("address", INTERNAL)
async def test_a_listed_name_that_leads_inside_is_refused(address: str, trap: Trap) -> None:
    gateway = HttpGateway(["allowed.example"], resolve=answering([address]))
    url = f"http://allowed.example:{trap.port}/"

    with pytest.raises(Permanent, match="leads to"):
        await gateway.request("GET", url, timeout=SECOND)
    with pytest.raises(Permanent, match="leads to"):
        await gateway.connect("allowed.example", trap.port, timeout=SECOND)

    await gateway.close()
    assert trap.visits == 0


async def test_one_forbidden_address_among_good_ones_is_enough_to_refuse(trap: Trap) -> None:
    gateway = HttpGateway(["allowed.example"], resolve=answering(["192.0.2.1", "127.0.0.1"]))

    with pytest.raises(Permanent, match="leads to"):
        await gateway.connect("allowed.example", trap.port, timeout=SECOND)

    assert trap.visits == 0


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(trap: Trap) -> None:
    """DNS rebinding: the connection goes to the checked address, nobody asks the name server again."""
    rebound = answering(["127.0.0.2"], ["127.0.0.1"])
    gateway = HttpGateway(["allowed.example", "127.0.0.2:1"], resolve=rebound)

    with pytest.raises(Exception, match="nobody listens"):
        await gateway.request("GET", "http://allowed.example:1/", timeout=SECOND)
    with pytest.raises(Permanent, match=r"leads to 127\.0\.0\.1"):
        await gateway.request("GET", f"http://allowed.example:{trap.port}/", timeout=SECOND)

    await gateway.close()
    assert trap.visits == 0


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_usable_where_it_is_listed_itself(address: str) -> None:
    allowed = Destinations(["allowed.example", EMBEDDED.get(address, address)])

    allowed.check_address("allowed.example", ipaddress.ip_address(address), 80)


@pytest.mark.parametrize("address", USABLE)
def test_private_and_public_addresses_of_listed_names_are_usable(address: str) -> None:
    Destinations(["db1"]).check_address("db1", ipaddress.ip_address(address), 5432)


LISTED = [
    (["db1"], "db1", 80, True),
    (["DB1"], "db1", 80, True),
    (["db1"], "DB1", 5432, True),
    (["db1:5432"], "db1", 5432, True),
    (["db1:5432"], "db1", 80, False),
    (["db1"], "db10", 80, False),
    (["db1"], "a.db1", 80, False),
    (["10.0.0.1"], "10.0.0.1", 80, True),
    (["10.0.0.1:80"], "10.0.0.1", 81, False),
    (["[::1]:9090"], "::1", 9090, True),
    (["[::1]:9090"], "::1", 9091, False),
    (["::1"], "0:0:0:0:0:0:0:1", 9090, True),
    (["localhost"], "localhost", 9090, True),
    (["127.0.0.1:9090"], "127.0.0.1", 9090, True),
    (["127.0.0.1:9090"], "localhost", 9090, False),
    ([], "db1", 80, False),
]


@pytest.mark.parametrize(("allowed", "host", "port", "is_allowed"), LISTED)
def test_a_host_is_allowed_as_it_is_listed(
    allowed: list[str], host: str, port: int, is_allowed: bool
) -> None:
    if is_allowed:
        Destinations(allowed).check_host(host, port)
    else:
        with pytest.raises(Permanent, match=r"http\.allow"):
            Destinations(allowed).check_host(host, port)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://hooks.example.com/x?y", "hooks.example.com:443"),
        ("http://user@[::1]:9093/", "[::1]:9093"),
        ("http://127.0.0.1/", "127.0.0.1:80"),
    ],
)
def test_the_place_of_a_url_can_be_listed(url: str, place: str) -> None:
    assert place_of(url) == place
    Destinations([place])


def test_localhost_may_lead_to_loopback_where_it_is_listed_and_nowhere_else_inside() -> None:
    allowed = Destinations(["localhost"])

    allowed.check_address("localhost", ipaddress.ip_address("127.0.0.1"), 80)
    allowed.check_address("localhost", ipaddress.ip_address("::1"), 80)
    with pytest.raises(Permanent):
        allowed.check_address("localhost", ipaddress.ip_address("169.254.169.254"), 80)


@pytest.mark.parametrize(
    "entry",
    ["", "http://db1", "db1/path", "db1:0", "db1:65536", "user@db1", "*", "[db1]:80", "a b"],
)
def test_a_setting_that_is_not_a_host_is_refused(entry: str) -> None:
    with pytest.raises(InvalidSettings, match="is not a host"):
        Destinations([entry])
