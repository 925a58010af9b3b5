"""HTTP by hand, for what no well-behaved client would send, and a look into the daemon's inbox; for `test_bodies*`."""

import contextlib
import json
import re
import socket
import sqlite3
from collections import Counter
from typing import Any

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.site import SOURCE, Site


def connect(site: Site, *, seconds: float = 15) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), timeout=seconds)


def head(
    site: Site, *lines: str, path: str = "/webhooks/alertmanager", method: str = "POST"
) -> bytes:
    """The head of a webhook request with good credentials; `lines` are further headers."""
    token = site.tokens[SOURCE]
    first = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    return "\r\n".join([*first, "Content-Type: application/json", *lines, "", ""]).encode()


def request(site: Site, body: bytes, *lines: str) -> bytes:
    """A whole webhook request."""
    return head(site, f"Content-Length: {len(body)}", *lines) + body


def chunked(body: bytes, size: int) -> bytes:
    """A body in chunks of so many bytes."""
    pieces = (body[n : n + size] for n in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def good_body(case: str) -> bytes:
    """A notification with one alert that no playbook answers."""
    return json.dumps(a_group([an_alert({"alertname": "Nobody", "case": case})])).encode()


def answers(connection: socket.socket, count: int = 1) -> list[int]:
    """The status codes of the next answers; fewer where the daemon hangs up."""
    found: list[int] = []
    text = b""
    with contextlib.suppress(ConnectionError):
        while len(found) < count and (piece := connection.recv(65536)):
            text += piece
            found = [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", text)]
    return found


def exchange(site: Site, content: bytes, count: int = 1) -> list[int]:
    """Send bytes as they are, on a connection of their own; the status codes of the answers."""
    with connect(site) as connection:
        with contextlib.suppress(ConnectionError):  # an early answer may close what we still send
            connection.sendall(content)
        return answers(connection, count)


def inbox(site: Site) -> Counter[str]:
    """How many notifications the store holds, `good` and `bad` ones."""
    rows = query(site, "select case state when 'bad' then 'bad' else 'good' end from inbox")
    return Counter(state for (state,) in rows)


def query(site: Site, statement: str) -> list[Any]:
    """Ask the daemon's SQLite file, beside the daemon."""
    (file,) = (site.directory / str(site.settings["data_dir"])).glob("remediator.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(statement).fetchall()
