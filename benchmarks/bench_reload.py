"""A reload of ten thousand playbooks beside notifications: what is read again, and how long a webhook waits meanwhile.

Three reloads: nothing changed, one file changed, and the settings changed, so that every file is read again.
"""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from many_playbooks import write_playbooks
from measuring import finish, report
from servers import daemon, get

COUNT = 10_000
LONGEST = 0.1
ALERT = {"status": "firing", "labels": {"alertname": "Nobody", "n": "0"}, "annotations": {}}


def notification(number: int) -> bytes:
    alert = {
        **ALERT,
        "labels": {**ALERT["labels"], "n": str(number)},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{number:016x}",
        "generatorURL": "",
    }
    return json.dumps(
        {
            "version": "4",
            "groupKey": f"{{}}:{{n={number}}}",
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "remediator",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": [alert],
        }
    ).encode()


class Sender(threading.Thread):
    """Posts a notification every 20 ms, and keeps how long each was waited for."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port, self._ended, self.waits = port, threading.Event(), []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._ended.wait(0.02):
            body = notification(len(self.waits))
            began = time.perf_counter()
            connection.request("POST", "/webhooks/alertmanager", body)
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 300:
                raise SystemExit(f"a notification was answered {answer.status}")
            self.waits.append(time.perf_counter() - began)

    def stop(self) -> float:
        self._ended.set()
        self.join()
        return max(self.waits)


def reload(port: int) -> tuple[float, float]:
    """Return how long a reload took, and the longest that a notification waited meanwhile."""
    sender = Sender(port)
    sender.start()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    connection.request("POST", "/-/reload")
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"the reload was refused: {said[:500]!r}")
    return time.perf_counter() - began, sender.stop()


@contextmanager
def site() -> Iterator[tuple[int, list[Path], Path]]:
    with tempfile.TemporaryDirectory() as folder:
        files = write_playbooks(Path(folder), COUNT)
        with daemon(f"playbooks: [{folder}]\ncontacts: {{oncall: {{console: {{}}}}}}\n") as (
            port,
            _,
            home,
        ):
            get(port, "/-/ready")
            time.sleep(2.5)  # what was written a moment ago is read again in any case
            reload(port)
            yield port, files, home / "remediator.yaml"


def rewrite(file: Path) -> None:
    file.write_text(file.read_text().replace("owner: ", "owner: new-", 1))


with site() as (port, files, settings):
    figures = []
    for what, change, most in (
        ("nothing changed", lambda: None, 3.0),
        ("one file changed", lambda: rewrite(files[0]), 3.0),
        (
            "all are read",
            lambda: settings.write_text(settings.read_text() + "protected: [host/x]\n"),
            60.0,
        ),
    ):
        change()
        took, longest = reload(port)
        figures += [
            report(f"reload {COUNT}, {what}", took, "s", f"< {most:g}", is_met=took < most),
            report(
                f"longest notification, {what}",
                longest * 1000,
                "ms",
                f"< {LONGEST * 1000:g}",
                is_met=longest < LONGEST,
            ),
        ]
finish(*figures)
