"""A site whose playbooks change a real cluster: an exporter that tells error rates, the settings, and a road to the API
server that notes every write and can be struck in the middle of one.
"""

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from tests.acceptance.site import SOURCE, Site
from tests.parts.alertmanager import Alertmanager
from tests.parts.cluster import Cluster, only_on_ours
from tests.parts.prometheus import Prometheus, ScrapeTarget

RULE = """\
groups:
  - name: errors
    rules:
      - alert: HighErrorRate
        expr: http_errors_ratio > 0.05
        labels: {severity: critical}
"""
# Nothing but the actions themselves may refuse here.
BOUNDLESS = {
    "cooldown": "0s",
    "limits": [{"max": 100, "per": "1h", "by": "target"}],
    "storm": {"runs": 500},
    "blast_radius": {"max": 500},
    "breaker": {"failures": 500, "ineffective": 500},
}
WRITES = ("POST", "PUT", "PATCH", "DELETE")
NO_CHANGES = ("selfsubject", "/events", "dryRun=")


def playbook(target: str, *steps: Mapping[str, Any], alert: str, **more: Any) -> dict[str, Any]:
    """Steps on one kind of target; verified as long as the alert is not taken back."""
    return {
        "match": [f'alertname="{alert}"'],
        "target": target,
        "mode": "auto",
        "guards": {"cooldown": "0s"},
        "steps": list(steps),
        "verify": {"after": "0s", "within": "60s", "every": "1s", "all": [{"alert": "firing"}]},
        **more,
    }


def one_cluster(kubeconfig: Path, *namespaces: str, name: str = "test") -> dict[str, Any]:
    """An entry of `kubernetes` in the settings."""
    return {"name": name, "kubeconfig": str(kubeconfig), "namespaces": list(namespaces)}


def kubeconfig_for(url: str, path: Path) -> Path:
    """A kubeconfig without credentials for a server."""
    named = {"cluster": {"server": url}, "user": {}, "context": {"cluster": "c", "user": "u"}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": named["cluster"]}],
        "users": [{"name": "u", "user": named["user"]}],
        "contexts": [{"name": "x", "context": named["context"]}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def monitored(site: Site, *exporters: "ErrorRates") -> Iterator[Prometheus]:
    """Start the site with a Prometheus that scrapes the exporters and an Alertmanager that posts by itself."""
    hook = f"{site.url}/webhooks/alertmanager"
    with ExitStack() as stack:
        alertmanager = Alertmanager(hook, bearer_token=site.tokens[SOURCE])
        stack.enter_context(alertmanager)
        targets = [ScrapeTarget(address=exporter.address) for exporter in exporters]
        prometheus = Prometheus(rules=RULE, targets=targets, alertmanager=alertmanager.address)
        stack.enter_context(prometheus)
        site.settings["prometheus"] = {"url": prometheus.url}
        site.settings["alertmanager"] = {"urls": [alertmanager.url]}
        stack.enter_context(site)
        yield prometheus


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """One write that came along the road; `status` is 0 where it was not passed on."""

    method: str
    path: str
    status: int


class _Served:
    """A threaded HTTP server that forgets its connections when it is closed."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        def answered(handler: BaseHTTPRequestHandler) -> None:
            with suppress(OSError):  # whoever asked is gone
                answer(handler)

        verbs = {f"do_{verb}": answered for verb in ("GET", *WRITES)}
        quiet = {"log_message": lambda *_: None, "protocol_version": "HTTP/1.1"}
        handler = type("Handler", (BaseHTTPRequestHandler,), {**verbs, **quiet})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class ApiRoad(_Served):
    """Passes requests on to the API server as its administrator, and keeps the `writes` that change something.

    With `strike(hit)`, the next such write to a path with `part` in it is met: `hit` is called `before` it is passed
    on, which it then is not, or after the server has answered, which nobody hears.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.writes: list[Wrote] = []
        self.struck = threading.Event()
        self._hit: Callable[[], None] | None = None
        self._is_before, self._part = False, ""
        self._server_address, self._trust = _administrator(cluster)
        super().__init__(self._pass_on)

    def strike(self, hit: Callable[[], None], *, before: bool, part: str = "") -> None:
        self.writes.clear()
        self.struck.clear()
        self._hit, self._is_before, self._part = hit, before, part

    def statuses(self, part: str = "") -> list[int]:
        """What the server answered to the writes, to paths with `part` in them, that were passed on."""
        return [one.status for one in self.writes if one.status and part in one.path]

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        changes = handler.command in WRITES and not any(p in handler.path for p in NO_CHANGES)
        hit = self._taken() if changes and self._part in handler.path else None
        status, kind, content = (0, "", b"")
        if hit is None or not self._is_before:
            status, kind, content = self._asked(handler, body)
        if changes:
            self.writes.append(Wrote(method=handler.command, path=handler.path, status=status))
        if hit is not None:
            hit()
            self.struck.set()
            handler.close_connection = True
            return
        _reply(handler, status, kind, content)

    def _taken(self) -> Callable[[], None] | None:
        hit, self._hit = self._hit, None
        return hit

    def _asked(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        headers = {
            key: handler.headers[key] for key in ("Content-Type", "Accept") if handler.headers[key]
        }
        connection = http.client.HTTPSConnection(
            self._server_address, context=self._trust, timeout=60
        )
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            connection.close()


class ErrorRates(_Served):
    """An exporter: a deployment whose newest pods are not all ready answers 40 % of its requests with errors, once it
    has been well.
    """

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.namespace = namespace
        self.served: set[str] = set()
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self._server_address, self._trust = _administrator(cluster)
        super().__init__(self._tell)

    def _tell(self, handler: BaseHTTPRequestHandler) -> None:
        connection = http.client.HTTPSConnection(
            self._server_address, context=self._trust, timeout=20
        )
        try:
            connection.request("GET", self._path)
            items = json.loads(connection.getresponse().read())["items"]
        finally:
            connection.close()
        self.served |= {item["metadata"]["name"] for item in items if _is_well(item)}
        lines = "".join(_series(item) for item in items if item["metadata"]["name"] in self.served)
        _reply(handler, 200, "text/plain; version=0.0.4", lines.encode())


def _is_well(deployment: Mapping[str, Any]) -> bool:
    metadata, spec, status = (deployment[key] for key in ("metadata", "spec", "status"))
    counts = [status.get(key, 0) for key in ("updatedReplicas", "replicas", "readyReplicas")]
    is_seen = status.get("observedGeneration") == metadata["generation"]
    return is_seen and counts == [spec["replicas"]] * 3


def _series(deployment: Mapping[str, Any]) -> str:
    metadata = deployment["metadata"]
    labels = f'namespace="{metadata["namespace"]}",deployment="{metadata["name"]}"'
    return f"http_errors_ratio{{{labels}}} {0 if _is_well(deployment) else 0.4}\n"


def _reply(handler: BaseHTTPRequestHandler, status: int, kind: str, content: bytes) -> None:
    handler.send_response(status)
    if kind:
        handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _administrator(cluster: Cluster) -> tuple[str, ssl.SSLContext]:
    """The address of the API server, and what it takes to be let in."""
    only_on_ours("it signs in with the files that the script's kubeconfig names")
    document = yaml.safe_load(cluster.kubeconfig.read_text())
    server, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    trust = ssl.create_default_context(cafile=server["certificate-authority"])
    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
    trust.load_cert_chain(user["client-certificate"], user["client-key"])
    return urlsplit(server["server"]).netloc, trust
