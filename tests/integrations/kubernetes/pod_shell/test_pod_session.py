"""Ways into a container that are shut, cut or silent: what is known then of a look and of a change."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.target import Target
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.pod_shell import exec_session as sessions
from remediator.integrations.kubernetes.pod_shell import shell as pod_shells
from remediator.integrations.kubernetes.pod_shell.exec_session import Ending
from remediator.integrations.kubernetes.pod_shell.exec_streams import (
    ExecStreams,
    exit_code_of,
    message_of,
)
from remediator.integrations.kubernetes.pod_shell.shell import PodShell, has_no_shell
from remediator.integrations.shell.remote.receipt_report import MARK
from tests.integrations.kubernetes.kubernetes_parts import kubeconfig, reach

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

POD = Target("pod", "shop/api-1")
LIMIT = timedelta(seconds=2)
OBJECT = {
    "metadata": {"name": "api-1", "namespace": "shop", "uid": "u1"},
    "spec": {"containers": [{"name": "main"}]},
    "status": {
        "containerStatuses": [
            {"name": "main", "containerID": "docker://1", "state": {"running": {}}}
        ]
    },
}
SUCCESS = json.dumps({"status": "Success"}).encode()


def failure(code: str) -> bytes:
    causes = [{"reason": "ExitCode", "message": code}]
    status = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}
    return json.dumps(status).encode()


Exec = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def api(folder: Path, answer: Exec) -> AsyncIterator[PodShell]:
    """An API server with one pod, whose exec does as told."""
    app = web.Application()

    async def pod(request: web.Request) -> web.Response:
        return web.json_response(OBJECT)

    app.router.add_get("/api/v1/namespaces/shop/pods/api-1", pod)
    app.router.add_get("/api/v1/namespaces/shop/pods/api-1/exec", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    kubernetes = Kubernetes([reach(kubeconfig(folder, f"http://127.0.0.1:{port}"))])
    try:
        yield PodShell(kubernetes.looking)
    finally:
        await kubernetes.close()
        await runner.cleanup()


def speaks(*frames: bytes, hang: float = 0.0, drop: bool = False) -> Exec:
    """Open the WebSocket, send frames, and close; or drop the line."""

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("v4.channel.k8s.io",))
        await socket.prepare(request)
        for frame in frames:
            await socket.send_bytes(frame)
        await asyncio.sleep(hang)
        if drop:
            assert request.transport is not None
            request.transport.abort()
        await socket.close()
        return socket

    return answer


def refuses(status: int) -> Exec:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    return answer


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def look_error(shell: PodShell) -> ActionError:
    with pytest.raises(ActionError) as caught:
        await shell.look(POD, ["ls"], timeout=LIMIT)
    return caught.value


async def change(shell: PodShell) -> Any:
    late = datetime.now(UTC) + timedelta(minutes=1)
    return await shell.change(POD, ["ls"], token="t1", fence=1, not_after=late, timeout=LIMIT)


async def change_error(shell: PodShell) -> ActionError:
    with pytest.raises(ActionError) as caught:
        await change(shell)
    return caught.value


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "OPEN_SECONDS", 0.5)
    monkeypatch.setattr(sessions, "_CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(pod_shells, "GRACE", timedelta(seconds=-1))
    monkeypatch.setattr(pod_shells, "RECEIPT_LIMIT", timedelta(0))


MARKED = f"{MARK} t1 ".encode()
TABLE: list[tuple[str, Exec, type[ActionError], type[ActionError], str]] = [
    ("forbidden", refuses(403), Permanent, Permanent, "pods/exec in the namespace shop"),
    ("signed out", refuses(401), Transient, Transient, "does not know who we are"),
    ("gone between", refuses(404), Permanent, Stale, "the pod is gone"),
    ("node away", refuses(500), Transient, Transient, "its node did not take the command"),
    ("too many", refuses(429), Transient, Transient, "did not take"),
    ("refused", refuses(400), Permanent, Permanent, "status 400"),
    ("no answer to the opening", hangs, Transient, Uncertain, "no answer within"),
    ("no end in time", speaks(hang=5), Transient, Uncertain, "no answer within"),
    ("closed without a word", speaks(), Transient, Uncertain, ""),
    ("cut", speaks(b"\x01begun", drop=True), Transient, Uncertain, ""),
    (
        "a Status without an exit code",
        speaks(b'\x03{"status": "Failure", "message": "stream broke"}'),
        Transient,
        Uncertain,
        "stream broke",
    ),
    (
        "no sh, as containerd says it",
        speaks(
            b'\x03{"status": "Failure", "message": "OCI runtime exec failed: exec: \\"sh\\":'
            b' executable file not found in $PATH: unknown"}'
        ),
        Permanent,
        Permanent,
        "has no sh",
    ),
]


@pytest.mark.parametrize(
    ("answer", "of_look", "of_change", "words"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
async def test_what_is_known_is_said(
    tmp_path: Path,
    answer: Exec,
    of_look: type[ActionError],
    of_change: type[ActionError],
    words: str,
) -> None:
    async with api(tmp_path, answer) as shell:
        looked, changed = await look_error(shell), await change_error(shell)

    assert type(looked) is of_look, looked
    assert type(changed) is of_change, changed
    assert words in looked.detail
    assert words in changed.detail
    assert looked.target == changed.target == str(POD)


async def test_a_server_that_is_down_has_started_nothing(tmp_path: Path) -> None:
    nowhere = reach(kubeconfig(tmp_path, "http://127.0.0.1:9"))
    kubernetes = Kubernetes([nowhere])
    shell = PodShell(kubernetes.looking)

    assert type(await look_error(shell)) is Transient
    assert type(await change_error(shell)) is Transient
    await kubernetes.close()


async def test_a_change_whose_program_never_spoke_did_not_run(tmp_path: Path) -> None:
    async with api(tmp_path, speaks(b"\x02sh: bad", b"\x03" + failure("2"))) as shell:
        error = await change_error(shell)

    assert type(error) is Permanent
    assert "did not run our program: sh: bad" in error.detail


async def test_a_change_that_was_launched_and_reports_no_end_is_uncertain(tmp_path: Path) -> None:
    launched = speaks(b"\x01" + MARKED + b"launched\n", b"\x03" + failure("137"))
    async with api(tmp_path, launched) as shell:
        assert type(await change_error(shell)) is Uncertain


async def test_the_commands_own_end_is_the_one_that_counts(tmp_path: Path) -> None:
    said = MARKED + b"launched\n" + MARKED + b"done:3\nout\n"
    ends = speaks(b"\x01" + said[:30], b"\x01" + said[30:], b"\x02err\n", b"\x03" + SUCCESS)
    async with api(tmp_path, ends) as shell:
        output = await change(shell)

    assert (output.exit_code, output.stdout, output.stderr) == (3, "out\n", "err\n")


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (b"stale its token is spent", Stale, "its token is spent"),
        (b"busy another change is running", Transient, "another change is running"),
        (b"unusable /tmp: no space left", Transient, "no space left"),
        (b"unusable the image has no ln", Permanent, "the image has no ln"),
    ],
)
async def test_a_refusal_there_is_an_error_here(
    tmp_path: Path, said: bytes, error: type[ActionError], words: str
) -> None:
    frames = (b"\x01" + MARKED + b"launched\n" + MARKED + said + b"\n", b"\x03" + SUCCESS)
    async with api(tmp_path, speaks(*frames)) as shell:
        refused = await change_error(shell)

    assert type(refused) is error
    assert words in refused.detail


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SUCCESS, 0),
        (failure("7"), 7),
        (b'{"status": "Failure", "message": "gone"}', None),
        (b'{"status": "Failure", "details": {"causes": []}}', None),
        (b'{"status": "Failure", "details": {"causes": [{"reason": "Other"}]}}', None),
        (failure("x"), None),
        (b"", None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_an_exit_code_is_read_from_the_status_or_not_known(status: bytes, code: int | None) -> None:
    assert exit_code_of(status) == code


def test_streams_are_told_apart_by_their_first_byte() -> None:
    streams = ExecStreams(1000)
    for frame in (
        b"\x01",
        b"\x01out",
        b"\x02err",
        b"\x01put",
        b"\x03{}",
        b"\x04size",
        b"\x09?",
        b"",
    ):
        streams.hear(frame)

    assert streams.stdout.content() == b"output"
    assert streams.stderr.content() == b"err"
    assert streams.status == b"{}"
    assert message_of(b'{"message": "a\\nb"}') == "a b"


def test_a_command_that_fails_by_itself_is_not_taken_for_an_image_without_sh() -> None:
    said = Ending(
        exit_code=127,
        stdout=b"",
        stderr=b"no-such-program: executable file not found",
        seconds=0.1,
        truncated=False,
    )

    assert not has_no_shell(said)
