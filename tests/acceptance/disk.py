"""The house of the first story: a host whose /var is full, a Prometheus that sees it, an Alertmanager that says so."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.acceptance.shipped import shipped
from tests.acceptance.site import SOURCE, Site
from tests.parts.alertmanager import Alertmanager
from tests.parts.host import Host
from tests.parts.prometheus import Prometheus, ScrapeTarget

INSTANCE = "host-123:9100"
NAME = "host-123"
RECEIPTS = "/var/lib/remediator"
FULL_PERCENT = 92
RULE = """\
groups:
  - name: disk
    rules:
      - alert: DiskSpaceLow
        expr: node_filesystem_avail_bytes{mountpoint="/var"} / node_filesystem_size_bytes < 0.15
        labels: {severity: warning}
        annotations: {summary: "/var of host-123 is nearly full"}
"""
# Vacuuming alone must not be enough, so that both steps are needed.
SHORTER = {
    "keep_size: 500M": "keep_size: 24M",
    "after: 30s": "after: 1s",
    "within: 10m": "within: 60s\n  every: 1s",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What of the host can change, as seen from inside: every file below /var with its size, and Docker's images."""

    available: int
    files: frozenset[str]
    images: frozenset[str]


def fill_up(host: Host) -> None:
    """Many archived journals, one big old image that nobody names, and ballast up to the mark."""
    host.fill_journal(64)
    host.add_dangling_image(40)
    host.disk.fill(FULL_PERCENT)


def world_of(host: Host) -> World:
    assert host.dockerd is not None
    listed = host.run(["find", "/var", "-type", "f", "-printf", "%p %s\\n"])
    return World(
        available=host.disk.available(),
        files=frozenset(listed.splitlines()),
        images=frozenset(host.dockerd.images()),
    )


def journal_files(world: World) -> set[str]:
    return {line for line in world.files if line.startswith("/var/log/journal/")}


@contextmanager
def watched_site(
    host: Host, *, mode: str, make: Callable[..., Site] = Site
) -> Iterator[tuple[Site, Alertmanager]]:
    """The daemon for this host in an environment of this mode, with an Alertmanager that posts to it by itself."""
    environment = {"name": "test", "match": ['severity="warning"'], "mode": mode}
    site = make(
        sshd=host.sshd,
        hosts=[NAME],
        playbooks={"disk-space-low": shipped("disk-space-low", SHORTER)},
        settings={"environments": [environment]},
    )
    site.settings["hosts"]["ssh"]["receipts"] = RECEIPTS
    target = ScrapeTarget(address=host.node_exporter.address, labels={"instance": INSTANCE})
    with ExitStack() as stack:
        hook = f"{site.url}/webhooks/alertmanager"
        alertmanager = Alertmanager(hook, bearer_token=site.tokens[SOURCE])
        stack.enter_context(alertmanager)
        prometheus = Prometheus(rules=RULE, targets=[target], alertmanager=alertmanager.address)
        stack.enter_context(prometheus)
        site.settings["prometheus"] = {"url": prometheus.url}
        site.settings["alertmanager"] = {"urls": [alertmanager.url]}
        yield stack.enter_context(site), alertmanager
