"""What the tests of the Kubernetes gateway share: clusters that misbehave, and small objects to read and change."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from remediator.integrations.kubernetes.api import PatchType, Ref, Resource, Verb, Write
from remediator.integrations.kubernetes.settings import KubernetesSettings

CONFIG_MAPS = Resource(group="", version="v1", plural="configmaps")

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def config_map(name: str, namespace: str, **values: str) -> dict[str, Any]:
    """The smallest object there is."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": values}


def map_ref(namespace: str, name: str) -> Ref:
    return Ref(resource=CONFIG_MAPS, namespace=namespace, name=name)


def merge(ref: Ref, body: Any) -> Write:
    return Write(verb=Verb.PATCH, ref=ref, body=body)


def json_patch(ref: Ref, *operations: dict[str, Any]) -> Write:
    return Write(verb=Verb.PATCH, ref=ref, body=list(operations), patch=PatchType.JSON)


def kubeconfig(folder: Path, server: str, **user: Any) -> Path:
    """A kubeconfig for a server and a user."""
    document = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "there", "user": "me"}}],
        "clusters": [{"name": "there", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def reach(path: Path, name: str = "test", **more: Any) -> KubernetesSettings:
    return KubernetesSettings(name=name, kubeconfig=path, namespaces=("*",), **more)


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[str]:
    """An HTTP server on loopback that talks as told; the URL."""
    talks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        one = asyncio.ensure_future(talk(reader, writer))
        talks.add(one)

    listening = await asyncio.start_server(begin, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        listening.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everything, say nothing."""
    try:
        while await reader.read(65_536):
            pass
        await asyncio.sleep(3600)
    finally:
        writer.close()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read the request and close."""
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


def answers(status: int, body: str, *headers: str) -> Talk:
    """Answer a request with a status, a body and more headers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = body.encode()
        head = f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nConnection: close"
        await reader.readuntil(b"\r\n\r\n")
        more = "".join(f"\r\n{header}" for header in headers)
        writer.write(f"{head}{more}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
        await writer.drain()
        writer.close()

    return talk


class Scripted:
    """An API server with an answer for each path; what it does not know is 404. `bodies` are what was sent."""

    def __init__(self, paths: Mapping[str, Any]) -> None:
        self.paths = paths
        self.asked: list[str] = []
        self.bodies: list[Any] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1].partition("?")[0]
        self.asked.append(path)
        length = [line[16:] for line in head.split("\r\n") if line.startswith("Content-Length: ")]
        if length:
            self.bodies.append(json.loads(await reader.readexactly(int(length[0]))))
        status = 200 if path in self.paths else 404
        body = json.dumps(self.paths.get(path, {})).encode()
        start = f"HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {len(body)}"
        writer.write(f"{start}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
