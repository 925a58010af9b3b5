"""Clusters that are down, slow or rude: what is known then, and that nobody else waits for them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from remediator.core.errors import ActionError, Permanent, Stale, Transient, Uncertain
from remediator.core.target import parse_target
from remediator.integrations.kubernetes.api import DEPLOYMENTS, Permission, Verb, Write
from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from remediator.integrations.kubernetes.gateway.clusters import Kubernetes
from remediator.integrations.kubernetes.gateway.connection import Connection
from remediator.integrations.kubernetes.settings import KubernetesSettings
from tests.integrations.kubernetes.kubernetes_parts import (
    Talk,
    answers,
    hangs_up,
    kubeconfig,
    map_ref,
    merge,
    never_answers,
    reach,
    server,
)
from tests.parts.server import free_port

pytestmark = pytest.mark.slow  # many real stores and sockets: more than a minute has room for

SOON = timedelta(seconds=0.4)
BUSY = timedelta(seconds=3)  # half of it is for connecting: whoever could not has sent nothing
REF = map_ref("payments", "api")
PATCH = merge(REF, {"data": {}})


@asynccontextmanager
async def opened(folder: Path, url: str) -> AsyncIterator[ClusterWriter]:
    there = reach(kubeconfig(folder, url))
    connection = Connection(there, timeout=SOON)
    try:
        yield ClusterWriter(there, connection)
    finally:
        await connection.close()


@asynccontextmanager
async def against(talk: Talk, folder: Path) -> AsyncIterator[ClusterWriter]:
    async with server(talk) as url, opened(folder, url) as writes:
        yield writes


LOOKS: list[Callable[[ClusterWriter], Awaitable[object]]] = [
    lambda writes: writes.get(REF),
    lambda writes: writes.list(DEPLOYMENTS, "payments"),
    lambda writes: writes.rehearse(PATCH),
    lambda writes: writes.logs("payments", "api", "main"),
    lambda writes: writes.may(Permission(verb="get", resource=DEPLOYMENTS)),
]


@pytest.mark.parametrize("talk", [never_answers, hangs_up, answers(503, "{}")])
async def test_a_question_without_an_answer_may_be_asked_again(talk: Talk, tmp_path: Path) -> None:
    async with against(talk, tmp_path) as writes:
        found = await asyncio.gather(*(look(writes) for look in LOOKS), return_exceptions=True)

    assert [type(each) for each in found] == [Transient] * len(LOOKS)


@pytest.mark.parametrize("talk", [never_answers, hangs_up, answers(200, "{"), answers(504, "{}")])
async def test_a_write_without_an_answer_is_uncertain(talk: Talk, tmp_path: Path) -> None:
    async with against(talk, tmp_path) as writes:
        bodies = [Write(verb=verb, ref=REF, body={}) for verb in Verb]
        sent = (writes.write(write, timeout=BUSY) for write in bodies)
        found = await asyncio.gather(*sent, return_exceptions=True)

    assert [type(each) for each in found] == [Uncertain] * len(bodies)


async def test_a_write_is_not_carried_on_to_where_a_server_sends_it(tmp_path: Path) -> None:
    async with server(answers(200, "{}")) as elsewhere:
        moved = answers(307, "{}", f"Location: {elsewhere}/")
        async with against(moved, tmp_path) as writes:
            with pytest.raises(Uncertain):
                await writes.write(PATCH, timeout=BUSY)


async def test_a_cluster_that_is_not_there_was_not_written_to(tmp_path: Path) -> None:
    async with opened(tmp_path, f"http://127.0.0.1:{free_port()}") as writes:
        with pytest.raises(Transient, match="cannot connect"):
            await writes.get(REF)
        with pytest.raises(Transient, match="cannot connect"):
            await writes.write(PATCH, timeout=SOON)


async def test_a_server_that_takes_connections_and_no_handshake_was_not_written_to(
    tmp_path: Path,
) -> None:
    async with server(never_answers) as url, opened(tmp_path, url.replace("http", "https")) as c:
        with pytest.raises(Transient, match="no answer in time"):
            await c.write(PATCH, timeout=SOON)


async def test_a_write_that_nobody_answers_was_sent_once(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n"))
        writer.close()

    async with against(listens, tmp_path) as writes:
        for verb in Verb:
            with pytest.raises(Uncertain):
                await writes.write(Write(verb=verb, ref=REF, body={}), timeout=BUSY)

    assert [line.split()[0] for line in heard] == [b"POST", b"PATCH", b"PUT", b"DELETE"]


async def test_a_cluster_that_is_down_holds_no_other_up(tmp_path: Path) -> None:
    (tmp_path / "down").mkdir()
    async with server(never_answers) as down, server(answers(200, '{"kind": "ConfigMap"}')) as up:
        clusters = Kubernetes(
            [
                reach(kubeconfig(tmp_path / "down", down), "down"),
                reach(kubeconfig(tmp_path, up), "up"),
            ]
        )
        of = clusters.looking.of
        waiting = [
            asyncio.ensure_future(of(parse_target("pod/a/b@down")).get(REF)) for _ in range(50)
        ]
        await asyncio.sleep(0.2)
        began = time.monotonic()

        assert await of(parse_target("pod/a/b@up")).get(REF) == {"kind": "ConfigMap"}

        assert time.monotonic() - began < 10
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await clusters.close()


STATUSES: list[tuple[int, str, type[ActionError], type[ActionError], type[ActionError]]] = [
    # status, message, what a look, a rehearsal and a write make of it
    (400, "bad", Permanent, Permanent, Permanent),
    (401, "Unauthorized", Permanent, Permanent, Transient),
    (403, 'User \\"me\\" cannot patch resource', Permanent, Permanent, Permanent),
    (409, "has been modified", Permanent, Transient, Stale),
    (412, "precondition", Permanent, Transient, Stale),
    (422, "is invalid", Permanent, Permanent, Permanent),
    (429, "slow down", Transient, Transient, Transient),
    (500, "etcdserver: request timed out", Transient, Transient, Uncertain),
    (500, 'failed calling webhook \\"x\\"', Transient, Transient, Transient),
    (502, "bad gateway", Transient, Transient, Uncertain),
    (503, "no leader", Transient, Transient, Uncertain),
    (504, "did not complete", Transient, Transient, Uncertain),
]


@pytest.mark.parametrize(("status", "message", "look", "rehearsal", "write"), STATUSES)
async def test_each_refusal_says_what_to_do_next(
    status: int,
    message: str,
    look: type[ActionError],
    rehearsal: type[ActionError],
    write: type[ActionError],
    tmp_path: Path,
) -> None:
    async with against(answers(status, f'{{"message": "{message}"}}'), tmp_path) as writes:
        with pytest.raises(look) as looked:
            await writes.get(REF)
        with pytest.raises(rehearsal) as rehearsed:
            await writes.rehearse(PATCH)
        with pytest.raises(write) as written:
            await writes.write(PATCH, timeout=SOON)

    assert [type(e.value) for e in (looked, rehearsed, written)] == [look, rehearsal, write]


async def test_admission_that_says_no_is_not_taken_for_a_missing_right(tmp_path: Path) -> None:
    body = '{"message": "admission webhook \\"policy\\" denied the request: no latest tags"}'
    async with against(answers(403, body), tmp_path) as writes:
        with pytest.raises(Permanent, match=r"refused by the cluster's admission: .*latest tags"):
            await writes.rehearse(PATCH)


async def test_what_a_server_says_cannot_draw_on_a_terminal(tmp_path: Path) -> None:
    async with against(answers(400, '{"message": "\\u001b[31mred\\nline"}'), tmp_path) as writes:
        with pytest.raises(Permanent) as refused:
            await writes.get(REF)

    assert refused.value.detail == "cannot get configmaps in the namespace payments: red line"


@pytest.mark.parametrize(
    ("names", "target", "words"),
    [
        ((), "pod/a/b", "knows no cluster: set `kubernetes`"),
        (("one", "two"), "pod/a/b", "which cluster\\? write @NAME behind it: one, two"),
        (("one", "two"), "pod/a/b@three", "no cluster 'three'"),
        (("one",), "node/n@three", "no cluster 'three'"),
    ],
)
def test_a_target_without_a_known_cluster_is_refused(
    names: tuple[str, ...], target: str, words: str
) -> None:
    clusters = Kubernetes([KubernetesSettings(name=name) for name in names])

    with pytest.raises(Permanent, match=words):
        clusters.looking.of(parse_target(target))


def test_the_only_cluster_need_not_be_named() -> None:
    clusters = Kubernetes([KubernetesSettings(name="one")])

    assert clusters.looking.of(parse_target("pod/a/b")).name == "one"
    assert clusters.acting.of(parse_target("pod/a/b@one")).name == "one"
