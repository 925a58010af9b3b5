"""Who we are in a cluster: kubeconfigs, pods, tokens that are replaced, plugins, and certificates."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from remediator.core.errors import Permanent, Transient
from remediator.integrations.kubernetes.gateway import credentials
from remediator.integrations.kubernetes.gateway.cluster import ClusterWriter
from remediator.integrations.kubernetes.gateway.connection import Connection
from remediator.integrations.kubernetes.gateway.kubeconfig import read_account
from remediator.integrations.kubernetes.settings import KubernetesSettings
from tests.integrations.kubernetes.kubernetes_parts import kubeconfig, map_ref, merge, reach, server
from tests.parts.cluster import Cluster, only_on_ours, wait_until
from tests.parts.loop_clock import outlast
from tests.parts.server import output

REF = map_ref("payments", "api")
SOON = timedelta(seconds=20)


class Doorman:
    """An API server that knows one token, and remembers what it was shown."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.shown: list[str] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        given = [line for line in head.split("\r\n") if line.lower().startswith("authorization:")]
        self.shown.append(given[0].partition(" ")[2] if given else "")
        known = self.shown[-1] == f"Bearer {self.token}"
        status, body = (200, b"{}") if known else (401, b'{"message": "Unauthorized"}')
        start = f"HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {len(body)}"
        writer.write(f"{start}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def signed_in(doorman: Doorman, folder: Path, **user: Any) -> AsyncIterator[ClusterWriter]:
    async with server(doorman.talk) as url:
        there = reach(kubeconfig(folder, url, **user))
        connection = Connection(there, timeout=SOON)
        try:
            yield ClusterWriter(there, connection)
        finally:
            await connection.close()


def plugin(folder: Path, script: str) -> dict[str, Any]:
    """A credential plugin: a shell script beside the kubeconfig."""
    (folder / "plugin").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "plugin").chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"apiVersion": version, "command": "./plugin", "env": [{"name": "WORD", "value": "x"}]}


def answer(**status: str) -> str:
    version = "client.authentication.k8s.io/v1"
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


async def test_a_token_is_shown(tmp_path: Path) -> None:
    async with signed_in(Doorman("one"), tmp_path, token="one") as writes:
        assert await writes.get(REF) == {}


async def test_a_token_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old\n")
    doorman = Doorman("old")
    async with signed_in(doorman, tmp_path, tokenFile="token") as writes:
        assert await writes.get(REF) == {}
        doorman.token = "new"
        with pytest.raises(Permanent, match="does not know who we are"):
            await writes.get(REF)
        (tmp_path / "token").write_text("new\n")
        assert await writes.get(REF) == {}

    assert doorman.shown[-2:] == ["Bearer old", "Bearer new"]


async def test_a_write_that_was_not_let_in_may_be_tried_with_the_new_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    doorman = Doorman("old")
    async with signed_in(doorman, tmp_path, tokenFile="token") as writes:
        await writes.get(REF)
        doorman.token = "new"
        (tmp_path / "token").write_text("new")
        with pytest.raises(Transient, match="nothing was changed"):
            await writes.write(merge(REF, {}), timeout=SOON)
        assert await writes.write(merge(REF, {}), timeout=SOON) == {}


