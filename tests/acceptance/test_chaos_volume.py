"""`kill -9` while AWS is asked to grow a volume: asked once, whether AWS heard it or not, and settled by looking."""

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.actions.amazon import ALLOWED, REGION, tag_list
from tests.gateways.stubbed import client
from tests.parts.moto import Moto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ALERT = {"alertname": "DiskSpaceLow", "instance": "db1:9100"}


class Middleman(http.server.ThreadingHTTPServer):
    """Stands between the daemon and moto. The first growth is `lost` on its way there or on its way back.

    `growths` counts what the daemon sent, `heard` what moto got to hear of it.
    """

    daemon_threads = True

    def __init__(self, moto: str, lost: str) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.moto = moto
        self.lost = lost
        self.growths = 0
        self.heard = 0
        self.is_hit = threading.Event()
        self.is_over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
        """moto's answer, or None where there is none to be had."""
        is_growth = b"Action=ModifyVolume&" in body and b"DryRun=true" not in body
        self.growths += is_growth
        is_first = is_growth and not self.is_hit.is_set()
        if is_first and self.lost == "there":
            return self._lose()
        answer = self._ask(body, headers)
        self.heard += is_growth
        return self._lose() if is_first else answer

    def _lose(self) -> None:
        self.is_hit.set()
        self.is_over.wait(60)

    def _ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(self.moto, body, headers, method="POST")
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


class _Carrier(http.server.BaseHTTPRequestHandler):
    server: Middleman

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        answer = self.server.answer(body, kept)
        if answer is None:
            return
        self.send_response(answer[0])
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer[1])))
        self.end_headers()
        self.wfile.write(answer[1])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with Moto() as part:
        yield part


def playbook(volume: str) -> dict[str, Any]:
    return {
        "match": ['alertname="DiskSpaceLow"'],
        "target": f"volume/{volume}",
        "mode": "auto",
        "steps": [
            {
                "ebs.grow": {"by_percent": 20, "max_gib": 500},
                "irreversible": "allow",
                "timeout": "30s",
            }
        ],
        "verify": {"after": "0s", "within": "2m", "every": "1s", "all": [{"alert": "resolved"}]},
    }


@pytest.mark.parametrize("lost", ["back"])
def test_a_growth_is_made_once_whatever_is_killed(
    moto: Moto, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    ec2 = client("ec2", endpoint_url=moto.url)
    tags = [{"ResourceType": "volume", "Tags": tag_list(ALLOWED)}]
    made = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=100, TagSpecifications=tags)
    volume = made["VolumeId"]
    middleman = Middleman(moto.url, lost)
    aws = {"regions": [REGION], "endpoint_url": middleman.url}

    with Site(settings={"aws": aws}, playbooks={"grow": playbook(volume)}) as site:
        site.alert(ALERT)
        site.wait_for(middleman.is_hit.is_set, 60, "a growth on its way")
        site.restart(kill=True)
        middleman.is_over.set()
        site.wait_for(lambda: "applied" in states(site), 120, "the growth is known")
        site.alert(ALERT, firing=False)
        run = site.wait_for_run(90, phase="closed")

        assert (run["outcome"], run["reason"]) == ("resolved", "verified"), site.story()
        assert "observed" in site.events(run["id"])
    middleman.shutdown()
    middleman.server_close()
    assert middleman.heard == 1
    assert middleman.growths == (2 if lost == "there" else 1)
    described = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
    assert [each["TargetSize"] for each in described] == [120]


def states(site: Site) -> set[str]:
    return {step["state"] for run in site.runs() for step in site.run(run["id"])["steps"]}
