"""The web gateway against a real server on loopback: answers, limits, and the errors that tell what to do next."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from remediator.core.errors import Permanent, Transient, Uncertain
from remediator.integrations.http.api import NotListening, Response
from remediator.integrations.http.gateway import HttpGateway
from tests.parts.loop_clock import outlast
from tests.parts.server import free_port

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

LONG = timedelta(seconds=60)
INSTANT = timedelta(milliseconds=150)


class Site:
    """A server with one route per behaviour; `seen` are the requests that came."""

    def __init__(self) -> None:
        self.seen: list[tuple[web.Request, bytes]] = []
        self.base = ""
        self.address = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request, await request.read()))
        match request.path:
            case "/big":
                return web.Response(body=b"x" * 3_000_000)
            case "/away":
                raise web.HTTPFound("http://127.0.0.1:1/elsewhere")
            case "/bomb":
                body = gzip.compress(b"\0" * 20_000_000)
                return web.Response(body=body, headers={"Content-Encoding": "gzip"})
            case "/latin":
                return web.Response(body=b"caf\xe9")
            case "/sad":
                return web.Response(status=503, headers={"Retry-After": "7"}, text="later")
            case "/cookie":
                answer = web.Response()
                answer.set_cookie("session", "secret")
                return answer
            case "/slow":
                await asyncio.sleep(600)
            case "/cut":
                assert request.transport
                request.transport.close()
            case "/drip":
                return await self._drip(request)
        return web.Response(text="fine")

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x")
            await asyncio.sleep(0.05)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.address = f"127.0.0.1:{runner.addresses[0][1]}"
    site.base = f"http://{site.address}"
    yield site
    await runner.cleanup()


@pytest.fixture
async def gateway(site: Site) -> AsyncIterator[HttpGateway]:
    gateway = HttpGateway([site.address])
    yield gateway
    await gateway.close()


async def test_an_answer_comes_with_status_body_and_headers(
    site: Site, gateway: HttpGateway
) -> None:
    answer = await gateway.request("GET", f"{site.base}/health?x=1", timeout=LONG)

    assert (answer.status, answer.body) == (200, "fine")
    assert answer.headers["content-type"] == answer.headers["Content-Type"]
    assert site.seen[0][0].path_qs == "/health?x=1"


async def test_json_and_raw_content_are_sent_as_given(site: Site, gateway: HttpGateway) -> None:
    url = f"{site.base}/hook"

    await gateway.request("POST", url, timeout=LONG, json={"a": [1, None]})
    await gateway.request("PUT", url, timeout=LONG, content=b"{ }", headers={"X-Mark": "1"})

    (first, one), (second, two) = site.seen
    assert one == b'{"a": [1, null]}'
    assert first.content_type == "application/json"
    assert (two, second.headers["X-Mark"], second.method) == (b"{ }", "1", "PUT")


async def test_a_failing_status_is_an_answer(site: Site, gateway: HttpGateway) -> None:
    answer = await gateway.request("GET", f"{site.base}/sad", timeout=LONG)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


async def test_a_redirect_is_an_answer_and_is_not_followed(
    site: Site, gateway: HttpGateway
) -> None:
    answer = await gateway.request("GET", f"{site.base}/away", timeout=LONG)

    assert answer.status == 302
    assert len(site.seen) == 1


async def test_a_body_is_cut_at_a_mebibyte(site: Site, gateway: HttpGateway) -> None:
    answer = await gateway.request("GET", f"{site.base}/big", timeout=LONG)

    assert len(answer.body) == 1024 * 1024


async def test_a_compressed_bomb_is_not_unpacked(site: Site, gateway: HttpGateway) -> None:
    answer = await gateway.request("GET", f"{site.base}/bomb", timeout=LONG)

    assert len(answer.body) < 100_000
    assert site.seen[0][0].headers["Accept-Encoding"] == "identity"


async def test_a_body_that_is_not_utf_8_is_read_with_replacement(
    site: Site, gateway: HttpGateway
) -> None:
    assert (await gateway.request("GET", f"{site.base}/latin", timeout=LONG)).body == "caf\ufffd"


async def test_cookies_are_not_kept(site: Site, gateway: HttpGateway) -> None:
    for _ in range(2):
        await gateway.request("GET", f"{site.base}/cookie", timeout=LONG)

    assert "Cookie" not in site.seen[1][0].headers


async def lost(asking: asyncio.Task[Response], site: Site) -> None:
    """Let its time be over once it has reached the server."""
    while not site.seen:
        await asyncio.sleep(0.01)
    await outlast(asking, LONG)
    await asking


@pytest.mark.parametrize("path", ["/slow", "/cut", "/drip"])
async def test_a_lost_answer_to_a_write_is_uncertain(
    path: str, site: Site, gateway: HttpGateway
) -> None:
    with pytest.raises(Uncertain, match="after the request was sent"):
        asking = gateway.request("POST", f"{site.base}{path}", timeout=LONG, json={})
        await lost(asyncio.create_task(asking), site)

    assert len(site.seen) == 1


@pytest.mark.parametrize("path", ["/slow", "/cut", "/drip"])
async def test_a_lost_answer_to_a_look_changed_nothing(
    path: str, site: Site, gateway: HttpGateway
) -> None:
    with pytest.raises(Transient):
        asking = gateway.request("GET", f"{site.base}{path}", timeout=LONG)
        await lost(asyncio.create_task(asking), site)


async def test_a_refused_connection_says_that_nobody_listens() -> None:
    port = free_port()
    gateway = HttpGateway(["127.0.0.1"])

    with pytest.raises(NotListening, match="nobody listens"):
        await gateway.request("POST", f"http://127.0.0.1:{port}/", timeout=LONG, json={})
    with pytest.raises(NotListening, match="nobody listens"):
        await gateway.connect("127.0.0.1", port, timeout=LONG)

    await gateway.close()


async def test_a_server_that_speaks_no_tls_is_a_failure_before_anything_was_sent(
    site: Site, gateway: HttpGateway
) -> None:
    url = site.base.replace("http://", "https://")

    with pytest.raises(Transient):
        await gateway.request("POST", url, timeout=LONG, json={})

    assert site.seen == []


async def test_a_name_that_does_not_resolve_is_transient() -> None:
    gateway = HttpGateway(["nowhere.invalid"])

    with pytest.raises(Transient):
        await gateway.request("POST", "http://nowhere.invalid/", timeout=LONG, json={})
    with pytest.raises(Transient):
        await gateway.connect("nowhere.invalid", 80, timeout=LONG)

    await gateway.close()


async def test_a_name_server_that_hangs_is_transient() -> None:
    async def hang(host: str, port: int) -> list[str]:
        await asyncio.sleep(5)
        return []

    gateway = HttpGateway(["db1"], resolve=hang)

    with pytest.raises(Transient, match="in time"):
        await gateway.request("POST", "http://db1/", timeout=INSTANT, json={})
    with pytest.raises(Transient, match="in time"):
        await gateway.connect("db1", 80, timeout=INSTANT)

    await gateway.close()


async def test_the_next_address_of_a_name_is_tried(site: Site) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    gateway = HttpGateway(["localhost"], resolve=two)
    port = int(site.address.partition(":")[2])

    assert (await gateway.request("GET", f"http://localhost:{port}/", timeout=LONG)).body == "fine"
    assert await gateway.connect("localhost", port, timeout=LONG) < LONG.total_seconds()

    await gateway.close()


@pytest.mark.parametrize("header", [{"X-Evil": "a\r\nHost: evil"}, {"X-\nEvil": "a"}])
async def test_a_header_cannot_smuggle_another(
    header: dict[str, str], site: Site, gateway: HttpGateway
) -> None:
    with pytest.raises(Permanent):
        await gateway.request("POST", f"{site.base}/", timeout=LONG, headers=header)

    assert site.seen == []


async def test_errors_do_not_repeat_what_may_be_secret(site: Site, gateway: HttpGateway) -> None:
    with pytest.raises(Uncertain) as caught:
        url = f"{site.base}/cut?token=hunter2"
        await gateway.request("POST", url, timeout=LONG, headers={"Authorization": "hunter2"})

    assert "hunter2" not in str(caught.value)
    assert site.address in str(caught.value)


async def test_a_cancelled_request_is_cancelled(site: Site, gateway: HttpGateway) -> None:
    asking = asyncio.create_task(gateway.request("GET", f"{site.base}/slow", timeout=LONG))
    while not site.seen:
        await asyncio.sleep(0.01)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_closed_gateway_opens_again_when_asked(site: Site, gateway: HttpGateway) -> None:
    await gateway.request("GET", site.base, timeout=LONG)
    await gateway.close()

    assert (await gateway.request("GET", site.base, timeout=LONG)).status == 200
