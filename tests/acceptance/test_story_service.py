"""The second story: a service dies, is restarted once, and stays up. As shipped, and with checks of its port."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.acceptance.shipped import shipped
from tests.acceptance.site import SOURCE, Site
from tests.parts import web
from tests.parts.alertmanager import Alertmanager
from tests.parts.host import Host
from tests.parts.node_exporter import NodeExporter
from tests.parts.prometheus import Prometheus, ScrapeTarget
from tests.parts.require import require
from tests.parts.server import free_port

pytestmark = pytest.mark.slow

RULE = """\
groups:
  - name: services
    rules:
      - alert: ServiceDown
        expr: node_systemd_unit_state{state="failed"} == 1
        labels: {severity: critical}
"""
SHORTER = {
    "after: 15s": "after: 1s\n  every: 1s",
    "within: 10m": "within: 60s",
    "for: 2m": "for: 1s",
}
PROGRAM = "[Service]\nExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 {port}\n"


class Service:
    """A small web server under the host's systemd."""

    def __init__(self, host: Host, unit: str) -> None:
        self._host, self.unit, self.port = host, unit, free_port()
        host.systemd.add_unit(unit, PROGRAM.format(port=self.port))

    @property
    def invocation(self) -> str:
        return self._host.systemd.systemctl("show", "--property=InvocationID", "--value", self.unit)

    @property
    def is_up(self) -> bool:
        return web.answers(f"http://127.0.0.1:{self.port}/")

    def begin(self) -> str:
        """Start it, wait until it serves, and return its invocation."""
        self._host.systemd.systemctl("start", self.unit)
        deadline = time.monotonic() + 90
        while not self.is_up:
            assert time.monotonic() < deadline, "the service does not serve"
            time.sleep(0.05)
        return self.invocation

    def die(self) -> None:
        """Kill it; systemd says `failed`."""
        self._host.systemd.systemctl("kill", "--signal=KILL", self.unit)


@pytest.fixture(scope="module")
def proxy(plain_host: Host) -> Service:
    return Service(plain_host, "haproxy.service")


@pytest.fixture(scope="module")
def site(plain_host: Host, proxy: Service) -> Iterator[Site]:
    """A site that restarts what alerts name, and looks at the proxy's port afterwards."""
    checks = [
        {"tcp": {"host": "127.0.0.1", "port": proxy.port}},
        {"http": {"url": f"http://127.0.0.1:{proxy.port}/", "contains": "Directory listing"}},
    ]
    playbook = {
        "match": ['alertname="ServiceDown"'],
        "requires": ["instance", "name"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "auto",
        "steps": [{"service.restart": {"unit": "{{ labels.name }}"}}],
        "verify": {"after": "0s", "within": "30s", "every": "1s", "all": checks},
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }
    new = Site(sshd=plain_host.sshd, hosts=("web1", "web2"), playbooks={"restart": playbook})
    new.settings["http"]["allow"].append(f"127.0.0.1:{proxy.port}")
    with new:
        yield new


def test_the_shipped_playbook_restarts_a_failed_service_and_sees_it_stay_up(
    plain_host: Host,
) -> None:
    require("prometheus", "promtool", "alertmanager", "amtool")
    nginx = Service(plain_host, "nginx.service")
    first = nginx.begin()
    playbooks = {"service-down": shipped("service-down", SHORTER)}
    site = Site(sshd=plain_host.sshd, playbooks=playbooks)
    with ExitStack() as stack:
        more = ["--collector.systemd", "--collector.systemd.unit-include=nginx.service"]
        exporter = stack.enter_context(NodeExporter(wrap=plain_host.systemd.wrap, more=more))
        target = ScrapeTarget(address=exporter.address, labels={"instance": "web1:9100"})
        hook = f"{site.url}/webhooks/alertmanager"
        alertmanager = Alertmanager(hook, bearer_token=site.tokens[SOURCE])
        stack.enter_context(alertmanager)
        prometheus = Prometheus(rules=RULE, targets=[target], alertmanager=alertmanager.address)
        stack.enter_context(prometheus)
        site.settings["prometheus"] = {"url": prometheus.url}
        site.settings["alertmanager"] = {"urls": [alertmanager.url]}
        stack.enter_context(site)

        nginx.die()
        run = site.wait_for_run(phase="closed", seconds=90)

        assert (run["outcome"], run["reason"]) == ("resolved", "verified"), site.story()
        assert nginx.is_up
        assert nginx.invocation not in ("", first)
        assert run["steps"][0]["summary"].startswith("restarted nginx.service (failed")
        told = site.wait_for_message("result")
        assert told["text"] == "Service down on web1. Done: service.restart."
        assert len(site.runs()) == 1


def test_a_service_counts_as_back_only_when_it_answers(site: Site, proxy: Service) -> None:
    first = proxy.begin()
    proxy.die()

    site.alert({"alertname": "ServiceDown", "instance": "web1:9100", "name": proxy.unit})
    run = site.wait_for_run(target="host/web1", phase="closed")

    assert (run["outcome"], run["reason"]) == ("resolved", "verified"), site.story()
    assert proxy.is_up
    assert proxy.invocation not in ("", first)
    known = [answer["known"] for answer in run["verification"]["answers"]]
    assert known == ["holds", "holds"]


def test_a_service_that_cannot_start_fails_the_run_and_calls_people(
    site: Site, plain_host: Host
) -> None:
    broken = "[Service]\nType=oneshot\nExecStart=/bin/false\n"
    plain_host.systemd.add_unit("broken.service", broken)

    site.alert({"alertname": "ServiceDown", "instance": "web2:9100", "name": "broken.service"})
    run = site.wait_for_run(target="host/web2", phase="closed")

    assert run["outcome"] == "failed"
    assert "systemctl restart broken.service" in run["reason"]
    called = site.wait_for_message("escalation", path="oncall", run=run["id"])
    assert "it is now failed (failed)" in called["text"]
