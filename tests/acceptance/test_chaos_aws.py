"""`kill -9` while AWS is asked for each change: asked once; what became of it is settled by looking, or by people."""

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.acceptance.site import Site
from tests.integrations.aws.amazon import ALLOWED, REGION, make_database, make_group, tag_list
from tests.integrations.aws.stubbed import client
from tests.parts.moto import Moto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SAID = {"settlement": "applied"}
ASKS = {
    "ebs.grow": "ModifyVolume",
    "asg.scale": "SetDesiredCapacity",
    "rds.add_read_replica": "CreateDBInstanceReadReplica",
    "ec2.reboot": "RebootInstances",
}


class Middleman(http.server.ThreadingHTTPServer):
    """Stands between the daemon and moto. The answer to the first change of each kind is lost on its way back.

    `asked` has the changes that the daemon sent, by their operation, all of which moto has heard.
    """

    daemon_threads = True

    def __init__(self, moto: str) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.moto = moto
        self.asked: list[str] = []
        self.is_over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
        """moto's answer, or None where there is none to be had."""
        operation = parse_qs(body.decode()).get("Action", [""])[0]
        is_change = operation in ASKS.values() and b"DryRun=true" not in body
        answer = self._ask(body, headers)
        if not is_change:
            return answer
        self.asked.append(operation)
        if self.asked.count(operation) > 1:
            return answer
        self.is_over.wait(60)
        return None

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


def playbook(action: str, target: str, **parameters: Any) -> dict[str, Any]:
    return {
        "match": [f'alertname="{action}"'],
        "target": target,
        "mode": "auto",
        "steps": [{action: parameters, "irreversible": "allow", "timeout": "30s"}],
        "verify": {"after": "0s", "within": "2m", "every": "1s", "all": [{"alert": "firing"}]},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One of everything at moto's."""

    volume: str
    instance: str

    @classmethod
    def opened(cls, moto: Moto) -> "Account":
        ec2 = client("ec2", endpoint_url=moto.url)
        image = ec2.register_image(Name="web")["ImageId"]
        tags = tag_list(ALLOWED)
        made = ec2.create_volume(
            AvailabilityZone=f"{REGION}a",
            Size=100,
            TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
        )
        run = ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        make_group(client("autoscaling", endpoint_url=moto.url), image)
        make_database(client("rds", endpoint_url=moto.url))
        return cls(volume=made["VolumeId"], instance=run["Instances"][0]["InstanceId"])

    def playbooks(self) -> dict[str, Any]:
        return {
            "grow": playbook("ebs.grow", f"volume/{self.volume}", by_percent=20, max_gib=500),
            "scale": playbook("asg.scale", "asg/web", by=2, max=10),
            "replicate": playbook("rds.add_read_replica", "database/orders", max_replicas=2),
            "reboot": playbook("ec2.reboot", f"instance/{self.instance}"),
        }


def test_each_change_is_asked_for_once_though_the_daemon_is_killed_meanwhile(
    moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    account, middleman = Account.opened(moto), Middleman(moto.url)
    aws = {"regions": [REGION], "endpoint_url": middleman.url}

    with Site(settings={"aws": aws}, playbooks=account.playbooks()) as site:
        for action in ASKS:
            site.alert({"alertname": action, "instance": "db1:9100"})
        site.wait_for(lambda: len(middleman.asked) == len(ASKS), 60, "all changes on their way")
        site.restart(kill=True)
        middleman.is_over.set()
        runs = {run["playbook"]: run["id"] for run in site.runs()}
        # no host tells when it was booted: nobody can know
        site.wait_for(lambda: state(site, runs["reboot"]) == "unknown", 90, "people are asked")
        settled = site.api("POST", f"/runs/{runs['reboot']}/resolve-unknown", SAID, user="root")
        assert settled.status == 200, settled
        site.wait_for(lambda: all(run["outcome"] for run in site.runs()), 60, "every outcome")

        for name, run_id in runs.items():
            run = site.run(run_id)
            assert (run["outcome"], run["reason"]) == ("resolved", "verified"), (name, site.story())
            assert "observed" in site.events(run_id), name
    middleman.shutdown()
    middleman.server_close()
    assert sorted(middleman.asked) == sorted(ASKS.values())
    ec2 = client("ec2", endpoint_url=moto.url)
    described = ec2.describe_volumes_modifications(VolumeIds=[account.volume])
    assert [each["TargetSize"] for each in described["VolumesModifications"]] == [120]
    groups = client("autoscaling", endpoint_url=moto.url).describe_auto_scaling_groups()
    assert [each["DesiredCapacity"] for each in groups["AutoScalingGroups"]] == [4]
    databases = client("rds", endpoint_url=moto.url).describe_db_instances()["DBInstances"]
    assert sorted(each["DBInstanceIdentifier"] for each in databases) == ["orders", "orders-r1"]


def state(site: Site, run_id: str) -> str:
    (step,) = site.run(run_id)["steps"]
    return str(step["state"])