async def test_a_plugin_signs_us_in_and_is_asked_again_when_its_token_ends(tmp_path: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (tmp_path / "answer").write_text(answer(token="one", expirationTimestamp=soon))
    script = f'echo "$WORD $KUBERNETES_EXEC_INFO" >>{tmp_path}/asked; cat {tmp_path}/answer'
    doorman = Doorman("one")
    async with signed_in(doorman, tmp_path, exec=plugin(tmp_path, script)) as writes:
        assert await writes.get(REF) == {}
        (tmp_path / "answer").write_text(answer(token="one", expirationTimestamp=late))
        for _ in range(3):
            assert await writes.get(REF) == {}

    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 2
    word, _, told = asked[0].partition(" ")
    assert word == "x"
    assert json.loads(told)["kind"] == "ExecCredential"


BAD_PLUGINS = [
    ("exit 3", Transient, "plugin failed: exit code 3"),
    ("echo no network >&2; exit 1", Transient, "plugin failed: no network"),
    ("echo hello", Permanent, "answered no ExecCredential"),
    ("echo '[]'", Permanent, "answered no ExecCredential"),
    (f"echo '{answer()}'", Permanent, "neither a token nor a certificate"),
    (f"echo '{answer(token='a b' + chr(92) + 'n')}'", Permanent, "characters that no token has"),
]


@pytest.mark.parametrize(("script", "error", "words"), BAD_PLUGINS)
async def test_a_plugin_that_fails_says_so(
    script: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    async with signed_in(Doorman("x"), tmp_path, exec=plugin(tmp_path, script)) as writes:
        with pytest.raises(error, match=words):
            await writes.get(REF)


async def test_a_plugin_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = {"command": "no-such-plugin", "apiVersion": "client.authentication.k8s.io/v1"}
    async with signed_in(Doorman("x"), tmp_path, exec=missing) as writes:
        with pytest.raises(Permanent, match="cannot start the credential plugin no-such-plugin"):
            await writes.get(REF)


async def test_a_plugin_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = f"sleep 600 & echo $! >{child}.new; mv {child}.new {child}; wait"
    async with signed_in(Doorman("x"), tmp_path, exec=plugin(tmp_path, script)) as writes:
        asked = asyncio.create_task(writes.get(REF))
        while not child.exists():
            await asyncio.sleep(0.01)
        await outlast(asked, timedelta(seconds=credentials.PLUGIN_SECONDS))
        with pytest.raises(Transient, match="gave no answer in time"):
            await asked

    wait_until(lambda: _is_gone(int(child.read_text())), "the child's end", 60)


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_pod_finds_its_own_cluster(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}

    account = read_account(KubernetesSettings(name="own"), environment, tmp_path)

    assert account.server == "https://[fd00::1]:6443"
    assert (account.authorities, account.token_file) == ("PEM", str(tmp_path / "token"))


def test_kubeconfigs_are_joined_as_kubectl_joins_them(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    first = kubeconfig(one, "http://one", token="a")
    second = kubeconfig(two, "http://two", tokenFile="token")
    renamed = yaml.safe_load(second.read_text().replace("here", "other").replace("there", "far"))
    renamed["users"][0]["name"] = renamed["contexts"][0]["context"]["user"] = "you"
    second.write_text(yaml.safe_dump(renamed))
    joined = os.pathsep.join(map(str, (tmp_path / "missing", first, second)))

    default = read_account(
        KubernetesSettings(name="x", kubeconfig=None, context="here"), {"KUBECONFIG": joined}
    )
    other = read_account(KubernetesSettings(name="x", context="other"), {"KUBECONFIG": joined})

    assert (default.server, default.token) == ("http://one", "a")
    assert (other.server, other.token_file) == ("http://two", str(two / "token"))


BAD_ACCOUNTS = [
    ({}, "this is no pod: name a kubeconfig or a context in the settings"),
    ({"kubeconfig": "/nonexistent/config"}, "/nonexistent/config: No such file"),
    ({"kubeconfig": "KUBECONFIG", "context": "nowhere"}, "has no context 'nowhere'"),
]


@pytest.mark.parametrize(("settings", "words"), BAD_ACCOUNTS)
def test_who_cannot_be_anybody_is_told_what_to_set(
    settings: dict[str, str], words: str, tmp_path: Path
) -> None:
    path = str(kubeconfig(tmp_path, "http://one"))
    where = {key: path if value == "KUBECONFIG" else value for key, value in settings.items()}

    with pytest.raises(Permanent, match=words):
        read_account(KubernetesSettings(name="x", **where), {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "is not a kubeconfig"),
        ("a: [\n", "cannot sign in"),
        ("contexts: []\n", "no current-context"),
    ],
)
def test_a_kubeconfig_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)

    with pytest.raises(Permanent, match=words):
        read_account(KubernetesSettings(name="x", kubeconfig=tmp_path / "config"), {})


def test_a_sign_in_of_old_kubernetes_is_refused_with_what_to_use(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://one", **{"auth-provider": {"name": "gcp"}})

    with pytest.raises(Permanent, match="use a credential plugin, `exec`"):
        read_account(KubernetesSettings(name="x", kubeconfig=path), {})


async def test_a_broken_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert").write_text("no PEM")
    pair = {"client-certificate": "cert", "client-key": "cert"}
    async with signed_in(Doorman("x"), tmp_path, **pair) as writes:
        with pytest.raises(Permanent, match="a certificate or key to sign in with cannot be used"):
            await writes.get(REF)


def test_secrets_are_not_in_what_is_printed(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://one", token="swordfish")

    account = read_account(KubernetesSettings(name="x", kubeconfig=path), {})

    assert "swordfish" not in repr(account)
    assert "swordfish" not in repr(credentials.Credentials(authorization="Bearer swordfish"))


@pytest.mark.slow
async def test_no_key_stays_on_disk(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    there = reach(cluster.kubeconfig)
    connection = Connection(there)
    writes = ClusterWriter(there, connection)
    try:
        assert await writes.get(map_ref("default", "nothing")) is None
    finally:
        await connection.close()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cluster_says", "words"),
    [
        ({"certificate-authority": None}, "CERTIFICATE_VERIFY_FAILED"),
        ({"tls-server-name": "elsewhere"}, "not valid for 'elsewhere'"),
    ],
)
async def test_a_server_that_is_not_who_it_says_is_not_talked_to(
    cluster: Cluster, cluster_says: dict[str, str | None], words: str, tmp_path: Path
) -> None:
    only_on_ours("it changes the files that the script's kubeconfig names")
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    document["clusters"][0]["cluster"] |= cluster_says
    (tmp_path / "config").write_text(yaml.safe_dump(document))
    there = reach(tmp_path / "config")
    connection = Connection(there)
    writes = ClusterWriter(there, connection)
    try:
        with pytest.raises(Transient, match=words):
            await writes.get(map_ref("default", "nothing"))
        with pytest.raises(Transient, match=words):
            await writes.write(merge(map_ref("default", "nothing"), {}), timeout=SOON)
    finally:
        await connection.close()


@pytest.mark.slow
async def test_an_authority_that_was_replaced_on_disk_is_read_again(
    cluster: Cluster, tmp_path: Path
) -> None:
    only_on_ours("it changes the files that the script's kubeconfig names")
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    there = document["clusters"][0]["cluster"]
    right = Path(there["certificate-authority"]).read_text()
    there["certificate-authority"] = "ca.crt"
    (tmp_path / "config").write_text(yaml.safe_dump(document))
    (tmp_path / "ca.crt").write_text(_another_authority(tmp_path))
    connection = Connection(reach(tmp_path / "config"))
    writes = ClusterWriter(reach(tmp_path / "config"), connection)
    try:
        with pytest.raises(Transient, match="CERTIFICATE_VERIFY_FAILED"):
            await writes.get(map_ref("default", "nothing"))
        (tmp_path / "ca.crt").write_text(right)
        assert await writes.get(map_ref("default", "nothing")) is None
    finally:
        await connection.close()


def _another_authority(folder: Path) -> str:
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other"]
    output([*argv, "-keyout", str(folder / "key"), "-out", str(folder / "crt")])
    return (folder / "crt").read_text()
