"""A real Alertmanager whose kept connection ends under a post, taken or not: the alert comes, and is answered once."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.acceptance.rawhttp import query
from tests.acceptance.site import SOURCE, Site
from tests.parts.alertmanager import Alertmanager
from tests.parts.require import require

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PLAYBOOK = {
    "match": ['alertname="Nobody"'],
    "target": "host/web1",
    "mode": "dry_run",
    "steps": [{"service.restart": {"unit": "x.service"}}],
    "verify": {"all": [{"alert": "resolved"}]},
}
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


class CuttingProxy(threading.Thread):
    """Passes requests on; where `cuts` says so, the next one on a used connection ends it, `before` or `after` the
    daemon has it. Each cut is made once; `made` are those that were."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.cuts: list[str] = []
        self.made: list[str] = []

    def run(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(one,), daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _pass_on(self, sender: socket.socket) -> None:
        is_used = False
        with closing(sender), suppress(OSError, EOFError):
            while True:
                request = _message(sender)
                cut = self.cuts.pop(0) if self.cuts and is_used else ""
                if cut == "before":
                    return self.made.append(cut)
                with socket.create_connection(("127.0.0.1", self._port)) as daemon:
                    daemon.sendall(request)
                    answer = _message(daemon)
                if cut == "after":
                    assert answer.startswith(b"HTTP/1.1 202")
                    return self.made.append(cut)
                sender.sendall(answer)
                is_used = True


def _message(connection: socket.socket) -> bytes:
    """Read one whole request or answer."""
    read = b""
    while (end := read.find(b"\r\n\r\n")) < 0:
        read += _more(connection)
    found = _LENGTH.search(read)
    whole = end + 4 + (int(found[1]) if found else 0)
    while len(read) < whole:
        read += _more(connection)
    return read


def _more(connection: socket.socket) -> bytes:
    if not (some := connection.recv(65536)):
        raise EOFError
    return some


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(playbooks={"nobody": PLAYBOOK}, settings={"hosts": {"allow": ["web1"]}}) as new:
        yield new


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_post_that_its_kept_connection_took_along_is_posted_again(site: Site, cut: str) -> None:
    require("alertmanager", "amtool")
    with closing(CuttingProxy(site.port)) as proxy:
        proxy.start()
        hook = f"http://{proxy.address}/webhooks/alertmanager"
        with Alertmanager(hook, bearer_token=site.tokens[SOURCE]) as alertmanager:
            alertmanager.push({"alertname": "First", "instance": "web1:9100"})
            site.wait_for(lambda: "First" in _known(site), 30, "the first alert")
            proxy.cuts.append(cut)
            alertmanager.push({"alertname": "Second", "instance": "web1:9100"})
            site.wait_for(lambda: proxy.made, 30, "the cut")

            site.wait_for(
                lambda: len(_posts(site, "Second")) == (1 + (cut == "after")), 30, "again"
            )
    site.wait_for(lambda: site.get("/status")["inbox_new"] == 0, 30, "all taken in")
    assert sorted(_known(site)) == ["First", "Second"]


def _known(site: Site) -> list[str]:
    """The alerts' names, one for each episode."""
    return [name for (name,) in query(site, "select alert ->> '$.labels.alertname' from episode")]


def _posts(site: Site, name: str) -> list[str]:
    """The notifications in which an alert came, without its end."""
    found = query(site, "select cast(body as text) from inbox")
    return [body for (body,) in found if name in body]
