"""A full data disk: its EBS volume grows (moto), the host follows, and the file system fills it: one playbook."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.site import APPROVE, Site
from tests.integrations.aws.amazon import ALLOWED, REGION, tag_list
from tests.integrations.aws.stubbed import client
from tests.parts.growing_disk import GrowingDisk
from tests.parts.moto import Moto
from tests.parts.require import require, require_namespaces
from tests.parts.sshd import Sshd

pytestmark = pytest.mark.slow
GIB = 2**30
# As a Nitro host answers: the loop device is a disk, and its serial is the volume's id.
LSBLK = """\
#!/bin/sh
{real} "$@" | case "$*" in
*SERIAL*) sed -e 's/"type": *"loop"/"type":"disk"/' -e 's/"serial": *null/"serial":"{serial}"/' ;;
*) cat ;;
esac
"""


class Cloud:
    """An instance `web1` with one volume; while open, the host's disk follows the volume's size after a while."""

    def __init__(self, moto: Moto, disk: GrowingDisk) -> None:
        self._ec2: Any = client("ec2", endpoint_url=moto.url)
        self._disk = disk
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        image = self._ec2.register_image(Name="an image")["ImageId"]
        made = self._ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)
        self.instance: str = made["Instances"][0]["InstanceId"]
        self.volume = self._attach()

    def __enter__(self) -> "Cloud":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def gib(self) -> int:
        described = self._ec2.describe_volumes(VolumeIds=[self.volume])["Volumes"][0]
        return int(described["Size"])

    def modifications(self) -> int:
        found = self._ec2.describe_volumes_modifications(VolumeIds=[self.volume])
        return len(found["VolumesModifications"])

    def _attach(self) -> str:
        tags = [{"ResourceType": "volume", "Tags": tag_list(ALLOWED)}]
        made = self._ec2.create_volume(
            AvailabilityZone=f"{REGION}a", Size=1, VolumeType="gp3", TagSpecifications=tags
        )
        volume = str(made["VolumeId"])
        self._ec2.attach_volume(Device="/dev/sdf", InstanceId=self.instance, VolumeId=volume)
        return volume

    def _follow(self) -> None:
        while not self._over.wait(0.5):
            if self.gib == 2:
                self._over.wait(3)  # EBS takes its time, so that the file system has to wait
                self._disk.enlarge(2048)
                return


@pytest.fixture
def disk() -> Iterator[GrowingDisk]:
    require("growpart", "sfdisk", "mkfs.xfs", "losetup", "sshd", "ssh-keygen", root=True)
    require_namespaces()
    with GrowingDisk("xfs", partitioned=True, mebibytes=1024) as one:
        with (one.path / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, int(one.size() * 0.85))
        yield one


def nitro(folder: Path, volume: str) -> list[str]:
    """Words that start a program where lsblk answers as on a Nitro host."""
    lsblk = shutil.which("lsblk")
    real, shown = folder / "lsblk.real", folder / "lsblk"
    shutil.copy(str(lsblk), real)
    shown.write_text(LSBLK.format(real=real, serial=volume.replace("-", "")))
    shown.chmod(0o755)
    script = f'mount --bind {shown} {lsblk} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def playbook(disk: GrowingDisk) -> dict[str, Any]:
    """The steps of the shipped `disk-full-grow-volume`, with a check that needs no Prometheus."""
    path = "{{ labels.mountpoint }}"
    return {
        "match": ['alertname="DiskSpaceLow"'],
        "requires": ["instance", "mountpoint"],
        "target": "host/{{ labels.instance | host }}",
        "mode": "approve",
        "steps": [
            {"ebs.grow": {"path": path, "by_percent": 100, "max_gib": 10}},
            {
                "filesystem.grow": {"path": path, "device_will_grow": True},
                "retries": {"max": 10, "backoff": "1s"},
            },
        ],
        "verify": {
            "after": "0s",
            "within": "30s",
            "every": "1s",
            "all": [{"disk": {"path": str(disk.path), "free_percent": 40}}],
        },
        "on_failure": [{"escalate": [{"to": "oncall"}]}],
    }


@pytest.fixture
def site(
    disk: GrowingDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Site, Cloud]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        moto = stack.enter_context(Moto())
        cloud = stack.enter_context(Cloud(moto, disk))
        sshd = stack.enter_context(Sshd(wrap=nitro(tmp_path, cloud.volume)))
        aws = {
            "regions": [REGION],
            "endpoint_url": moto.url,
            "instances": {"web1": cloud.instance},
        }
        one = Site(
            settings={"environments": APPROVE, "aws": aws},
            playbooks={"grow": playbook(disk)},
            sshd=sshd,
        )
        yield stack.enter_context(one), cloud


def test_a_full_volume_grows_once_and_its_file_system_fills_it(
    site: tuple[Site, Cloud], disk: GrowingDisk
) -> None:
    one, cloud = site
    before = disk.size()
    one.alert({"alertname": "DiskSpaceLow", "instance": "web1:9100", "mountpoint": str(disk.path)})
    run = one.wait_for_run(phase="awaiting_approval")

    assert [change["action"] for change in run["plan"]["changes"]] == [
        "ebs.grow",
        "filesystem.grow",
    ]
    assert "once that has grown" in run["plan"]["changes"][1]["summary"]
    assert (cloud.gib, disk.size()) == (1, before)

    digest = run["approval"]["digest"]
    approved = one.api("POST", f"/runs/{run['id']}/approve", {"digest": digest}, user="abe")
    assert approved.status == 200, json.dumps(approved.body)
    done = one.wait_for_run(phase="closed", seconds=90)

    assert (done["outcome"], done["reason"]) == ("resolved", "verified"), one.story()
    assert (cloud.gib, cloud.modifications()) == (2, 1)
    assert disk.size() > before + 0.9 * GIB
    assert f"{disk.path} grew from 1.1 GB to 2.1 GB" in done["steps"][1]["summary"]
