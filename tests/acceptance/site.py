"""One site under test: a temp dir, settings, the real daemon, and doors to it: API, CLI, webhook.

with Site(settings={"environments": AUTO}, playbooks={"fix": {...}}) as site:
    site.alert({"alertname": "Sick", "instance": "web1:9100"})
    run = site.wait_for_run(outcome="resolved")
    assert site.told("result")
"""

import json
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.alerts import a_group, an_alert
from tests.acceptance.command import PYTHON, environment, run_cli
from tests.acceptance.hosts import hosts_at
from tests.acceptance.receiver import Receiver
from tests.parts.part import Part
from tests.parts.server import free_port
from tests.parts.sshd import Sshd

USERS = {"vera": "viewer", "abe": "approver", "ana": "operator", "root": "admin"}
SOURCE = "prom"
AUTO = [{"name": "test", "match": [], "mode": "auto"}]
APPROVE = [{"name": "test", "match": [], "mode": "approve"}]
LOG_SHOWN = 12_000
CROWDED = 2
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer; `body` is decoded JSON where it is JSON, else text."""

    status: int
    body: Any


class Site(Part):
    """`settings` are merged over defaults (top-level keys replace), `playbooks` are documents by name.

    The defaults: loopback, SQLite in `directory`, the users of `USERS`, one source `prom`, every environment auto,
    every message to `receiver`; contacts `oncall` and `leads` have paths of their own there. With `sshd`, `hosts` are
    names by which that one machine is reached.
    """

    python = PYTHON
    environment: Mapping[str, str] | None = None

    def __init__(
        self,
        *,
        settings: Mapping[str, Any] | None = None,
        playbooks: Mapping[str, Mapping[str, Any] | str] | None = None,
        sshd: Sshd | None = None,
        hosts: Sequence[str] = ("web1",),
    ) -> None:
        super().__init__("site")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.receiver = Receiver()
        self.receiver.start()
        self.tokens = {name: secrets.token_hex(16) for name in (*USERS, SOURCE)}
        for name, token in self.tokens.items():
            self.write(f"{name}.token", token + "\n")
        reach = {"hosts": hosts_at(self.directory, sshd, *hosts)} if sshd else {}
        self.settings = {**self._defaults(), **reach, **(settings or {})}
        self.playbooks = self.directory / "playbooks"
        self.playbooks.mkdir()
        for name, document in (playbooks or {}).items():
            self.write_playbook(name, document)

    # the daemon

    def start(self) -> None:
        """Write the settings and start the daemon; returns when it is ready. Its log goes on in one file."""
        config = self.write("remediator.yaml", json.dumps(self.settings))  # JSON is YAML
        argv = [self.python, "-P", "-m", "remediator", "serve", "--config.file", str(config)]
        env = dict(self.environment or environment())
        self._server.start([*argv, "--log.format", "json"], self.is_ready, env=env)

    def kill(self) -> None:
        """`kill -9`."""
        self._server.stop(signal.SIGKILL)

    def restart(self, *, kill: bool = False) -> None:
        """Stop (SIGTERM, or `kill -9`) and start again over the same files."""
        if kill:
            self.kill()
        else:
            self._server.stop(seconds=30)
        self.start()

    def send(self, number: signal.Signals) -> None:
        """Send the daemon a signal, such as SIGSTOP or SIGHUP."""
        self._server.send(number)

    def close(self) -> None:
        print(f"--- the daemon's log\n{self.full_log()[-LOG_SHOWN:]}")  # pytest shows it on failure
        super().close()
        self.receiver.close()

    def is_ready(self) -> bool:
        try:
            return self.call("GET", "/-/ready").status == 200
        except OSError:
            return False

    def full_log(self) -> str:
        """All that the daemon ever said."""
        path = self._server.log_path
        return path.read_text(errors="replace") if path.exists() else ""

    # doors

    def call(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send any request; a body that is not bytes is sent as JSON."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if content is not None else {}
        request = urllib.request.Request(
            self.url + path, content, {**sent, **(headers or {})}, method=method
        )
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return _reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, error.read())

    def api(self, method: str, path: str, body: Any = None, *, user: str = "ana") -> Reply:
        """Ask `/api/v1` + path as one of `USERS`."""
        return self.call(method, f"/api/v1{path}", body, headers=self.bearer(user))

    def get(self, path: str, *, user: str = "ana") -> Any:
        """The body of an API answer that must be 200."""
        reply = self.api("GET", path, user=user)
        assert reply.status == 200, reply
        return reply.body

    def cli(
        self, *words: str, user: str = "ana", stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `remediator WORDS` as a person at another terminal would."""
        more = {
            "REMEDIATOR_URL": self.url,
            "REMEDIATOR_TOKEN_FILE": str(self.directory / f"{user}.token"),
        }
        return run_cli(*words, cwd=self.directory, env=more, stdin=stdin)

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    # alerts

    def alert(self, labels: Mapping[str, str], *, firing: bool = True) -> str:
        """Post one alert as Alertmanager would, see it accepted, and return its fingerprint."""
        alert = an_alert(labels, firing=firing)
        reply = self.post([alert])
        assert reply.status == 202, reply
        return str(alert["fingerprint"])

    def post(self, alerts: Sequence[Mapping[str, Any]], *, source: str = SOURCE) -> Reply:
        """Post a group of alerts with the token of a source."""
        return self.call(
            "POST", "/webhooks/alertmanager", a_group(alerts), headers=self.bearer(source)
        )

    # looking

    def wait_for(self, question: Callable[[], Any], seconds: float = 30, what: str = "") -> Any:
        """The first true answer; an assertion error with the daemon's story when time is up.

        `seconds` are those of a quiet machine: here others may be tested beside it.
        """
        deadline = time.monotonic() + CROWDED * seconds
        while not (answer := question()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.story()}")
            time.sleep(0.1)
        return answer

    def runs(self, **filters: str) -> list[Any]:
        """Runs, the newest first."""
        query = "&".join(f"{name}={value}" for name, value in {"limit": "500", **filters}.items())
        return list(self.get(f"/runs?{query}")["items"])

    def run(self, run_id: str) -> Any:
        return self.get(f"/runs/{run_id}")

    def events(self, run_id: str) -> list[str]:
        """The kinds of a run's journal, in order."""
        return [event["kind"] for event in self.get(f"/runs/{run_id}/events?limit=500")["items"]]

    def wait_for_run(self, seconds: float = 60, **wanted: str) -> Any:
        """The newest run that has these values, such as `phase="awaiting_approval"` or `outcome="resolved"`."""

        def found() -> Any:
            alike = (
                r for r in self.runs() if all(r[key] == value for key, value in wanted.items())
            )
            return next(alike, None)

        return self.wait_for(found, seconds, f"a run with {wanted}")

    def told(self, kind: str = "", *, path: str = "all", run: str = "") -> list[dict[str, Any]]:
        """Messages that arrived at a path, of one kind or all."""
        return [
            message
            for message in list(self.receiver.messages)
            if message["path"] == path
            and kind in ("", message["kind"])
            and run in ("", message["run"])
        ]

    def wait_for_message(
        self, kind: str, seconds: float = 20, *, path: str = "all", run: str = ""
    ) -> dict[str, Any]:
        """The first message of a kind."""
        found = self.wait_for(
            lambda: self.told(kind, path=path, run=run), seconds, f"a message {kind} at {path}"
        )
        return dict(found[0])

    def story(self) -> str:
        """What is known, for a failed test: runs, messages, the end of the log."""
        try:
            runs = "\n".join(
                f"{r['id']} {r['phase']} {r['outcome']} {r['reason']}" for r in self.runs()
            )
        except (OSError, AssertionError) as error:
            runs = f"the API does not answer: {error}"
        told = "\n".join(f"{m['path']} {m['kind']}: {m['text']}" for m in self.told())
        return f"--- runs\n{runs}\n--- told\n{told}\n--- log\n{self.full_log()[-LOG_SHOWN:]}"

    # files

    def write(self, name: str, text: str) -> Path:
        """Write a file of the site's directory, for its owner only."""
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def write_playbook(self, name: str, document: Mapping[str, Any] | str) -> Path:
        text = document if isinstance(document, str) else json.dumps({"name": name, **document})
        return self.write(f"playbooks/{name}.yaml", text)

    def _defaults(self) -> dict[str, Any]:
        return {
            "listen": f"127.0.0.1:{self.port}",
            "data_dir": "state",
            "playbooks": ["playbooks"],
            "sources": [{"name": SOURCE, "bearer_token_file": f"{SOURCE}.token"}],
            "users": {
                "tokens": [
                    {"name": name, "role": role, "token_file": f"{name}.token"}
                    for name, role in USERS.items()
                ]
            },
            "environments": AUTO,
            "notify": [{"webhook": {"url": self.receiver.url()}}],
            "contacts": {
                name: {"webhook": {"url": self.receiver.url(name)}} for name in ("oncall", "leads")
            },
            "http": {"allow": [self.receiver.address]},
        }


def _reply(status: int, content: bytes) -> Reply:
    try:
        return Reply(status=status, body=json.loads(content) if content else None)
    except ValueError:
        return Reply(status=status, body=content.decode(errors="replace"))
