"""The check `tcp`: somebody listens on a port of an allowed host."""

import asyncio
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from remediator.core.alert import Alert, AlertStatus
from remediator.core.facts import Answer, Known
from remediator.core.target import Target
from remediator.integrations.http.checks.tcp import CHECKS, TcpParameters
from remediator.integrations.http.gateway import HttpGateway
from remediator.ports.check import Question
from tests.bound import reads_of
from tests.parts.server import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
(CHECK,) = CHECKS


async def ask(gateway: HttpGateway | None, host: str, port: int, **more: object) -> Answer:
    question = Question(
        parameters=TcpParameters.model_validate({"host": host, "port": port, **more}),
        alert=Alert(fingerprint="f", status=AlertStatus.FIRING, labels={}, starts_at=NOW),
        target=Target("host", "web1"),
        now=NOW,
    )
    return await CHECK.checker(reads_of(tcp=gateway)).ask(question)


async def test_a_port_that_accepts_holds_and_hears_nothing() -> None:
    heard, ended = list[bytes](), asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()
        ended.set()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await ask(HttpGateway(["127.0.0.1"]), "127.0.0.1", port)
        await ended.wait()

    assert answer.known is Known.HOLDS
    assert answer.value is not None
    assert heard == [b""]


async def test_a_refused_connection_does_not_hold() -> None:
    answer = await ask(HttpGateway(["127.0.0.1"]), "127.0.0.1", free_port())

    assert answer.known is Known.FAILS


async def test_no_answer_in_time_is_unknown() -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.sleep(5)
        return []

    answer = await ask(HttpGateway(["db1"], resolve=silent), "db1", 5432, within="100ms")

    assert answer.known is Known.UNKNOWN


async def test_a_host_that_is_not_allowed_is_unknown() -> None:
    answer = await ask(HttpGateway(["db1:5432"]), "db1", 22)

    assert answer.known is Known.UNKNOWN
    assert "http.allow" in answer.detail


async def test_without_a_gateway_the_answer_names_the_setting() -> None:
    answer = await ask(None, "db1", 22)

    assert answer.known is Known.UNKNOWN
    assert "http.allow" in answer.detail


@pytest.mark.parametrize(
    "wrong", [{"host": ""}, {"port": 0}, {"port": 65536}, {"port": "x"}, {"within": "-1s"}]
)
def test_parameters_are_read_when_the_playbook_is(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TcpParameters.model_validate({"host": "db1", "port": 5432, **wrong})
